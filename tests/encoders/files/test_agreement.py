"""Weights and configuration of one model: heads are left aside, parts of the encoder are not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.transformer.weights import load_model
from benchmark.errors import ModelError
from tests import checkpoints
from tests.checkpoints import write_json

SIZES = {
    "vocab_size": 60,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "max_position_embeddings": 40,
    "pad_token_id": 0,
}
DECODER = SIZES | {"num_key_value_heads": 1}
KINDS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(
        (
            "bert", "roberta", "xlm-roberta", "camembert", "electra", "mpnet", "deberta",
            "deberta-v2", "big_bird", "rembert", "convbert", "ernie", "megatron-bert", "roformer",
            "nystromformer", "data2vec-text", "roberta-prelayernorm", "fnet", "nomic_bert",
            "modernbert", "opt", "gpt_neox",
        ),
        SIZES,
    ),
    **dict.fromkeys(
        ("qwen2", "qwen3", "llama", "mistral", "gemma", "gemma2", "gemma3_text", "phi"), DECODER
    ),
    "squeezebert": SIZES | {"embedding_size": 16},
    "distilbert": {"vocab_size": 60, "dim": 16, "hidden_dim": 24, "n_layers": 4, "n_heads": 2},
    "gpt2": {"vocab_size": 60, "n_embd": 16, "n_layer": 4, "n_head": 2, "n_positions": 40},
    "xlnet": {"vocab_size": 60, "d_model": 16, "n_layer": 4, "n_head": 2, "d_inner": 24},
    "xlm": {"vocab_size": 60, "emb_dim": 16, "n_layers": 4, "n_heads": 2},
    "bloom": {"vocab_size": 60, "hidden_size": 16, "n_layer": 4, "n_head": 2},
    "t5": {"vocab_size": 60, "d_model": 16, "d_kv": 8, "d_ff": 24, "num_layers": 4, "num_heads": 2},
    "bart": {
        "vocab_size": 60,
        "d_model": 16,
        "encoder_layers": 4,
        "decoder_layers": 4,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 24,
        "decoder_ffn_dim": 24,
        "max_position_embeddings": 40,
    },
}  # fmt: skip
DEPTHS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers", "encoder_layers")
PER_LAYER = ("layer_types", "layers_block_type", "attention_layers")
HEADS = {
    "words": ("AutoModelForMaskedLM", "AutoModelForCausalLM", "AutoModelForSeq2SeqLM"),
    "classes": ("AutoModelForSequenceClassification",),
    "none": ("AutoModel",),
}


def write(folder: Path, kind: str, head: str) -> dict[str, Any]:
    """Write a checkpoint with random weights and its usual head; return its settings."""
    special = {"bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2}
    config = transformers.AutoConfig.for_model(kind, **KINDS[kind] | special)
    for name in HEADS[head]:
        if type(config) in getattr(transformers, name)._model_mapping:
            torch.manual_seed(0)
            getattr(transformers, name).from_config(config).save_pretrained(folder)
            return json.loads((folder / "config.json").read_text())
    raise AssertionError(f"{kind} has no head for {head}")


def loaded(folder: Path) -> Any:
    checkpoint = Checkpoint(folder, "m", "m")
    checkpoint.weights_sha256()
    return load_model(checkpoint, needs_head=False, trust_remote_code=False)


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        loaded(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def cut(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings of a model with a layer less."""
    depth = next(key for key in DEPTHS if settings.get(key) == 4)
    lists = {key: settings[key][:3] for key in PER_LAYER if isinstance(settings.get(key), list)}
    return settings | {depth: 3} | lists


# --- over architectures ---------------------------------------------------------------------------


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("kind", KINDS)
def test_heads_are_left_aside_and_layers_are_not(tmp_path: Path, kind: str, head: str) -> None:
    settings = write(tmp_path / "m", kind, head)
    assert loaded(tmp_path / "m").config.model_type == kind
    write_json(tmp_path / "m" / "config.json", cut(settings))
    assert "weights of the encoder that its config.json leaves out (" in refusal(tmp_path / "m")


