"""Files are wholly there or not there at all, whatever fails on the way."""

from __future__ import annotations

import errno
import io
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from benchmark.atomic import finish_whole, remove_halves, write_atomically, written_whole

PROJECT = Path(__file__).parents[1]

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of an earlier run, alone in its folder."""
    file = tmp_path / "records" / "STS12.json"
    file.parent.mkdir()
    file.write_bytes(b"old")
    return file


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    """Change the mask of the process; it is put back."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    return fail


class FullDisk(io.FileIO):
    """A file that takes the first bytes and then no more."""

    def write(self, content: Any) -> int:
        super().write(content[:2])
        raise FULL


@contextmanager
def broken(monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException = FULL):
    """Let one step of a write fail: a function of `os`, or writing itself."""
    name, substitute = ("fdopen", FullDisk) if step == "write" else (step, raising(error))
    with monkeypatch.context() as patch:
        patch.setattr(f"benchmark.atomic.os.{name}", substitute)
        yield


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- what works -----------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"new", b"\r\n\x00\xff", bytes(range(256)) * 10_000])
def test_content_replaces_what_was_there(path: Path, content: bytes) -> None:
    write_atomically(path, content)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_missing_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.txt"
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_bare_name_lands_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomically(Path("c.txt"), b"new")
    assert (tmp_path / "c.txt").read_bytes() == b"new"


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
def test_everybody_may_read_it_and_its_owner_write_it(
    path: Path, umask: Callable[[int], int], mask: int
) -> None:
    umask(mask)
    write_atomically(path, b"new")
    assert mode_of(path) == 0o644


def test_a_read_only_file_is_replaced(path: Path) -> None:
    path.chmod(0o444)
    write_atomically(path, b"new")
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o644)


def test_content_is_on_the_disk_before_it_takes_the_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, os.replace

    def spied_sync(descriptor: int) -> None:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        steps.append("sync folder" if folder else f"sync {os.fstat(descriptor).st_size} bytes")
        sync(descriptor)

    def spied_replace(source: str, target: Path) -> None:
        steps.append("replace")
        assert Path(source).parent == target.parent  # else it would be no single step
        assert (target.read_bytes(), Path(source).read_bytes()) == (b"old", b"newer")
        replace(source, target)

    monkeypatch.setattr("benchmark.atomic.os.fsync", spied_sync)
    monkeypatch.setattr("benchmark.atomic.os.replace", spied_replace)
    write_atomically(path, b"newer")
    assert steps == ["sync 5 bytes", "replace", "sync folder"]


