"""The tables that people write in TOML, read into records: nothing in them is passed over.

A key that no record has is refused, for it is a key that was meant to do something: a check of
weights that is spelled wrongly would check nothing.
"""

from __future__ import annotations

import dataclasses
import functools
import tomllib
import types
import typing
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import resources
from typing import Any, TypeVar

import msgspec

from benchmark.errors import UsageError
from benchmark.suggestions import did_you_mean

Layout = TypeVar("Layout")

_LONGEST_VALUE = 50
"""Lines in which the end of a value is looked for, to name the one where it begins."""

Path = tuple[str | int, ...]
"""Keys, and positions in arrays, that lead to a value."""


class _Misfit(ValueError):
    """What is wrong, in which entry, and the path of the key or the entry."""

    def __init__(self, reason: str, path: Path, key: str | None = None) -> None:
        entry = _spelled(path)
        super().__init__(f"{entry}: {reason}" if entry else reason)
        self.path = path if key is None else (*path, key)


def packaged_table(package: str, file: str, layout: type[Layout]) -> Layout:
    """Return a table that ships with a package.

    Raises:
        UsageError: somebody changed it, and it is not understood.
    """
    resource = resources.files(package).joinpath(file)
    try:
        return read_table(resource.read_text("utf-8"), layout, str(resource))
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from error


def read_table(text: str, layout: type[Layout], where: str) -> Layout:
    """Return the records of a TOML document.

    Args:
        text: the document.
        layout: a dataclass or struct, whose fields may hold others.
        where: the name of the file, which errors begin with.

    Raises:
        ValueError: no TOML, an unknown key, a missing one or a value of the wrong type; the
            message names the line and the entry.
    """
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: {error}") from error
    try:
        return converted(content, layout)
    except _Misfit as error:
        line = _line_of(text, error.path)
        raise ValueError(f"{where}{f', line {line}' if line else ''}: {error}") from error


def converted(content: object, layout: type[Layout]) -> Layout:
    """Return what was read as a record, and records within it.

    Raises:
        ValueError: an unknown key, a missing one or a value of the wrong type; the message
            names the entry.
    """
    if _is_record(layout) and not isinstance(content, dict):
        raise _Misfit(f"{content!a:.60}, where a table is expected", ())
    for path, entry, record in _records(content, layout):
        known = _fields(record)
        for key in entry:
            if key not in known:
                raise _Misfit(f"unknown key {key!r}{did_you_mean(key, known)}", path, key)
    try:
        return msgspec.convert(content, layout)
    except msgspec.ValidationError as error:
        reason: msgspec.ValidationError = error
    for path, entry, record in _records(content, layout):
        try:
            msgspec.convert(entry, record)
        except msgspec.ValidationError as error:
            raise _Misfit(str(error), path) from error
    raise _Misfit(str(reason), ()) from reason


def _records(
    content: object, layout: Any, path: Path = ()
) -> Iterator[tuple[Path, dict[str, Any], Any]]:
    """Yield each table that is to be a record, those within it first."""
    origin, inside = typing.get_origin(layout), typing.get_args(layout)
    if isinstance(content, dict) and _is_record(layout):
        kinds = _fields(layout)
        for key, value in content.items():
            yield from _records(value, kinds.get(key), (*path, key))
        yield path, content, layout
    elif isinstance(content, dict) and origin is dict:
        for key, value in content.items():
            yield from _records(value, inside[1], (*path, key))
    elif isinstance(content, list) and origin in (list, tuple):
        for place, value in enumerate(content):
            yield from _records(value, inside[0], (*path, place))
    elif origin in (types.UnionType, typing.Union):
        for choice in inside:
            yield from _records(content, choice, path)


@functools.cache
def _fields(record: Any) -> dict[str, Any]:
    return typing.get_type_hints(record)


def _is_record(layout: Any) -> bool:
    return dataclasses.is_dataclass(layout) or hasattr(layout, "__struct_fields__")


def _spelled(path: Path) -> str:
    return ".".join(f"entry {step + 1}" if isinstance(step, int) else step for step in path)


def _line_of(text: str, path: Path) -> int | None:
    """Return the line, from 1, with which a document begins to hold this path."""
    names = [step for step in path if isinstance(step, str)]
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if names and names[-1] in line:
            try:
                found: Any = _beginning(lines, number)
                for step in path:
                    found = found[step]
            except (LookupError, TypeError):  # not yet
                continue
            return number
    return None


def _beginning(lines: Sequence[str], number: int) -> dict[str, Any]:
    """Return a document up to this line, or to where the value ends that begins there."""
    for end in range(number, min(number + _LONGEST_VALUE, len(lines)) + 1):
        with suppress(ValueError):
            return tomllib.loads("\n".join(lines[:end]))
    return {}
