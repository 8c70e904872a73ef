"""Weights files that are damaged, or made to do harm: one line, little memory, no code."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.files.tensors import list_tensors, read_tensors
from benchmark.errors import BenchmarkError, ModelError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES, write_json

INDEX = "model.safetensors.index.json"


def encoder_of(folder: Path) -> Any:
    return build_encoder(parse_reference(str(folder)), "sts", EncoderOptions(pooler="avg"))


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        encoder_of(folder).load()
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 1000
    return message


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return checkpoints.write_plain(tmp_path / "m")


@pytest.fixture
def pickled(tmp_path: Path) -> Path:
    """The folder of a checkpoint in torch's own format."""
    return checkpoints.write_plain(tmp_path / "p", form="bin")


# --- names in an index ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../m/model.safetensors", "a/../../b", "..\\b", "x" * 5000, "a\0b"]
)
def test_a_shard_outside_the_folder(tmp_path: Path, name: str) -> None:
    folder = checkpoints.write_sharded(tmp_path / "m")
    write_json(folder / INDEX, {"weight_map": {"a": "model-00001-of-00003.safetensors", "b": name}})
    assert "which is no file of this folder" in refusal(folder)


@pytest.mark.parametrize("name", [1, None, ["a"], {"a": 1}, "", True, 1.5])
def test_a_shard_that_is_no_name(tmp_path: Path, name: Any) -> None:
    folder = checkpoints.write_sharded(tmp_path / "m")
    write_json(folder / INDEX, {"weight_map": {"a": "model-00001-of-00003.safetensors", "b": name}})
    assert f"{INDEX}: names no file, but" in refusal(folder)


def test_links_of_the_owner_are_followed(tmp_path: Path) -> None:
    """The hub's cache is made of them, and people save space with them."""
    folder = checkpoints.write_sharded(tmp_path / "m")
    before = encoder_of(folder).encode(SENTENCES)
    for path in list(folder.iterdir()):
        path.rename(tmp_path / path.name)
        path.symlink_to(tmp_path / path.name)
    assert np.array_equal(encoder_of(folder).encode(SENTENCES), before)


def test_weights_that_the_library_would_prefer(folder: Path) -> None:
    shard = folder / "shard-00001-model-00001-of-00001.safetensors"
    shard.write_bytes((folder / "model.safetensors").read_bytes())
    assert "weights of a distributed run are not supported" in refusal(folder)


# --- headers of safetensors -----------------------------------------------------------------------

HEADERS = {
    "list": b"[]",
    "number": b"7",
    "null": b"null",
    "text": b'"a"',
    "deep": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "no entry": b'{"a": 1}',
    "no shape": b'{"a": {"dtype": "F32", "data_offsets": [0, 4]}}',
    "negative": b'{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}',
    "outside": b'{"a": {"dtype": "F32", "shape": [99], "data_offsets": [0, 396]}}',
    "huge shape": b'{"a": {"dtype": "F32", "shape": [%d], "data_offsets": [0, 4]}}' % 2**63,
    "type": b'{"a": {"dtype": "F3", "shape": [1], "data_offsets": [0, 4]}}',
    "no text": b"\xff" * 20,
}


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_that_is_none(folder: Path, header: str) -> None:
    content = HEADERS[header]
    path = folder / "model.safetensors"
    path.write_bytes(struct.pack("<Q", len(content)) + content + b"\0" * 4)
    refusal(folder)


