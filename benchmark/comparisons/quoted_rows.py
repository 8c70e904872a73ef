"""Which quoted row is meant by a name: ``published:DiffCSE-BERT-base``.

A name is a label or model as it is printed, a model of the catalogue or a method; ``TABLE/NAME``
looks in one table, whatever it is about, ``NAME@STATUS`` takes the paper's or a rerun, and
``TABLE/7`` is the seventh row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from benchmark.errors import UsageError
from benchmark.one_line import one_line
from benchmark.results import PublishedRow, PublishedTable
from benchmark.suggestions import did_you_mean

PREFIX = "published:"
MOST_NAMED = 8
"""Rows that an error names."""

Numbered = tuple[int, PublishedRow]
"""A row and its place in its table, from 1."""


def is_quoted(name: object) -> bool:
    """Tell whether a word names a quoted row, not a place of records."""
    return str(name).startswith(PREFIX)


def find_row(word: str, tables: Sequence[PublishedTable], group: str = "sts") -> PublishedRow:
    """Return the quoted row that is meant.

    Args:
        word: ``published:NAME``, ``published:TABLE/NAME``, ``published:TABLE/NUMBER``; behind a
            name ``@STATUS``.
        tables: to look in.
        group: of the tables whose rows need no table in front of their name.

    Raises:
        UsageError: there is no such row, or several; the error names them.
    """
    name = word.removeprefix(PREFIX).strip()
    of_group = [entry for table in tables if table.group == group for entry in _numbered(table)]
    for text, status in _readings(name):
        for rows, called, ways in _places(text, tables, of_group):
            kept = [entry for entry in rows if status in ("", entry[1].status)]
            for way in ways:
                found = [entry for entry in kept if called and called == way(entry)]
                if len(found) == 1:
                    return found[0][1]
                if found:
                    raise UsageError(
                        f"{PREFIX}{name}: there are {len(found)} such rows; name one of "
                        f"{_listed(found)}"
                    )
    known = _alike(name, tables, of_group)
    raise UsageError(
        one_line(
            f"{PREFIX}{name}: no row of {group} is called that{did_you_mean(name, known)}; "
            "leaderboards/published has all, as published:TABLE/NAME"
        )
    )


def handle(entry: Numbered) -> str:
    """Return a name that means this row and no other."""
    number, row = entry
    return f"{PREFIX}{row.table}/{number}"


Way = Callable[[Numbered], str]

_WAYS: tuple[Way, ...] = (
    lambda entry: entry[1].label,
    lambda entry: entry[1].model,
    lambda entry: entry[1].catalogue,
    lambda entry: entry[1].method,
)
"""What a row is called, the most exact first."""


def _numbered(table: PublishedTable) -> list[Numbered]:
    return list(enumerate(table.rows, start=1))


def _readings(name: str) -> list[tuple[str, str]]:
    """Return a name with and without what stands behind its last ``@``."""
    text, at, status = name.rpartition("@")
    return [(name, ""), *([(text, status)] if at else [])]


def _places(
    text: str, tables: Sequence[PublishedTable], of_group: Sequence[Numbered]
) -> Iterator[tuple[Sequence[Numbered], str, tuple[Way, ...]]]:
    """Yield rows to look at, what they must be called, and the ways in which they may be."""
    table_id, _, rest = text.partition("/")
    for table in tables:
        if table.id == table_id:
            yield _numbered(table), rest, (*_WAYS, lambda entry: str(entry[0]))
    yield of_group, text, _WAYS


def _alike(
    name: str, tables: Sequence[PublishedTable], of_group: Sequence[Numbered]
) -> Iterator[str]:
    """Yield names of rows; in a table or of a status, too, if one that means none has the form."""
    for entry in of_group:
        yield from _called(entry)
        if "@" in name:
            yield from (f"{called}@{entry[1].status}" for called in _called(entry))
    if "/" in name:
        for table in tables:
            for entry in _numbered(table):
                yield from (f"{table.id}/{called}" for called in (str(entry[0]), *_called(entry)))


def _called(entry: Numbered) -> list[str]:
    row = entry[1]
    return [called for called in (row.label, row.model, row.catalogue) if called]


def _listed(found: Sequence[Numbered]) -> str:
    named = []
    for number, row in found[:MOST_NAMED]:
        told = ", ".join(filter(None, (row.label, row.status, row.average)))
        named.append(f"{handle((number, row))} ({told})")
    more = len(found) - len(named)
    return one_line(", ".join(named) + (f" and {more} more" if more else ""))
