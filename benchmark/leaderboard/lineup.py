"""Who shares a ranking with whom: rows that answer the same questions, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import groupby

from benchmark.leaderboard.boards import BoardGroup, standard_questions
from benchmark.leaderboard.measured import Measured
from benchmark.results import PublishedRow, PublishedTable

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
    """All rows of a leaderboard, in their places."""

    rankings: tuple[Ranking, ...]
    listings: tuple[Listing, ...]


def line_up(
    group: BoardGroup, measured: Sequence[Measured], tables: Iterable[PublishedTable]
) -> Lineup:
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
    standard = standard_questions(group)
    rankings = [Ranking(standard, (), ())]
    # Complete rows first, so that incomplete ones find the ranking they belong to.
    for row in sorted(measured, key=lambda row: -len(row.records)):
        _join(rankings, row)
    quoted: list[PublishedRow] = []
    listings: list[Listing] = []
    for table in sorted(tables, key=lambda table: table.id):
        if table.group == group:
            ranked = [row for row in table.rows if _is_ranked(row, standard)]
            quoted += ranked
            listings += _listings(table, [row for row in table.rows if row not in ranked])
    rankings[0] = replace(rankings[0], quoted=tuple(quoted))
    return Lineup(
        tuple(ranking for ranking in rankings if ranking.measured or ranking.quoted),
        tuple(listings),
    )


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


def _listings(table: PublishedTable, rows: Sequence[PublishedRow]) -> list[Listing]:
    """Put rows with the same rules together; the pooler is no rule of the question."""

    def rules(row: PublishedRow) -> tuple[str, ...]:
        return astuple(replace(row.protocol, pooler=""))

    order = list(dict.fromkeys(rules(row) for row in rows))
    ordered = sorted(rows, key=lambda row: order.index(rules(row)))
    return [Listing(table, tuple(same)) for _, same in groupby(ordered, key=rules)]
