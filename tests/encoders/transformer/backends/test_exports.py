"""Exports are kept whole or not at all, and taken only for what they were made from."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from benchmark.encoders.transformer.backends import backend as backends
from benchmark.encoders.transformer.backends import exported, graph, in_openvino
from benchmark.errors import ModelError
from tests.checkpoints import SENTENCES
from tests.encoders.transformer.backends.conftest import encoder_of
from tests.rounding import assert_close

PROJECT = Path(__file__).parents[4]


@pytest.fixture
def folder(families: Callable[[str], Path]) -> Path:
    """A tiny BERT."""
    return families("bert")


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """Where this test's exports are."""
    return tmp_path / "cache" / "exports"


@pytest.fixture(scope="module")
def sound(families: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with a sound export, made once."""
    cache = tmp_path_factory.mktemp("sound")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCHMARK_CACHE_DIR", str(cache))
        vectors(families("bert"))
    return cache


@pytest.fixture
def kept_before(sound: Path, exports: Path) -> Path:
    """The folder of an export that another process made before."""
    shutil.copytree(sound / "exports", exports)
    [folder] = folders(exports)
    return folder


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The exports that were made."""
    made: list[Path] = []
    original = in_openvino.export

    def counted(module: Any, example: Any, place: Path, calibration: Any) -> None:
        made.append(place)
        original(module, example, place, calibration)

    monkeypatch.setattr(in_openvino, "export", counted)
    return made


def vectors(folder: Path, **options: Any) -> Any:
    return encoder_of(folder, "openvino", **options).encode(SENTENCES)


def folders(exports: Path) -> list[Path]:
    return sorted(path for path in exports.iterdir() if path.is_dir())


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]


# --- kept -----------------------------------------------------------------------------------------


def test_an_export_is_made_once(folder: Path, exports: Path, count: list[Path]) -> None:
    first, second = vectors(folder), vectors(folder)
    assert np.array_equal(first, second)
    assert len(count) == 1
    [kept] = folders(exports)
    names = {path.name for path in kept.iterdir()}
    assert names == {"model.xml", "model.bin", "complete.json"}


def test_nothing_is_printed(
    folder: Path, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    vectors(folder)
    assert capfd.readouterr() == ("", "")


def test_logging_is_as_before(folder: Path) -> None:
    import logging

    logging.disable(logging.INFO)
    try:
        vectors(folder)
        assert logging.root.manager.disable == logging.INFO
    finally:
        logging.disable(logging.NOTSET)


def test_several_at_once(folder: Path, exports: Path, count: list[Path]) -> None:
    """As when each worker process finds that there is none yet."""
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append(vectors(folder)), daemon=True)
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert len(found) == 3
    assert all(np.array_equal(one, found[0]) for one in found)
    assert len(count) == 1
    assert len(folders(exports)) == 1


# --- under what -----------------------------------------------------------------------------------


def key(folder: Path, backend: str = "openvino", precision: str = "float32", **more: Any) -> str:
    return exported._key(encoder_of(folder, backend, precision, **more).card)


def test_another_encoder_has_another_export(
    folder: Path, families: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "has_instructions", lambda *_: True)
    keys = [
        key(folder),
        key(folder, "onnx"),
        key(folder, precision="int8"),
        key(folder, "onnx", "int8"),
        key(folder, precision="bfloat16"),
        key(folder, pooler="cls"),
        key(folder, max_length=9),
        key(families("distilbert")),
    ]
    assert len(set(keys)) == len(keys)
    assert key(folder) == keys[0]


@pytest.mark.parametrize(
    ("package", "of"),
    [
        ("openvino", {"openvino float32", "openvino int8"}),
        ("onnxruntime", {"onnx float32", "onnx int8"}),
        ("onnxscript", {"onnx float32", "onnx int8"}),
        ("nncf", {"openvino int8", "onnx int8"}),
        ("torch", {"openvino float32", "openvino int8", "onnx float32", "onnx int8"}),
        ("numba", set()),
    ],
)
def test_another_version_of_a_library_has_another_export(
    folder: Path, monkeypatch: pytest.MonkeyPatch, package: str, of: set[str]
) -> None:
    monkeypatch.setattr(backends, "has_instructions", lambda *_: True)

    def keys() -> dict[str, str]:
        kinds = [(b, p) for b in ("onnx", "openvino") for p in ("float32", "int8")]
        return {f"{b} {p}": key(folder, b, p) for b, p in kinds}

    before = keys()
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda p: "99" if p == package else version(p))
    after = keys()
    assert {kind for kind in before if before[kind] != after[kind]} == of


