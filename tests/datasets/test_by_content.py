"""Files that are known by their content: found wherever they lie, and nothing else is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmark.datasets import by_content
from benchmark.datasets.by_content import find_by_content
from benchmark.datasets.catalogue import FileEntry
from benchmark.errors import DataError
from tests.datasets.synthetic import entry_of

TEXT = b"one\ttwo\nthree\tfour\n"
OTHER = b"two\tone\nthree\tfour\n"
WANTED = entry_of("sets/pairs.tsv", TEXT, size=True)


def put(path: Path, content: bytes = TEXT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def found(root: Path, *wanted: FileEntry) -> dict[str, Path]:
    return find_by_content(root, wanted or (WANTED,))


@pytest.mark.parametrize("name", ["sets/pairs.tsv", "pairs.tsv", "x", "a/b/.c/d e/\u4e2d.txt"])
def test_a_file_is_found_under_any_name(tmp_path: Path, name: str) -> None:
    path = put(tmp_path / name)
    assert found(tmp_path) == {WANTED.path: path}


def test_its_content_is_what_counts(tmp_path: Path) -> None:
    put(tmp_path / WANTED.path, OTHER)  # its name, its size
    put(tmp_path / "cut", TEXT[:-1])
    put(tmp_path / "longer", TEXT + b"\n")
    assert found(tmp_path) == {}
    path = put(tmp_path / "with-crlf", TEXT.replace(b"\n", b"\r\n"))
    assert found(tmp_path) == {WANTED.path: path}


def test_several_are_found_in_one_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {"a": put(tmp_path / "x/one"), "b": put(tmp_path / "y/two", OTHER)}
    wanted = [entry_of("a", TEXT, size=True), entry_of("b", OTHER, size=True)]
    absent = entry_of("c", b"something else\n", size=True)
    assert found(tmp_path, *wanted, absent) == paths


def test_of_equal_files_the_nearest_is_taken(tmp_path: Path) -> None:
    put(tmp_path / "a/deep/pairs")
    put(tmp_path / "c")
    first = put(tmp_path / "b")
    assert found(tmp_path) == {WANTED.path: first}


def test_what_has_no_size_is_not_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "pairs.tsv")
    monkeypatch.setattr(os, "scandir", None)  # no folder is opened
    assert found(tmp_path, entry_of("sets/pairs.tsv", TEXT)) == {}


def test_only_files_of_the_right_size_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "small", b"x")
    put(tmp_path / "large", b"x" * 10_000)
    right = put(tmp_path / "right")
    read: list[Path] = []

    def noted(path: Path) -> bytes:
        read.append(path)
        return path.read_bytes()

    monkeypatch.setattr(by_content, "read_content", noted)
    assert found(tmp_path) == {WANTED.path: right}
    assert read == [right]


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    put(elsewhere / "pairs")
    root.mkdir()
    (root / "loop").symlink_to(root)
    (root / "up").symlink_to(tmp_path)
    (root / "self").symlink_to(root / "self")
    (root / "gone").symlink_to(root / "nothing")
    assert found(root) == {WANTED.path: root / "up" / "elsewhere" / "pairs"}
    (root / "linked").symlink_to(elsewhere / "pairs")
    assert found(root) == {WANTED.path: root / "linked"}


def test_what_is_no_plain_file_is_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a-pipe")
    (tmp_path / "b-device").symlink_to("/dev/zero")
    path = put(tmp_path / "z")
    assert found(tmp_path) == {WANTED.path: path}


def test_what_cannot_be_read_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = put(tmp_path / "a-locked/file").parent
    unreadable = put(tmp_path / "b-unreadable")
    path = put(tmp_path / "c/d/e")
    scandir, opened = os.scandir, by_content.read_content

    def refused(folder: Path):
        if folder == locked:
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    def unread(file: Path) -> bytes:
        if file == unreadable:
            raise DataError("Permission denied")
        return opened(file)

    monkeypatch.setattr(os, "scandir", refused)
    monkeypatch.setattr(by_content, "read_content", unread)
    assert found(tmp_path) == {WANTED.path: path}


@pytest.mark.parametrize("levels", [by_content.DEEPEST, by_content.DEEPEST + 1])
def test_depth_is_bounded(tmp_path: Path, levels: int) -> None:
    path = put(tmp_path.joinpath(*["d"] * levels, "pairs"))
    assert found(tmp_path) == ({WANTED.path: path} if levels <= by_content.DEEPEST else {})


def test_the_number_of_files_is_bounded_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(20):
        put(tmp_path / f"{number:02}", b"x")
    put(tmp_path / "pairs")
    monkeypatch.setattr(by_content, "MOST_SEEN", 20)
    assert found(tmp_path) == {}
    assert f"{tmp_path}: more than 20 files below it" in caplog.text


def test_what_is_read_is_bounded_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        put(tmp_path / f"{number}", OTHER)
    put(tmp_path / "pairs")
    monkeypatch.setattr(by_content, "MOST_READ", 3 * len(TEXT))
    assert found(tmp_path) == {}
    assert "too many files of the right size" in caplog.text
