"""What was not used for longest goes first, and the limit holds."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from benchmark.embeddings import VectorCache, eviction
from tests.embeddings.stored import (
    ALL,
    BLOCK,
    add,
    cache_in,
    edit,
    fill,
    store_of,
    stored,
    there,
    warnings,
)


@pytest.mark.parametrize(
    ("limit", "left"),
    [
        (10 * BLOCK, "a1 b1 a2 b2 a3"),
        (6 * BLOCK, "b1 a2 b2 a3"),
        (5 * BLOCK, "a2 b2 a3"),
        (4 * BLOCK, "b2 a3"),
        (3 * BLOCK, "a3"),
        (0, ""),
    ],
)
def test_what_was_not_used_for_longest_goes_first(
    filled: VectorCache, limit: int, left: str
) -> None:
    before = filled.size()
    freed = filled.shrink(limit)
    assert stored(filled, ALL) == left
    assert freed == before - filled.size()
    assert filled.size() <= limit or limit == 0
    assert filled.shrink(limit) == 0 or limit == 0


def test_use_counts_and_not_age(filled: VectorCache, clock: list[float]) -> None:
    clock[0] = 1e9 + 10_000
    store_of(filled, "a").look_up(["1 7"])
    clock[0] += 1
    store_of(filled, "b").look_up(["1 8"])
    filled.shrink(4 * BLOCK)
    assert stored(filled, ALL) == "a1 b1"


def test_a_block_that_is_used_meanwhile_stays(
    filled: VectorCache, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = eviction._next

    def used_meanwhile(*arguments: Any) -> Any:
        taken = chosen(*arguments)
        clock[0] = 2e9
        store_of(filled, "a").look_up(["1 7"])
        return taken

    monkeypatch.setattr(eviction, "_next", used_meanwhile)
    filled.shrink(3 * BLOCK)
    assert stored(filled, ALL).startswith("a1")


def test_the_limit_holds_though_files_take_more_than_their_blocks(tmp_path: Path) -> None:
    cache = cache_in(tmp_path, 400_000)
    for number in range(20):
        store = cache.store(json.dumps({"fingerprint": str(number)}), "tiny")
        add(store, "one")
        os.utime(store.path, (0, 0))
    assert cache.size() > 400_000
    cache.shrink()
    assert 200_000 < cache.size() <= 400_000


def test_a_file_that_is_empty_and_at_rest_is_deleted(filled: VectorCache) -> None:
    """One that was written just now may be in use: SQLite's files must not be taken away then."""
    first, second = store_of(filled, "a"), store_of(filled, "b")
    os.utime(first.path, (0, 0))
    filled.shrink(0)
    assert not first.path.exists()
    assert second.path.stat().st_size < BLOCK
    assert there(second, ["1 0"]) == []
    os.utime(second.path, (0, 0))
    filled.shrink(0)
    assert not second.path.exists()


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
    aside = filled.folder / "x.damaged"
    aside.write_bytes(bytes(2 * BLOCK))
    text = filled.folder / "y.sqlite"
    text.write_bytes(b"text " * BLOCK)
    foreign = store_of(filled, "c")
    fill(foreign, "1")
    edit(foreign, "PRAGMA user_version = 7")
    os.utime(foreign.path, (0, 0))
    assert filled.shrink(8 * BLOCK) > 8 * BLOCK
    assert not aside.exists()
    assert not text.exists()
    assert not foreign.path.exists()
    assert stored(filled, ALL) == ALL
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
    writing = eviction.writing

    def locked(path: Path) -> Any:
        if path == store_of(filled, "a").path:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        return writing(path)

    monkeypatch.setattr(eviction, "writing", locked)
    (filled.folder / "z.sqlite").mkdir()
    filled.shrink(0)
    assert stored(filled, ALL) == "a1 a2 a3"
    assert any("database is locked" in said for said in warnings(caplog))
    assert any("z.sqlite: cannot be evicted" in said for said in warnings(caplog))
