"""Several processes at one store, and processes that are killed: nothing is lost, nothing wrong."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmark.embeddings import VectorStore
from benchmark.embeddings.storage import database
from tests.embeddings.storage.known import add, cache_in, store_in, there, warnings

PROJECT = Path(__file__).parents[3]
WAIT = 600.0

HEAD = """
import os, signal, sqlite3, sys, time
from pathlib import Path
from benchmark.embeddings.storage import database, rows
from tests.embeddings.storage.known import add, cache_in, store_in, there
folder = Path(sys.argv[1])
store = store_in(folder)
"""

# Vectors larger than SQLite's memory for pages: some of them are in the file before they are whole.
WRITER = """
for number in range(int(sys.argv[2]), 100_000):
    add(store, f"first {number}", f"second {number}", dimension=400_000)
    print(number, flush=True)
"""

KILLED_INSIDE = """
store = store_in(folder, *sys.argv[3:])
with database.writing(store.path, new=True) as connection:
    rows.prepare(connection, store.name, store.identity, 3)
    if sys.argv[2] == "all":
        connection.execute("DELETE FROM vector")
    connection.execute("CREATE TABLE large (content BLOB)")
    for _ in range(8):
        connection.execute("INSERT INTO large VALUES (randomblob(1000000))")
    os.kill(os.getpid(), signal.SIGKILL)
"""

WORKER = """
number, writes = int(sys.argv[2]), 12
print("ready", flush=True)
sys.stdin.readline()
mine = [f"{number}: {place}" for place in range(writes)]
for place in range(writes):
    add(store, mine[place], f"everybody {place}")
    others = [f"{other}: {p}" for other in range(4) for p in range(writes)]
    found = there(store, others)
    assert set(mine[: place + 1]) <= set(found), (number, place, found)
print("done", flush=True)
"""

READER_AND_WRITER = """
import logging
logging.basicConfig(level=logging.WARNING)
print("ready", flush=True)
sys.stdin.readline()
for rounds in range(20):
    wanted = [f"{rounds % 7}: {place}" for place in range(20)]
    found = there(store, wanted, dimension=2000)
    missing = [sentence for sentence in wanted if sentence not in found]
    if missing:
        add(store, *missing, dimension=2000)
print("done", flush=True)
"""

# Until nobody is left who might tell it something: the end of its input.
EVICTOR = """
import logging, select
logging.basicConfig(level=logging.WARNING)
print("ready", flush=True)
sys.stdin.readline()
freed = 0
while not select.select([sys.stdin], [], [], 0.005)[0]:
    freed += cache_in(folder).shrink(int(sys.argv[2]))
print(freed + cache_in(folder).shrink(int(sys.argv[2])), flush=True)
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HEAD + code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        cwd=PROJECT,
    )


def all_at_once(processes: list[subprocess.Popen[str]]) -> list[str]:
    """Let them begin together; return what each said at last, and nothing may have gone wrong."""
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=WAIT) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), ends
    assert [err for _, err in ends] == [""] * len(processes)
    return [out.strip() for out, _ in ends]


def journal_of(store: VectorStore) -> Path:
    return store.path.with_name(f"{store.path.name}-journal")


# --- killed ---------------------------------------------------------------------------------------