@pytest.mark.parametrize("length", [0, 1, 10**9, 2**63, 2**64 - 1])
def test_a_length_that_is_none(folder: Path, length: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(struct.pack("<Q", length) + path.read_bytes()[8:])
    refusal(folder)


# --- bombs ----------------------------------------------------------------------------------------


def as_compressed(folder: Path) -> None:
    """A pickle with much white space behind it, squeezed."""
    path = folder / "pytorch_model.bin"
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in content.items():
            archive.writestr(name, inside + bytes(50_000_000 * name.endswith("data.pkl")))


def as_overlapping(folder: Path) -> None:
    """Many names for the same bytes."""
    path = folder / "pytorch_model.bin"
    with zipfile.ZipFile(path, "a") as archive:
        whole = max(archive.infolist(), key=lambda entry: entry.file_size)
        for place in range(3 * len(archive.infolist())):
            again = zipfile.ZipInfo(f"more/{place}")
            again.file_size = again.compress_size = whole.file_size
            again.CRC, again.header_offset = whole.CRC, whole.header_offset
            archive.filelist.append(again)
        archive._didModify = True


class Long:
    """Bytes that are made when this is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return bytearray, (10**8,)


def as_call(folder: Path) -> None:
    path = folder / "pytorch_model.bin"
    torch.save(torch.load(path, weights_only=True) | {"more": Long()}, path)


def as_old_call(folder: Path) -> None:
    path = folder / "pytorch_model.bin"
    content = torch.load(path, weights_only=True) | {"more": Long()}
    torch.save(content, path, _use_new_zipfile_serialization=False)


def as_view(folder: Path) -> None:
    """One number, seen a milliard times."""
    path = folder / "pytorch_model.bin"
    content = torch.load(path, weights_only=True)
    torch.save(content | {"more.weight": torch.zeros(1).expand(10**9)}, path)


@pytest.mark.parametrize("spoil", [as_compressed, as_overlapping, as_call, as_old_call, as_view])
def test_small_files_that_become_large(pickled: Path, spoil: Callable[[Path], None]) -> None:
    spoil(pickled)
    tracemalloc.start()
    try:
        assert "pytorch_model.bin: refused, it holds" in refusal(pickled)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("read", [list_tensors, read_tensors])
def test_no_road_around_it(pickled: Path, read: Callable[[Path], Any]) -> None:
    as_compressed(pickled)
    with pytest.raises(ModelError, match="refused, it holds an archive of"):
        read(pickled / "pytorch_model.bin")


def test_old_files_of_torch_are_read(pickled: Path, folder: Path) -> None:
    path = pickled / "pytorch_model.bin"
    torch.save(torch.load(path), path, _use_new_zipfile_serialization=False)
    assert np.array_equal(
        encoder_of(pickled).encode(SENTENCES), encoder_of(folder).encode(SENTENCES)
    )


def test_weights_that_are_tied_count_once(pickled: Path) -> None:
    """Output layers share the matrix of the words, and views of one matrix are no bomb."""
    path = pickled / "pytorch_model.bin"
    state = torch.load(path, weights_only=True)
    words = state["embeddings.word_embeddings.weight"]
    torch.save(state | {"cls.a.weight": words, "cls.b.weight": words.T, "cls.c": words[1:]}, path)
    encoder_of(pickled).load()


# --- any damage -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders of one model, which the damage is done to in turn."""
    root = tmp_path_factory.mktemp("damage")
    sizes = {"num_hidden_layers": 1}
    checkpoints.write_plain(root / "safetensors", **sizes)
    checkpoints.write_plain(root / "bin", form="bin", **sizes)
    return root


Damage = Callable[[bytes], bytes]

CUTS = st.integers(0, 2**20).map(lambda at: lambda content: content[: at % len(content)])
FLIPS = st.tuples(st.integers(0, 2**20), st.integers(1, 255)).map(
    lambda flip: lambda content: _flipped(content, *flip)
)
STARTS = st.tuples(st.integers(0, 4000), st.integers(1, 255)).map(
    lambda flip: lambda content: _flipped(content, *flip)
)
ENDS = st.tuples(st.integers(-4000, -1), st.integers(1, 255)).map(
    lambda flip: lambda content: _flipped(content, *flip)
)
PIECES = st.tuples(st.integers(0, 2**20), st.binary(max_size=40)).map(
    lambda more: (
        lambda content: (
            content[: more[0] % len(content)] + more[1] + content[more[0] % len(content) :]
        )
    )
)


def _flipped(content: bytes, place: int, bits: int) -> bytes:
    turned = bytearray(content)
    turned[place % len(turned)] ^= bits
    return bytes(turned)


@pytest.mark.parametrize("form", ["safetensors", "bin"])
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(damage=st.one_of(CUTS, FLIPS, STARTS, ENDS, PIECES))
def test_damage_is_refused_or_gives_vectors(sound: Path, form: str, damage: Damage) -> None:
    folder = sound / form
    [path] = [*folder.glob("model.safetensors"), *folder.glob("pytorch_model.bin")]
    content = path.read_bytes()
    said = ""
    try:
        path.write_bytes(damage(content))
        vectors = encoder_of(folder).encode(SENTENCES[:2])
        assert vectors.shape == (2, checkpoints.HIDDEN)
    except BenchmarkError as error:
        said = str(error)
    finally:
        path.write_bytes(content)
    assert "\n" not in said
