"""Rows of a table, from records and from published figures, and the sources that those name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from benchmark.comparisons import Units
from benchmark.leaderboard.contenders import Contender
from benchmark.leaderboard.statistics import RowIntervals, Statistics
from benchmark.leaderboard.traits import Traits, traits_of
from benchmark.metrics.resampling import ALPHA, Interval, RankRange
from benchmark.metrics.spread import Spread
from benchmark.results import PublishedRow, PublishedTable, TaskResult, printed, shorten

NO_PREDICTIONS = "no intervals: its records keep no predictions"
NO_GOLD = "no intervals: neither the gold scores are at hand nor what was computed with them before"

Mark = Literal["", "best", "second"]
"""Place of a number in its column, among rows that may be compared."""

_CENT = Decimal("0.01")
_FIELD = re.compile(r"^\s*(\w+)\s*=\s*\{(.*)\},?\s*$", re.MULTILINE)
_LINK = re.compile(r"https?://[\w.-]+(:\d+)?(/[\w./~%?=&+#:@-]*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tested:
    """What the paired test of a number against that of the baseline found.

    Attributes:
        p_value: two-sided, adjusted.
        difference: from the baseline's number, as a fraction of 1.
    """

    p_value: float
    difference: float

    @property
    def verdict(self) -> Literal["", "better", "worse"]:
        """Which of the two is better, empty if the test does not tell."""
        if self.p_value >= ALPHA or self.difference == 0:
            return ""
        return "better" if self.difference > 0 else "worse"


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in a table.

    Attributes:
        text: to two decimals, times 100; a published average as printed.
        exact: of ours at full precision, as a fraction of 1; None in quoted cells.
        printed: of others with every digit of the source; empty in measured cells.
        mark: best or second of its column.
        interval: of confidence, as fractions of 1; None where it is not known.
        deviation: standard deviation over training runs as others print it, or over the members of
            a family of ours, in points; empty for none.
        tested: against the baseline's number; None if there is no baseline or no test.
    """

    text: str
    exact: float | None = None
    printed: str = ""
    mark: Mark = ""
    interval: Interval | None = None
    deviation: str = ""
    tested: Tested | None = None


