"""Dense layers behind the pooling: as the library that writes them computes them, or refused."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from benchmark import steps
from benchmark.embeddings import embed
from benchmark.encoders import vector_identity
from benchmark.encoders.files.hub_checkpoint import fetch_checkpoint
from benchmark.encoders.transformer.dense import read_dense
from benchmark.errors import ModelError
from tests import checkpoints
from tests.checkpoints import HIDDEN, SENTENCES, as_files, write_json, write_sentence_transformers
from tests.encoders.transformer.test_sentence_transformers import assert_same, encoder_of, library
from tests.hub.server import HubServer
from tests.rounding import assert_close

ACTIVATIONS = {name.lower(): getattr(torch.nn, name)() for name in steps.activations.ACTIVATIONS}
AFTER = [("Dense",), ("Dense", "Normalize")]


def write_layer(folder: Path, outputs: int, *, seed: int = 0, **options: Any) -> Path:
    """Write a layer as the library does."""
    from sentence_transformers.sentence_transformer.modules import Dense

    torch.manual_seed(seed)
    folder.mkdir(exist_ok=True)
    inputs = options.pop("inputs", HIDDEN)
    safe = options.pop("safe_serialization", True)
    Dense(inputs, outputs, **options).save(str(folder), safe_serialization=safe)
    return folder


def write_norm(folder: Path, width: int, *, seed: int = 0, safe: bool = True) -> Path:
    """Write a layer norm as the library does."""
    from sentence_transformers.sentence_transformer.modules import LayerNorm

    torch.manual_seed(seed)
    folder.mkdir(exist_ok=True)
    layer = LayerNorm(width)
    torch.nn.init.normal_(layer.norm.weight, 1)
    torch.nn.init.normal_(layer.norm.bias)
    layer.save(str(folder), safe_serialization=safe)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model with one layer: 32 to 8 dimensions."""
    made = write_sentence_transformers(tmp_path / "m", after=("Dense", "Normalize"))
    write_layer(made / "2_Dense", 8)
    return made


@pytest.mark.filterwarnings("ignore:Implicit dimension choice")
@pytest.mark.parametrize(
    ("activation", "bias", "after"),
    [
        *(("tanh", bias, after) for bias in (True, False) for after in AFTER),
        *((activation, True, ("Dense",)) for activation in ACTIVATIONS),
    ],
)
def test_the_library_gives_the_same(
    tmp_path: Path, activation: str, bias: bool, after: tuple[str, ...]
) -> None:
    made = write_sentence_transformers(tmp_path / "m", after=after)
    write_layer(made / "2_Dense", 12, bias=bias, activation_function=ACTIVATIONS[activation])
    assert encoder_of(made).card.pooler == f"avg+{activation}12"
    assert_same(made)


@pytest.mark.parametrize("outputs", [HIDDEN, 20])
@pytest.mark.parametrize("safe", [True, False])
def test_residuals_several_layers_and_old_files(tmp_path: Path, outputs: int, safe: bool) -> None:
    made = write_sentence_transformers(
        tmp_path / "m", after=("Dense", "Dense"), inside="0_Transformer"
    )
    write_layer(made / "2_Dense", outputs, use_residual=True, safe_serialization=safe)
    write_layer(made / "3_Dense", 5, inputs=outputs, seed=1, safe_serialization=safe)
    assert encoder_of(made).card.pooler == f"avg+tanh{outputs}+residual+tanh5"
    assert_same(made)


def test_vectors_do_not_depend_on_their_neighbours(folder: Path) -> None:
    encoder = encoder_of(folder, device="cpu")
    together = embed(encoder, SENTENCES)
    for sentence in SENTENCES:
        alone = embed(encoder, [sentence])[[sentence]]
        assert_close(alone, together[[sentence]])


def test_a_copy_for_another_process_has_them(folder: Path) -> None:
    encoder = encoder_of(folder)
    copy = pickle.loads(pickle.dumps(encoder.replica("cpu")))
    assert np.array_equal(copy.encode(SENTENCES), encoder.encode(SENTENCES))
    assert encoder.encode(SENTENCES).shape == (len(SENTENCES), 8)


# --- identity -------------------------------------------------------------------------------------


def _bias(layer: Path) -> None:
    state = load_file(layer / "model.safetensors")
    state["linear.bias"] += 1e-3
    save_file(state, layer / "model.safetensors")


