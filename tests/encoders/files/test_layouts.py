"""Checkpoints as they are published and trained, from a hub to vectors, against the plain way."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from benchmark.encoders import Encoder, build_encoder, parse_reference
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.files.tensors import weight_names
from benchmark.encoders.transformer.pooler_choice import documented_pooler
from benchmark.errors import ModelError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES, as_files
from tests.encoders.plain import OF_ANY_TEXT, plain_by_pooler, plain_vectors
from tests.hub.server import HubServer
from tests.rounding import assert_close

REPO = "org/name"


def encoder_of(reference: Path | str, pooler: str | None = None) -> Encoder:
    """Return the encoder of a folder or of a hub id."""
    return build_encoder(parse_reference(str(reference)), "sts", EncoderOptions(pooler=pooler))


class Layout(NamedTuple):
    """A layout, and where the plain computation finds its encoder and its head."""

    write: Callable[..., Path]
    prefix: Mapping[str, str]
    head: str | None

    def plain(self, folder: Path, family: str) -> dict[str, Any]:
        return {"prefix": self.prefix[family], "head": self.head or ""}


NONE = {"bert": "", "roberta": ""}
MODEL = {"bert": "bert.", "roberta": "roberta."}
LAYOUTS = {
    "diffcse": Layout(checkpoints.write_diffcse, MODEL, None),
    "simcse": Layout(checkpoints.write_simcse, NONE, "pooler."),
    "simcse-training": Layout(checkpoints.write_simcse_training, MODEL, "mlp."),
}
FAMILIES = ("bert", "roberta")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_pooler_of_a_published_layout_through_the_hub(
    hub: HubServer, tmp_path: Path, layout: str, family: str
) -> None:
    kind = LAYOUTS[layout]
    folder = kind.write(tmp_path / "written", family)
    commit = hub.add_repo(REPO, as_files(folder))
    poolers = [pooler for pooler in OF_ANY_TEXT if pooler != "cls" or kind.head is not None]
    wanted = plain_by_pooler(folder, poolers, SENTENCES, **kind.plain(folder, family))
    for pooler in poolers:
        encoder = encoder_of(f"{REPO}@{commit}", pooler)
        assert_close(encoder.encode(SENTENCES), wanted[pooler])
        assert encoder.card.pooler == pooler
        assert encoder.card.revision == commit


@pytest.mark.parametrize("family", FAMILIES)
def test_diffcse_has_no_head(hub: HubServer, tmp_path: Path, family: str) -> None:
    hub.add_repo(REPO, as_files(checkpoints.write_diffcse(tmp_path / "written", family)))
    with pytest.raises(ModelError, match="`pooler` cls_before_pooler") as caught:
        encoder_of(REPO, "cls").encode(SENTENCES)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("form", ["safetensors", "bin"])
def test_a_checkpoint_without_head(tmp_path: Path, family: str, form: str) -> None:
    folder = checkpoints.write_plain(tmp_path / "m", family, form, head=False)
    assert_close(
        encoder_of(folder, "avg").encode(SENTENCES), plain_vectors(folder, "avg", SENTENCES)
    )
    with pytest.raises(ModelError, match="`pooler` cls_before_pooler"):
        encoder_of(folder, "cls").encode(SENTENCES)


@pytest.mark.parametrize("form", ["safetensors", "bin"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_trained_head_of_simcse_is_found_in_either_format(
    tmp_path: Path, family: str, form: str
) -> None:
    folder = checkpoints.write_simcse_training(tmp_path / "m", family, form)
    wanted = plain_vectors(folder, "cls", SENTENCES, prefix=MODEL[family], head="mlp.")
    assert_close(encoder_of(folder, "cls").encode(SENTENCES), wanted)


def test_half_a_head_is_none(tmp_path: Path) -> None:
    folder = checkpoints.write_simcse_training(tmp_path / "m")
    weights = torch.load(folder / "pytorch_model.bin", weights_only=True)
    del weights["mlp.dense.bias"]
    torch.save(weights, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="no pooling head"):
        encoder_of(folder, "cls").encode(SENTENCES)


def test_a_head_of_another_size_is_refused(tmp_path: Path) -> None:
    wrong = {"mlp.dense.weight": torch.ones(8, checkpoints.HIDDEN)}
    folder = checkpoints.write_simcse_training(tmp_path / "m", "bert", "bin", **wrong)
    with pytest.raises(ModelError, match=r"mlp\.dense does not fit"):
        encoder_of(folder, "cls").encode(SENTENCES)


# --- what the layout says about the pooler --------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("layout", "pooler", "note"),
    [
        ("diffcse", "cls_before_pooler", ""),
        ("simcse-training", "cls_before_pooler", "give `pooler` cls"),
        ("simcse", "avg", "no pooler is documented"),
    ],
)
def test_pooler_that_goes_with_a_layout(
    tmp_path: Path,
    log: None,
    caplog: pytest.LogCaptureFixture,
    family: str,
    layout: str,
    pooler: str,
    note: str,
) -> None:
    folder = LAYOUTS[layout].write(tmp_path / "m", family)
    assert encoder_of(folder).card.pooler == pooler
    assert note in caplog.text
    assert bool(note) == bool(caplog.text)


@pytest.mark.parametrize("form", ["safetensors", "bin"])
def test_names_are_read_from_all_shards(tmp_path: Path, form: str) -> None:
    folder = checkpoints.write_sharded(tmp_path / "m", form)
    whole = checkpoints.write_plain(tmp_path / "whole")
    names = weight_names(Checkpoint(whole, "m", "m"))
    assert "encoder.layer.2.output.LayerNorm.bias" in names
    found = {name for name in weight_names(Checkpoint(folder, "m", "m")) if "layer" in name}
    assert found == {name for name in names if "layer" in name}


def test_reading_names_carries_nothing_out(tmp_path: Path) -> None:
    """The names come from a pickle, whose instructions are listed and never followed."""
    touched = tmp_path / "touched"
    folder = checkpoints.write_plain(tmp_path / "m", form="bin")
    torch.save({"discriminator.x": torch.ones(1), "code": Touch(touched)}, _bin(folder))
    assert documented_pooler(Checkpoint(folder, "m", "m")) == "cls_before_pooler"
    assert not touched.exists()
    pickle.loads(pickle.dumps(Touch(touched)))
    assert touched.exists()  # it would have worked


class Touch:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def _bin(folder: Path) -> Path:
    return folder / "pytorch_model.bin"


def packed(method: int, content: bytes) -> bytes:
    """A weights file of torch's form, around this pickle."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("archive/data.pkl", content)
    return stream.getvalue()