def test_killed_again_and_again_while_writing(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    """Every write that was confirmed is there; at most the last one is lost."""
    store, dice = store_in(tmp_path), random.Random(0)
    confirmed: list[int] = []
    for _ in range(5):
        process = start(WRITER, tmp_path, confirmed[-1] + 1 if confirmed else 0)
        assert process.stdout is not None
        confirmed.append(int(process.stdout.readline()))
        time.sleep(dice.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate(timeout=WAIT)
        assert process.returncode == -signal.SIGKILL, err
        confirmed += [int(line) for line in out.splitlines(keepends=True) if line.endswith("\n")]
        wanted = [f"{which} {number}" for number in confirmed for which in ("first", "second")]
        assert there(store, wanted, dimension=400_000) == sorted(wanted)
        cache_in(tmp_path).shrink(40_000_000)
        confirmed = confirmed[-1:]
    assert warnings(caplog) == []


@pytest.mark.parametrize("writes_first", [False, True])
def test_a_write_that_was_killed_half_way_is_taken_back(
    tmp_path: Path, writes_first: bool, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    store = store_in(tmp_path)
    add(store, "a", "b")
    process = start(KILLED_INSIDE, tmp_path, "all")
    process.communicate(timeout=WAIT)
    assert process.returncode == -signal.SIGKILL
    assert journal_of(store).exists()
    if writes_first:
        add(store, "c")
    assert there(store, ["a", "b", "c"]) == ["a", "b", "c"][: 2 + writes_first]
    assert not journal_of(store).exists()
    assert warnings(caplog) == []


def test_the_first_write_is_killed(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    store = store_in(tmp_path)
    store.path.parent.mkdir()
    process = start(KILLED_INSIDE, tmp_path, "none")
    process.communicate(timeout=WAIT)
    assert store.path.exists()
    assert there(store, ["a"]) == []
    assert cache_in(tmp_path).summaries() == []
    add(store, "a")
    assert there(store, ["a"]) == ["a"]
    assert warnings(caplog) == []


def test_the_journal_of_a_file_that_is_gone_does_no_harm(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    add(store, "a")
    process = start(KILLED_INSIDE, tmp_path, "all")
    process.communicate(timeout=WAIT)
    store.path.unlink()
    add(store, "b")
    assert there(store, ["a", "b"]) == ["b"]
    assert not journal_of(store).exists()


def test_clear_takes_the_journal_along(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    add(store, "a")
    start(KILLED_INSIDE, tmp_path, "all").communicate(timeout=WAIT)
    os.utime(store.path, (0, 0))
    cache_in(tmp_path).clear()
    assert list(store.path.parent.iterdir()) == []


def killed(tmp_path: Path, name: str) -> VectorStore:
    """A store whose last writer was killed."""
    store = store_in(tmp_path, name)
    add(store, "a")
    start(KILLED_INSIDE, tmp_path, "all", name).communicate(timeout=WAIT)
    assert journal_of(store).exists()
    return store


def test_what_killed_writers_left_goes_though_nobody_opens_their_files(tmp_path: Path) -> None:
    kept, gone, empty = [killed(tmp_path, name) for name in ("kept", "gone", "empty")]
    gone.path.unlink()
    empty.path.write_bytes(b"")
    unbegun = store_in(tmp_path, "unbegun")
    add(unbegun, "a")
    journal_of(unbegun).touch()
    before = sorted(path.name for path in kept.path.parent.iterdir())
    cache_in(tmp_path).shrink()
    assert sorted(path.name for path in kept.path.parent.iterdir()) == before  # they may be at it
    for path in kept.path.parent.iterdir():
        os.utime(path, (0, 0))
    cache_in(tmp_path).shrink()
    assert sorted(kept.path.parent.iterdir()) == sorted([kept.path, unbegun.path])
    assert there(kept, ["a"]) == ["a"]


def test_the_journal_of_a_writer_that_lives_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However old it is: its locks tell."""
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
    store = store_in(tmp_path)
    add(store, "a")
    with database.writing(store.path) as connection:
        connection.execute("DELETE FROM vector")
        os.utime(journal_of(store), (0, 0))
        cache_in(tmp_path).shrink()
        assert journal_of(store).exists()
    assert there(store, ["a"]) == []


# --- at once --------------------------------------------------------------------------------------


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_at_once_lose_nothing(tmp_path: Path, processes: int) -> None:
    """They also make the file at once."""
    said = all_at_once([start(WORKER, tmp_path, number) for number in range(processes)])
    assert said == ["done"] * processes
    wanted = [f"{number}: {place}" for number in range(processes) for place in range(12)]
    wanted += [f"everybody {place}" for place in range(12)]
    assert there(store_in(tmp_path), wanted) == sorted(wanted)


@pytest.mark.parametrize("limit", [600_000, 0])
def test_eviction_while_others_read_and_write(tmp_path: Path, limit: int) -> None:
    """What they get is right (`there` looks), and neither they nor the evicting one stumble."""
    others = [start(READER_AND_WRITER, tmp_path) for _ in range(2)]
    *said, freed = all_at_once([*others, start(EVICTOR, tmp_path, limit)])
    assert said == ["done", "done"]
    assert int(freed) > 100_000


def test_a_writer_waits_for_a_reader(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    add(store, "a")
    process = start(WORKER.replace("everybody", "each"), tmp_path, 0)
    with database.reading(store.path) as connection:
        connection.execute("SELECT COUNT(*) FROM vector").fetchone()
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        time.sleep(0.5)
    out, err = process.communicate(timeout=WAIT)
    assert out.split() == ["ready", "done"], err