@pytest.mark.parametrize("kind", ["bert", "llama", "t5"])
def test_a_layer_less_than_in_the_shards(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "m"
    settings = write(folder, kind, "none")
    transformers.AutoModel.from_pretrained(folder).save_pretrained(folder, max_shard_size="10KB")
    (folder / "model.safetensors").unlink()
    assert len(list(folder.glob("*.safetensors"))) > 2
    loaded(folder)
    write_json(folder / "config.json", cut(settings))
    assert "weights of the encoder that its config.json leaves out (" in refusal(folder)


def test_layers_that_share_their_weights(tmp_path: Path) -> None:
    """ALBERT: how often its one layer is used is the configuration's to say."""
    loaded(checkpoints.write_albert(tmp_path / "m"))


def test_diffcse_and_simcse_as_they_are_trained(tmp_path: Path) -> None:
    for place, written in enumerate((checkpoints.write_diffcse, checkpoints.write_simcse_training)):
        folder = written(tmp_path / str(place))
        loaded(folder)
        settings = json.loads((folder / "config.json").read_text())
        write_json(folder / "config.json", settings | {"num_hidden_layers": 2})
        assert "16 in all" in refusal(folder)


@pytest.mark.parametrize(
    ("extra", "fits"),
    [
        ("embeddings.position_ids", True),
        ("embeddings.token_type_ids", True),
        ("bert.embeddings.position_ids", True),
        ("encoder.layer.0.rotary_emb.inv_freq", True),
        ("cls.predictions.bias", True),
        ("discriminator.encoder.layer.7.output.dense.weight", True),
        ("generator.embeddings.word_embeddings.weight", True),
        ("decoder.layers.0.weight", True),
        ("pooler.more.weight", True),
        ("embeddings.more.weight", False),
        ("encoder.layer.1.attention.self.distance_embedding.weight", False),
        ("bert.encoder.layer.3.output.dense.weight", False),
        ("bert.adapters.weight", False),
    ],
)
def test_one_more_weight(tmp_path: Path, extra: str, fits: bool) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    weights = load_file(folder / "model.safetensors")
    save_file(weights | {extra: torch.ones(3)}, folder / "model.safetensors", {"format": "pt"})
    if fits:
        loaded(folder)
    else:
        assert f"({extra}, 1 in all)" in refusal(folder)


# --- numbers --------------------------------------------------------------------------------------

FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
OTHERS = (torch.int8, torch.uint8, torch.bool, torch.complex64, torch.float8_e4m3fn, torch.int64)


def write_in(folder: Path, dtype: torch.dtype, form: str, only: str = "") -> Path:
    """Write a BERT whose weights, or those whose name ends so, are of a type."""
    checkpoints.write_plain(folder)
    weights = load_file(folder / "model.safetensors")
    turned = {
        name: weight.to(dtype) if name.endswith(only) else weight
        for name, weight in weights.items()
    }
    if form == "bin":
        (folder / "model.safetensors").unlink()
        torch.save(turned, folder / "pytorch_model.bin")
    else:
        save_file(turned, folder / "model.safetensors", {"format": "pt"})
    return folder


@pytest.mark.parametrize("form", ["safetensors", "bin"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_floating_point_numbers_are_read_as_float32(
    tmp_path: Path, dtype: torch.dtype, form: str
) -> None:
    model = loaded(write_in(tmp_path / "m", dtype, form))
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


@pytest.mark.parametrize("form", ["safetensors", "bin"])
@pytest.mark.parametrize("dtype", OTHERS)
@pytest.mark.parametrize("only", ["", "layer.1.output.dense.weight", "LayerNorm.bias"])
def test_others_are_not_cast(tmp_path: Path, dtype: torch.dtype, form: str, only: str) -> None:
    said = refusal(write_in(tmp_path / "m", dtype, form, only))
    assert f" is {str(dtype).removeprefix('torch.')} (" in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, "are quantized"),
        ({"text_config": {"quantization_config": {"bits": 4}}}, "are quantized"),
        ({"compression_config": {"format": "int"}}, "are quantized"),
        ({"num_hidden_layers": 10**6}, "asks for num_hidden_layers 1,000,000"),
        ({"num_hidden_layers": 10**12}, "they are not of one model"),
        ({"vocab_size": 10**10}, "asks for a model of"),
        ({"hidden_size": 10**6, "vocab_size": 10**6}, "asks for a model of"),
    ],
)
def test_settings_that_the_weights_do_not_bear(
    tmp_path: Path, more: Mapping[str, Any], said: str
) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    settings = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", settings | dict(more))
    assert said in refusal(folder)


def test_no_quantization_is_none(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    settings = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", settings | {"quantization_config": None})
    loaded(folder)
