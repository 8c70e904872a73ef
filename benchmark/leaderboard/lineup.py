"""Who shares a ranking with whom: rows that answer the same questions, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from decimal import Decimal
from itertools import groupby

from benchmark.datasets import load_catalogue
from benchmark.leaderboard.contenders import Contender, Questions, contenders_of
from benchmark.leaderboard.families import RankedFamily, together
from benchmark.measures import MEASURES
from benchmark.results import (
    Family,
    PublishedRow,
    PublishedTable,
    StoredRun,
    TaskResult,
    asked_of,
    columns_of,
)
from benchmark.results.record import slug
from benchmark.results.signature import ask
from benchmark.tasks import table
from benchmark.tasks.loading import published_sha256

# --- the leaderboards there are -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Board:
    """What is fixed about a leaderboard.

    Attributes:
        group: of tasks.
        name: stem of its files.
        title: for a heading.
        measure: what its numbers are, for a sentence.
        tolerances: by column, how far a score may lie from a published one of the same model,
            in points; by ``""`` for every other column and the average.
    """

    group: str
    name: str
    title: str
    measure: str
    tolerances: Mapping[str, Decimal]

    def tolerance(self, column: str = "") -> Decimal:
        """Return the tolerance of a column, or of the average."""
        return self.tolerances.get(column, self.tolerances[""])


BOARDS: Mapping[str, Board] = {
    "sts": Board(
        "sts",
        "STS",
        "Semantic textual similarity",
        "Spearman's correlation of cosines with human scores, times 100; all pairs of a year "
        "together",
        # Same weights, text and pooler leave rounding only.
        {"": Decimal("0.02")},
    ),
    "transfer": Board(
        "transfer",
        "TRANSFER",
        "Transfer tasks",
        "Accuracy of SentEval's classifiers on frozen sentence vectors, in percent",
        # Early stopping and folds follow the last bits of the vectors: a few tenths; TREC and
        # MRPC have 500 and 1,725 samples.
        {
            "": Decimal("0.3"),
            "SST2": Decimal("0.5"),
            "TREC": Decimal("1.0"),
            "MRPC": Decimal("1.0"),
        },
    ),
}
"""One for each table of the papers, by group of tasks."""

BESIDE: Mapping[str, Board] = {
    "sts-mteb": Board(
        "sts-mteb",
        "STS-MTEB",
        "Semantic textual similarity, MTEB's STSBenchmark and SICK-R",
        "Spearman's correlation of cosines with human scores, times 100; raw text",
        {"": Decimal("0.02")},
    ),
    "sts17": Board(
        "sts17",
        "STS17",
        "Semantic textual similarity of 2017, within and across languages",
        "Spearman's correlation of cosines with human scores, times 100; raw text",
        {"": Decimal("0.02")},
    ),
}
"""One for each group beside the papers' of which others publish figures."""

_KNOWN: Mapping[str, Board] = {**BOARDS, **BESIDE}


def groups_of(runs: Iterable[StoredRun]) -> list[str]:
    """Return the groups that these records make leaderboards of.

    Those of the papers, then the others by name. Development splits and demonstration sets are for
    choosing and for trying, and make one only where they are asked for.
    """
    results = [result for run in runs for result in run.results.values()]
    groups = {result.asked.group for result in results if not _is_for_trying(result)}
    return [*(board for board in BOARDS if board in groups), *sorted(groups - BOARDS.keys() - {""})]


def _is_for_trying(result: TaskResult) -> bool:
    known = load_catalogue().datasets.get(result.data.dataset)
    return result.data.split == "dev" or (known is not None and known.embedded)


def standard_questions(group: str) -> dict[str, str]:
    """Return the question of each column when it is asked as in the papers, on verified data.

    A group that nobody publishes figures of gives none.
    """
    if group not in _KNOWN:
        return {}
    return {task.id: ask(task, published_sha256(task)) for task in table(group)}


def board_of(group: str, results: Iterable[TaskResult] = ()) -> Board:
    """Return the leaderboard of a group; one without published figures is named by its group."""
    if group in _KNOWN:
        return _KNOWN[group]
    measures = {MEASURES[r.metric].title for r in results if r.metric in MEASURES}
    title = slug(group)
    return Board(group, f"TASKS-{title}", title, "; ".join(sorted(measures)), {"": Decimal("0.02")})


