"""From records and published tables to a leaderboard, ready to be shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from benchmark.comparisons import Rows, identity, pair_up
from benchmark.leaderboard.certainty import compute_statistics, gold_at_hand
from benchmark.leaderboard.choice import Choice, choose
from benchmark.leaderboard.lineup import Board, Column, Lineup, is_ranked, line_up
from benchmark.leaderboard.methods import MethodRows, gather_methods
from benchmark.leaderboard.reproduction import Reproduction, reproductions
from benchmark.leaderboard.sections import BoardSection, ranked_section, unranked_section
from benchmark.leaderboard.statistics import Method, Statistics
from benchmark.leaderboard.steps import State, last_steps
from benchmark.leaderboard.table_rows import Footnote, MeasuredRow, Quotations, QuotedRow
from benchmark.leaderboard.traits import Traits
from benchmark.options import DataOptions
from benchmark.printable import Printable
from benchmark.results import Family, PublishedTable, StoredRun


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one model gave for the n rows of a task, beside gold.

    Attributes:
        predicted: (n,) float32 cosines, or int64 classes.
        rows: gold of the same rows, their subsets, and sentences where the data is at hand.
    """

    predicted: NDArray[Any]
    rows: Rows


@dataclass(frozen=True, repr=False)
class Leaderboard(Printable):
    """A whole page: all that it needs, and nothing about how it looks.

    Attributes:
        board: what is fixed about it.
        columns: of the papers' table.
        sections: rankings first; the first one asks what the papers ask.
        reproductions: measured minus published.
        footnotes: in the order of their numbers.
        bibliography: BibTeX by key, of all sources and of the papers of all models.
        method: how intervals and p-values were computed.
        methods: all numbers of the same method on the same backbone, by its id, where there is
            more than one row; rows of logs and other tables that are on no leaderboard, too.
        evidence: by id of a measured row and column; empty unless asked for.
    """

    board: Board
    columns: tuple[Column, ...]
    sections: tuple[BoardSection, ...]
    reproductions: tuple[Reproduction, ...]
    footnotes: tuple[Footnote, ...]
    bibliography: Mapping[str, str]
    method: Method
    methods: Mapping[str, MethodRows] = field(default_factory=dict)
    evidence: Mapping[tuple[str, str], Evidence] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Name the board and its rows."""
        rows = f"{len(self.measured)} measured and {len(self.quoted)} quoted rows"
        return f"<Leaderboard {self.board.name}: {rows}>"

    @property
    def ranking(self) -> BoardSection | None:
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


def make_leaderboard(
    group: str,
    runs: Iterable[StoredRun],
    tables: Sequence[PublishedTable] = (),
    kept: Statistics | None = None,
    *,
    families: Sequence[Family] = (),
    named: Iterable[Path] = (),
    sources: DataOptions | None = None,
    method: Method | None = None,
    described: Mapping[str, Traits] | None = None,
    bibliography: Mapping[str, str] | None = None,
    with_evidence: bool = False,
    choice: Choice | None = None,
) -> tuple[Leaderboard, Statistics]:
    """Return a leaderboard, and the statistics it rests on; the same arguments give the same.

    Args:
        group: of tasks.
        runs: of `benchmark.results.collect`.
        tables: of `benchmark.results.published_tables`; rows of other groups are passed over.
        kept: statistics of an earlier run.
        families: of models among these, of `benchmark.results.read_families`: a row each.
        named: paths that the records were read from; a step of a training run that is not named
            itself is a row only if it is the last one.
        sources: where the data may be; nothing is downloaded.
        method: how intervals and p-values are computed.
        described: what kind of encoder the models of the catalogue are, by name.
        bibliography: BibTeX by key.
        with_evidence: also give what each row gave for each pair or sample.
        choice: which rows; ranks, marks, letters and what was reproduced are then among these.

    Raises:
        UsageError: a name means no row.
        UnreadableRecord: the predictions of a record are damaged, or do not give the score that
            it says.
        DataError: a folder of data that was named does not exist.
    """
    bibtex, known_models = bibliography or {}, described or {}
    shown, said = last_steps(group, runs, families, named)
    lineup = line_up(group, shown, tables, families)
    lineup = replace(lineup, apart=_with_said(lineup, said))
    asked = choice or Choice()
    chosen = choose(lineup, tables, asked)
    lineup, baseline = chosen.lineup, chosen.baseline
    kept = replace(kept or Statistics(), method=method or Method())
    known = compute_statistics(lineup, kept, sources, baseline)
    quotations = Quotations(tables, bibtex)
    sections = [
        ranked_section(ranking, lineup, known, quotations, known_models, asked, baseline)
        for ranking in lineup.rankings
    ]
    sections += [
        replace(unranked_section(rows, quotations), chosen=bool(asked.rows))
        for rows in lineup.unranked
    ]
    beside = () if asked.rows else _beside(lineup, tables, sections, quotations)
    methods = gather_methods(sections, beside, lineup.ids, lineup.board.group)
    others = [row.published for found in methods.values() for row in found.quoted]
    keys = {key for row in [*lineup.quoted, *others] for key in (row.source, row.citation)}
    keys |= {row.traits.citation for section in sections for row in section.measured}
    board = Leaderboard(
        board=lineup.board,
        columns=lineup.columns,
        sections=tuple(sections),
        reproductions=reproductions(lineup, map(quotations.row, lineup.quoted)),
        footnotes=quotations.footnotes(),
        bibliography={key: bibtex[key] for key in sorted(keys) if key in bibtex},
        method=known.method,
        methods=methods,
        evidence=_evidence(lineup, sources) if with_evidence else {},
    )
    return board, known


def _with_said(lineup: Lineup, said: Mapping[State, str]) -> Mapping[str, Sequence[str]]:
    """Return what is said of rows, by their id, with what is said of states of models."""
    found = {row: [*lines] for row, lines in lineup.apart.items()}
    for one in lineup.measured:
        if (state := (one.model, one.fingerprint)) in said:
            found.setdefault(one.id, []).append(said[state])
    return found


def _beside(
    lineup: Lineup,
    tables: Sequence[PublishedTable],
    sections: Sequence[BoardSection],
    quotations: Quotations,
) -> Iterator[tuple[QuotedRow, str, bool]]:
    """Yield rows of tables of other groups, if of a method of the board and with its columns."""
    known = {row.traits.method for section in sections for row in section.rows} - {""}
    for table in tables:
        if table.group != lineup.board.group:
            for row in table.rows:
                if row.method in known and row.scores.keys() & {*lineup.ids}:
                    same = is_ranked(row, lineup.standard)
                    yield quotations.row(row), table.title, same


def _evidence(lineup: Lineup, sources: DataOptions | None) -> dict[tuple[str, str], Evidence]:
    """Return what each measured row gave for each column whose gold is at hand."""
    gold = gold_at_hand(lineup.measured, sources)
    found = {}
    for contender in lineup.measured:
        for column in contender.testable:
            record = contender.records[column]
            if identity(record) in gold:
                paired = pair_up([record], gold)
                found[contender.id, column] = Evidence(paired.given[0], paired.rows)
    return found
