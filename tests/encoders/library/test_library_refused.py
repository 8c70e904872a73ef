"""What the library would score as something else, or by code that nobody read, is refused."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer

from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.library.encoder import LibraryEncoder
from benchmark.errors import BenchmarkError, ModelError, NotComputedHere, UsageError
from benchmark.options import EncoderOptions
from tests.checkpoints import SENTENCES, write_json, write_plain, write_sentence_transformers
from tests.encoders.library import folders
from tests.encoders.library.folders import amend
from tests.encoders.library.test_library_encoder import encoder_of, library
from tests.rounding import assert_close


def refusal(folder: Path, **options: Any) -> str:
    """Return the one line that says why a folder is not scored."""
    with pytest.raises(BenchmarkError) as caught:
        encoder_of(folder, **{"adapter": "sentence-transformers"} | options).encode(SENTENCES)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that the library computes: transformer, pooling, a norm, dropout, scaling."""
    return folders.write(tmp_path / "model", "layer norm")


# --- weights --------------------------------------------------------------------------------------


def rename(folder: Path, change: Callable[[str], str]) -> None:
    """Give the weights of a transformer other names."""
    path = folder / "model.safetensors"
    state = {change(name): weight for name, weight in load_file(path).items()}
    save_file(state, path, {"format": "pt"})


@pytest.mark.parametrize("prefix", ["module.", "0.auto_model.", "other.model."])
def test_names_that_do_not_fit(folder: Path, prefix: str) -> None:
    """The library warns, and scores random weights."""
    rename(folder, lambda name: prefix + name)
    assert SentenceTransformer(str(folder), device="cpu").encode("no").any()
    assert "the library would score random numbers" in refusal(folder)


def test_one_missing_weight(folder: Path) -> None:
    rename(folder, lambda name: name.replace("layer.1.output.dense.bias", "away"))
    said = refusal(folder)
    assert "encoder.layer.1.output.dense.bias, 1 in all" in said


def test_a_weight_of_another_shape(folder: Path) -> None:
    path = folder / "model.safetensors"
    state = load_file(path)
    state["encoder.layer.0.output.dense.bias"] = torch.zeros(7)
    save_file(state, path, {"format": "pt"})
    assert "cannot be loaded" in refusal(folder)


def test_layers_that_the_configuration_leaves_out(folder: Path) -> None:
    amend(folder / "config.json", num_hidden_layers=2)
    assert "holds weights of the encoder that its config.json leaves out" in refusal(folder)


def test_a_pooling_head_that_is_missing(tmp_path: Path) -> None:
    """Nobody reads it unless the settings say so."""
    inside = folders.write(tmp_path / "model", "layer norm")
    rename(inside, lambda name: name.replace("pooler.", "cls."))
    assert_close(encoder_of(inside).encode(SENTENCES), library(inside, SENTENCES))
    way = {"text": {"method": "forward", "method_output_name": "pooler_output"}}
    settings = {"modality_config": way, "module_output_name": "sentence_embedding"}
    amend(inside / "sentence_bert_config.json", **settings)
    modules = json.loads((inside / "modules.json").read_text())
    write_json(inside / "modules.json", [modules[0], *modules[2:]])
    assert "pooler.dense.bias, 2 in all" in refusal(inside)


@pytest.mark.parametrize("name", ["words, lstm", "words, cnn", "words, dense", "layers"])
def test_weights_of_the_librarys_own_modules(tmp_path: Path, name: str) -> None:
    inside = folders.write(tmp_path / "model", name)
    [path] = [
        path for path in inside.glob("[12]_*/model.safetensors") if "Pooling/" not in str(path)
    ] or list(inside.glob("1_WeightedLayerPooling/model.safetensors"))
    state = load_file(path)
    save_file({f"other.{name}": weight for name, weight in state.items()}, path)
    assert "cannot be loaded" in refusal(inside)


def test_quantized_weights(folder: Path) -> None:
    amend(folder / "config.json", quantization_config={"quant_method": "bitsandbytes"})
    assert "its weights are quantized" in refusal(folder)


def test_a_configuration_of_another_model(folder: Path) -> None:
    amend(folder / "config.json", num_hidden_layers=900, intermediate_size=2**16)
    assert re.search("not of one model|of another model", refusal(folder))


