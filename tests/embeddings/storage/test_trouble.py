"""Rights, space, locks and other processes: nothing stops a run, nothing wrong is served."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest

from benchmark.embeddings import VectorStore
from benchmark.embeddings.storage import database, rows
from benchmark.embeddings.storage import store as store_module
from tests.embeddings.storage.known import (
    add,
    cache_in,
    edit,
    store_in,
    there,
    vectors_of,
    warnings,
)

# --- files and folders that may not be written ----------------------------------------------------


def opened_read_only(monkeypatch: pytest.MonkeyPatch, protected: Callable[[Path], bool]) -> None:
    """As if some files were write-protected (tests may run as root, whom nothing stops)."""
    connect = sqlite3.connect

    def connected(name: str, *arguments: Any, **options: Any) -> sqlite3.Connection:
        path = Path(unquote(urlparse(name).path))
        if path.exists() and protected(path):
            name = name.partition("?")[0] + "?mode=ro"
        return connect(name, *arguments, **options)

    monkeypatch.setattr(database.sqlite3, "connect", connected)
    monkeypatch.setattr(database.os, "access", lambda path, _: not protected(path))


def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a disk that cannot be written."""

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    opened_read_only(monkeypatch, lambda _: True)
    monkeypatch.setattr(Path, "chmod", refuse)


def test_a_file_that_became_read_only_is_mended(
    store: VectorStore, monkeypatch: pytest.MonkeyPatch, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    opened_read_only(monkeypatch, lambda path: not path.stat().st_mode & stat.S_IWUSR)
    add(store, "a")
    store.path.chmod(0o444)
    assert there(store, ["a", "b"]) == ["a"]
    add(store, "b")
    assert there(store, ["a", "b"]) == ["a", "b"]
    assert warnings(caplog) == [f"{store.path} was read-only; it is writable again"]


def flip_a_bit_of_the_header(store: VectorStore) -> None:
    """Make the file say of itself that it is read-only."""
    content = bytearray(store.path.read_bytes())
    content[18] ^= 0x20
    store.path.write_bytes(content)


def test_a_file_that_says_so_of_itself_is_set_aside(
    store: VectorStore, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    """A flipped bit of its header: what is there is served, and nothing could ever be added."""
    add(store, "a")
    flip_a_bit_of_the_header(store)
    assert there(store, ["a", "b"]) == ["a"]
    add(store, "b")
    [said] = warnings(caplog)
    assert "are damaged (its header says that it is read-only), set aside as" in said
    add(store, "a")
    assert there(store, ["a", "b"]) == ["a", "b"]


def test_a_file_that_says_so_of_itself_can_be_evicted(
    store: VectorStore, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    add(store, "a")
    flip_a_bit_of_the_header(store)
    assert cache_in(store.path.parents[1]).shrink(0) > 0
    assert list(store.path.parent.iterdir()) == []
    assert warnings(caplog) == []


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
    edit(store, "UPDATE vector SET checksum = 0 WHERE id = 1")
    read_only(monkeypatch)
    assert there(store, ["a", "b"]) == ["b"]
    assert "1 damaged rows" in warnings(caplog)[0]
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
    """Nobody may write between one row and the next."""
    add(store, "a")
    add(store, "b")
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
    intact = rows._is_intact

    def disturbed(*arguments: Any) -> bool:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            edit_at_once(store)
        return intact(*arguments)

    monkeypatch.setattr(rows, "_is_intact", disturbed)
    assert there(store, ["a", "b"]) == ["a", "b"]


def edit_at_once(store: VectorStore) -> None:
    with database.writing(store.path) as connection:
        connection.execute("DELETE FROM vector")


def test_a_row_that_took_the_number_of_a_damaged_one_stays(
    store: VectorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, "a")
    edit(store, "UPDATE vector SET checksum = 0")
    gather = store_module.gather

    def then_another_process_comes(*arguments: Any) -> Any:
        gathered = gather(*arguments)
        arguments[0].execute("COMMIT")
        edit(store, "DELETE FROM vector")
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
    prepare, left = rows.prepare, [store.path]

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
