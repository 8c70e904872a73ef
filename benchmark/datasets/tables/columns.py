"""Which column of a table is what, by names that are known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from benchmark.datasets.tables.table import Table, excerpt
from benchmark.errors import DataError

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
        *("isparaphrase", "paraphrase", "quality", "rating", "humanscore", "labels", "scores"),
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

SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("dev", "valid", "validation", "val", "development"), "dev"),
    **dict.fromkeys(("test", "testing"), "test"),
}
"""Names of splits, in any case, and what they mean."""

HOW = "say which with `columns`: first,second,score or text,label, by name or number"


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
    return by_name(row, "") is not None


def known(table: Table, kind: str, header: bool | None) -> Layout:
    """Return which column is what by the names of a table.

    Raises:
        DataError: they are not known, or could be several things.
    """
    names = table.names or ()
    found = by_name(names, kind)
    if found is None:
        raise DataError(f"{table.source}: columns {listed(names)}: {_unclear(names, kind)}; {HOW}")
    return Layout(*found, parts_at(table), table, header)


def by_name(names: Sequence[str], kind: str) -> tuple[int, int | None, int] | None:
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
        for place in places(plain, {one})
        for other in places(plain, {two})
    ]
    if pairs:
        values = LABELS if kind == "classification" else SCORES
        taken = {place for pair in pairs for place in pair}
        return pairs, [place for place in places(plain, values) if place not in taken]
    singles: list[tuple[int, int | None]] = [(place, None) for place in places(plain, TEXTS)]
    return singles, places(plain, LABELS)


def places(plain: Sequence[str], wanted: Collection[str]) -> list[int]:
    """Return where names stand that are wanted, both as `plain_name` spells them."""
    return [place for place, name in enumerate(plain) if name in wanted]


def is_half_known(row: Sequence[str]) -> bool:
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


def parts_at(table: Table) -> int | None:
    """Return the column that says which part a row belongs to, if there is one.

    Raises:
        DataError: there are two.
    """
    names = table.names or ()
    found = places([plain_name(name) for name in names], PARTS)
    if len(found) > 1:
        raise DataError(
            f"{table.source}: {listed([names[place] for place in found])} may all say which part a "
            "row belongs to; leave one, or name the one for pairs as the fourth of `columns`"
        )
    return found[0] if found else None


def listed(names: Iterable[str]) -> str:
    """Return names for a message, each cut and escaped where it must be."""
    shown = [excerpt(name) for name in names]
    return ", ".join(shown[:12]) + (f" and {len(shown) - 12} more" if len(shown) > 12 else "")