@pytest.mark.parametrize(
    ("name", "file", "changes"),
    [
        ("words, lstm", "1_LSTM/lstm_config.json", {"hidden_dim": 10**9}),
        ("words, lstm", "1_LSTM/lstm_config.json", {"num_layers": 10**9}),
        ("words, cnn", "1_CNN/cnn_config.json", {"out_channels": 10**9}),
        ("words, cnn", "1_CNN/cnn_config.json", {"kernel_sizes": [1] * 10**6}),
        ("words, dense", "2_Dense/config.json", {"out_features": 10**9}),
    ],
)
def test_sizes_that_the_weights_do_not_fill(
    tmp_path: Path, name: str, file: str, changes: dict[str, Any]
) -> None:
    """The library makes a module before it looks at its weights."""
    inside = folders.write(tmp_path / "model", name)
    amend(inside / file, **changes)
    assert "it is the configuration of another module" in refusal(inside)


def test_an_adapter(folder: Path) -> None:
    write_json(folder / "adapter_config.json", {"base_model_name_or_path": "elsewhere"})
    assert "holds a whole model and adapter_config.json of an adapter" in refusal(folder)
    for weights in folder.glob("model.*"):
        weights.unlink()
    said = "an adapter (PEFT), which sentence-transformers would put on a base"
    assert said in refusal(folder)
    (folder / "config.json").unlink()  # as PEFT leaves it
    assert said in refusal(folder)
    (folder / "modules.json").unlink()
    assert said in refusal(folder)


# --- code -----------------------------------------------------------------------------------------


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self._path,)


@pytest.mark.parametrize("inside", [".", "1_LSTM"])
@pytest.mark.parametrize("settings", [{}, {"model_args": {"weights_only": False}}])
def test_pickled_code_is_not_run(tmp_path: Path, inside: str, settings: dict[str, Any]) -> None:
    name = "words, lstm" if inside != "." else "layer norm"
    folder = folders.write(tmp_path / "model", name)
    here = folder / inside
    state: dict[str, Any] = dict(load_file(here / "model.safetensors"))
    (here / "model.safetensors").unlink()
    torch.save(state, here / "pytorch_model.bin")
    if settings and inside == ".":
        amend(folder / "sentence_bert_config.json", **settings)
        assert "asks for model_args with weights_only" in refusal(folder)
        return
    assert_close(encoder_of(folder).encode(SENTENCES), library(folder, SENTENCES))
    torch.save(state | {"more": Bomb(tmp_path / "ran")}, here / "pytorch_model.bin")
    assert "damaged or holds pickled code" in refusal(folder)
    assert not (tmp_path / "ran").exists()


OWN = """
import torch
from pathlib import Path

Path(__file__).with_name("ran").touch()


class Own(torch.nn.Module):
    def forward(self, features):
        features["sentence_embedding"] = 2 + features["token_embeddings"][:, 1]
        return features

    def save(self, path, **_):
        pass

    @staticmethod
    def load(path):
        return Own()
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module of its own."""
    cache = str(tmp_path / "cached code")
    monkeypatch.setattr("transformers.utils.hub.HF_MODULES_CACHE", cache)
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", cache)
    folder = write_sentence_transformers(tmp_path / "own", after=())
    modules = json.loads((folder / "modules.json").read_text())
    modules[1] |= {"type": "own_module.Own", "path": ""}
    write_json(folder / "modules.json", modules)
    (folder / "own_module.py").write_text(OWN)
    return folder


def test_a_module_of_its_own_asks_for_trust(own: Path) -> None:
    for adapter in ("auto", "sentence-transformers"):
        said = refusal(own, adapter=adapter)
        assert "'own_module.Own'" in said
        assert "read that code, then pass `trust_remote_code`" in said
    assert not (own / "ran").exists()


def test_a_module_of_its_own_is_computed_with_trust(own: Path) -> None:
    encoder = encoder_of(own, trust_remote_code=True)
    vectors = encoder.encode(SENTENCES)
    model = SentenceTransformer(str(own), device="cpu", trust_remote_code=True)
    assert_close(vectors, np.stack([model.encode(text) for text in SENTENCES]))
    (own / "own_module.py").write_text(OWN.replace("2 +", "3 +"))
    changed = encoder_of(own, trust_remote_code=True)
    assert changed.card.fingerprint != encoder.card.fingerprint
    assert_close(changed.encode(SENTENCES), vectors + 1)


def test_code_that_came_after_the_hash(own: Path) -> None:
    encoder = encoder_of(own, trust_remote_code=True)
    (own / "own_module.py").write_text(OWN.replace("2 +", "3 +"))
    with pytest.raises(ModelError, match="changed while it was being read"):
        encoder.encode(SENTENCES)


@pytest.mark.parametrize("named", ["pickle.Unpickler", "no_file.Own", "a.b.c.Own", "own_module"])
def test_code_of_another_package(own: Path, named: str) -> None:
    amend_module(own, 1, type=named)
    said = refusal(own, trust_remote_code=True)
    assert "is of another package, whose content no hash here covers" in said


