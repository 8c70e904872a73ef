"""Folders of token vectors give the vectors of the library that owns their form."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from model2vec import StaticModel
from safetensors.numpy import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize

from benchmark.encoders import Encoder, as_encoder, build_encoder, parse_reference
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.static.published import static_model
from benchmark.errors import ModelError, NotComputedHere, UsageError
from benchmark.options import EncoderOptions
from tests.checkpoints import SENTENCES, as_files, write_json
from tests.encoders.static.models import ODD, model2vec_model, quantized, write_library
from tests.hub.client import paths_asked
from tests.hub.server import HubServer
from tests.rounding import assert_close


def encoder_of(folder: Path, **options: Any) -> Encoder:
    return build_encoder(parse_reference(str(folder)), "sts", EncoderOptions(**options))


OF_A_LONG_SUM = 5000 * 2.0**-25
"""The libraries add up the vectors of as many tokens in float32: half a roundoff of each sum."""


def assert_means(ours: Any, theirs: Any) -> None:
    """Compare vectors of `ODD`; of the long ones by what the libraries lose."""
    long = np.array([len(text) > 1000 for text in ODD])
    assert_close(ours[~long], theirs[~long])
    assert_close(ours[long], theirs[long], OF_A_LONG_SUM)


MODELS: dict[str, Callable[[], Any]] = {
    "words": lambda: model2vec_model("words"),
    "unigram": lambda: model2vec_model("unigram"),
    "byte pairs": lambda: model2vec_model("byte pairs"),
    "normalized": lambda: model2vec_model(normalize=True),
    "float16": lambda: model2vec_model(dtype=np.float16),
    "float16, normalized": lambda: model2vec_model(dtype=np.float16, normalize=True),
    "float64": lambda: model2vec_model(dtype=np.float64),
    "int8": lambda: model2vec_model(dtype=np.int8),
    "int8, normalized": lambda: model2vec_model(dtype=np.int8, normalize=True),
    "short": lambda: model2vec_model("words", max_length=3),
    "without a limit": lambda: model2vec_model(max_length=None),
    "quantized vocabulary": quantized,
    "quantized vocabulary, float16": lambda: quantized(np.float16, normalize=True),
    "quantized vocabulary, int8": lambda: quantized(np.int8, np.float64),
    "mapping alone": lambda: quantized(weights=None),
}


@pytest.mark.parametrize("name", MODELS)
def test_model2vec(name: str, tmp_path: Path):
    MODELS[name]().save_pretrained(tmp_path / "m")
    theirs = StaticModel.from_pretrained(tmp_path / "m")
    ours = encoder_of(tmp_path / "m")
    assert_means(ours.encode(ODD), theirs.encode(ODD))
    assert ours.card.adapter == "model2vec"
    assert ours.card.max_length == theirs.max_length
    assert ours.card.normalize == theirs.normalize


def test_sixteen_bits_are_the_librarys_to_the_last():
    """A last bit of float16 is a thousand times larger than the tolerance."""
    model = model2vec_model("words", np.float16)
    np.testing.assert_array_equal(as_encoder(model).encode(ODD), model.encode(ODD))


@pytest.mark.parametrize("limit", [1, 4, 1000])
def test_a_limit_of_ones_own(limit: int, tmp_path: Path):
    model = model2vec_model("words")
    model.save_pretrained(tmp_path / "m")
    ours = encoder_of(tmp_path / "m", max_length=limit)
    assert_means(ours.encode(ODD), model.encode(ODD, max_length=limit))
    assert ours.card.fingerprint != encoder_of(tmp_path / "m").card.fingerprint


@pytest.mark.parametrize(
    "config",
    [
        {"tokenizer_name": "x", "apply_pca": 256, "apply_zipf": True, "normalize": True},
        {"model_type": "model2vec", "architectures": ["StaticModel"], "normalize": False},
        {"architectures": ["StaticModel"], "seq_length": 1000000, "hidden_dim": 24},
    ],
)
def test_what_older_versions_wrote(config: dict[str, Any], tmp_path: Path):
    """They wrote neither a limit nor, at first, a list of modules."""
    model2vec_model("words").save_pretrained(tmp_path / "m")
    write_json(tmp_path / "m/config.json", config)
    (tmp_path / "m/modules.json").unlink()
    theirs = StaticModel.from_pretrained(tmp_path / "m")
    assert_means(encoder_of(tmp_path / "m").encode(ODD), theirs.encode(ODD))


@pytest.mark.parametrize("kind", ["word pieces", "words", "byte pairs"])
@pytest.mark.parametrize("scaled", [False, True])
def test_static_embedding(kind: str, scaled: bool, tmp_path: Path):
    more = [Normalize()] if scaled else []
    theirs = write_library(tmp_path / "m", kind, torch.float32, *more)
    ours = encoder_of(tmp_path / "m")
    assert_means(ours.encode(ODD), theirs.encode(list(ODD)))
    assert (ours.card.adapter, ours.card.normalize) == ("static-embedding", scaled)


def test_double_precision(tmp_path: Path):
    theirs = write_library(tmp_path / "m", "words", torch.float64)
    assert_means(encoder_of(tmp_path / "m").encode(ODD), theirs.encode(list(ODD)))


def write_inner_folder(folder: Path) -> None:
    """Write the layout of sentence-transformers before the first module lay beside the rest."""
    write_library(folder, "words")
    (folder / "0_StaticEmbedding").mkdir()
    for name in ("model.safetensors", "tokenizer.json"):
        (folder / name).rename(folder / "0_StaticEmbedding" / name)
    kind = "sentence_transformers.models.StaticEmbedding"
    modules = [{"idx": 0, "name": "0", "path": "0_StaticEmbedding", "type": kind}]
    write_json(folder / "modules.json", modules)


def test_a_folder_of_its_own_for_the_vectors(tmp_path: Path):
    folder = tmp_path / "m"
    write_inner_folder(folder)
    theirs = SentenceTransformer(str(folder), device="cpu")
    assert_means(encoder_of(folder).encode(ODD), theirs.encode(list(ODD)))


@pytest.mark.parametrize("weights", [None, np.float32])
def test_vectors_of_model2vec_in_the_other_librarys_folder(weights: Any, tmp_path: Path):
    folder = tmp_path / "m"
    quantized(weights=weights).save_pretrained(folder)
    (folder / "config.json").unlink()
    theirs = SentenceTransformer(str(folder), device="cpu")
    assert_means(encoder_of(folder).encode(ODD), theirs.encode(list(ODD)))


def test_what_is_stored_elsewhere_is_another_encoder(tmp_path: Path):
    """Tokenizer, scaling and weights are in the fingerprint, whichever folder holds them."""
    folder = tmp_path / "m"
    write_library(folder, "words")
    before = encoder_of(folder).card.fingerprint
    path = folder / "tokenizer.json"
    path.write_text(path.read_text().replace('"Lowercase"', '"NFC"'))
    between = encoder_of(folder).card.fingerprint
    state = load_file(folder / "model.safetensors")
    save_file({name: -rows for name, rows in state.items()}, folder / "model.safetensors")
    assert len({before, between, encoder_of(folder).card.fingerprint}) == 3


def test_a_vector_does_not_depend_on_its_neighbours():
    for model in (model2vec_model("words"), quantized(np.float16)):
        encoder = as_encoder(model)
        together = encoder.encode(ODD)
        alone = np.concatenate([encoder.encode([sentence]) for sentence in ODD])
        np.testing.assert_array_equal(together, alone)


def test_one_bag_has_one_vector():
    encoder = as_encoder(model2vec_model("words"))
    words = SENTENCES[2].split()
    turned = [" ".join(words[place:] + words[:place]) for place in range(len(words))]
    assert len({row.tobytes() for row in encoder.encode(turned)}) == 1


def test_a_tokenizer_that_knows_few_words(caplog: pytest.LogCaptureFixture):
    """The library leaves unknown tokens out and says nothing."""
    encoder = as_encoder(model2vec_model("words"), "mine")
    encoder.encode(["zzz"] * 800 + ["."] * 400)
    assert "mine: 67% of 1,200 words have no vector" in caplog.text


# --- in memory ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_a_model_in_memory(name: str):
    model = MODELS[name]()
    encoder = as_encoder(model, "mine")
    assert_means(encoder.encode(ODD), model.encode(ODD))
    assert (encoder.card.name, encoder.card.adapter) == ("mine", "model2vec")


def test_a_model_in_memory_is_known_by_its_content():
    prints = [as_encoder(make()).card.fingerprint for make in MODELS.values()]
    again = [as_encoder(make()).card.fingerprint for make in MODELS.values()]
    assert None not in prints
    assert prints == again
    assert len(set(prints)) == len(prints)
    model = model2vec_model("words")
    encoder = as_encoder(model)
    before = encoder.encode(ODD)
    model.embedding *= -1
    np.testing.assert_array_equal(encoder.encode(ODD), before)
    assert as_encoder(model).card.fingerprint != encoder.card.fingerprint


def test_a_class_of_ones_own_answers_for_itself():
    class Mine(StaticModel):
        pass

    model = model2vec_model("words")
    model.__class__ = Mine
    assert as_encoder(model).card.adapter == "python"


# --- refused --------------------------------------------------------------------------------------


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def with_tensors(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        state = load_file(folder / "model.safetensors")
        change(state)
        save_file(state, folder / "model.safetensors")

    return write


def settings(**values: Any) -> Callable[[Path], None]:
    return lambda folder: write_json(folder / "config.json", {"model_type": "model2vec", **values})


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "no tokenizer": (without("tokenizer.json"), "tokenizer.json: cannot be read"),
    "tokenizer": (
        lambda folder: (folder / "tokenizer.json").write_text("{}"),
        "its tokenizer.json: raised",
    ),
    "other vectors": (
        with_tensors(lambda state: state.update(embeddings=np.ones((3, 4)))),
        "3 vec",
    ),
    "a list": (with_tensors(lambda state: state.update(embeddings=np.ones(9))), r"shape \(9,\)"),
    "more": (with_tensors(lambda state: state.update(head=np.ones(9))), "holds head"),
    "others": (with_tensors(lambda state: state.update(x=state.pop("embeddings"))), "holds x"),
    "rows beyond": (
        with_tensors(lambda state: state.update(mapping=np.full(99, 9999))),
        "rows beyond its",
    ),
    "whole numbers": (
        with_tensors(lambda state: state.update(embeddings=np.ones((99, 4), np.int32))),
        "vectors of int32",
    ),
    "limit": (settings(max_length=0), "max_length is 0"),
    "scaling": (settings(normalize="yes"), "normalize is 'yes'"),
    "cut": (lambda folder: (folder / "model.safetensors").write_bytes(b"x" * 99), "cannot be read"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_one_line(name: str, tmp_path: Path):
    model2vec_model("words").save_pretrained(tmp_path / "m")
    damage, words = DAMAGES[name]
    damage(tmp_path / "m")
    with pytest.raises(ModelError, match=words) as caught:
        encoder_of(tmp_path / "m").encode(["Yes"])
    assert "\n" not in str(caught.value)


def test_a_token_without_a_vector(tmp_path: Path):
    write_library(tmp_path / "m", "words")
    with_tensors(lambda state: state.update({"embedding.weight": np.ones((9, 4))}))(tmp_path / "m")
    with pytest.raises(ModelError, match="vectors of 9 tokens"):
        encoder_of(tmp_path / "m").encode(["the cat"])


def ours(folder: Path) -> Any:
    """Return what we make of a folder, without the library that takes over."""
    return static_model(Checkpoint(folder, "m", "m"), None, EncoderOptions(device="cpu"))


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_sixteen_bits_of_torch_are_left_to_the_library(kind: Any, tmp_path: Path):
    write_library(tmp_path / "m", "words", kind)
    with pytest.raises(NotComputedHere, match="float16"):
        ours(tmp_path / "m")


def test_more_modules_are_left_to_the_library(tmp_path: Path):
    write_library(tmp_path / "m", "words", torch.float32, Dense(24, 8))
    with pytest.raises(NotComputedHere, match="StaticEmbedding -> Dense"):
        ours(tmp_path / "m")


@pytest.mark.parametrize(
    "more", [{"kwargs": ["task"]}, {"of_tomorrow": 1}, {"path": "../other"}, {"path": "a/b"}]
)
def test_modules_that_ask_for_more(more: dict[str, Any], tmp_path: Path):
    write_library(tmp_path / "m", "words", torch.float32, Normalize())
    path = tmp_path / "m/modules.json"
    modules = json.loads(path.read_text())
    modules[0] |= more
    write_json(path, modules)
    with pytest.raises(ModelError, match=r"modules.json[: ]"):
        ours(tmp_path / "m")


def test_two_modules_of_one_name(tmp_path: Path):
    """The library takes the last of them alone."""
    write_library(tmp_path / "m", "words", torch.float32, Normalize())
    path = tmp_path / "m/modules.json"
    path.write_text(path.read_text().replace('"name": "1"', '"name": "0"'))
    with pytest.raises(NotComputedHere, match="two modules of one name"):
        ours(tmp_path / "m")


@pytest.mark.parametrize(
    "values",
    [
        {"truncate_dim": 8},
        {"default_prompt_name": "query"},
        {"prompts": {"a": "b: "}},
        {"model_type": "SparseEncoder"},
        {"of_tomorrow": True},
    ],
)
def test_what_is_done_around_the_modules_is_left_to_the_library(
    values: dict[str, Any], tmp_path: Path
):
    write_library(tmp_path / "m", "words")
    write_json(tmp_path / "m/config_sentence_transformers.json", values)
    with pytest.raises(NotComputedHere, match=next(iter(values))):
        ours(tmp_path / "m")


@pytest.mark.parametrize("asked", [{"prompt": "the dog "}, {"prompt": ""}])
def test_a_prompt_is_left_to_the_library(asked: dict[str, Any], tmp_path: Path):
    write_library(tmp_path / "m", "words")
    encoder = encoder_of(tmp_path / "m", device="cpu", **asked)
    assert encoder.card.adapter == "sentence-transformers"
    library = SentenceTransformer(str(tmp_path / "m"), device="cpu")
    texts = ["a man plays", "the guitar", ""]
    assert_close(encoder.encode(texts), np.stack([library.encode(t, **asked) for t in texts]))
    with pytest.raises(NotComputedHere, match="`adapter` sentence-transformers lets the library"):
        encoder_of(tmp_path / "m", adapter="transformers", **asked)


def test_options_without_use(tmp_path: Path):
    model2vec_model("words").save_pretrained(tmp_path / "m")
    with pytest.raises(UsageError, match="`pooler` avg"):
        encoder_of(tmp_path / "m", pooler="avg")
    write_library(tmp_path / "st", "words")
    with pytest.raises(UsageError, match="`max_length` 9"):
        encoder_of(tmp_path / "st", max_length=9)


# --- on the hub -----------------------------------------------------------------------------------


def test_what_is_fetched(hub: HubServer, tmp_path: Path):
    model2vec_model("words").save_pretrained(tmp_path / "m")
    hub.add_repo("org/model2vec", as_files(tmp_path / "m") | {"model.onnx": b"graph"})
    theirs = StaticModel.from_pretrained(tmp_path / "m")
    ours = build_encoder(parse_reference("org/model2vec"), "sts", EncoderOptions())
    assert_means(ours.encode(ODD), theirs.encode(ODD))
    write_inner_folder(tmp_path / "st")
    hub.add_repo("org/library", as_files(tmp_path / "st"))
    for offline in (False, True):
        options = EncoderOptions(offline=offline)
        ours = build_encoder(parse_reference("org/library"), "sts", options)
        assert ours.card.fingerprint == encoder_of(tmp_path / "st").card.fingerprint
        ours.encode(["Yes"])
    assert not any("onnx" in path or "README" in path for path in paths_asked(hub, "GET"))
