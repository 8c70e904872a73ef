"""A file that changes between its hash and its use: refused, never scored under the old name."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import transformers

from benchmark import evaluate
from benchmark.embeddings import default_cache
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.files import seal
from benchmark.encoders.files.seal import Seal, sha256_of_file
from benchmark.errors import ModelError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES, write_json
from tests.encoders.transformer.test_dense import write_layer

CHANGED = r"changed while it was being read \(a training loop writes there\?\); run again, or score"

Write = Callable[[Path, bytes], None]


def by_rename(path: Path, content: bytes) -> None:
    """Put another file into the place of one, as careful programs do."""
    other = path.with_name(f".{path.name}.new")
    other.write_bytes(content)
    other.replace(path)


def in_place(path: Path, content: bytes) -> None:
    """Write into the file that is there, and give it back its time."""
    before = path.stat()
    with path.open("r+b") as file:
        file.write(content)
        file.truncate()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


BOTH = pytest.mark.parametrize("write", [by_rename, in_place])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sentence-transformers folder with a dense layer, complete with a tokenizer's settings."""
    folder = checkpoints.write_sentence_transformers(tmp_path / "m", after=("Dense", "Normalize"))
    write_layer(folder / "2_Dense", 8)
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer"})
    return folder


@pytest.fixture
def other(tmp_path: Path) -> bytes:
    """Weights of another state of the same model."""
    return (checkpoints.write_plain(tmp_path / "b", seed=7) / "model.safetensors").read_bytes()


def built(folder: Path, **options: Any) -> Any:
    return build_encoder(parse_reference(str(folder)), "sts", EncoderOptions(**options))


def longer(path: Path) -> bytes:
    """Return the content of a file with white space behind it, or with a bit turned."""
    content = path.read_bytes()
    if path.suffix == ".safetensors":
        return content[:-1] + bytes([content[-1] ^ 1])
    return content + b"\n"


# --- between the hash and the loading -------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    "name",
    [
        "model.safetensors",
        "config.json",
        "vocab.txt",
        "tokenizer_config.json",
        "sentence_bert_config.json",
        "modules.json",
        "1_Pooling/config.json",
        "2_Dense/config.json",
        "2_Dense/model.safetensors",
    ],
)
def test_every_file_that_decides(folder: Path, name: str, write: Write) -> None:
    encoder = built(folder)
    write(folder / name, longer(folder / name))
    with pytest.raises(ModelError, match=CHANGED) as caught:
        encoder.encode(SENTENCES)
    assert str(folder / name) in str(caught.value)


@pytest.mark.parametrize(
    "name", ["tokenizer.json", "added_tokens.json", "adapter_config.json", "pytorch_model.bin"]
)
def test_a_file_that_comes_in_addition(folder: Path, name: str) -> None:
    """A loop writes the weights first and the tokenizer after."""
    encoder = built(folder)
    (folder / name).write_text("{}")
    with pytest.raises(ModelError, match=CHANGED) as caught:
        encoder.load()
    assert name in str(caught.value)


@pytest.mark.parametrize("name", ["vocab.txt", "model.safetensors"])
def test_a_file_that_is_gone(folder: Path, name: str) -> None:
    encoder = built(folder)
    (folder / name).unlink()
    with pytest.raises(ModelError):
        encoder.load()


@BOTH
def test_a_shard(tmp_path: Path, write: Write) -> None:
    folder = checkpoints.write_sharded(tmp_path / "m")
    encoder = built(folder, pooler="avg")
    shard = folder / "model-00002-of-00003.safetensors"
    write(shard, longer(shard))
    with pytest.raises(ModelError, match=CHANGED):
        encoder.load()