def encrypted(archive: bytes) -> bytes:
    """Set the mark that its only member is encrypted, at both places where it stands."""
    local, central = archive.index(b"PK\x03\x04") + 6, archive.index(b"PK\x01\x02") + 8
    marked = bytearray(archive)
    marked[local] |= 1
    marked[central] |= 1
    return bytes(marked)


GARBAGE = {
    "empty": b"",
    "short": b"\x00\x01",
    "text": b"<html>Please sign in</html>" * 9,
    "header longer than the file": (2**40).to_bytes(8, "little") + b"{}",
    "header that is no JSON": (4).to_bytes(8, "little") + b"nope",
    "header that is a list": (2).to_bytes(8, "little") + b"[]",
    "header that is a list of lists": (4).to_bytes(8, "little") + b"[[]]",
    "header that is nested": (99_999).to_bytes(8, "little") + b"[" * 99_999,
    "bzip2": packed(zipfile.ZIP_BZIP2, b"x"),
    "lzma": packed(zipfile.ZIP_LZMA, b"x"),
    "a pickle that inflates": packed(zipfile.ZIP_DEFLATED, bytes(2**23)),
    "a pickle of nonsense": packed(zipfile.ZIP_STORED, b"\xff" * 99),
    "encrypted": encrypted(packed(zipfile.ZIP_STORED, b"N.")),
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
@pytest.mark.parametrize("form", ["safetensors", "bin"])
def test_unreadable_weights_tell_no_names(tmp_path: Path, form: str, content: bytes) -> None:
    folder = checkpoints.write_plain(tmp_path / "m", form=form)
    [file] = Checkpoint(folder, "m", "m").weights_files()
    file.write_bytes(content)
    assert weight_names(Checkpoint(folder, "m", "m")) == set()


# --- other architectures --------------------------------------------------------------------------

OTHERS: dict[str, tuple[Callable[[Path], Path], str, bool]] = {
    "bert": (checkpoints.write_plain, "", True),
    "distilbert": (checkpoints.write_distilbert, "", False),
    "mpnet": (checkpoints.write_mpnet, "", True),
    "albert": (checkpoints.write_albert, "", False),
    "old names": (checkpoints.write_old_names, "bert.", True),
    "shards": (checkpoints.write_sharded, "", True),
    "pickled shards": (lambda f: checkpoints.write_sharded(f, "bin"), "", True),
    "one layer": (lambda f: checkpoints.write_plain(f, num_hidden_layers=1), "", True),
    "two layers": (lambda f: checkpoints.write_plain(f, num_hidden_layers=2), "", True),
    "half precision": (checkpoints.write_half, "", True),
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_pooler_of_other_checkpoints(tmp_path: Path, name: str) -> None:
    write, prefix, has_dense = OTHERS[name]
    folder = write(tmp_path / "m")
    poolers = [pooler for pooler in OF_ANY_TEXT if pooler != "cls" or has_dense]
    head = f"{prefix}pooler."
    wanted = plain_by_pooler(folder, poolers, SENTENCES, prefix=prefix, head=head)
    for pooler in poolers:
        assert_close(encoder_of(folder, pooler).encode(SENTENCES), wanted[pooler])


def test_an_architecture_without_head(tmp_path: Path) -> None:
    folder = checkpoints.write_distilbert(tmp_path / "m")
    with pytest.raises(
        ModelError, match=r"m: the checkpoint has no pooling head, .*; use `pooler`"
    ):
        encoder_of(folder, "cls").encode(SENTENCES)


def test_albert_calls_its_head_pooler(tmp_path: Path) -> None:
    """Its pooling head is one linear layer, and tanh over it."""
    folder = checkpoints.write_albert(tmp_path / "m")
    weights = _read(folder)
    first = plain_vectors(folder, "cls_before_pooler", SENTENCES)
    wanted = np.tanh(first @ weights["pooler.weight"].T + weights["pooler.bias"])
    found = encoder_of(folder, "cls").encode(SENTENCES)
    assert_close(found, wanted)


def _read(folder: Path) -> dict[str, Any]:
    from safetensors.numpy import load_file

    return load_file(folder / "model.safetensors")


@pytest.mark.parametrize("name", ["model.fp16.safetensors", "tf_model.h5", "model.Q4.gguf"])
def test_weights_of_another_form_or_name(tmp_path: Path, name: str) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    weights = next(path for path in folder.iterdir() if path.stem in ("model", "pytorch_model"))
    weights.rename(folder / name)
    with pytest.raises(ModelError, match=rf"no weights .*; {name} is of another form or name"):
        encoder_of(folder)
    (folder / name).rename(folder / "training_args.bin")
    with pytest.raises(ModelError, match=r"no weights .*; the checkpoint is incomplete"):
        encoder_of(folder)
