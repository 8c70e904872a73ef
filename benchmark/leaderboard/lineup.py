"""Who shares a ranking with whom: rows that answer the same questions, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import groupby

from benchmark.leaderboard.board import Column
from benchmark.leaderboard.boards import BOARDS, standard_questions
from benchmark.leaderboard.measured import Measured
from benchmark.results import PublishedRow, PublishedTable, TaskRecord, TaskResult, columns_of
from benchmark.tasks import table

Questions = Mapping[str, str]
"""First halves of signatures, by column."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows that may be compared with each other.

    Attributes:
        questions: what each column asks; the first ranking's are those of the papers.
        measured: rows of ours.
        quoted: figures of others.
    """

    questions: Questions
    measured: tuple[Measured, ...]
    quoted: tuple[PublishedRow, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of a published table that may be compared with nothing on the page.

    Attributes:
        table: where they were printed.
        rows: those of one set of rules, in the order of the table.
    """

    table: PublishedTable
    rows: tuple[PublishedRow, ...]


@dataclass(frozen=True, slots=True)
class Lineup:
    """All rows of a leaderboard, in their places.

    Attributes:
        columns: of the table.
        standard: what its columns ask: in the papers, or in the first row of a table of one's own.
        rankings: rows that may be compared.
        listings: rows that may not.
    """

    columns: tuple[Column, ...]
    standard: Questions
    rankings: tuple[Ranking, ...]
    listings: tuple[Listing, ...]


def line_up(group: str, measured: Sequence[Measured], tables: Iterable[PublishedTable]) -> Lineup:
    """Give every row its place.

    The first ranking asks what the papers ask, on verified data. A measured row that differs
    from it in any column starts another one, which rows with the same questions join. A quoted
    row is ranked if all its figures answer the questions of the first ranking and can be
    trusted; else it is listed with its table.

    Args:
        group: of the leaderboard.
        measured: its rows, sorted.
        tables: published tables; those of other groups are passed over.
    """
    # Complete rows first, so that incomplete ones find the ranking they belong to.
    complete_first = sorted(measured, key=lambda row: -len(row.records))
    standard = standard_questions(group)
    if not standard and complete_first:
        standard = complete_first[0].questions
    rankings = [Ranking(standard, (), ())]
    for row in complete_first:
        _join(rankings, row)
    quoted: list[PublishedRow] = []
    listings: list[Listing] = []
    for printed in sorted(tables, key=lambda printed: printed.id):
        if printed.group == group:
            ranked = [row for row in printed.rows if _is_ranked(row, standard)]
            quoted += ranked
            listings += _listings(printed, [row for row in printed.rows if row not in ranked])
    rankings[0] = replace(rankings[0], quoted=tuple(quoted))
    return Lineup(
        _columns(group, [one.result for row in measured for one in row.records.values()]),
        standard,
        tuple(ranking for ranking in rankings if ranking.measured or ranking.quoted),
        tuple(listings),
    )


def _columns(group: str, results: Iterable[TaskResult]) -> tuple[Column, ...]:
    """Return the columns of a leaderboard: those of the papers' table, or as records tell them."""
    if group in BOARDS:
        return tuple(Column(task.id, task.heading, task.note) for task in table(group))
    asked = {result.asked.column: result.asked for result in results}
    ids = columns_of(asked.values(), group)
    return tuple(_column(asked[name]) if name in asked else Column(name, name) for name in ids)


def _column(task: TaskRecord) -> Column:
    return Column(task.column, task.heading, task.note)


def _join(rankings: list[Ranking], row: Measured) -> None:
    asked = row.questions
    for place, ranking in enumerate(rankings):
        shared = asked.keys() & ranking.questions.keys()
        if shared and all(asked[column] == ranking.questions[column] for column in shared):
            rankings[place] = replace(
                ranking,
                questions={**ranking.questions, **asked},
                measured=(*ranking.measured, row),
            )
            return
    rankings.append(Ranking(asked, (row,), ()))


def _is_ranked(row: PublishedRow, standard: Questions) -> bool:
    if row.status == "unverified" or not row.scores:
        return False
    return all(row.question(column) == standard.get(column, "") for column in row.scores)


def _listings(printed: PublishedTable, rows: Sequence[PublishedRow]) -> list[Listing]:
    """Put rows with the same rules together; the pooler is no rule of the question."""

    def rules(row: PublishedRow) -> tuple[str, ...]:
        return astuple(replace(row.protocol, pooler=""))

    order = list(dict.fromkeys(rules(row) for row in rows))
    ordered = sorted(rows, key=lambda row: order.index(rules(row)))
    return [Listing(printed, tuple(same)) for _, same in groupby(ordered, key=rules)]
