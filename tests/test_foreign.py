"""Files that nobody vouches for: a value, or one clause that says why not."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmark.errors import DataError
from benchmark.foreign import (
    MOST_LEVELS,
    Fields,
    Unreadable,
    json_files,
    open_plain,
    parse_json,
    parse_toml,
    read_bytes,
    read_json,
    read_text,
)

DEEP = 100_000


# --- what is no file ------------------------------------------------------------------------------


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def circle(path: Path) -> None:
    path.symlink_to(path)


ODD: dict[str, tuple[Callable[[Path], None], str]] = {
    "pipe": (pipe, "it is a pipe, no plain file"),
    "socket": (listening, "it is a socket"),
    "device": (endless, "it is a device, no plain file"),
    "folder": (Path.mkdir, "it is a folder"),
    "circle": (circle, "symbolic links"),
    "missing": (lambda path: None, "No such file"),
}


@pytest.mark.parametrize("what", ODD)
def test_only_plain_files_are_read(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    make, said = ODD[what]
    make(Path("x"))
    with pytest.raises(Unreadable, match=said) as caught:
        read_bytes(Path("x"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "\ud800"])
def test_names_that_no_file_has(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unreadable):
        read_bytes(tmp_path / name)


def test_a_link_to_a_plain_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"{}")
    (tmp_path / "config.json").symlink_to("blob")
    assert read_json(tmp_path / "config.json") == {}


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert read_bytes(path, 5) == b"12345"
    with pytest.raises(Unreadable, match="5 bytes, more than the 4 that it may have"):
        read_bytes(path, 4)
    os.truncate(path, 2**40)
    with pytest.raises(Unreadable, match=r"1,099,511,627,776 bytes, more than"):
        read_json(path)


def test_a_file_that_grows_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    monkeypatch.setattr("benchmark.foreign.open_plain", lambda path, most: open_plain(path))
    with pytest.raises(Unreadable, match="more than the 3 bytes that it may have"):
        read_bytes(path, 3)


# --- what is no text ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1 column 1"),
        (b"{", "line 1 column 2"),
        (b"\xff{}", "not UTF-8 at byte 0"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"{}x", "Extra data"),
        (b"1" * 5000, "4300 digits"),
        (b"[" * DEEP, "nested too deeply"),
        (b"[" * DEEP + b"]" * DEEP, "nested too deeply"),
        (b'{"a":' * DEEP + b"1" + b"}" * DEEP, "nested too deeply"),
        (b"[" * (MOST_LEVELS + 1) + b"]" * (MOST_LEVELS + 1), "nested too deeply"),
    ],
    ids=range(10),
)
def test_what_is_no_json(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(Unreadable, match=said):
        read_json(tmp_path / "x")


def test_nesting_that_is_borne() -> None:
    levels = MOST_LEVELS - 1
    assert parse_json("[" * levels + "]" * levels)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a", "line 1|at end"),
        ("a = 1\na = 2", "overwrite"),
        ("a = " + "[" * DEEP, "nested too deeply"),
        ("a = " + "{a = " * DEEP, "nested too deeply"),
        ("a." * DEEP + "a = 1", "nested too deeply"),
        ("[" + "a." * DEEP + "a]", "nested too deeply"),
        ("a = {b = 1, " + "a . " * DEEP + "a = 1}", "nested too deeply"),
        ("a = " + "1" * 5000, "4300 digits"),
    ],
    ids=range(8),
)
def test_what_is_no_toml(text: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        parse_toml(text)


def test_toml_that_is_borne() -> None:
    numbers = ", ".join(["1.5"] * 500)
    assert len(parse_toml(f"a = [{numbers}]\nnote = 'one. two. three.'")["a"]) == 500


def test_text_is_utf8(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes("ä".encode())
    assert read_text(tmp_path / "x") == "ä"
    (tmp_path / "x").write_bytes("ä".encode("latin-1"))
    with pytest.raises(Unreadable, match="not UTF-8 at byte 0"):
        read_text(tmp_path / "x")


# --- values by type -------------------------------------------------------------------------------


def fields(value: Any) -> Fields:
    """One field of an object of a file."""
    return Fields(Path("config.json"), {"key": value}, DataError)


ASKED: dict[str, tuple[Callable[[Fields], Any], list[Any], list[Any]]] = {
    "text": (lambda of: of.text("key"), ["", "a", "\0", None], [1, True, [], {}, "\ud800"]),
    "number": (
        lambda of: of.number("key", least=1),
        [1, 10**30, None],
        [0, -1, True, 1.0, float("nan"), "1", [], {}],
    ),
    "flag": (lambda of: of.flag("key", True), [True, False], [0, 1, "false", [], 1.5]),
}


@pytest.mark.parametrize("what", ASKED)
def test_values_are_of_the_type_that_was_asked_for(what: str) -> None:
    ask, good, bad = ASKED[what]
    assert [ask(fields(value)) for value in good] == good
    for value in bad:
        with pytest.raises(DataError, match=r"^config\.json: key is .*, where .* is expected$"):
            ask(fields(value))


def test_null_and_nothing_are_no_value() -> None:
    nothing = Fields(Path("x"), {}, DataError)
    for of in (nothing, fields(None)):
        assert (of.text("key"), of.number("key"), of.flag("key", True)) == (None, None, True)
        assert of.inner("key").values == {}


def test_objects_inside() -> None:
    assert fields({"a": 1}).inner("key").number("a") == 1
    with pytest.raises(DataError, match="where an object is expected"):
        fields([1]).inner("key")


def test_what_stands_there_is_shown_on_one_short_line() -> None:
    with pytest.raises(DataError) as caught:
        fields(["a\n\x1b[31m" * 1000]).text("key")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 150


def test_records_are_found_at_any_depth_but_for_hidden_ones_and_links(tmp_path: Path):
    for name in ("a.json", "b/c/d.json", "b/.e.json", "f.txt", ".g/h.json"):
        path = tmp_path / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    (tmp_path / "results" / "link").symlink_to(tmp_path / "results" / "b")
    found = [path.relative_to(tmp_path / "results").as_posix() for path in json_files(tmp_path)]
    assert sorted(found) == [".g/h.json", "a.json", "b/c/d.json"]


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.json").write_text("{}")
    scan = os.scandir

    def refuse(path: str | Path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError, match="closed"):
        json_files(tmp_path)
