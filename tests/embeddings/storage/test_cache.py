"""The folder of all vectors: whose is what, what is there, how it is kept small."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from benchmark.embeddings import VectorCache, default_cache
from benchmark.embeddings.storage import cache as cache_module
from benchmark.errors import UsageError
from tests.embeddings.storage.known import (
    ALL,
    IDENTITY,
    add,
    at_rest,
    cache_in,
    edit,
    fill,
    store_of,
    stored,
    there,
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
        ("PRAGMA user_version = 1 --", None),
        ("ALTER TABLE encoder RENAME COLUMN used TO last --", None),
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
    edit(store, "UPDATE encoder SET used = ?", used)
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
    assert [summary.name for summary in filled.summaries()] == ["model c", "model d", "model b"]
    assert stored(filled) == "b d c"


def test_a_file_in_use_is_emptied(filled: VectorCache) -> None:
    store, before = store_of(filled, "a"), filled.size()
    filled.clear()
    assert filled.summaries() == []
    assert filled.size() < before / 3
    assert store.path.exists()
    fill(store)
    assert stored(filled) == "a"


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
    assert path.suffix == cache_module.KEPT


# --- keeping it small -----------------------------------------------------------------------------


def file_size(filled: VectorCache) -> float:
    return filled.size() / len(ALL.split())


@pytest.mark.parametrize(
    ("files", "left"),
    [(4, "b d a c"), (3.9, "d a c"), (3, "d a c"), (2.9, "a c"), (1, "c"), (0.9, ""), (0, "")],
)
def test_what_was_not_used_for_longest_goes_first(
    filled: VectorCache, files: float, left: str
) -> None:
    at_rest(filled)
    before, limit = filled.size(), int(files * file_size(filled))
    freed = filled.shrink(limit)
    assert stored(filled) == left
    assert freed == before - filled.size()
    assert filled.size() <= limit
    assert filled.shrink(limit) == 0


def test_use_counts_and_not_age(filled: VectorCache, clock: list[float]) -> None:
    at_rest(filled)
    clock[0] = 1e9 + 10_000
    store_of(filled, "d").look_up(["sentence 7"])
    clock[0] += 1
    fill(store_of(filled, "b"))
    filled.shrink(int(2.9 * file_size(filled)))
    assert stored(filled) == "b d"


def test_what_is_used_meanwhile_stays(
    filled: VectorCache, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_rest(filled)
    listed = cache_module._by_use

    def used_meanwhile(*arguments: Any) -> Any:
        files = listed(*arguments)
        clock[0] = 2e9
        store_of(filled, "b").look_up(["sentence 7"])
        return files

    monkeypatch.setattr(cache_module, "_by_use", used_meanwhile)
    filled.shrink(int(3 * file_size(filled)))
    assert stored(filled) == "b a c"


def test_many_small_files(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    for number in range(20):
        add(cache.store(json.dumps({"fingerprint": str(number)}), "tiny"), "one")
    at_rest(cache)
    limit = cache.size() // 2
    cache.shrink(limit)
    assert limit * 0.8 < cache.size() <= limit


def test_a_file_that_was_written_just_now_is_emptied_first(filled: VectorCache) -> None:
    """It may be in use: SQLite's files must not be taken away then."""
    first, second, size = store_of(filled, "a"), store_of(filled, "b"), file_size(filled)
    os.utime(first.path, (0, 0))
    filled.shrink(0)
    assert not first.path.exists()
    assert second.path.stat().st_size < size / 3
    assert there(second, ["sentence 0"]) == []
    at_rest(filled)
    filled.shrink(0)
    assert filled.size() == 0
    assert list(filled.folder.iterdir()) == []


def test_nothing_is_done_below_the_limit(empty: VectorCache) -> None:
    assert empty.shrink(0) == 0
    assert not empty.folder.exists()
    add(store_of(empty, "a"), "one")
    other = empty.folder / "x.damaged"
    other.write_text("")
    assert empty.shrink() == 0
    assert other.exists()


def test_what_is_of_no_use_goes_first(
    filled: VectorCache, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    limit = filled.size()
    aside = filled.folder / "x.damaged"
    aside.write_bytes(bytes(200_000))
    text = filled.folder / "y.sqlite"
    text.write_bytes(b"text " * 100_000)
    foreign = store_of(filled, "e")
    fill(foreign)
    edit(foreign, "PRAGMA user_version = 7")
    os.utime(foreign.path, (0, 0))
    filled.shrink(limit)
    assert not aside.exists()
    assert not text.exists()
    assert not foreign.path.exists()
    assert stored(filled) == ALL
    assert warnings(caplog) == []


def test_other_files_are_left_alone(filled: VectorCache) -> None:
    names = ["notes.txt", "y.sqlite-wal", "folder"]
    for name in names[:2]:
        (filled.folder / name).write_text("mine")
    (filled.folder / "folder").mkdir()
    filled.shrink(0)
    filled.clear()
    assert {*names} <= {path.name for path in filled.folder.iterdir()}


def test_what_cannot_be_evicted_stops_nothing(
    filled: VectorCache,
    monkeypatch: pytest.MonkeyPatch,
    log: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    writing = cache_module.writing

    def locked(path: Path) -> Any:
        if path == store_of(filled, "a").path:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        return writing(path)

    monkeypatch.setattr(cache_module, "writing", locked)
    (filled.folder / "z.sqlite").mkdir()
    filled.shrink(0)
    assert stored(filled) == "a"
    assert any("database is locked" in said for said in warnings(caplog))
    assert any("z.sqlite: cannot be evicted" in said for said in warnings(caplog))
