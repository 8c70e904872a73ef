"""Sentences of a file: which they are, what they cost, and files that are no such thing."""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
import pickle
import socket
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from benchmark.errors import DataError
from benchmark.training import text
from benchmark.training.text import BLANK, Sentences, sentences
from tests import fixtures

log = fixtures.log

SOME = ["A man plays .", "Two dogs run", "It rains", "Yes"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "wiki.txt"


def read(file: Path, content: bytes) -> Sentences:
    file.write_bytes(content)
    return sentences(file)


def refusal(file: Path, content: bytes) -> str:
    """Return what is said of a file, without its name."""
    with pytest.raises(DataError) as caught:
        read(file, content)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(file))
    return message.removeprefix(str(file))


# --- what is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False], ids=["end at the last line", "none"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_lines_are_sentences(file: Path, end: str, last: bool, start: bytes) -> None:
    found = read(file, start + (end.join(SOME) + end * last).encode())
    assert list(found) == SOME
    assert len(found) == len(SOME)
    assert (found[-1], found[1:3]) == (SOME[-1], SOME[1:3])


def test_an_empty_line_is_one_blank_and_counted(file: Path) -> None:
    found = read(file, b"a\n\n  \t\nb\n\r\n")
    assert list(found) == ["a", BLANK, "  \t", "b", BLANK]
    assert (found.counts.sentences, found.counts.empty) == (5, 3)


@given(
    lines=st.lists(
        st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"])), min_size=2
    ),
    chunk=st.integers(1, 9),
)
def test_the_same_lines_as_python_reads(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], chunk: int
) -> None:
    """In blocks of any size, which cut characters and line ends in two."""
    lines = [*lines, "one", "other"]
    file = tmp_path_factory.mktemp("text") / "wiki.txt"
    content = "\n".join(lines).encode()
    file.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_CHUNK", chunk)
        found = sentences(file)
    with open(file, encoding="utf-8-sig", newline="\n") as plain:
        wanted = [line.removesuffix("\n") or BLANK for line in plain]
    assert list(found) == wanted
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert found.counts.empty == sum(not line.encode().strip() for line in wanted)


def test_its_name_and_the_hash_of_its_bytes(file: Path) -> None:
    content = b"\xef\xbb\xbfone\r\ntwo"
    found = read(file, content)
    assert (found.name, found.source) == ("wiki.txt", "")
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert sentences(file, "wiki", "org/data@1").name == "wiki"


@pytest.mark.parametrize("place", [4, -5])
def test_there_is_no_sentence_behind_the_last(file: Path, place: int) -> None:
    found = read(file, "\n".join(SOME).encode())
    with pytest.raises(IndexError):
        found[place]