def test_a_file_system_that_cannot_sync_folders_will_do(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def picky(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(descriptor)

    monkeypatch.setattr("benchmark.atomic.os.fsync", picky)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


# --- what fails -----------------------------------------------------------------------------------

STEPS = ["write", "fsync", "chmod", "replace"]


@pytest.mark.parametrize("step", STEPS)
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with broken(monkeypatch, step), pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("step", STEPS)
def test_a_failed_first_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with broken(monkeypatch, step), pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "new.json", b"new")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_cleans_up_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted = broken(monkeypatch, "fsync", error=KeyboardInterrupt())
    with interrupted, pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_the_first_failure_is_told_though_cleaning_up_fails_as_well(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlucky = broken(monkeypatch, "unlink", error=OSError(errno.EIO, "Input/output error"))
    with unlucky, broken(monkeypatch, "replace"), pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_folder_cannot_be_made_below_a_file(path: Path) -> None:
    with pytest.raises(OSError):
        write_atomically(path / "below.json", b"new")
    assert path.read_bytes() == b"old"


def test_a_folder_is_not_replaced(path: Path) -> None:
    with pytest.raises(OSError):
        write_atomically(path.parent, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in path.parent.parent.iterdir()] == [path.parent.name]


# --- several at once ------------------------------------------------------------------------------


def test_a_reader_never_sees_half(path: Path) -> None:
    contents = [bytes([letter]) * 300_000 for letter in b"AB"]
    write_atomically(path, contents[0])
    done = threading.Event()

    def write() -> None:
        for turn in range(40):
            write_atomically(path, contents[turn % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(path.read_bytes())
    writer.join()
    assert seen <= set(contents)


def test_of_many_writers_one_wins_whole(path: Path) -> None:
    contents = [bytes([letter]) * 50_000 for letter in range(8)]
    start = threading.Barrier(len(contents))

    def write(content: bytes) -> None:
        start.wait()
        for _ in range(5):
            write_atomically(path, content)

    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_bytes() in contents
    assert list(path.parent.iterdir()) == [path]


# --- what killed writers leave --------------------------------------------------------------------

KILLED = """
import os, sys
from pathlib import Path
from benchmark import atomic
atomic.os.replace = lambda *names: (print(names[0], flush=True), sys.stdin.read(), os._exit(9))
atomic.write_atomically(Path(sys.argv[1]), b"new")
"""


def test_what_a_killed_writer_left_is_removed_and_not_what_a_living_one_writes(path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, path], stdin=PIPE, stdout=PIPE, text=True, cwd=PROJECT
    )
    assert writer.stdout
    half = Path(writer.stdout.readline().strip())
    assert half.parent == path.parent
    os.utime(half, (0, 0))  # for hours on a slow disk
    remove_halves(path.parents[1])
    assert half.exists()
    writer.kill()
    writer.wait()
    writer.stdout.close()
    remove_halves(path.parents[1])
    assert not half.exists()
    assert path.read_bytes() == b"old"


def test_a_half_that_is_new_is_left(path: Path) -> None:
    half = path.with_name(".STS13.json.abc.half")
    half.write_bytes(b"ne")
    remove_halves(path.parent)
    assert half.exists()
    os.utime(half, (0, 0))
    remove_halves(path.parent)
    assert not half.exists()


@pytest.mark.parametrize("name", [".STS13.json.abc", "STS13.json.half", ".hidden", "x.half"])
def test_other_files_are_left(path: Path, name: str) -> None:
    other = path.with_name(name)
    other.write_bytes(b"mine")
    os.utime(other, (0, 0))
    remove_halves(path.parent)
    assert other.read_bytes() == b"mine"


def test_links_and_pipes_of_that_name_stop_nobody(path: Path) -> None:
    os.mkfifo(path.with_name(".pipe.half"))
    path.with_name(".link.half").symlink_to(path)
    os.utime(path, (0, 0))
    remove_halves(path.parent)
    assert path.read_bytes() == b"old"


# --- folders --------------------------------------------------------------------------------------


def below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def fill(folder: Path, content: bytes) -> None:
    (folder / "inner").mkdir()
    for name in ("last", "inner/first"):
        (folder / name).write_bytes(content)


NEW = {"last": b"new", "inner/first": b"new"}


def test_a_new_folder_appears_whole(tmp_path: Path) -> None:
    folder = tmp_path / "above" / "folder"
    with written_whole(folder, "last") as half:
        fill(half, b"new")
        assert not folder.exists()
    assert below(tmp_path) == {f"above/folder/{name}": content for name, content in NEW.items()}


def test_files_of_a_folder_are_replaced_and_others_stay(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for content in (b"old", b"new"):
        with written_whole(folder, "last") as half:
            fill(half, content)
        (folder / "inner" / "other").write_bytes(b"other")
    assert below(tmp_path) == {
        "folder/inner/other": b"other",
        **{f"folder/{name}": content for name, content in NEW.items()},
    }


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_that_fails_leaves_what_was_there(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "folder"
    if there:
        folder.mkdir()
        fill(folder, b"old")
    before = below(tmp_path)

    def interrupted() -> None:
        with written_whole(folder, "last") as half:
            fill(half, b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert below(tmp_path) == before
    assert folder.exists() == there


def test_what_a_killed_writer_left_of_a_folder_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / ".folder.half" / "inner").mkdir(parents=True)
    (tmp_path / ".folder.half" / "strange").write_bytes(b"half")
    with written_whole(tmp_path / "folder", "last") as half:
        fill(half, b"new")
    assert below(tmp_path) == {f"folder/{name}": content for name, content in NEW.items()}


@pytest.mark.parametrize("moved", [[], ["inner/first"], ["inner/first", "last"]])
def test_a_folder_that_was_whole_beside_another_is_finished(
    tmp_path: Path, moved: list[str]
) -> None:
    """However many of its files were moved before the kill."""
    folder, whole = tmp_path / "folder", tmp_path / ".folder.whole"
    for place in (folder, whole):
        place.mkdir()
        fill(place, place.suffix.encode())
    for name in moved:
        (whole / name).replace(folder / name)
    if moved == ["inner/first"]:
        (folder / "last").unlink()
    finish_whole(folder, "last")
    assert below(tmp_path) == {"folder/last": b".whole", "folder/inner/first": b".whole"}
    finish_whole(folder, "last")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