def test_another_calibration_has_another_export(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "has_instructions", lambda *_: True)
    before = key(folder, precision="int8"), key(folder)
    identity = backends.decides("openvino", "int8")
    monkeypatch.setattr(graph, "calibration_sentences", lambda: ["others"])
    assert key(folder, precision="int8") != before[0]
    assert key(folder) == before[1]
    assert backends.decides("openvino", "int8")["calibration"] != identity["calibration"]


# --- what int8 is calibrated with -----------------------------------------------------------------


def test_ranges_are_measured_on_demonstration_sentences() -> None:
    text = (PROJECT / "data" / "demo" / "pairs.tsv").read_text("utf-8")
    sentences = graph.calibration_sentences()
    assert len(sentences) == 300
    assert all(sentence in text for sentence in sentences)
    words = [len(sentence.split()) for sentence in sentences]
    assert {1, 2, 3} <= set(words)
    assert max(words) > 10


def test_they_are_tokenized_as_any_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut at the limit, for one: the model has no positions beyond."""
    monkeypatch.setattr(backends, "has_instructions", lambda *_: True)
    given: list[Any] = []

    def export(module: Any, example: Any, place: Path, calibration: Any) -> None:
        given.extend(calibration)
        raise RuntimeError("enough")

    monkeypatch.setattr(in_openvino, "export", export)
    encoder = encoder_of(folder, "openvino", "int8", max_length=6)
    with pytest.raises(ModelError, match="enough"):
        encoder.load()
    wanted = encoder.tokenize(graph.calibration_sentences())
    assert len(wanted.truncated) > 100
    assert [row.tolist() for row in given] == [[ids] for ids in wanted.ids]


# --- whole or not at all --------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from benchmark.encoders.transformer.backends import in_openvino
from tests.encoders.transformer.backends.conftest import encoder_of
original = in_openvino.export
def export(module, example, place, calibration):
    original(module, example, place, calibration)
    (place / "model.bin").write_bytes((place / "model.bin").read_bytes()[:999])
    os.kill(os.getpid(), signal.SIGKILL)
in_openvino.export = export
encoder_of(Path(sys.argv[1]), "openvino").load()
"""


@pytest.mark.slow
def test_an_export_that_is_killed(folder: Path, exports: Path, count: list[Path]) -> None:
    environment = os.environ | {"PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", KILLED, str(folder)]
    done = subprocess.run(command, env=environment, timeout=300, check=False)
    assert done.returncode == -signal.SIGKILL
    [left] = folders(exports)
    assert left.name.startswith(".")
    wanted = encoder_of(folder, "torch").encode(SENTENCES)
    assert_close(vectors(folder), wanted)
    assert len(count) == 1
    [kept] = folders(exports)  # what was left is cleared away
    assert not kept.name.startswith(".")


def leave(exports: Path, name: str) -> tuple[Path, Path]:
    """What a killed export leaves."""
    half = exports / f".{name}.x1y2"
    half.mkdir(parents=True)
    (half / "model.bin").write_bytes(b"half")
    lock = exports / f"{name}.lock"
    lock.touch()
    return half, lock


def test_what_killed_exports_of_other_models_left_is_cleared_away(
    folder: Path, exports: Path, kept_before: Path
) -> None:
    half, _ = leave(exports, "a" * 32)
    vectors(folder)
    assert not half.exists()
    assert list(exports.iterdir()) == [kept_before]
    leave(exports, "b" * 32)[1].unlink()
    vectors(folder)
    assert list(exports.iterdir()) == [kept_before]


def test_what_is_being_exported_stays(folder: Path, exports: Path, kept_before: Path) -> None:
    half, lock = leave(exports, "a" * 32)
    with FileLock(lock):
        vectors(folder)
        assert half.exists()
        assert lock.exists()
    vectors(folder)
    assert len(list(exports.iterdir())) == 1