# --- which rows stand together --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A column: id of a task, or of `columns.toml`; what stands above it; a caution."""

    id: str
    heading: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows that may be compared with each other.

    Attributes:
        questions: what each column asks; the first ranking's are those of the papers.
        measured: rows of ours.
        quoted: figures of others.
        families: those of which each has a row instead of its members.
    """

    questions: Questions
    measured: tuple[Contender, ...]
    quoted: tuple[PublishedRow, ...]
    families: tuple[RankedFamily, ...] = ()

    @property
    def alone(self) -> list[Contender]:
        """Rows of ours that are of no family."""
        folded = {contender.id for family in self.families for contender in family.contenders}
        return [contender for contender in self.measured if contender.id not in folded]


@dataclass(frozen=True, slots=True)
class Unranked:
    """Rows of a published table that may be compared with nothing on the page.

    Attributes:
        table: where they were printed.
        quoted: those of one set of rules, in the order of the table.
    """

    table: PublishedTable
    quoted: tuple[PublishedRow, ...]


@dataclass(frozen=True, slots=True)
class Lineup:
    """All rows of a leaderboard, in their places.

    Attributes:
        board: what is fixed about it.
        columns: of the table.
        standard: what its columns ask: in the papers, or in the first row of a table of one's own.
        rankings: rows that may be compared.
        unranked: rows that may not.
        apart: what is said of single rows, by their id: why a family is none, which step one is.
    """

    board: Board
    columns: tuple[Column, ...]
    standard: Questions
    rankings: tuple[Ranking, ...]
    unranked: tuple[Unranked, ...]
    apart: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        """Ids of the columns."""
        return [column.id for column in self.columns]

    @property
    def measured(self) -> list[Contender]:
        """Rows of ours in all rankings."""
        return [contender for ranking in self.rankings for contender in ranking.measured]

    @property
    def quoted(self) -> list[PublishedRow]:
        """Figures of others: those that are ranked, then those that are not."""
        ranked = [row for ranking in self.rankings for row in ranking.quoted]
        return ranked + [row for unranked in self.unranked for row in unranked.quoted]


def line_up(
    group: str,
    runs: Iterable[StoredRun],
    tables: Iterable[PublishedTable] = (),
    families: Iterable[Family] = (),
) -> Lineup:
    """Give every row its place.

    The first ranking asks what the papers ask, on verified data. A measured row that differs
    from it in any column starts another one, which rows with the same questions join. A quoted
    row is ranked if all its figures answer the questions of the first ranking and can be
    trusted; else it is listed with its table.

    Args:
        group: of tasks.
        runs: records of models, those of other groups are passed over.
        tables: published tables; those of other groups are passed over.
        families: of models among these; each is one row where its members answer alike.
    """
    contenders = contenders_of(group, runs)
    results = [result for contender in contenders for result in contender.results.values()]
    # Complete rows first, so that incomplete ones find the ranking they belong to.
    complete_first = sorted(contenders, key=lambda contender: -len(contender.records))
    standard = standard_questions(group)
    if not standard and complete_first:
        standard = complete_first[0].questions
    rankings = [Ranking(standard, (), ())]
    for contender in complete_first:
        _join(rankings, contender)
    quoted: list[PublishedRow] = []
    unranked: list[Unranked] = []
    for printed in sorted(tables, key=lambda printed: printed.id):
        if printed.group == group:
            ranked = [row for row in printed.rows if is_ranked(row, standard)]
            quoted += ranked
            unranked += _by_rules(printed, [row for row in printed.rows if row not in ranked])
    rankings[0] = replace(rankings[0], quoted=tuple(quoted))
    kin, apart = together(families, [ranking.measured for ranking in rankings])
    for place, found in enumerate(kin):
        rankings[place] = replace(rankings[place], families=tuple(found))
    return Lineup(
        board_of(group, results),
        _columns(group, results),
        standard,
        tuple(ranking for ranking in rankings if ranking.measured or ranking.quoted),
        tuple(unranked),
        apart,
    )


def _columns(group: str, results: Iterable[TaskResult]) -> tuple[Column, ...]:
    """Return the columns of a leaderboard: those of the papers' table, or as records tell them."""
    papers = [asked_of(task) for task in table(group)] if group in _KNOWN else []
    asked = {task.column: task for task in papers or [result.asked for result in results]}
    told = {name: Column(name, task.heading, task.note) for name, task in asked.items()}
    return tuple(told.get(name, Column(name, name)) for name in columns_of(asked.values(), group))


def _join(rankings: list[Ranking], contender: Contender) -> None:
    asked = contender.questions
    for place, ranking in enumerate(rankings):
        shared = asked.keys() & ranking.questions.keys()
        if shared and all(asked[column] == ranking.questions[column] for column in shared):
            questions, measured = {**ranking.questions, **asked}, (*ranking.measured, contender)
            rankings[place] = replace(ranking, questions=questions, measured=measured)
            return
    rankings.append(Ranking(asked, (contender,), ()))


def is_ranked(row: PublishedRow, standard: Questions) -> bool:
    """Tell whether a published row answers these questions, and its origin is known."""
    if row.status == "unverified" or not row.scores:
        return False
    return all(row.question(column) == standard.get(column, "") for column in row.scores)


def _by_rules(printed: PublishedTable, rows: Sequence[PublishedRow]) -> list[Unranked]:
    """Put rows with the same rules together; the pooler is no rule of the question."""

    def rules(row: PublishedRow) -> tuple[str, ...]:
        return astuple(replace(row.protocol, pooler=""))

    order = list(dict.fromkeys(rules(row) for row in rows))
    ordered = sorted(rows, key=lambda row: order.index(rules(row)))
    return [Unranked(printed, tuple(same)) for _, same in groupby(ordered, key=rules)]