# --- rows of ours ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """A row of ours.

    Attributes:
        id: distinct and stable, ASCII, fit for an anchor.
        label: the model, and what tells the row apart from others of it.
        model: the name it was asked for by.
        cells: by column; a column without a score has none.
        average: as the papers print it; None unless all columns are there.
        results: the record of each column: subsets, signature, card, environment, timings.
        signature: what all its scores share, on one line.
        units: what was drawn for the intervals; None if there are none.
        cautions: notes of the records, and why there are no intervals.
        traits: what kind of encoder it is.
        rank: by average among all rows of its section, 1 the best; equal averages share it.
        letters: measured rows that share one cannot be told apart; empty if not tested.
        ranks: best and worst rank among the measured rows of the section; None if not tested.
        members: of the family that the row is the mean of, as rows without rank and letters; a
            family has no ``results``, and of the signature what its members share. None for a
            model.
        varied: what is another in each member.
        spreads: of the members' scores by column, and of their averages by ``""``, in points.
    """

    id: str
    label: str
    model: str
    cells: Mapping[str, Cell]
    average: Cell | None
    results: Mapping[str, TaskResult]
    signature: str
    units: Units | None
    cautions: tuple[str, ...]
    traits: Traits
    rank: int | None = None
    letters: str = ""
    ranks: RankRange | None = None
    members: tuple[MeasuredRow, ...] = ()
    varied: str = ""
    spreads: Mapping[str, Spread] = field(default_factory=dict)


def measured_row(
    contender: Contender, columns: Sequence[str], known: Statistics, traits: Traits
) -> MeasuredRow:
    """Return a row of ours, without rank, marks and letters."""
    found = known.of(contender)
    intervals = {c: one.at(known.method.level) for c, one in found.scores.items()} if found else {}
    return MeasuredRow(
        id=contender.id,
        label=contender.label,
        model=contender.model,
        cells={
            column: Cell(
                printed(result.main_score),
                exact=result.main_score,
                interval=intervals.get(column),
            )
            for column, result in contender.results.items()
        },
        average=_average(contender, columns, known),
        results=contender.results,
        signature=shorten(list(contender.results.values())),
        units=found.units if found else None,
        cautions=_cautions(contender, found),
        traits=traits,
    )


def _average(contender: Contender, columns: Sequence[str], known: Statistics) -> Cell | None:
    average, found = contender.average(columns), known.of(contender)
    if average is None:
        return None
    scores = [contender.results[column].main_score for column in columns]
    interval = found.average.at(known.method.level) if found and found.average else None
    return Cell(f"{average:.2f}", exact=sum(scores) / len(scores), interval=interval)


def _cautions(contender: Contender, found: RowIntervals | None) -> tuple[str, ...]:
    notes = [note for result in contender.results.values() for note in result.notes]
    if found is None:
        notes.append(NO_GOLD if contender.testable else NO_PREDICTIONS)
    elif len(found.scores) < len(contender.records):
        missing = [column for column in contender.records if column not in found.scores]
        notes.append(f"{NO_PREDICTIONS} on {', '.join(missing)}")
    return tuple(dict.fromkeys(notes))


# --- rows of others -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuotedRow:
    """A row of others.

    Attributes:
        id: as of measured rows.
        label: the model, its setting, and the status if it is not that of a paper.
        cells, average, rank: as of measured rows; the average is as printed, never computed.
        published: the row as it is kept.
        footnote: number of the footnote.
    """

    id: str
    label: str
    cells: Mapping[str, Cell]
    average: Cell | None
    published: PublishedRow
    footnote: int
    rank: int | None = None

    @property
    def traits(self) -> Traits:
        """What kind of encoder it is."""
        return traits_of(self.published)


TableRow = MeasuredRow | QuotedRow

_HARMLESS = frozenset({"other-seeds", "transcribed"})
"""Marks that tell how a figure came about; all others say what it must not be compared for."""


def traps_of(row: TableRow) -> list[str]:
    """Return the marks that make a row no match for those beside it, though it asks the same."""
    marks = row.published.marks if isinstance(row, QuotedRow) else ()
    return [mark for mark in marks if mark not in _HARMLESS]


def has_trap(row: TableRow) -> bool:
    """Tell whether a row has such a mark."""
    return bool(traps_of(row))


@dataclass(frozen=True, slots=True)
class Source:
    """Where figures come from.

    Attributes:
        key: in ``sources.bib``; empty if it is not known.
        title: in plain text.
        url: http or https, empty if there is none.
        bibtex: the whole entry.
    """

    key: str
    title: str
    url: str
    bibtex: str


@dataclass(frozen=True, slots=True)
class Footnote:
    """Where quoted rows stand.

    Attributes:
        number: from 1, in the order of the page.
        source: of the figures.
        where: place in the source: table, file, commit.
        status: how far they can be trusted (docs/published.md).
    """

    number: int
    source: Source
    where: str
    status: str


class Quotations:
    """Makes quoted rows, and a footnote for each place that figures were read in."""

    def __init__(self, tables: Sequence[PublishedTable], bibliography: Mapping[str, str]) -> None:
        """Begin without a footnote.

        Args:
            tables: that rows stand in.
            bibliography: BibTeX by key.
        """
        self._tables = {table.id: table for table in tables}
        self._bibliography = bibliography
        self._numbers: dict[tuple[str, str, str], int] = {}

    def row(self, row: PublishedRow) -> QuotedRow:
        """Return a row of others, without rank and marks; a new place has the next number."""
        status = "" if row.status in ("paper", "repository") else f" ({row.status})"
        place = self._tables[row.table].rows.index(row) + 1
        numbers = self._numbers
        return QuotedRow(
            id=f"quoted-{re.sub(r'[^A-Za-z0-9-]', '-', row.table)}-{place}",
            label=f"{row.label}{status}",
            cells={
                column: Cell(
                    to_two_decimals(figure),
                    printed=f"{figure:f}",
                    deviation=f"{row.deviations[column]:f}" if column in row.deviations else "",
                )
                for column, figure in row.scores.items()
            },
            average=_printed_average(row),
            published=row,
            footnote=numbers.setdefault((row.source, row.where, row.status), len(numbers) + 1),
        )

    def footnotes(self) -> tuple[Footnote, ...]:
        """Return those of all rows that were made."""
        return tuple(
            Footnote(number, source_of(source, self._bibliography), where, status)
            for (source, where, status), number in self._numbers.items()
        )


def _printed_average(row: PublishedRow) -> Cell | None:
    if row.average is None:
        return None
    return Cell(row.average, printed=row.average, deviation=row.average_deviation or "")


def source_of(key: str, bibliography: Mapping[str, str]) -> Source:
    """Return a source by its key: its title in plain text, and a link safe to follow.

    A link is kept only if it is plainly one to the web.

    Args:
        key: may be empty: it is not known where a figure was printed first.
        bibliography: BibTeX by key.
    """
    bibtex = bibliography.get(key, "")
    fields = {name.lower(): value for name, value in _FIELD.findall(bibtex)}
    url = fields.get("url", "")
    return Source(
        key,
        title=re.sub(r"[{}\\]", "", fields.get("title", key)),
        url=url if _LINK.fullmatch(url) else "",
        bibtex=bibtex,
    )


def to_two_decimals(figure: Decimal) -> str:
    """Return a figure with two decimals, as tables show it; fewer printed digits are kept."""
    exponent = figure.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -2:
        return f"{figure:f}"
    return f"{figure.quantize(_CENT, ROUND_HALF_EVEN):f}"
