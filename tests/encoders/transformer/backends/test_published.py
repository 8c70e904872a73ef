"""Folders with a graph in the place of weights: the vectors of the model it was made from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmark.encoders import build_encoder, parse_reference
from benchmark.errors import BenchmarkError, ModelError, UsageError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES, as_files
from tests.encoders.plain import plain_vectors
from tests.hub.server import HubServer
from tests.rounding import assert_close

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

NAMES = ("input_ids", "attention_mask", "token_type_ids")


class Tokens(torch.nn.Module):
    """What exporters make a graph of: ids, mask and types in, token vectors out."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        from transformers import BertModel

        self.model = BertModel.from_pretrained(folder, attn_implementation="eager").eval()

    def forward(self, ids: Any, mask: Any, types: Any) -> Any:
        return self.model(ids, attention_mask=mask, token_type_ids=types).last_hidden_state


@pytest.fixture(scope="module")
def onnx_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph of a BERT, and beside it the folder of the BERT."""
    folder = checkpoints.write_plain(tmp_path_factory.mktemp("onnx") / "bert")
    file = folder.parent / "model.onnx"
    example = tuple(torch.ones((2, 7), dtype=torch.long) for _ in NAMES)
    sizes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    torch.onnx.export(
        Tokens(folder),
        example,
        file,
        input_names=list(NAMES),
        output_names=["last_hidden_state"],
        dynamic_shapes=(sizes, sizes, sizes),
        dynamo=True,
        external_data=False,
        optimize=False,  # half of the time, for nothing that is looked at
        verbose=False,
    )
    return file


@pytest.fixture
def published(onnx_file: Path, tmp_path: Path) -> Path:
    """A folder as people publish it: settings, tokenizer, ``onnx/model.onnx``."""
    folder = tmp_path / "published"
    shutil.copytree(onnx_file.parent / "bert", folder)
    (folder / "model.safetensors").unlink()
    (folder / "onnx").mkdir()
    shutil.copy(onnx_file, folder / "onnx")
    return folder


def encoder_of(model: Path | str, **options: Any) -> Any:
    chosen = EncoderOptions(device="cpu", **options)
    return build_encoder(parse_reference(str(model)), "sts", chosen)


@pytest.mark.parametrize("pooler", ["avg", "cls_before_pooler", "last_token", "max+avg"])
def test_the_vectors_of_its_model(published: Path, onnx_file: Path, pooler: str) -> None:
    encoder = encoder_of(published, pooler=pooler)
    weights = encoder_of(onnx_file.parent / "bert", pooler=pooler)
    assert_close(encoder.encode(SENTENCES), weights.encode(SENTENCES))
    card = encoder.card
    assert (card.backend, card.precision) == ("onnx", "published")
    assert card.weights_sha256 != weights.card.weights_sha256


def test_by_openvino(published: Path, onnx_file: Path) -> None:
    """It reads graphs of ONNX, and its own."""
    openvino = pytest.importorskip("openvino")
    wanted = plain_vectors(onnx_file.parent / "bert", "avg", SENTENCES)
    found = encoder_of(published, pooler="avg", backend="openvino").encode(SENTENCES)
    assert_close(found, wanted)
    model = openvino.convert_model(published / "onnx" / "model.onnx")
    shutil.rmtree(published / "onnx")
    openvino.save_model(
        model, published / "openvino" / "openvino_model.xml", compress_to_fp16=False
    )
    encoder = encoder_of(published, pooler="avg")
    assert_close(encoder.encode(SENTENCES), wanted)
    assert encoder.card.backend == "openvino"
    before = encoder.card.fingerprint
    weights = published / "openvino" / "openvino_model.bin"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    assert encoder_of(published, pooler="avg").card.fingerprint != before


def test_a_sentence_transformers_folder(onnx_file: Path, tmp_path: Path) -> None:
    folder = checkpoints.write_sentence_transformers(tmp_path / "m")
    wanted = encoder_of(folder).encode(SENTENCES)
    (folder / "model.safetensors").unlink()
    (folder / "onnx").mkdir()
    shutil.copy(onnx_file, folder / "onnx")
    assert_close(encoder_of(folder).encode(SENTENCES), wanted)


def test_a_file_names_the_folder(published: Path, onnx_file: Path) -> None:
    shutil.copy(onnx_file, published / "onnx" / "model_other.onnx")
    for file in ("model.onnx", "model_other.onnx"):
        encoder = encoder_of(published / "onnx" / file, pooler="avg")
        assert_close(
            encoder.encode(SENTENCES), plain_vectors(onnx_file.parent / "bert", "avg", SENTENCES)
        )


def test_from_the_hub(hub: HubServer, published: Path, onnx_file: Path) -> None:
    hub.add_repo("org/graph", as_files(published))
    encoder = encoder_of("org/graph", pooler="avg")
    wanted = plain_vectors(onnx_file.parent / "bert", "avg", SENTENCES)
    assert_close(encoder.encode(SENTENCES), wanted)
    again = encoder_of("org/graph", pooler="avg", offline=True)
    assert again.card.fingerprint == encoder.card.fingerprint


def test_ranges_of_a_batch_are_those_of_each_sentence(published: Path, onnx_file: Path) -> None:
    """Quantized as people do: the ranges of activations are taken from what goes together."""
    import onnxruntime
    from onnxruntime.quantization import quantize_dynamic

    file = published / "onnx" / "model_quantized.onnx"
    quantize_dynamic(onnx_file, file)
    encoder = encoder_of(file, pooler="avg")
    found = encoder.encode(SENTENCES)
    session = onnxruntime.InferenceSession(file)
    for text, vector in zip(SENTENCES, found, strict=True):
        ids = np.array(encoder.tokenize([text]).ids)
        feeds = dict(zip(NAMES, (ids, np.ones_like(ids), np.zeros_like(ids)), strict=True))
        [tokens] = session.run(["last_hidden_state"], feeds)
        # The same operations in the same order but for threads; a range that moves shows as 1e-2.
        assert_close(vector, tokens[0].mean(axis=0))
    exact = plain_vectors(onnx_file.parent / "bert", "avg", SENTENCES)
    assert np.abs(found - exact).max() > 1e-3


# --- refused --------------------------------------------------------------------------------------


def _two(folder: Path) -> None:
    (folder / "onnx" / "model.onnx").rename(folder / "onnx" / "model_a.onnx")
    shutil.copy(folder / "onnx" / "model_a.onnx", folder / "onnx" / "model_b.onnx")


def _renamed(folder: Path, old: str, new: str) -> None:
    import onnx

    file = folder / "onnx" / "model.onnx"
    model = onnx.load(file)
    for values in (model.graph.input, model.graph.output):
        for value in values:
            value.name = new if value.name == old else value.name
    for node in model.graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                names[place] = new if name == old else name
    onnx.save(model, file)


REFUSED: dict[str, tuple[Callable[[Path], object], dict[str, Any], str]] = {
    "several without the usual name": (_two, {}, "model_a.onnx, onnx/model_b.onnx"),
    "inner layers": (
        lambda _folder: None,
        {"pooler": "avg_top2"},
        "each layer, and this published graph",
    ),
    "a head": (lambda _folder: None, {"pooler": "cls"}, "pooling head"),
    "another precision": (
        lambda _folder: None,
        {"precision": "int8", "backend": "onnx"},
        "computed as it is",
    ),
    "a cut file": (
        lambda folder: (folder / "onnx" / "model.onnx").write_bytes(
            (folder / "onnx" / "model.onnx").read_bytes()[:5000]
        ),
        {},
        "cannot be loaded by onnx",
    ),
    "an input that is not known": (
        lambda folder: _renamed(folder, "token_type_ids", "pixel_values"),
        {},
        "takes pixel_values",
    ),
    "no token vectors": (
        lambda folder: _renamed(folder, "last_hidden_state", "logits"),
        {},
        "gives logits",
    ),
    "no settings": (lambda folder: (folder / "config.json").unlink(), {}, "config.json"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_line(name: str, published: Path) -> None:
    change, options, why = REFUSED[name]
    change(published)
    with pytest.raises(BenchmarkError, match=why) as caught:
        encoder_of(published, **({"pooler": "avg"} | options)).encode(SENTENCES)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("asked", [{"adapter": "sentence-transformers"}, {"encode_as": "query"}])
def test_a_graph_is_not_left_to_the_library(asked: dict[str, Any], published: Path) -> None:
    with pytest.raises(ModelError, match=r"holds onnx/model\.onnx in the place of weights"):
        encoder_of(published, **asked)


def test_a_graph_of_openvino_is_not_for_onnx(published: Path) -> None:
    file = published / "openvino_model.xml"
    file.write_text("<net/>", "utf-8")
    with pytest.raises(UsageError, match="is published for openvino"):
        encoder_of(file, backend="onnx")


def test_a_graph_without_a_folder(onnx_file: Path) -> None:
    with pytest.raises(ModelError, match=r"a graph without config\.json"):
        encoder_of(onnx_file)


def test_weights_come_first(published: Path, onnx_file: Path) -> None:
    shutil.copy(onnx_file.parent / "bert" / "model.safetensors", published)
    assert encoder_of(published, pooler="avg").card.backend == "torch"
    settings = json.loads((published / "config.json").read_text("utf-8"))
    assert settings["model_type"] == "bert"