@pytest.mark.parametrize(
    "named", ["sentence_transformers.SentenceTransformer", "sentence_transformers.util.Nothing"]
)
def test_a_class_of_the_library_that_is_no_module(own: Path, named: str) -> None:
    amend_module(own, 1, type=named)
    assert "is not known to make vectors of sentences" in refusal(own)


def test_a_transformer_of_old(tmp_path: Path) -> None:
    """What the refusal says to do is done, and gives the library's vectors."""
    folder = write_sentence_transformers(tmp_path / "m")
    amend_module(folder, 0, type="sentence_transformers.models.BERT")
    said = refusal(folder, adapter="auto")
    assert "its module BERT is of sentence-transformers 0.2" in said
    amend_module(folder, 0, type=re.search(r"as (\S+) in modules.json", said)[1])  # type: ignore[index]
    assert_close(encoder_of(folder).encode(SENTENCES), library(folder, SENTENCES))


def test_what_the_library_fails_on(tmp_path: Path) -> None:
    """Nothing makes a vector of the sentence there."""
    folder = write_sentence_transformers(tmp_path / "m")
    modules = json.loads((folder / "modules.json").read_text())
    write_json(folder / "modules.json", modules[:1])
    assert "m: sentence-transformers raised KeyError: 'sentence_embedding'" in refusal(folder)


def amend_module(folder: Path, place: int, **changes: Any) -> None:
    """Change what ``modules.json`` says of a module."""
    modules = json.loads((folder / "modules.json").read_text())
    modules[place] |= changes
    write_json(folder / "modules.json", modules)


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json", "processor_config.json"])
def test_settings_that_name_code(folder: Path, file: str) -> None:
    """The library would take a class of transformers instead, without a word."""
    amend(folder / file, auto_map={"AutoModel": "own.Model"})
    assert f"auto_map in {file} names 'own.Model'" in refusal(folder)
    amend(folder / file, auto_map={"AutoModel": "org/other--own.Model"})
    assert "its code lies in another repository" in refusal(folder, trust_remote_code=True)


@pytest.mark.parametrize("named", ["os.system", "own.Activation", "Tanh"])
def test_an_activation_of_its_own(tmp_path: Path, named: str) -> None:
    """The library would take the usual one instead, with a warning."""
    folder = folders.write(tmp_path / "m", "words, dense")
    amend(folder / "2_Dense" / "config.json", activation_function=named)
    said = refusal(folder)
    assert f"activation_function is '{named}', code of its own" in said


def test_a_tokenizer_class_of_its_own(tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "m", "words")
    [path] = folder.rglob("wordembedding_config.json")
    amend(path, tokenizer_class="own.Tokenizer")
    assert "tokenizer_class is 'own.Tokenizer', code of its own" in refusal(folder)


# --- settings that lead elsewhere -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("tokenizer_name_or_path", "/etc", "tokenizer_name_or_path"),
        ("tokenizer_args", {"vocab_file": "/etc/passwd"}, "tokenizer_args with vocab_file"),
        ("processor_kwargs", {"tokenizer_file": "x"}, "processor_kwargs with tokenizer_file"),
        ("model_args", {"subfolder": ".."}, "model_args with subfolder"),
        ("model_kwargs", {"attn_implementation": "org/kernel"}, "with attn_implementation"),
        ("model_kwargs", {"quantization_config": {}}, "model_kwargs with quantization_config"),
        ("config_kwargs", {"cache_dir": "/tmp"}, "config_kwargs with cache_dir"),
    ],
)
def test_arguments_that_lead_elsewhere(folder: Path, key: str, value: Any, said: str) -> None:
    amend(folder / "sentence_bert_config.json", **{key: value})
    text = refusal(folder)
    assert f"asks for {said}" in text or said in text
    assert "may lead to other files than those of the folder" in text


@pytest.mark.parametrize("path", ["..", "/etc", "1_Pooling/../../other"])
def test_modules_outside(folder: Path, path: str) -> None:
    amend_module(folder, 2, path=path)
    assert "leads out of the folder" in refusal(folder)


def test_ways_of_a_router_outside(tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "m", "router")
    settings = json.loads((folder / "router_config.json").read_text())
    first = next(iter(settings["types"]))
    settings["types"]["../other"] = settings["types"].pop(first)
    write_json(folder / "router_config.json", settings)
    assert "router_config.json names '../other', which leads out of the folder" in refusal(folder)


def test_code_that_a_router_leads_to(tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "m", "router")
    settings = json.loads((folder / "router_config.json").read_text())
    settings["types"] = dict.fromkeys(settings["types"], "own.Module")
    write_json(folder / "router_config.json", settings)
    assert "names 'own.Module'" in refusal(folder)


