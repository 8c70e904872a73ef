"""Rights, space, locks and other processes: nothing stops a run, nothing wrong is served."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from benchmark.embeddings import VectorStore, database, gathering, layout
from benchmark.embeddings import store as store_module
from benchmark.embeddings.blocks import Vectors
from tests.embeddings.stored import (
    add,
    edit,
    store_in,
    there,
    vectors_of,
    warnings,
)

# --- files and folders that may not be written ----------------------------------------------------


def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the file were write-protected (tests may run as root, whom nothing stops)."""
    connect = sqlite3.connect

    def connect_read_only(name: str, *arguments: Any, **options: Any) -> sqlite3.Connection:
        return connect(name.partition("?")[0] + "?mode=ro", *arguments, **options)

    monkeypatch.setattr(database.sqlite3, "connect", connect_read_only)


def test_a_file_that_is_read_only(
    store: VectorStore,
    clock: list[float],
    monkeypatch: pytest.MonkeyPatch,
    log: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    add(store, "a")
    add(store, "b")
    before = store.path.read_bytes()
    read_only(monkeypatch)
    clock[0] += 1e6  # its use would be noted
    assert there(store, ["a", "b"]) == ["a", "b"]
    assert warnings(caplog) == []
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        add(store, "c")
    assert store.path.read_bytes() == before


def test_a_damaged_file_that_is_read_only(
    store: VectorStore, monkeypatch: pytest.MonkeyPatch, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    add(store, "a")
    add(store, "b")
    edit(store, "UPDATE block SET tokens = zeroblob(4) WHERE id = 1")
    read_only(monkeypatch)
    assert there(store, ["a", "b"]) == ["b"]
    assert "1 damaged blocks" in warnings(caplog)[0]
    assert there(store, ["a", "b"]) == ["b"]


def test_a_damaged_file_that_cannot_be_moved(
    store: VectorStore, monkeypatch: pytest.MonkeyPatch, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    add(store, "a")
    store.path.write_bytes(b"no database" * 100)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    assert there(store, ["a"]) == []
    assert "cannot be read" in warnings(caplog)[0]
    with pytest.raises(sqlite3.DatabaseError):
        add(store, "a")


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), OSError(5, "Input/output error")]
)
def test_a_folder_that_may_not_be_looked_into(
    store: VectorStore,
    error: OSError,
    monkeypatch: pytest.MonkeyPatch,
    log: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    add(store, "a")

    def refuse(_: Path) -> bool:
        raise error

    monkeypatch.setattr(Path, "is_file", refuse)
    assert there(store, ["a"]) == []
    assert str(error) in warnings(caplog)[0]


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "vectors").write_text("in the way")
    store = store_in(tmp_path)
    assert there(store, ["a"]) == []
    with pytest.raises(OSError):
        add(store, "a")


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.path.mkdir(parents=True)
    assert there(store, ["a"]) == []
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        add(store, "a")


def test_a_full_disk(store: VectorStore, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, "a")
    connect = sqlite3.connect

    def connect_to_full_disk(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    monkeypatch.setattr(database.sqlite3, "connect", connect_to_full_disk)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        store.add(["b"], vectors_of(["b"], 100_000))
    monkeypatch.undo()
    assert there(store, ["a", "b"]) == ["a"]
    assert not store.path.with_name(f"{store.path.name}-journal").exists()


# --- others at the same time ----------------------------------------------------------------------


def test_a_look_up_sees_one_state_of_the_file(
    store: VectorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the list of digests and the vectors, no other block may take a block's place."""
    add(store, "a")
    add(store, "b")
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
    read = gathering._read

    def disturbed(*arguments: Any) -> Vectors | None:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            edit_at_once(store)
        return read(*arguments)

    monkeypatch.setattr(gathering, "_read", disturbed)
    assert there(store, ["a", "b"]) == ["a", "b"]


def edit_at_once(store: VectorStore) -> None:
    with database.writing(store.path) as connection:
        connection.execute("DELETE FROM block")


def test_a_block_that_took_the_number_of_a_damaged_one_stays(
    store: VectorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, "a")
    edit(store, "UPDATE block SET tokens = zeroblob(4)")
    gather = store_module.gather

    def then_another_process_comes(*arguments: Any) -> Any:
        gathered = gather(*arguments)
        arguments[0].execute("COMMIT")
        edit(store, "DELETE FROM block")
        add(store, "b")
        return gathered

    monkeypatch.setattr(store_module, "gather", then_another_process_comes)
    assert there(store, ["a"]) == []
    monkeypatch.undo()
    assert there(store, ["a", "b"]) == ["b"]


def test_a_file_that_is_deleted_while_a_writer_waits(
    store: VectorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, "a")
    prepare, left = layout.prepare, [store.path]

    def then_it_is_cleared(*arguments: Any) -> None:
        while left:
            left.pop().unlink()
        prepare(*arguments)

    monkeypatch.setattr(store_module, "prepare", then_it_is_cleared)
    add(store, "b")
    assert there(store, ["a", "b"]) == ["b"]


def test_locked_for_too_long(
    store: VectorStore, monkeypatch: pytest.MonkeyPatch, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    add(store, "a")
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert there(store, ["a"]) == []
    assert "locked" in warnings(caplog)[0]
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        add(store, "b")
    other.close()
    assert there(store, ["a", "b"]) == ["a"]
