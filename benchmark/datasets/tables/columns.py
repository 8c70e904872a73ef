"""Which column of a table is what: by names that are known, or as the user says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from benchmark.datasets.tables.table import Table, excerpt
from benchmark.datasets.tables.values import is_number
from benchmark.errors import DataError, UsageError
from benchmark.suggestions import did_you_mean

_NUMBERED = ("sentence", "sent", "text", "s", "question", "q", "string", "phrase", "document")
_ENDINGS = (("1", "2"), ("a", "b"), ("0", "1"))
PAIRS: tuple[tuple[str, str], ...] = (
    *((stem + one, stem + other) for stem in _NUMBERED for one, other in _ENDINGS),
    *(("1string", "2string"), ("first", "second"), ("premise", "hypothesis"), ("left", "right")),
    *(("query", other) for other in ("passage", "document", "answer", "response", "text")),
    ("question", "answer"),
)
"""Names of the two texts of a pair, as `plain_name` spells them."""

SCORES = frozenset(
    (
        *("score", "label", "similarity", "gold", "goldscore", "goldlabel", "relatedness"),
        *("relatednessscore", "similarityscore", "sim", "simscore", "isduplicate", "duplicate"),
        *("isparaphrase", "paraphrase", "quality", "rating", "humanscore"),
    )
)
TEXTS = frozenset(
    (
        *("text", "sentence", "utterance", "question", "query", "review", "comment", "tweet"),
        *("message", "content", "document"),
    )
)
LABELS = frozenset(
    (
        *("label", "labels", "class", "category", "intent", "target", "topic", "sentiment"),
        *("emotion", "goldlabel", "entailmentlabel", "entailmentjudgment"),
    )
)
PARTS = frozenset(["split", "subset"])

_HOW = "say which with `columns`: first,second,score or text,label, by name or number"


def plain_name(name: str) -> str:
    """Return a column's name without case and separators.

    >>> plain_name("Sentence_A")
    'sentencea'
    """
    return "".join(character for character in name.casefold() if character.isalnum())


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of the columns that are read.

    Attributes:
        first: of the text, or of the first text of a pair.
        second: of the other text of a pair, None for single texts.
        value: of the score or label.
        parts: of the subset or split, if there is such a column.
        table: without the row that holds the names.
        header: whether there was such a row; None where a form has names of its own.
    """

    first: int
    second: int | None
    value: int
    parts: int | None
    table: Table
    header: bool | None = None


def is_header(row: Sequence[str]) -> bool:
    """Tell whether the cells of a row are names of columns that are known."""
    return _by_name(row, "") is not None


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
        return _known(table, kind, None)
    first_row = [str(column[0]) for column in table.take(range(table.width))]
    if _by_name(first_row, kind) is not None or _half_known(first_row):
        return _known(table.headed(), kind, True)
    return _by_content(table, first_row, kind)


def _known(table: Table, kind: str, header: bool | None) -> Layout:
    names = table.names or ()
    found = _by_name(names, kind)
    if found is None:
        raise DataError(f"{table.source}: columns {listed(names)}: {_unclear(names, kind)}; {_HOW}")
    return Layout(*found, _parts(table), table, header)


def _by_name(names: Sequence[str], kind: str) -> tuple[int, int | None, int] | None:
    """Return the places of first, second and value, None where they are not clear."""
    first, value = _candidates(names, kind)
    return (*first[0], value[0]) if len(first) == len(value) == 1 else None


Found = tuple[list[tuple[int, int | None]], list[int]]


def _candidates(names: Sequence[str], kind: str) -> Found:
    """Return what may be the texts, and what may be the score or label."""
    plain = [plain_name(name) for name in names]
    pairs: list[tuple[int, int | None]] = [
        (place, other)
        for one, two in PAIRS
        for place in _places(plain, {one})
        for other in _places(plain, {two})
    ]
    if pairs:
        values = LABELS if kind == "classification" else SCORES
        taken = {place for pair in pairs for place in pair}
        return pairs, [place for place in _places(plain, values) if place not in taken]
    singles: list[tuple[int, int | None]] = [(place, None) for place in _places(plain, TEXTS)]
    return singles, _places(plain, LABELS)


def _places(plain: Sequence[str], wanted: Collection[str]) -> list[int]:
    return [place for place, name in enumerate(plain) if name in wanted]


def _half_known(row: Sequence[str]) -> bool:
    """Tell whether a row has names of texts and of values, be it not clear which are meant."""
    first, value = _candidates(row, "")
    return bool(first and value) or any(second is not None for _, second in first)


