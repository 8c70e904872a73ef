"""Which column of a table is what: as the user says, by known names, or by what it holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from benchmark.datasets.tables.columns import (
    HOW,
    LABELS,
    SCORES,
    SPLITS,
    Layout,
    by_name,
    is_half_known,
    known,
    listed,
    parts_at,
    places,
    plain_name,
)
from benchmark.datasets.tables.table import Table, excerpt
from benchmark.datasets.tables.values import is_number
from benchmark.errors import DataError, UsageError
from benchmark.suggestions import did_you_mean

_GRADES = 11
"""No scale of whole numbers has more grades, whatever is different in each row."""

_REPEATED = 10
"""Times that each cell of a column stands in it: texts of pairs do not as a rule."""

_LONGEST_LABEL = 60


def layout(
    table: Table, columns: Sequence[str | int] | str | None = None, kind: str = ""
) -> Layout:
    """Return which column is what.

    Args:
        table: as it was read.
        columns: names, or numbers from 1 on: of the two texts and the score (and the subset), or
            of the text and the label. Known names are looked for where none are given.
        kind: of task, where the user insists on one.

    Raises:
        UsageError: `columns` names what is not there.
        DataError: it is not clear which column is what.
    """
    if columns is not None:
        return _as_asked(table, columns, kind)
    if table.names is not None:
        return known(table, kind, None)
    first_row = [str(column[0]) for column in table.take(range(table.width))]
    if by_name(first_row, kind) is not None or is_half_known(first_row):
        return known(table.headed(), kind, True)
    return _by_content(table, first_row, kind)


def _as_asked(table: Table, columns: Sequence[str | int] | str, kind: str) -> Layout:
    asked = (
        [each.strip() for each in columns.split(",")] if isinstance(columns, str) else [*columns]
    )
    if not all(isinstance(each, (str, int)) for each in asked):
        raise UsageError("`columns`: each is a name, or a number from 1 on")
    paired = len(asked) > 2
    if not 2 <= len(asked) <= 4 or not (paired or kind in ("", "classification")):
        raise UsageError(
            f"`columns` {listed(map(str, asked))}: three are expected for pairs (first, second and "
            "score; a fourth for the subset), two for labelled texts (text and label)"
        )
    header: bool | None = None
    if table.names is None:
        first_row = [str(column[0]) for column in table.take(range(table.width))]
        header = _is_asked_header(table, first_row, asked)
        table = table.headed() if header else table
    places = [_place(table, each) for each in asked]
    if len(set(places)) < len(places):
        raise UsageError(f"`columns` {listed(map(str, asked))}: a column is named twice")
    if paired:
        parts = places[3] if len(places) == 4 else _unless(parts_at(table), places)
        return Layout(places[0], places[1], places[2], parts, table, header)
    return Layout(places[0], None, places[1], _unless(parts_at(table), places), table, header)


def _unless(place: int | None, taken: Collection[int]) -> int | None:
    return None if place in taken else place


def _is_asked_header(table: Table, first_row: Sequence[str], asked: Sequence[str | int]) -> bool:
    """Tell whether the first row holds names: those that are asked, or one that is known.

    A word that stands in its column again is no name of it.
    """
    if any(_number(each) is None for each in asked):
        return True
    numbers = [number for each in asked if (number := _number(each)) is not None]
    words = SCORES | LABELS if len(asked) > 2 else LABELS
    value = numbers[2 if len(asked) > 2 else 1]
    if not 0 < value <= table.width or plain_name(first_row[value - 1]) not in words:
        return False
    [column] = table.take([value - 1])
    return column.count(column[0]) == 1


def _number(asked: str | int) -> int | None:
    if isinstance(asked, int):
        return asked
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else None


def _place(table: Table, asked: str | int) -> int:
    names = table.names or ()
    if asked in names and names.count(str(asked)) == 1:
        return names.index(str(asked))
    number = _number(asked)
    if number is not None:
        if not 1 <= number <= table.width:
            raise UsageError(
                f"`columns` {number}: {table.source} has {table.width} columns, counted from 1"
            )
        return number - 1
    plain = [plain_name(name) for name in names]
    found = places(plain, {plain_name(str(asked))} - {""})
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"`columns` {asked}: {table.source} has {len(found)} such columns; give its number"
        )
    raise UsageError(
        f"`columns` {excerpt(str(asked))}: {table.source} has no such column"
        f"{did_you_mean(str(asked), names)}; it has {listed(names)}"
    )


def _by_content(table: Table, first_row: Sequence[str], kind: str) -> Layout:
    """Read a file without a header: three columns are a pair and its score, two a labelled text."""
    columns = table.take(range(table.width))
    if table.width == 3:
        place = _scores_at(columns)
        texts = [column for column in range(3) if column != place]
        if place is not None and all(_holds_texts(columns[text]) for text in texts):
            return Layout(texts[0], texts[1], place, None, table, False)
    if table.width == 2 and kind in ("", "classification"):
        place = _labels_at(columns)
        if place is not None:
            return Layout(1 - place, None, place, None, table, False)
    raise DataError(
        f"{table.source}: line 1 holds no names of columns that are known, and what its "
        f"{table.width} columns are is not clear ({listed(first_row)}); {HOW}"
    )


def _scores_at(columns: Sequence[Sequence[Any]]) -> int | None:
    """Return the one column that holds numbers, but for bad rows; None if it is not one.

    A first row that has no number there is more likely to be a header than a bad row, and whole
    numbers that are all different more likely to number the rows than to grade them. Whole numbers
    in front of texts may be classes of texts that have a title.
    """
    found = [
        place
        for place, column in enumerate(columns)
        if 2 * sum(is_number(cell) for cell in column) > len(column)
    ]
    if len(found) != 1 or not is_number(columns[found[0]][0]):
        return None
    cells = {str(cell).strip() for cell in columns[found[0]]}
    whole = all(map(str.isdecimal, cells))
    numbered = len(cells) == len(columns[0]) > _GRADES or found[0] < len(columns) - 1
    return None if whole and numbered else found[0]


def _holds_texts(column: Sequence[Any]) -> bool:
    """Tell whether a column may hold texts, and no names of languages, topics or splits."""
    different = {str(cell) for cell in column}
    return 1 < len(different) > len(column) / _REPEATED and not different <= SPLITS.keys()


def _labels_at(columns: Sequence[Sequence[Any]]) -> int | None:
    """Return the one column of two whose cells repeat and are short, and fewer of which differ."""
    different = [{str(cell) for cell in column} for column in columns]
    place = int(len(different[1]) <= len(different[0]))
    fewer, more = different[place], different[1 - place]
    repeats = 2 * len(fewer) <= len(columns[0]) and len(fewer) != len(more)
    short = max(map(len, fewer)) <= _LONGEST_LABEL
    return place if repeats and short and not fewer <= SPLITS.keys() else None