@pytest.mark.parametrize("kind", ["SparseEncoder", "CrossEncoder", "MultiVectorEncoder"])
def test_models_of_other_kinds(folder: Path, kind: str) -> None:
    amend(folder / "config_sentence_transformers.json", model_type=kind)
    assert f"model_type is {kind}, only SentenceTransformer is supported" in refusal(folder)


def test_what_was_written_after_the_hash(folder: Path) -> None:
    encoder = encoder_of(folder)
    amend(folder / "3_LayerNorm" / "config.json", dimension=31)
    with pytest.raises(ModelError, match="changed while it was being read"):
        encoder.encode(SENTENCES)


# --- options --------------------------------------------------------------------------------------


@pytest.mark.parametrize("adapter", ["auto", "sentence-transformers"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pooler": "cls"}, "pooler"),
        ({"backend": "onnx"}, "backend"),
        ({"backend": "openvino"}, "backend"),
    ],
)
def test_options_that_the_library_leaves_no_room_for(
    folder: Path, options: dict[str, str], said: str, adapter: str
) -> None:
    with pytest.raises((UsageError, NotComputedHere)) as caught:
        encoder_of(folder, adapter=adapter, **options)
    if adapter == "auto":
        assert "lets the library compute it" in str(caught.value)
    else:
        assert str(caught.value).startswith(f"`{said}` {options[said]}: model is computed by")


def test_our_own_computation_never_falls_back(folder: Path) -> None:
    with pytest.raises(NotComputedHere, match="`adapter` sentence-transformers lets the library"):
        encoder_of(folder, adapter="transformers")


@pytest.mark.parametrize("encode_as", ["query", "document"])
def test_a_way_to_encode_that_we_do_not_know(folder: Path, encode_as: Any) -> None:
    with pytest.raises(UsageError, match="only the library knows it; leave `adapter` out"):
        encoder_of(folder, adapter="transformers", encode_as=encode_as)


def test_a_way_that_a_router_does_not_have(tmp_path: Path) -> None:
    folder = folders.asym(tmp_path / "m")
    assert isinstance(encoder_of(folder, encode_as="query"), LibraryEncoder)
    said = refusal(folder, encode_as="document")
    assert "`encode_as` document: model has no such way; its routes are query, doc" in said


def test_a_router_without_a_plain_way(tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "m", "router")
    settings = json.loads((folder / "router_config.json").read_text())
    settings["parameters"] = {"default_route": None, "allow_empty_key": False}
    write_json(folder / "router_config.json", settings)
    assert "`encode_as` plain: m has no such way; its routes are query, document" in refusal(folder)


@pytest.mark.parametrize("name", ["bag", "static"])
def test_a_limit_where_there_is_none(tmp_path: Path, name: str) -> None:
    folder = folders.write(tmp_path / "m", name)
    assert "`max_length` 9: m has no limit in tokens" in refusal(folder, max_length=9)


def test_a_limit_beyond_the_models(folder: Path) -> None:
    assert "`max_length` 999: model takes at most 64 tokens" in refusal(folder, max_length=999)


def test_an_entry_of_the_catalogue_without_settings_of_the_library(tmp_path: Path) -> None:
    """The library would pool by the mean what is scored by another pooler."""
    from benchmark.encoders.asked.catalogue import named_models
    from benchmark.encoders.files.checkpoint import Checkpoint
    from benchmark.encoders.library.from_folder import library_encoder

    checkpoint = Checkpoint(write_plain(tmp_path / "m"), "m", "m")
    model = named_models()["unsup-simcse-bert-base"]
    with pytest.raises(UsageError, match=r"tells the library of its pooler \(cls_before_pooler\)"):
        library_encoder(checkpoint, model, EncoderOptions(adapter="sentence-transformers"))


@pytest.mark.parametrize("adapter", ["auto", "sentence-transformers"])
def test_the_library_is_not_installed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, adapter: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    said = refusal(folder, adapter=adapter)
    assert said.endswith("[sentence-transformers]'")
    if adapter == "auto":
        assert "its modules are Transformer -> Dense -> Pooling -> LayerNorm" in said


def test_other_encoders_have_no_adapter(tmp_path: Path) -> None:
    shutil.copy("tests/encoder_files.py", tmp_path / "e.py")
    asked = EncoderOptions(adapter="sentence-transformers")
    with pytest.raises(UsageError, match=r"`adapter` sentence-transformers: .* no such setting"):
        build_encoder(parse_reference(f"{tmp_path / 'e.py'}:WordHash"), "sts", asked)
    with pytest.raises(UsageError, match="`encode_as` query: glove-6b-50d has no such setting"):
        build_encoder(parse_reference("glove-6b-50d"), "sts", EncoderOptions(encode_as="query"))
