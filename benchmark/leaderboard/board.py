"""A leaderboard, ready to be shown: all that a page needs, and nothing about how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from numpy.typing import NDArray

from benchmark.comparisons import Rows, Units
from benchmark.leaderboard.boards import Board
from benchmark.leaderboard.statistics import Method
from benchmark.metrics.resampling import Interval, RankRange
from benchmark.results import PublishedRow, TaskResult

Mark = Literal["", "best", "second"]
"""Place of a number in its column, among rows that may be compared."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: id of a task, or of `columns.toml`; what stands above it; a caution."""

    id: str
    heading: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in a table.

    Attributes:
        text: to two decimals, times 100; a published average as printed.
        exact: of ours at full precision, as a fraction of 1; None in quoted cells.
        printed: of others with every digit of the source; empty in measured cells.
        mark: best or second of its column.
        interval: of confidence, as fractions of 1; None where it is not known.
    """

    text: str
    exact: float | None = None
    printed: str = ""
    mark: Mark = ""
    interval: Interval | None = None


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


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """A row of ours.

    Attributes:
        id: distinct and stable, ASCII, fit for an anchor.
        label: the model, and what tells the row apart from others of it.
        model: the name it was asked for by.
        cells: by column; a column without a score has none.
        average: as the papers print it; None unless all columns are there.
        rank: by average among all rows of its section, 1 the best; equal averages share it.
        letters: measured rows that share one cannot be told apart; empty if not tested.
        ranks: best and worst rank among the measured rows of the section; None if not tested.
        results: the record of each column: subsets, signature, card, environment, timings.
        signature: what all its scores share, on one line.
        units: what was drawn for the intervals; None if there are none.
        cautions: notes of the records, and why there are no intervals.
        citation: key of the model's paper in the bibliography, or empty.
    """

    id: str
    label: str
    model: str
    cells: Mapping[str, Cell]
    average: Cell | None
    rank: int | None
    letters: str
    ranks: RankRange | None
    results: Mapping[str, TaskResult]
    signature: str
    units: Units | None
    cautions: tuple[str, ...]
    citation: str


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
    rank: int | None
    published: PublishedRow
    footnote: int


Row = MeasuredRow | QuotedRow


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the page.

    Attributes:
        title: empty for the first ranking.
        note: a caution that goes wherever the table goes.
        ranked: whether rows may be compared; if not, they stand in the order of their source,
            without ranks and marks.
        columns: in order.
        rows: in order.
        tests: pairs of measured rows that were tested, 0 if none.
        pairs: how many there are.
    """

    title: str
    note: str
    ranked: bool
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    tests: int = 0
    pairs: int = 0

    @property
    def measured(self) -> list[MeasuredRow]:
        """Rows of ours, in order."""
        return [row for row in self.rows if isinstance(row, MeasuredRow)]

    @property
    def quoted(self) -> list[QuotedRow]:
        """Rows of others, in order."""
        return [row for row in self.rows if isinstance(row, QuotedRow)]


@dataclass(frozen=True, slots=True)
class Difference:
    """A score of ours minus a published figure, in points.

    Attributes:
        text: signed, with as many decimals as both have.
        value: the same as a number.
        tolerance: how large it may be.
        within: whether it is no larger.
    """

    text: str
    value: Decimal
    tolerance: Decimal
    within: bool


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Measured minus published, of one model.

    Attributes:
        measured: label of the row of ours.
        published: label of the row of others.
        footnote: its number.
        differences: by column; figures that answer another question are not among them.
        average: None unless both have one, and all columns answer the same questions.
    """

    measured: str
    published: str
    footnote: int
    differences: Mapping[str, Difference]
    average: Difference | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one model gave for the n rows of a task, beside gold.

    Attributes:
        predicted: (n,) float32 cosines, or int64 classes.
        rows: gold of the same rows, their subsets, and sentences where the data is at hand.
    """

    predicted: NDArray[Any]
    rows: Rows


@dataclass(frozen=True)
class Leaderboard:
    """A whole page.

    Attributes:
        board: what is fixed about it.
        columns: of the papers' table.
        sections: rankings first; the first one asks what the papers ask.
        reproductions: measured minus published.
        footnotes: in the order of their numbers.
        bibliography: BibTeX by key, of all sources and of the papers of all models.
        method: how intervals and p-values were computed.
        evidence: by id of a measured row and column; empty unless asked for.
    """

    board: Board
    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    reproductions: tuple[Reproduction, ...]
    footnotes: tuple[Footnote, ...]
    bibliography: Mapping[str, str]
    method: Method
    evidence: Mapping[tuple[str, str], Evidence] = field(default_factory=dict)

    @property
    def ranking(self) -> Section | None:
        """The first ranking, None if no rows may be compared."""
        return next((section for section in self.sections if section.ranked), None)

    @property
    def measured(self) -> list[MeasuredRow]:
        """Rows of ours in all sections."""
        return [row for section in self.sections for row in section.measured]

    @property
    def quoted(self) -> list[QuotedRow]:
        """Rows of others in all sections."""
        return [row for section in self.sections for row in section.quoted]
