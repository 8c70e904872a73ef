"""The folder of all vectors: which file is whose, what is in it, and how it is emptied."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from benchmark.embeddings import VectorCache, default_cache, eviction
from benchmark.errors import UsageError
from tests.embeddings.stored import (
    ALL,
    BLOCK,
    IDENTITY,
    add,
    edit,
    fill,
    store_of,
    stored,
    warnings,
)

# --- which file -----------------------------------------------------------------------------------


def test_an_identity_has_a_file_of_its_own(empty: VectorCache) -> None:
    stores = [empty.store(identity, name) for identity in "ab" for name in ("x", "y")]
    assert [store.path for store in stores[::2]] == [store.path for store in stores[1::2]]
    assert stores[0].path != stores[2].path
    assert {store.path.parent for store in stores} == {empty.folder}
    assert not empty.folder.exists()


def test_the_default_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "here"))
    assert default_cache() == VectorCache(tmp_path / "here" / "vectors", 10 * 1024**3)
    monkeypatch.setenv("BENCHMARK_CACHE_BYTES", "12345")
    assert default_cache().limit == 12345
    monkeypatch.setenv("BENCHMARK_CACHE_BYTES", "0")
    assert default_cache().limit == 0
    monkeypatch.setenv("BENCHMARK_CACHE_BYTES", "")
    assert default_cache().limit == 10 * 1024**3
    monkeypatch.delenv("BENCHMARK_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert default_cache().folder.parts[-2:] == ("sentence-embedding-benchmark", "vectors")


@pytest.mark.parametrize("limit", [" ", "10G", "-1", "1.5", "1e9", "lots"])
def test_a_limit_that_is_no_number(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE_BYTES", limit)
    with pytest.raises(UsageError, match=r"BENCHMARK_CACHE_BYTES=.*: not a number of bytes"):
        default_cache()


# --- what is in it --------------------------------------------------------------------------------


def test_summaries(empty: VectorCache, clock: list[float]) -> None:
    assert empty.summaries() == []
    first, second = store_of(empty, "a"), store_of(empty, "b")
    add(first, "one", "two")
    clock[0] += 10
    add(first, "three")
    clock[0] += 10
    add(second, "one")
    found = empty.summaries()
    assert [(s.name, s.fingerprint, s.sentences, s.used) for s in found] == [
        ("model b", "b" * 64, 1, 1e9 + 20),
        ("model a", "a" * 64, 3, 1e9 + 10),
    ]
    assert [summary.bytes for summary in found] == [
        second.path.stat().st_size,
        first.path.stat().st_size,
    ]
    assert empty.size() == sum(summary.bytes for summary in found)
    clock[0] += 1000
    first.look_up(["two"])
    assert [summary.name for summary in empty.summaries()] == ["model a", "model b"]


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("UPDATE encoder SET identity = ?", "no JSON"),
        ("UPDATE encoder SET identity = ?", "[]"),
        ("UPDATE encoder SET identity = ?", "{}"),
        ("UPDATE encoder SET identity = ?", b"\xff"),
        ("DELETE FROM encoder WHERE ? = 1", 1),
        ("PRAGMA user_version = 2 --", None),
        ("ALTER TABLE block RENAME COLUMN used TO last --", None),
    ],
)
def test_files_that_cannot_be_read_are_named_and_left_out(
    empty: VectorCache, statement: str, value: Any, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = store_of(empty, "a"), store_of(empty, "b")
    add(good, "one")
    add(bad, "one")
    edit(bad, statement, *([] if value is None else [value]))
    assert [summary.name for summary in empty.summaries()] == ["model a"]
    [said] = warnings(caplog)
    assert said.startswith(f"{bad.path}: cannot be read (")
    assert said.endswith("; `cache clear` deletes it")
    assert empty.size() > good.path.stat().st_size


@pytest.mark.parametrize("used", [1e300, -5.0, "text", b"\xff", float("inf")])
def test_times_that_are_none(empty: VectorCache, used: Any) -> None:
    store = store_of(empty, "a")
    add(store, "one")
    edit(store, "UPDATE block SET used = ?, sentences = ?", used, "many")
    [summary] = empty.summaries()
    assert 0 <= summary.used <= 253402300799


def test_a_folder_that_may_not_be_read(
    empty: VectorCache, monkeypatch: pytest.MonkeyPatch, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert empty.summaries() == []
    assert empty.shrink(0) == 0
    assert all("Permission denied" in said for said in warnings(caplog))


# --- clearing -------------------------------------------------------------------------------------


def at_rest(empty: VectorCache) -> None:
    for path in empty.folder.iterdir():
        os.utime(path, (0, 0))


def test_clear_everything(filled: VectorCache) -> None:
    (filled.folder / "x.damaged").write_bytes(b"12345")
    (filled.folder / "y.sqlite").write_bytes(b"text")
    (filled.folder / "z.sqlite").touch()
    at_rest(filled)
    before = filled.size()
    assert filled.clear() == before
    assert list(filled.folder.iterdir()) == []
    assert filled.clear() == 0


def test_clear_one_model(filled: VectorCache) -> None:
    at_rest(filled)
    [chosen] = [summary for summary in filled.summaries() if summary.name == "model a"]
    assert filled.clear([chosen]) == chosen.bytes
    assert [summary.name for summary in filled.summaries()] == ["model b"]
    assert stored(filled, ALL) == "b1 b2"


def test_a_file_in_use_is_emptied(filled: VectorCache) -> None:
    store = store_of(filled, "a")
    filled.clear()
    assert filled.summaries() == []
    assert filled.size() < BLOCK
    assert store.path.exists()
    fill(store, "4")
    assert stored(filled, "a1 a4") == "a4"


def test_what_cannot_be_deleted_is_named_and_the_rest_goes(filled: VectorCache) -> None:
    at_rest(filled)
    stuck = filled.folder / "0.sqlite"
    stuck.mkdir()
    with pytest.raises(OSError) as caught:
        filled.clear()
    assert caught.value.filename == str(stuck)
    assert list(filled.folder.iterdir()) == [stuck]


def test_the_names_of_the_files_say_nothing(empty: VectorCache) -> None:
    """A prompt or a path in the identity is not to be read off the folder."""
    add(empty.store(IDENTITY, "secret"), "one")
    [path] = empty.folder.iterdir()
    assert len(path.stem) == 32
    assert int(path.stem, 16)
    assert path.suffix == eviction.KEPT