def test_code_that_is_trusted(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    (folder / "own.py").write_text("# nothing\n")
    encoder = built(folder, pooler="avg", trust_remote_code=True)
    (folder / "own.py").write_text("# another\n")
    with pytest.raises(ModelError, match=CHANGED):
        encoder.load()


@BOTH
@pytest.mark.parametrize("when", ["before", "after"])
def test_weights_that_change_while_the_library_loads_them(
    folder: Path, other: bytes, write: Write, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = transformers.AutoModel.from_pretrained

    def meanwhile(*args: Any, **options: Any) -> Any:
        if when == "before":
            write(folder / "model.safetensors", other)
        loaded = load(*args, **options)
        if when == "after":
            write(folder / "model.safetensors", other)
        return loaded

    monkeypatch.setattr(transformers.AutoModel, "from_pretrained", meanwhile)
    with pytest.raises(ModelError, match=CHANGED):
        built(folder).load()


def test_a_load_that_fails_because_of_it_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = transformers.AutoModel.from_pretrained

    def meanwhile(*args: Any, **options: Any) -> Any:
        in_place(folder / "model.safetensors", b"half a fi")
        return load(*args, **options)

    monkeypatch.setattr(transformers.AutoModel, "from_pretrained", meanwhile)
    with pytest.raises(ModelError, match=CHANGED):
        built(folder).load()


@BOTH
def test_what_is_loaded_no_longer_depends_on_the_files(
    folder: Path, other: bytes, write: Write
) -> None:
    encoder = built(folder)
    before = encoder.encode(SENTENCES)
    write(folder / "model.safetensors", other)
    write(folder / "2_Dense" / "model.safetensors", longer(folder / "2_Dense/model.safetensors"))
    assert np.array_equal(encoder.encode(SENTENCES), before)


@BOTH
def test_no_vector_of_the_new_weights_is_stored_as_of_the_old(
    folder: Path, other: bytes, write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from benchmark.encoders.transformer import encoder as transformer

    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "cache"))
    load = transformer.load_compute

    def meanwhile(*args: Any, **options: Any) -> Any:
        write(folder / "model.safetensors", other)
        return load(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(transformer, "load_compute", meanwhile)
        with pytest.raises(ModelError, match=CHANGED):
            evaluate(str(folder), "DemoSTS", output_dir=tmp_path / "results")
    assert default_cache().summaries() == []
    assert not list((tmp_path / "results").rglob("*.json"))
    assert evaluate(str(folder), "DemoSTS").results  # the new one, under its own name


# --- the file system cannot tell ------------------------------------------------------------------


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system whose times never move."""
    tell = seal._stamp
    monkeypatch.setattr(seal, "_stamp", lambda path: tell(path)._replace(modified=0, changed=0))
    monkeypatch.setattr(seal, "time", SimpleNamespace(time=lambda: 1.0))


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are hashed, in order."""
    names: list[str] = []

    def noted(path: Path) -> str:
        names.append(path.name)
        return sha256_of_file(path)

    monkeypatch.setattr(seal, "sha256_of_file", noted)
    return names


def test_a_write_in_the_same_moment(folder: Path, other: bytes, still: None) -> None:
    encoder = built(folder)
    in_place(folder / "model.safetensors", other)
    with pytest.raises(ModelError, match=CHANGED):
        encoder.load()


def test_old_files_are_hashed_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, hashed: list[str]
) -> None:
    later = SimpleNamespace(time=lambda: (folder / "config.json").stat().st_ctime + 60)
    monkeypatch.setattr(seal, "time", later)
    encoder = built(folder)
    encoder.encode(SENTENCES)
    inside = [path for path in folder.rglob("*") if path.is_file()]
    assert sorted(hashed) == sorted(path.name for path in inside)


def test_new_files_are_hashed_again(folder: Path, still: None, hashed: list[str]) -> None:
    built(folder).load()
    assert hashed.count("model.safetensors") >= 2


# --- elsewhere ------------------------------------------------------------------------------------


def sent(encoder: Any) -> Any:
    return pickle.loads(pickle.dumps(encoder.replica("cpu")))


@BOTH
def test_a_copy_in_another_process_knows_what_was_hashed(
    folder: Path, other: bytes, write: Write
) -> None:
    encoder = built(folder)
    write(folder / "model.safetensors", other)
    with pytest.raises(ModelError, match=CHANGED):
        sent(encoder).load()


def test_the_same_content_on_another_machine(folder: Path, tmp_path: Path) -> None:
    encoder = built(folder)
    vectors = encoder.encode(SENTENCES)
    copied = sent(encoder)
    shutil.copytree(folder, tmp_path / "copy")
    folder.rename(tmp_path / "away")
    (tmp_path / "copy").rename(folder)
    assert np.array_equal(copied.encode(SENTENCES), vectors)
    in_place(folder / "vocab.txt", longer(folder / "vocab.txt"))
    with pytest.raises(ModelError, match=CHANGED):
        sent(encoder).load()


# --- by itself ------------------------------------------------------------------------------------


def test_a_second_hash_of_other_content_is_refused(tmp_path: Path) -> None:
    """What was compared with the published weights is what the card names."""
    (tmp_path / "a").write_text("one")
    files = Seal()
    first = files.sha256(tmp_path / "a")
    assert files.sha256(tmp_path / "a") == first == sha256_of_file(tmp_path / "a")
    by_rename(tmp_path / "a", b"two")
    with pytest.raises(ModelError, match=CHANGED):
        files.sha256(tmp_path / "a")


def test_a_write_while_it_is_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("one")

    def meanwhile(path: Path) -> str:
        in_place(path, b"two!")
        return sha256_of_file(path)

    monkeypatch.setattr(seal, "sha256_of_file", meanwhile)
    with pytest.raises(ModelError, match=CHANGED):
        Seal().sha256(tmp_path / "a")


def test_a_change_of_rights_is_none(folder: Path) -> None:
    encoder = built(folder)
    (folder / "model.safetensors").chmod(0o600)
    encoder.load()


@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "socket"])
@pytest.mark.parametrize("name", ["model.safetensors", "vocab.txt", "tokenizer.json"])
def test_what_is_no_file_is_not_read(tmp_path: Path, kind: str, name: str) -> None:
    import socket

    folder = checkpoints.write_plain(tmp_path / "m")
    path = folder / name
    path.unlink(missing_ok=True)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    else:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(os.path.relpath(path))
    with pytest.raises(ModelError, match="cannot be read"):
        built(folder, pooler="avg").load()


POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'ab' * 32}\nsize 437951328\n"


@pytest.mark.parametrize("sharded", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "config.json",
        "model.safetensors",
        "model.safetensors.index.json",
        "model-00002-of-00003.safetensors",
        "modules.json",
        "prophetnet.tokenizer",
        "sentence_bert_config.json",
        "source.spm",
        "spiece.model",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.txt",
    ],
)
def test_a_pointer_of_git_lfs(tmp_path: Path, name: str, sharded: bool) -> None:
    """It is the first thing that is said, whatever else the file should have been."""
    write = checkpoints.write_sharded if sharded else checkpoints.write_plain
    folder = write(tmp_path / "m")
    if "00002" in name and not sharded:
        return
    (folder / name).write_text(POINTER)
    with pytest.raises(ModelError) as caught:
        built(folder, pooler="avg")
    assert str(caught.value).startswith(f"{folder / name}: a git-lfs pointer, not the file itself;")
    assert "\n" not in str(caught.value)
