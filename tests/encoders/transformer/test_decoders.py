"""Plain decoders: the pooler that their owning library takes, its vectors, and the end token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from benchmark.encoders import build_encoder, parse_reference
from benchmark.errors import ModelError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES, write_json
from tests.encoders.transformer.published import TEXTS, library_vectors, write, write_tokenizer
from tests.rounding import assert_close

KINDS = (
    "gemma",
    "gemma2",
    "gemma3_text",
    "gpt2",
    "gpt_neox",
    "gpt_oss",
    "llama",
    "mistral",
    "opt",
    "phi",
    "qwen2",
    "qwen3",
)
LONG = "the guitar plays a man " * 40


def encoder_of(folder: Path, **options: Any) -> Any:
    return build_encoder(parse_reference(str(folder)), "sts", EncoderOptions(**options))


def settings(folder: Path, name: str = "config.json", **changes: Any) -> dict[str, Any]:
    """Change a file of settings, and return what it then says."""
    content = json.loads((folder / name).read_text("utf-8")) | changes
    write_json(folder / name, content)
    return content


def refusal(folder: Path, texts: Any = SENTENCES, **options: Any) -> str:
    with pytest.raises(ModelError) as caught:
        encoder_of(folder, **options).tokenize(texts)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- what the library scores ----------------------------------------------------------------------


@pytest.mark.parametrize("head", ["AutoModelForCausalLM", "AutoModel"])
@pytest.mark.parametrize("kind", KINDS)
def test_as_sentence_transformers(
    tmp_path: Path, kind: str, head: str, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path / "m", kind, head)
    [name] = settings(tmp_path / "m")["architectures"]
    settings(tmp_path / "m", "tokenizer_config.json", model_max_length=60)
    wanted = "last_token" if name.endswith("ForCausalLM") else "avg"
    encoder = encoder_of(tmp_path / "m")
    assert encoder.card.pooler == wanted
    assert f"no pooler is documented for this checkpoint; using {wanted} (" in caplog.text
    vectors = library_vectors(tmp_path / "m")
    assert_close(encoder.encode(TEXTS), vectors)


@pytest.mark.parametrize("said", [False, None, True])
def test_one_that_looks_both_ways_is_averaged(tmp_path: Path, said: bool | None) -> None:
    folder = tmp_path / "m"
    write(folder, "qwen2", "AutoModelForCausalLM")
    settings(folder, is_causal=said)
    encoder = encoder_of(folder)
    assert encoder.card.pooler == ("last_token" if said else "avg")
    vectors = library_vectors(folder)
    assert_close(encoder.encode(TEXTS), vectors)


@pytest.mark.parametrize(
    ("more", "pooler"),
    [
        ({}, "last_token"),
        ({"architectures": []}, "avg"),
        ({"architectures": None}, "avg"),
        ({"architectures": ["BertModel", "LlamaForCausalLM"]}, "avg"),
        ({"use_bidirectional_attention": "all"}, "last_token"),
        ({"use_bidirectional_attention": True}, "last_token"),
    ],
)
def test_the_rule(tmp_path: Path, more: dict[str, Any], pooler: str) -> None:
    write(tmp_path / "m", "llama", "AutoModelForCausalLM")
    settings(tmp_path / "m", **more)
    encoder = encoder_of(tmp_path / "m")
    assert encoder.card.pooler == pooler
    assert_close(encoder.encode(TEXTS), library_vectors(tmp_path / "m"))


@pytest.mark.parametrize("kind", ["diffusion_gemma_text", "gemma4_text", "gemma4_unified_text"])
def test_what_says_in_its_own_way_that_it_looks_both_ways(tmp_path: Path, kind: str) -> None:
    write(tmp_path / "m", "llama", "AutoModelForCausalLM")
    said = {"model_type": kind, "use_bidirectional_attention": "all"}
    settings(tmp_path / "m", **said)
    assert encoder_of(tmp_path / "m").card.pooler == "avg"
    # What the library goes by:
    assert CONFIG_MAPPING[kind](use_bidirectional_attention="all").is_causal is False


# --- the end token --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("llama")
    write(folder, "llama", "AutoModelForCausalLM")
    return folder


@pytest.mark.parametrize("template", [["$A", "</s>"], ["<s>", "$A", "</s>"], ["<s>", "$A"], ["$A"]])
def test_what_is_cut_keeps_its_end_as_in_the_library(llama: Path, template: list[str]) -> None:
    write_tokenizer(llama, template, model_max_length=12)
    encoder = encoder_of(llama)
    found = encoder.tokenize([*SENTENCES, LONG])
    assert len(SENTENCES) in found.truncated
    end = checkpoints.byte_pairs()[0]["</s>"]
    assert all((row[-1] == end) == ("</s>" in template) for row in found.ids)
    texts = [*SENTENCES, LONG]
    vectors = library_vectors(llama, texts)
    assert_close(encoder.encode(texts), vectors)


def test_an_end_that_is_promised_and_missing(llama: Path) -> None:
    """The loading library passes over the promise where there is a ``tokenizer.json``."""
    write_tokenizer(llama, ["<s>", "$A"], add_eos_token=True)
    assert "which the tokenizer's files promise to be </s>, and its ids do not" in refusal(llama)
    assert "promise to be </s>" in refusal(llama, [""])
    assert "promise to be </s>" in refusal(llama, pooler="max+last_token@1")
    encoder_of(llama, pooler="avg").tokenize(SENTENCES)
    encoder_of(llama).tokenize([f"{sentence}</s>" for sentence in SENTENCES])
    write_tokenizer(llama, ["<s>", "$A"], add_eos_token=False)
    encoder_of(llama).tokenize(SENTENCES)


def test_an_end_that_nobody_knows(llama: Path) -> None:
    write_tokenizer(llama, ["<s>", "$A"], add_eos_token=True, eos_token=None)
    assert "promise to be an end token" in refusal(llama)


def test_an_end_of_the_file_that_the_class_leaves_out(
    llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tokenizer(llama, ["<s>", "$A", "</s>"])
    encoder = encoder_of(llama)
    encoder._tokenizer.backend_tokenizer.post_processor = None
    with pytest.raises(ModelError, match="promise to be </s>"):
        encoder.tokenize(SENTENCES)


@pytest.mark.parametrize(
    ("step", "promised"),
    [
        (None, False),
        ({"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]}, True),
        ({"type": "BertProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]}, True),
        ({"type": "Sequence", "processors": []}, False),
    ],
)
def test_other_post_processors(llama: Path, step: Any, promised: bool) -> None:
    from benchmark.encoders.transformer.tokenizer import promised_end

    write_tokenizer(llama, ["$A"])
    encoder = encoder_of(llama)
    tokenizer = encoder._tokenizer
    settings(llama, "tokenizer.json", post_processor=step)
    assert (promised_end(encoder.checkpoint, tokenizer) == 2) == promised


def test_weights_are_the_files(llama: Path) -> None:
    """Else all of the above would compare two random models."""
    stored = load_file(llama / "model.safetensors")
    write_tokenizer(llama, ["$A", "</s>"])
    encoder = encoder_of(llama)
    encoder.load()
    own = encoder._compute.model.state_dict()
    assert (own["norm.weight"] == stored["model.norm.weight"]).all()
