"""Rows of JSON objects: one a line, or an array of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmark.datasets.tables.decoding import Decoded, split_lines
from benchmark.datasets.tables.table import Form, Table, excerpt, require_rows_within
from benchmark.errors import DataError
from benchmark.foreign import Unreadable, parse_json

MOST_ARRAY_CHARACTERS = 64 * 2**20
"""An array is parsed as a whole, which takes many times its length in memory."""

_WANTED = "an object with the names of the columns is expected"


def json_table(decoded: Decoded, source: str) -> Table:
    """Return the objects of a text as rows.

    Raises:
        DataError: it is no JSON, or holds something else than objects.
    """
    if _is_array(decoded.text):
        return _array(decoded, source)
    rows: list[Mapping[str, Any]] = []
    numbers: list[int] = []
    blank: list[int] = []
    for number, line in enumerate(split_lines(decoded.text, source), start=1):
        if not line.strip():
            blank.append(number)
            continue
        rows.append(_object(line, f"{source}, line {number:,}"))
        numbers.append(number)
    if not rows:
        raise DataError(f"{source}: nothing is in it")
    if len(rows) == 1 and all(isinstance(cell, (dict, list)) for cell in rows[0].values()):
        raise DataError(
            f"{source}: one object of whole columns; write an object for each row, in pandas "
            "to_json(orient='records', lines=True)"
        )
    inside = [number for number in blank if number < numbers[-1]]
    notes = decoded.notes
    if inside:
        more = "s" if len(inside) > 1 else ""
        notes += (f"{len(inside):,} blank line{more} passed over (line {inside[0]:,})",)
    form = Form("JSON lines", decoded.encoding, notes=notes)
    return table_of_objects(rows, source, form, lambda row: f"line {numbers[row]:,}")


def table_of_objects(
    rows: Sequence[Mapping[str, Any]], source: str, form: Form, place: Callable[[int], str]
) -> Table:
    """Return a table of objects; its columns are all of their keys, in order of appearance.

    Raises:
        DataError: there are too many.
    """
    require_rows_within(len(rows), source)
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    return Table(
        source,
        form,
        names,
        len(names),
        len(rows),
        lambda wanted: [[row.get(names[column]) for row in rows] for column in wanted],
        place,
    )


def _is_array(text: str) -> bool:
    """Tell an array that is the whole file from lines that are arrays each."""
    start = text.lstrip()
    return start.startswith("[") and not start[1:].lstrip().startswith(('"', "'"))


def _array(decoded: Decoded, source: str) -> Table:
    if len(decoded.text) > MOST_ARRAY_CHARACTERS:
        raise DataError(
            f"{source}: one JSON array of {len(decoded.text):,} characters, more than the "
            f"{MOST_ARRAY_CHARACTERS:,} that it may have; write one object a line"
        )
    rows = _parsed(decoded.text, source)
    if not rows:
        raise DataError(f"{source}: nothing is in it")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise DataError(f"{source}, row {number:,}: {_WANTED}, not {excerpt(row)}")
    form = Form("JSON", decoded.encoding, notes=decoded.notes)
    return table_of_objects(rows, source, form, lambda row: f"row {row + 1:,}")


def _object(line: str, where: str) -> Mapping[str, Any]:
    value = _parsed(line, where)
    if not isinstance(value, dict):
        raise DataError(f"{where}: {_WANTED}, not {excerpt(value)}")
    return value


def _parsed(text: str, where: str) -> Any:
    try:
        return parse_json(text, pairs=_once)
    except Unreadable as error:
        raise DataError(f"{where}: no JSON object a line and no array of them ({error})") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise ValueError(f"the key {excerpt(twice)} stands twice in an object")
    return found