def _activation(layer: Path) -> None:
    text = (layer / "config.json").read_text().replace("activation.Tanh", "activation.ReLU")
    (layer / "config.json").write_text(text)


@pytest.mark.parametrize("change", [_bias, _activation])
@pytest.mark.parametrize("inside", ["", "0_Transformer"])
def test_what_changes_the_vector_changes_the_fingerprint(
    tmp_path: Path, change: Callable[[Path], None], inside: str
) -> None:
    made = write_sentence_transformers(tmp_path / "m", after=("Dense",), inside=inside)
    write_layer(made / "2_Dense", 8)
    before = encoder_of(made).card.fingerprint
    change(made / "2_Dense")
    assert encoder_of(made).card.fingerprint != before


@pytest.mark.parametrize("safe", [True, False])
def test_the_hub_sends_them_in_one_form(hub: HubServer, tmp_path: Path, safe: bool) -> None:
    """Wherever modules.json has them."""
    made = write_sentence_transformers(tmp_path / "m", after=("Dense", "LayerNorm"))
    write_layer(made / "2_Dense", 8, safe_serialization=safe)
    write_norm(made / "3_LayerNorm", 8, safe=safe)
    modules = json.loads((made / "modules.json").read_text())
    modules[1]["path"], modules[2]["path"] = "how/pooled", "layers/dense"
    write_json(made / "modules.json", modules)
    (made / "how").mkdir()
    (made / "1_Pooling").rename(made / "how/pooled")
    (made / "layers").mkdir()
    (made / "2_Dense").rename(made / "layers/dense")
    extra = {"layers/dense/onnx/model.onnx": b"x"} | (
        {"layers/dense/pytorch_model.bin": b"x"} if safe else {}
    )
    hub.add_repo("someone/dense", as_files(made) | extra)
    checkpoint = fetch_checkpoint("someone/dense")
    for layer in ("layers/dense", "3_LayerNorm"):
        here = {path.name for path in (checkpoint.folder / layer).iterdir()}
        assert here == {"config.json", "model.safetensors" if safe else "pytorch_model.bin"}
    wanted = encoder_of(made)
    found = encoder_of(checkpoint.folder)
    assert found.card.fingerprint == wanted.card.fingerprint
    assert np.array_equal(found.encode(SENTENCES), wanted.encode(SENTENCES))


# --- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"activation_function": "torch.nn.modules.activation.PReLU"}, "activation.PReLU. is not"),
        ({"activation_function": "my_code.Tanh"}, "my_code.Tanh. is not supported"),
        ({"module_input_name": "token_embeddings"}, "a dense layer on .token_embeddings"),
        ({"module_output_name": "other"}, "a dense layer on .other"),
        ({"out_features": None}, "out_features is None, where a whole number"),
    ],
    ids=str,
)
def test_what_is_not_done_here(tmp_path: Path, settings: Mapping[str, Any], said: str) -> None:
    write_json(tmp_path / "config.json", {"in_features": 4, "out_features": 2} | dict(settings))
    with pytest.raises(ModelError, match=said):
        read_dense(tmp_path)


def test_weights_that_are_not_there(folder: Path) -> None:
    (folder / "2_Dense" / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"2_Dense: no weights \(model.safetensors or"):
        encoder_of(folder)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"linear.bias": torch.zeros(8)},
        {"linear.weight": torch.zeros(9, HIDDEN), "linear.bias": torch.zeros(9)},
        {"linear.weight": torch.zeros(8, HIDDEN), "linear.bias": torch.zeros(9)},
        {"linear.weight": torch.zeros(8, HIDDEN), "more": torch.zeros(1)},
        {"linear.weight": torch.zeros(8, HIDDEN), "residual.weight": torch.zeros(8, HIDDEN)},
    ],
    ids=["nothing", "bias alone", "other width", "other bias", "more", "residual not asked for"],
)
def test_weights_of_another_layer(folder: Path, state: dict[str, torch.Tensor]) -> None:
    save_file(state, folder / "2_Dense" / "model.safetensors")
    with pytest.raises(ModelError, match=r"is not the dense layer that its config\.json says"):
        encoder_of(folder).encode(["Yes"])


