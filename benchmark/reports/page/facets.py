"""What rows are found by: facets that a reader filters by, and traits that stand in a table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from benchmark.escaping import page_text
from benchmark.leaderboard import BoardSection, Leaderboard, QuotedRow, TableRow
from benchmark.reports.leaderboard.wording import MARKS, TRAINING

NOT_STATED = "not stated"
RANKED = "as in the first table"
MEASURED = "measured"

_SIZES = {
    "under 50M": 50e6,
    "50M to 150M (base)": 150e6,
    "150M to 500M (large)": 500e6,
    "500M to 1B": 1e9,
    "1B to 6B": 6e9,
    "6B and more": float("inf"),
}
"""Each up to its number of parameters; what papers call 7B has 6.6 to 7.2 billion."""

_RULES = {
    ("aggregation", "mean"): "mean of subsets",
    ("aggregation", "wmean"): "weighted mean of subsets",
    ("metric", "pearson"): "Pearson",
    ("similarity", "best-of-four"): "best of four similarities",
    ("similarity", "word-mover"): "word mover's distance",
    ("similarity", "trained"): "trained similarity",
    ("data", "raw"): "other text",
    ("data", "altered"): "altered text",
    ("classifier", "senteval-fast"): "quick classifiers",
    ("classifier", "sklearn"): "classifiers of scikit-learn",
    ("split", "dev"): "development split",
}
"""What sets the rules of a figure apart from the papers'."""


# --- facets ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Facet:
    """A question that has answers for every row.

    Attributes:
        id: its name in an address.
        title: what stands above its answers.
        read: answers of a row of a section; several may hold.
        order: of answers; those it does not name come after, by the alphabet.
        latest: turn the alphabet round.
    """

    id: str
    title: str
    read: Callable[[TableRow, BoardSection, Leaderboard], Collection[str]]
    order: tuple[str, ...] = ()
    latest: bool = False


def facets(board: Leaderboard) -> dict[str, Any]:
    """Return what a script filters by: facets with their answers, and which of them a row has.

    A facet with one answer only is left out: there is nothing to choose. Every text is cleaned.

    Returns:
        ``facets``: id, title and answers of each; ``rows``: by id of a row, for each facet the
        places of its answers.
    """
    rows = [(row, section) for section in board.sections for row in section.rows]
    kept, places = [], []
    for facet in _FACETS:
        found = [[page_text(a) for a in facet.read(row, part, board)] for row, part in rows]
        answers = _in_order({answer for some in found for answer in some}, facet)
        if len(answers) > 1:
            kept.append({"id": facet.id, "title": facet.title, "answers": answers})
            place = {answer: number for number, answer in enumerate(answers)}
            places.append([[place[answer] for answer in some] for some in found])
    by_row = zip(*places, strict=True) if places else ([] for _ in rows)
    return {
        "facets": kept,
        "rows": {row.id: list(found) for (row, _), found in zip(rows, by_row, strict=True)},
    }


def _in_order(answers: Collection[str], facet: _Facet) -> list[str]:
    first = [answer for answer in facet.order if answer in answers]
    rest = sorted(set(answers) - {*first, NOT_STATED}, key=str.casefold, reverse=facet.latest)
    return [*first, *rest, *(NOT_STATED for _ in range(NOT_STATED in answers))]


def _one(value: object) -> list[str]:
    return [str(value)] if value else [NOT_STATED]


def _size(row: TableRow) -> list[str]:
    count = row.traits.parameters
    return _one(next((n for n, limit in _SIZES.items() if count < limit), "") if count else "")


def _rules(row: TableRow, section: BoardSection) -> Collection[str]:
    """Say what sets a figure's rules apart; of those that stand in a ranking its title says it."""
    if section.ranked or not isinstance(row, QuotedRow):
        return [section.title or RANKED]
    rules = row.published.protocol
    apart = [said for (name, value), said in _RULES.items() if getattr(rules, name) == value]
    return apart or [NOT_STATED]


def _status(row: TableRow) -> list[str]:
    return [row.published.status if isinstance(row, QuotedRow) else MEASURED]


def _marks(row: TableRow) -> list[str]:
    marks = row.published.marks if isinstance(row, QuotedRow) else ()
    return [MARKS[mark][0] for mark in marks] or ["none"]


def _source(row: TableRow, board: Leaderboard) -> list[str]:
    if not isinstance(row, QuotedRow):
        return ["measured here"]
    return _one(board.footnotes[row.footnote - 1].source.title)


_FACETS = (
    _Facet("year", "Year", lambda row, *_: _one(row.traits.year), latest=True),
    _Facet("family", "Family", lambda row, *_: _one(row.traits.family)),
    _Facet("backbone", "Backbone", lambda row, *_: _one(row.traits.backbone)),
    _Facet("size", "Size", lambda row, *_: _size(row), (*_SIZES,)),
    _Facet(
        "training",
        "Training",
        lambda row, *_: _one(_training(row)),
        tuple(TRAINING.values()),
    ),
    _Facet("rules", "Rules", lambda row, part, _: _rules(row, part), (RANKED, *_RULES.values())),
    _Facet("status", "Status", lambda row, *_: _status(row), (MEASURED, "paper", "repository")),
    _Facet(
        "marks",
        "Marks",
        lambda row, *_: _marks(row),
        ("none", *(short for short, _ in MARKS.values())),
    ),
    _Facet("source", "Source", lambda row, _, board: _source(row, board), ("measured here",)),
)


# --- traits in a table ----------------------------------------------------------------------------


class TraitCell(NamedTuple):
    """What stands in a cell, and what it is sorted by where that is not the same."""

    text: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class TraitColumn:
    """A column of a table that holds no score.

    Attributes:
        id: of the column.
        heading: above it.
        sort: which way it goes when it is first sorted.
        read: the cell of a row, empty where nothing is known.
    """

    id: str
    heading: str
    sort: str
    read: Callable[[TableRow], TraitCell]


def trait_columns(section: BoardSection) -> Iterator[TraitColumn]:
    """Yield the columns of which a row of a section knows something."""
    return (column for column in _COLUMNS if any(column.read(row).text for row in section.rows))


def rounded(count: int | None) -> str:
    """Return a number of parameters as papers write it: 22.7M, 109M, 6.74B."""
    if not count:
        return ""
    return f"{count / 1e6:.3g}M" if count < 999.5e6 else f"{count / 1e9:.3g}B"


def _training(row: TableRow) -> str:
    return TRAINING.get(row.traits.training, row.traits.training)


_COLUMNS = (
    TraitColumn("year", "Year", "descending", lambda r: TraitCell(str(r.traits.year or ""))),
    TraitColumn("backbone", "Backbone", "ascending", lambda r: TraitCell(r.traits.backbone)),
    TraitColumn(
        "parameters",
        "Size",
        "descending",
        lambda r: TraitCell(rounded(r.traits.parameters), str(r.traits.parameters or "")),
    ),
    TraitColumn("training", "Training", "ascending", lambda r: TraitCell(_training(r))),
)


def marks(row: TableRow) -> Mapping[str, str]:
    """Return the traps of a row in a word or two each, with what they mean."""
    found = row.published.marks if isinstance(row, QuotedRow) else ()
    return dict(MARKS[mark] for mark in found)