def test_who_waits_for_a_lock_that_goes_has_the_next_one(tmp_path: Path) -> None:
    """Two at once would take each other's half export for a killed one's."""
    inside: list[int] = []
    most: list[int] = []

    def enter() -> None:
        for _ in range(50):
            with exported._locked(tmp_path / "export"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=enter, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(most) == 200
    assert set(most) == {1}
    assert list(tmp_path.iterdir()) == []


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a bit of the weights": lambda kept: flip(kept / "model.bin"),
    "a graph that is cut": lambda kept: os.truncate(kept / "model.xml", 100),
    "weights that are gone": lambda kept: (kept / "model.bin").unlink(),
    "no list": lambda kept: (kept / "complete.json").unlink(),
    "a list of something else": lambda kept: (kept / "complete.json").write_text("[1]"),
    "a list without hashes": lambda kept: (kept / "complete.json").write_text('{"files": [1]}'),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_export_is_made_again(
    folder: Path,
    kept_before: Path,
    count: list[Path],
    damage: str,
    log: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One weight with another bit would still load, and give other scores."""
    first = vectors(folder)
    assert not count
    DAMAGE[damage](kept_before)
    assert np.array_equal(vectors(folder), first)
    assert len(count) == 1
    [said] = warnings(caplog)
    assert said.startswith(f"{kept_before}: ")
    assert said.endswith(" is damaged; exporting again")
    assert np.array_equal(vectors(folder), first)
    assert len(count) == 1


def test_the_list_names_all_files(kept_before: Path) -> None:
    content = json.loads((kept_before / "complete.json").read_text())
    assert content["model"] == "bert"
    assert set(content["files"]) == {"model.xml", "model.bin"}


# --- what fails -----------------------------------------------------------------------------------


def test_an_export_that_fails(folder: Path, exports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def export(module: Any, example: Any, place: Path, calibration: Any) -> None:
        (place / "model.xml").write_text("half")
        raise RuntimeError("unsupported\noperation")

    monkeypatch.setattr(in_openvino, "export", export)
    with pytest.raises(ModelError) as caught:
        vectors(folder)
    assert str(caught.value) == (
        "bert: cannot be exported to openvino in float32 (RuntimeError: unsupported operation); "
        "use `backend` torch"
    )
    assert folders(exports) == []


def test_an_export_that_computes_something_else(
    folder: Path, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    class Twice(torch.nn.Module):
        """Reads its input twice, as one does that pads it and forgets the mask."""

        def __init__(self, module: Any) -> None:
            super().__init__()
            self.module = module

        def forward(self, ids: Any) -> Any:
            return self.module(torch.cat([ids, ids], dim=1))

    original = in_openvino.export
    monkeypatch.setattr(in_openvino, "export", lambda module, *more: original(Twice(module), *more))
    with pytest.raises(ModelError, match="bert: its export to openvino in float32 gives other vec"):
        vectors(folder)
    assert folders(exports) == []


@pytest.mark.parametrize(
    ("precision", "noise", "refused"),
    [
        ("float32", 1e-5, False),
        ("float32", 3e-2, True),
        ("bfloat16", 3e-2, False),
        ("bfloat16", 1.0, True),
        ("int8", 0.3, False),
        ("int8", 3.0, True),
        ("float32", np.nan, True),
        ("int8", np.nan, True),
    ],
)
def test_what_is_rounding_and_what_is_not(precision: str, noise: float, refused: bool) -> None:
    generator = np.random.default_rng(0)
    asked = graph.probes(100, 64, None)
    wanted = [generator.standard_normal((2, 64)).astype(np.float32) for _ in asked]
    answers = iter([exact + noise * generator.standard_normal((2, 64)) for exact in wanted])
    said = graph.difference(lambda _: next(answers), asked, wanted, precision)
    assert (said is not None) == refused


@pytest.mark.parametrize(
    ("limit", "lengths"),
    [(1, [1]), (2, [1, 2]), (64, [1, 2, 3, 9, 17, 64]), (512, [1, 2, 3, 9, 17, 64, 130, 257, 512])],
)
def test_lengths_from_one_to_the_limit(limit: int, lengths: list[int]) -> None:
    assert [ids.shape for ids in graph.probes(100, limit, None)] == [(2, n) for n in lengths]
    sentences = [np.array([range(place, place + 9)]) for place in range(100)]
    found = graph.probes(1, limit, sentences)
    assert [ids.shape for ids in found] == [(2, n) for n in lengths]
    assert found[-1].max() <= 108
    assert max(ids.shape[1] for ids in graph.probes(100, None, None)) == 1024


def test_an_export_that_cannot_be_loaded(
    folder: Path, kept_before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*_: Any) -> None:
        raise RuntimeError("no such\nplugin")

    monkeypatch.setattr(in_openvino, "OpenvinoCompute", load)
    with pytest.raises(ModelError) as caught:
        vectors(folder)
    said = str(caught.value)
    assert said.startswith("bert: its export in ")
    assert said.endswith("cannot be loaded (RuntimeError: no such plugin); use `backend` torch")


def test_a_cache_that_cannot_be_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(ModelError, match=r"bert: cannot be exported .*NotADirectoryError.*`backe"):
        vectors(folder)


def test_memory_that_runs_out_while_exporting(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmark.embeddings import embed

    def export(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(in_openvino, "export", export)
    with pytest.raises(ModelError, match="bert: out of memory while loading"):
        embed(encoder_of(folder, "openvino"), SENTENCES)


def test_weights_that_are_missing(tmp_path: Path, families: Any) -> None:
    """The loader's own words, not those of an export."""
    from tests import checkpoints

    folder = checkpoints.write_plain(tmp_path / "m", head=False)
    with pytest.raises(ModelError, match="m: the checkpoint has no pooling head"):
        encoder_of(folder, "openvino", pooler="cls").load()
