"""Files that somebody else wrote: read within bounds, and what stands in them asked for by type.

A checkpoint, a folder of data or a tree of results may come from anywhere. A reader here gets a
value or one exception with one clause; it never waits for a pipe, never reads without end, and
never hands on what is nested so deeply that those who walk through it would fail.
"""

from __future__ import annotations

import io
import json
import os
import re
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_BYTES = 16 * 2**20
"""Of a file that is parsed here, unless another bound is given: the largest configurations in use
have a few MB."""

MOST_LEVELS = 100
"""Of nesting: configurations have fewer than ten."""

_SHOWN = 60
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


class Unreadable(Exception):
    """Why a file is refused, as a clause for a message that names the file."""


def open_plain(path: Path, most: int | None = None) -> io.BufferedReader:
    """Open a file to read its bytes; a pipe or a device is refused instead of waited for.

    Args:
        path: of the file; a link is followed.
        most: bytes that it may have.

    Raises:
        Unreadable: it is missing, locked away, larger, or no plain file.
    """
    try:
        file = open(path, "rb", opener=_at_once)  # noqa: SIM115 - returned open
    except (OSError, ValueError) as error:
        raise Unreadable(_odd(path) or _reason(error)) from error
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        file.close()
        raise Unreadable(_told(status))
    if most is not None and status.st_size > most:
        file.close()
        raise Unreadable(f"{status.st_size:,} bytes, more than the {most:,} that it may have")
    return file


def _odd(path: Path) -> str:
    """Say what cannot even be opened, a socket or a folder; nothing of what is a plain file."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ""
    return "" if stat.S_ISREG(status.st_mode) else _told(status)


def _told(status: os.stat_result) -> str:
    return f"it is {_KINDS.get(stat.S_IFMT(status.st_mode), 'something else')}, no plain file"


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _reason(error: Exception) -> str:
    """What went wrong with a file in one line, without its name."""
    told = error.strerror if isinstance(error, OSError) else None
    return told or " ".join(str(error).split())[:200] or type(error).__name__


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return the content of a plain file of at most this many bytes.

    Raises:
        Unreadable: as `open_plain`.
    """
    with open_plain(path, most) as file:
        try:
            content = file.read(most + 1)
        except OSError as error:
            raise Unreadable(_reason(error)) from error
    if len(content) > most:  # it grew, or its size was not told
        raise Unreadable(f"more than the {most:,} bytes that it may have")
    return content


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """Return the UTF-8 text of a plain file.

    Raises:
        Unreadable: as `open_plain`, or it is not UTF-8.
    """
    return _decoded(read_bytes(path, most))


def read_lines(path: Path, most: int = MOST_BYTES) -> list[str]:
    """Return the lines of a plain file of UTF-8 text, each as it is but for its end.

    Raises:
        Unreadable: as `read_text`.
    """
    text = read_text(path, most).removeprefix("\ufeff")
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 at byte {error.start:,}") from error


def json_files(folder: Path) -> list[Path]:
    """Return whatever is called ``*.json`` at any depth of a folder, hidden files left out.

    Links to folders are not followed.

    Raises:
        OSError: a folder cannot be read; what may lie in it is not passed over in silence.
    """

    def refuse(error: OSError) -> None:
        raise error

    return [
        Path(place, name)
        for place, _, names in os.walk(folder, onerror=refuse)
        for name in names
        if name.endswith(".json") and not name.startswith(".")
    ]


def read_json(path: Path, most: int = MOST_BYTES) -> Any:
    """Return what a JSON file of at most this many bytes holds.

    Raises:
        Unreadable: as `read_text`, or as `parse_json`.
    """
    return parse_json(read_bytes(path, most))


def parse_json(
    content: bytes | str,
    *,
    pairs: Callable[[list[tuple[str, Any]]], Any] | None = None,
    real: Callable[[str], Any] | None = None,
) -> Any:
    """Return what a JSON text holds.

    Args:
        content: the text.
        pairs: makes an object of its pairs; the last of a repeated key wins without.
        real: makes a number of its digits where they have a point or an exponent.

    Raises:
        Unreadable: it is not UTF-8, no JSON, or nested too deeply.
    """
    text = _decoded(content) if isinstance(content, bytes) else content
    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_float=real)
    except RecursionError as error:
        raise Unreadable("nested too deeply") from error
    except (ValueError, ArithmeticError) as error:
        raise Unreadable(_reason(error)) from error
    return _shallow(value)


def parse_toml(text: str, *, real: Callable[[str], Any] = float) -> dict[str, Any]:
    """Return what a TOML text holds.

    Args:
        text: the text.
        real: makes a number of its digits where they have a point or an exponent.

    Raises:
        Unreadable: it is no TOML, or nested too deeply.
    """
    # The parser takes quadratic time for a key of many parts, which nests as deeply.
    if any(part.count(".") > MOST_LEVELS for part in re.split(r"[=,\n]", text)):
        raise Unreadable("nested too deeply")
    try:
        value = tomllib.loads(text, parse_float=real)
    except RecursionError as error:
        raise Unreadable("nested too deeply") from error
    except (ValueError, ArithmeticError) as error:
        raise Unreadable(_reason(error)) from error
    shallow: dict[str, Any] = _shallow(value)
    return shallow


def _shallow(value: Any) -> Any:
    level = [value]
    for _ in range(MOST_LEVELS):
        inner = [list(each.values()) if isinstance(each, dict) else each for each in level]
        level = [child for each in inner if isinstance(each, list) for child in each]
        if not level:
            return value
    raise Unreadable("nested too deeply")


@dataclass(frozen=True, slots=True)
class Fields:
    """An object of a file, whose values are asked for by key and type; null is no value.

    Attributes:
        path: of the file, for messages.
        values: by key.
        refusal: the error that a value of another type is.
        inside: where in the file the object stands, before its keys in messages.
    """

    path: Path
    values: Mapping[str, Any]
    refusal: type[Exception]
    inside: str = ""

    def text(self, key: str) -> str | None:
        """Return a text.

        Raises:
            Exception: the refusal; half a surrogate pair is no text either, nobody can write it.
        """
        value = self.values.get(key)
        if value is None or (isinstance(value, str) and _is_writable(value)):
            return value
        raise self.wrong(key, "a text")

    def number(self, key: str, least: int = 0) -> int | None:
        """Return a whole number that is not less than another.

        Raises:
            Exception: the refusal.
        """
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.wrong(key, f"a whole number from {least} on")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false.

        Raises:
            Exception: the refusal.
        """
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def inner(self, key: str) -> Fields:
        """Return an object that stands in this one; one without values where there is none.

        Raises:
            Exception: the refusal.
        """
        value = self.values.get(key)
        if not isinstance(value, dict | None):
            raise self.wrong(key, "an object")
        return Fields(self.path, value or {}, self.refusal, f"{self.inside}{key}.")

    def wrong(self, key: str, wanted: str) -> Exception:
        """Return what to raise of a value: the file, the key, what stands there, what should."""
        place = f"{self.path}: {self.inside}{shown_name(key)}"
        there = shown(self.values.get(key))
        return self.refusal(f"{place} is {there}, where {wanted} is expected")


def shown(value: object) -> str:
    """Return what stands in a file for a message: on one line, and not too much of it."""
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def shown_name(name: str) -> str:
    """Return a name for a message, as it is where it is an ordinary one."""
    return name if name.isidentifier() and len(name) <= _SHOWN else shown(name)


def _is_writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