def test_a_residual_that_is_missing(tmp_path: Path) -> None:
    made = write_sentence_transformers(tmp_path / "m", after=("Dense",))
    layer = write_layer(made / "2_Dense", 8)
    text = (layer / "config.json").read_text()
    (layer / "config.json").write_text(text.replace("{", '{"use_residual": true, ', 1))
    with pytest.raises(ModelError, match="is not the dense layer"):
        encoder_of(made).encode(["Yes"])


def test_vectors_of_another_width(tmp_path: Path) -> None:
    made = write_sentence_transformers(tmp_path / "m", after=("Dense",))
    write_layer(made / "2_Dense", 8, inputs=HIDDEN + 1)
    with pytest.raises(ModelError, match=f"takes {HIDDEN + 1} dimensions, .* have {HIDDEN}"):
        encoder_of(made).encode(["Yes"])


class _Runs:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("pickled code was run",))


@pytest.mark.parametrize("content", ["pickle", "noise"])
def test_pickled_code_is_never_run(folder: Path, content: str) -> None:
    (folder / "2_Dense" / "model.safetensors").unlink()
    path = folder / "2_Dense" / "pytorch_model.bin"
    if content == "pickle":
        torch.save({"linear.weight": _Runs()}, path)
    else:
        path.write_bytes(b"noise" * 100)
    with pytest.raises(ModelError, match="damaged or holds pickled code beside tensors") as caught:
        encoder_of(folder).encode(["Yes"])
    # torch would have the code run, in bold letters.
    assert "\x1b" not in str(caught.value)
    assert "weights_only" not in str(caught.value)


def test_checkpoints_without_them_are_as_before(tmp_path: Path) -> None:
    made = write_sentence_transformers(tmp_path / "m")
    plain = checkpoints.write_plain(tmp_path / "plain")
    assert encoder_of(made).card.weights_sha256 == encoder_of(plain).card.weights_sha256
    assert encoder_of(made).card.pooler == "avg"


# --- after the store ------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [("Dense",), ("Dense", "Normalize")])
def test_a_sentence_without_a_token_goes_through_the_layers(
    tmp_path: Path, after: tuple[str, ...]
) -> None:
    """It is pooled to zero, and a layer adds its bias: as the library has it."""
    made = write_sentence_transformers(tmp_path / "m", after=after)
    for path in made.glob("*"):
        if path.is_file() and path.name not in ("modules.json", "sentence_bert_config.json"):
            path.unlink()
    checkpoints.write_decoder(made)
    settings = json.loads((made / "tokenizer_config.json").read_text())
    write_json(made / "tokenizer_config.json", settings | {"pad_token": "</s>"})  # for the library
    write_layer(made / "2_Dense", 8)
    sentences = ("", SENTENCES[0])
    encoder = encoder_of(made, device="cpu")
    assert encoder.tokenize(sentences).ids[0] == []
    wanted = library(made, sentences)
    assert wanted[0].any()
    assert_close(encoder.encode(sentences), wanted)
    stored = embed(encoder, sentences)
    assert not stored[[""]].any()
    found = stored.after(encoder.steps, sentences)[sentences]
    assert_close(found, wanted)


def test_what_is_stored_knows_nothing_of_what_comes_after(tmp_path: Path) -> None:
    """The same pooled vectors, whatever comes after; a record is of both."""
    encoders = []
    for after in ((), ("Normalize",), ("Dense",), ("Dense", "Normalize")):
        made = write_sentence_transformers(tmp_path / "-".join(("m", *after)), after=after)
        if "Dense" in after:
            write_layer(made / "2_Dense", 8)
        encoders.append(encoder_of(made, device="cpu"))
    assert len({encoder.stored_card.fingerprint for encoder in encoders}) == 1
    assert len({vector_identity(encoder) for encoder in encoders}) == 1
    assert len({encoder.card.fingerprint for encoder in encoders}) == 4
    plain = encoders[0]
    assert encoder_of(tmp_path / "m", device="cpu", pooler="max").stored_card != plain.stored_card
    first = embed(plain, SENTENCES)[SENTENCES]
    for other in encoders[1:]:
        assert np.array_equal(embed(other, SENTENCES)[SENTENCES], first)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_any_kind_of_number(folder: Path, kind: torch.dtype) -> None:
    path = folder / "2_Dense" / "model.safetensors"
    state = {name: tensor.to(kind) for name, tensor in load_file(path).items()}
    save_file(state, path)
    assert_same(folder)