def test_memory_is_eight_bytes_a_line(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file of 3 MB, its text is not kept."""
    lines = 100_000
    file.write_bytes(b"".join(b"sentence number %012d .\n" % n for n in range(lines)))
    monkeypatch.setattr(text, "_LOOKED_AT", 100)
    tracemalloc.start()
    try:
        found = sentences(file)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 8 * lines <= kept < 9 * lines
    assert 8 * lines <= len(pickle.dumps(found)) < 9 * lines


@pytest.mark.parametrize("start", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_several_processes_read_at_once(file: Path, start: str) -> None:
    if start == "fork" and sys.platform == "win32":
        pytest.skip("no fork here")
    lines = [f"sentence number {number}" for number in range(400)]
    found = read(file, "\n".join(lines).encode())
    assert found[0] == lines[0]  # its file is open in this process
    loader = DataLoader(found, batch_size=7, num_workers=2, multiprocessing_context=start)
    assert [line for batch in loader for line in batch] == lines


# --- what is useless, or nearly -------------------------------------------------------------------


def test_different_sentences_are_counted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"sentence {number % 5}" for number in range(100)]
    found = read(file, "\n".join(lines).encode())
    assert (found.counts.looked_at, found.counts.different) == (100, 5)
    monkeypatch.setattr(text, "_LOOKED_AT", 10)  # of larger files, some lines from end to end
    found = sentences(file)
    assert found.counts.looked_at == 10
    assert 1 < found.counts.different <= 5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ": the file is empty"),
        (b"\xef\xbb\xbf", ": all 1 lines are empty"),
        (b"\n\n \n", ": all 3 lines are empty"),
        (b"one\n", ": only one sentence"),
        (b"one\none\none", ": 3 times the same"),
    ],
)
def test_what_teaches_nothing_is_refused(file: Path, content: bytes, said: str) -> None:
    assert refusal(file, content).startswith(said)


def test_many_repetitions_are_said(file: Path, log: None, caplog: pytest.LogCaptureFixture) -> None:
    read(file, b"a\nb\nc\nd\na\n")
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "of 5 sentences only 4 are different" in record.getMessage()
    caplog.clear()
    read(file, b"".join(b"%d\n" % number for number in range(100)) + b"1\n")
    assert not caplog.records


# --- what is no text ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"one\ntwo\nr\xe9sum\xe9\nfour", ", line 3: is not UTF-8"),
        (b"one\ntwo\nthr\xc3", ", line 3: is not UTF-8"),
        (b"one\ntwo \0 three\n", ", line 2: holds a NUL byte"),
        ("one\ntwo\n".encode("utf-16-le"), ", line 1: holds a NUL byte"),
        ("one\ntwo\n".encode("utf-16"), ", line 1: is not UTF-8"),
        (b"one\rtwo\rthree", ": its lines end with a carriage return alone"),
        (gzip.compress(b"one\ntwo\n"), ": it is compressed by gzip; unpack it first"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", ": the file is a Git LFS"),
        (b"one\n" + b"a" * 2_000_000, ", line 2: more than the 1,048,576 bytes"),
        (b"one\ntwo\n" + b"a" * 2_000_000 + b"\nfour\n", ", line 3: more than the 1,048,576"),
        (b"a" * 9_000_000, ", line 1: more than the 1,048,576 bytes"),
    ],
    ids=range(11),
)
def test_what_is_no_text_of_sentences_is_refused(file: Path, content: bytes, said: str) -> None:
    assert refusal(file, content).startswith(said)


def test_the_line_is_right_behind_many_blocks(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_CHUNK", 64)
    lines = [b"sentence %d" % number for number in range(100)]
    lines[70] = b"caf\xe9"
    assert refusal(file, b"\n".join(lines)).startswith(", line 71: is not UTF-8")


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """What is no plain file."""
    names = {name: tmp_path / name for name in ("missing", "folder", "pipe", "socket", "nul")}
    names["folder"].mkdir()
    names["nul"] = tmp_path / "a\0b"
    if hasattr(os, "mkfifo"):
        os.mkfifo(names["pipe"])
    with closing(socket.socket(getattr(socket, "AF_UNIX", socket.AF_INET))) as one:
        if hasattr(socket, "AF_UNIX"):
            one.bind(str(names["socket"]))
        yield names


@pytest.mark.parametrize("what", ["missing", "folder", "pipe", "socket", "nul"])
def test_what_is_no_file_is_refused_at_once(odd: dict[str, Path], what: str) -> None:
    with pytest.raises(DataError, match="cannot be read") as caught:
        sentences(odd[what])
    assert "\n" not in str(caught.value)


# --- a file that changes --------------------------------------------------------------------------


def rewritten(file: Path, content: bytes) -> None:
    """Write other content to the same file, at another time."""
    with open(file, "r+b") as stream:
        stream.truncate(0)
        stream.write(content)
    status = file.stat()
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))


@pytest.mark.parametrize("content", [b"", b"ONE\nTWO\nTHREE\n", b"one\ntwo\nthree\nfour\n"])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "in another process"])
def test_a_file_that_is_written_to_is_noticed(file: Path, content: bytes, elsewhere: bool) -> None:
    found = read(file, b"one\ntwo\nthree\n")
    copy = pickle.loads(pickle.dumps(found)) if elsewhere else found
    rewritten(file, content)
    with pytest.raises(DataError, match="was written to"):
        copy[1]
    with pytest.raises(DataError, match="was written to"):
        copy.verify()


def test_a_file_that_another_takes_the_place_of_stays_what_it_was(file: Path) -> None:
    """Who has it open goes on with it; who opens it later is told."""
    found = read(file, b"one\ntwo\nthree\n")
    copy = pickle.loads(pickle.dumps(found))
    other = file.with_name("other")
    other.write_bytes(b"four\nfive\nsix seven\n")
    other.replace(file)
    assert list(found) == ["one", "two", "three"]
    with pytest.raises(DataError, match="was written to"):
        copy[0]


def test_a_change_that_no_clock_shows_is_found_by_the_hash(file: Path) -> None:
    found = read(file, b"one\ntwo\nthree\n")
    found.verify()
    status = file.stat()
    file.write_bytes(b"one\ntwo\nTHREE\n")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert found[0] == "one"
    with pytest.raises(DataError, match="was written to"):
        found.verify()


def test_a_lost_file_is_told(file: Path) -> None:
    copy = pickle.loads(pickle.dumps(read(file, b"one\ntwo\n")))
    file.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        copy[0]
    with pytest.raises(DataError, match="cannot be read"):
        copy.verify()