def _unclear(names: Sequence[str], kind: str) -> str:
    first, value = _candidates(names, kind)
    texts = sorted({place for pair in first for place in pair if place is not None})
    pair = any(second is not None for _, second in first)
    word = "score" if pair and kind != "classification" else "label"
    if not first:
        return "none is known to hold texts"
    if len(first) > 1:
        return f"{listed([names[place] for place in texts])} may all be the texts"
    if not value:
        return f"none is known to hold the {word}"
    return f"{listed([names[place] for place in value])} may all be the {word}"


def _parts(table: Table) -> int | None:
    names = table.names or ()
    found = _places([plain_name(name) for name in names], PARTS)
    if len(found) > 1:
        raise DataError(
            f"{table.source}: {listed([names[place] for place in found])} may all say which part a "
            "row belongs to; leave one, or name the one for pairs as the fourth of `columns`"
        )
    return found[0] if found else None


def _as_asked(table: Table, columns: Sequence[str | int] | str, kind: str) -> Layout:
    asked = (
        [each.strip() for each in columns.split(",")] if isinstance(columns, str) else [*columns]
    )
    paired = len(asked) > 2
    if not 2 <= len(asked) <= 4 or not (paired or kind in ("", "classification")):
        raise UsageError(
            f"`columns` {listed(map(str, asked))}: three are expected for pairs (first, second and "
            "score; a fourth for the subset), two for labelled texts (text and label)"
        )
    header: bool | None = None
    if table.names is None:
        first_row = [str(column[0]) for column in table.take(range(table.width))]
        header = _is_asked_header(first_row, asked)
        table = table.headed() if header else table
    places = [_place(table, each) for each in asked]
    if len(set(places)) < len(places):
        raise UsageError(f"`columns` {listed(map(str, asked))}: a column is named twice")
    if paired:
        parts = places[3] if len(places) == 4 else _unless(_parts(table), places)
        return Layout(places[0], places[1], places[2], parts, table, header)
    return Layout(places[0], None, places[1], _unless(_parts(table), places), table, header)


def _unless(place: int | None, taken: Collection[int]) -> int | None:
    return None if place in taken else place


def _is_asked_header(first_row: Sequence[str], asked: Sequence[str | int]) -> bool:
    """Tell whether the first row holds names: those that are asked, or one that is known."""
    if any(_number(each) is None for each in asked):
        return True
    plain = [plain_name(name) for name in first_row]
    numbers = [number for each in asked if (number := _number(each)) is not None]
    known = SCORES | LABELS if len(asked) > 2 else LABELS
    value = numbers[2 if len(asked) > 2 else 1]
    return 0 < value <= len(plain) and plain[value - 1] in known


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
    found = _places(plain, {plain_name(str(asked))} - {""})
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
    if table.width == 3:
        place = _scores_at(table)
        if place is not None:
            texts = [column for column in range(3) if column != place]
            return Layout(texts[0], texts[1], place, None, table, False)
    if table.width == 2 and kind in ("", "classification"):
        place = _labels_at(table)
        if place is not None:
            return Layout(1 - place, None, place, None, table, False)
    raise DataError(
        f"{table.source}: line 1 holds no names of columns that are known, and what its "
        f"{table.width} columns are is not clear ({listed(first_row)}); {_HOW}"
    )


def _scores_at(table: Table) -> int | None:
    """Return the one column of three that holds numbers, but for bad rows; None if it is not one.

    A first row that has no number there is more likely to be a header than a bad row.
    """
    columns = table.take(range(table.width))
    found = [
        place
        for place, column in enumerate(columns)
        if 2 * sum(is_number(cell) for cell in column) > len(column)
    ]
    if len(found) != 1 or not is_number(columns[found[0]][0]):
        return None
    return found[0]


def _labels_at(table: Table) -> int | None:
    """Return the one column of two whose cells repeat, and fewer of which differ."""
    differ = [len(set(column)) for column in table.take(range(2))]
    place = int(differ[1] <= differ[0])
    repeats = 2 * differ[place] <= table.rows
    return place if repeats and differ[0] != differ[1] else None


def listed(names: Iterable[str]) -> str:
    """Return names for a message, each cut and escaped where it must be."""
    shown = [excerpt(name) for name in names]
    return ", ".join(shown[:12]) + (f" and {len(shown) - 12} more" if len(shown) > 12 else "")
