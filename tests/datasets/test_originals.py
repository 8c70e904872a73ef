"""What is said of a file that is not the catalogue's."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.datasets import files, load_catalogue
from benchmark.datasets.catalogue import FileEntry
from benchmark.errors import DataError
from tests.datasets.synthetic import entry_of

CONTENT = b"".join(b"sentence number %d\t%d\n" % (row, row) for row in range(1200))
ENTRY = entry_of("STS/file.txt", CONTENT)
LFS_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)
PAGE = b"<!DOCTYPE html>\n<html lang='en'><body>Please sign in</body></html>\n"


def check(content: bytes, entry: FileEntry = ENTRY) -> str | None:
    return files.difference(files.normalise_line_ends(content), entry)


def test_the_original_differs_in_nothing() -> None:
    assert ENTRY.lines == 1200
    assert check(CONTENT) is None
    assert check(b"", entry_of("empty", b"")) is None


def test_line_ends_of_either_kind_are_the_original() -> None:
    assert check(CONTENT.replace(b"\n", b"\r\n")) is None
    assert check(CONTENT.replace(b"\n", b"\r\n", 7)) is None
    assert files.sha256_of(CONTENT.replace(b"\n", b"\r\n")) == ENTRY.sha256


def test_other_line_ends_are_not() -> None:
    assert check(CONTENT.replace(b"\n", b"\r")) is not None
    assert check(CONTENT.replace(b"\n", b"\n\r")) is not None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty where 1,200 lines are expected"),
        (CONTENT[: len(CONTENT) // 2], "lines where 1,200 are expected: the file is cut short"),
        (CONTENT.partition(b"\n")[0], "1 lines where 1,200 are expected: the file is cut short"),
        (CONTENT + b"one more", "1,201 lines where 1,200 are expected"),
        (CONTENT * 2, "2,400 lines where 1,200 are expected"),
        (LFS_POINTER, "a Git LFS pointer, not the data"),
        (PAGE, "a web page, not the data"),
        (b"\n \n" + PAGE.upper(), "a web page, not the data"),
        (CONTENT.replace(b"sentence", b"frase"), "1,200 lines as expected, but other text"),
        (CONTENT.removesuffix(b"\n"), "1,200 lines as expected, but other text"),
        (b"\xef\xbb\xbf" + CONTENT, "1,200 lines as expected, but other text"),
        (CONTENT.replace(b" 7\t", b" 8\t"), "1,200 lines as expected, but other text"),
    ],
    ids=lambda value: None if isinstance(value, str) else f"{value[:12]!r} {len(value)}",
)
def test_a_difference_is_named(content: bytes, message: str) -> None:
    assert message in str(check(content))


def test_a_longer_file_is_not_called_cut_short() -> None:
    assert "cut short" not in str(check(CONTENT * 2))


def test_other_text_is_told_with_both_hashes() -> None:
    other = CONTENT.replace(b"sentence", b"frase")
    assert files.sha256_of(other)[:12] in str(check(other))
    assert ENTRY.sha256[:12] in str(check(other))


def test_markup_in_the_data_is_no_web_page() -> None:
    assert "web page" not in str(check(b"<b> a < b\t3\n" * 1200))


@pytest.mark.parametrize("place", [0, 1])
def test_the_subj_file_of_twenty_lines_is_caught(place: int) -> None:
    # The archive of 2021 held 20 subjective sentences; SUBJ came out at 99.6 and was believed.
    (part,) = load_catalogue().datasets["SUBJ"].parts
    differs = check(b"a sentence about the film .\n" * 20, part.files[place])
    assert differs == "20 lines where 5,000 are expected: the file is cut short"


def test_content_is_read_with_line_ends_normalised(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a\r\nb\nc\rd")
    assert files.read_content(tmp_path / "file") == b"a\nb\nc\rd"


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="absent: cannot be read \\(No such file"):
        files.read_content(tmp_path / "absent")
    with pytest.raises(DataError, match="cannot be read \\(it is a folder"):
        files.read_content(tmp_path)
