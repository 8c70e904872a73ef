"""The scores of one run in every setting that its vectors allow, held against printed figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from benchmark.leaderboard import (
    BESIDE,
    BOARDS,
    Board,
    Difference,
    average_difference,
    board_of,
    score_difference,
)
from benchmark.reproduction.quotations import Quotation, tried
from benchmark.results import PublishedRow, TaskResult, average_of
from benchmark.tasks import KINDS, Task

AGGREGATIONS = ("all", "mean", "wmean")
"""Ways to one number of several subsets, see docs/protocol.md."""

CORRELATIONS = ("spearman", "pearson")


@dataclass(frozen=True, slots=True)
class Setting:
    """What is varied between trials.

    Attributes:
        pooler: its name; what an encoder calls its own, where it has no choice.
        aggregation: over subsets; empty where no figure has any.
        metric: correlation; empty where it is no choice.
    """

    pooler: str
    aggregation: str = ""
    metric: str = ""

    @property
    def label(self) -> str:
        """What a line of a table is called; Spearman goes without saying."""
        metric = "" if self.metric == "spearman" else self.metric
        return ", ".join(filter(None, (self.pooler, self.aggregation, metric)))


@dataclass(frozen=True, slots=True)
class Trial:
    """Scores in one setting, minus a row of published figures.

    Attributes:
        setting: that they are of.
        scores: by column, fractions of 1.
        differences: by column; of a row that prints nothing but an average there are none.
        average: of the averages; None where they cannot be compared.
        measured_average: of ours, in points, where averages are compared.
    """

    setting: Setting
    scores: Mapping[str, float]
    differences: Mapping[str, Difference]
    average: Difference | None
    measured_average: float | None

    @property
    def all_differences(self) -> list[Difference]:
        """Those of the columns, and of the average."""
        return [*self.differences.values(), *([self.average] if self.average else [])]

    @property
    def fits(self) -> bool:
        """Whether every figure is given within its tolerance: one that is not speaks against it."""
        return all(one.within for one in self.all_differences)

    @property
    def _sizes(self) -> list[Decimal]:
        return [abs(one.value) for one in self.differences.values() or self.all_differences]

    @property
    def largest(self) -> Decimal:
        """The largest difference of a column, in points."""
        return max(self._sizes)

    @property
    def mean(self) -> Decimal:
        """The mean of the columns' differences without their signs, in points."""
        return sum(self._sizes, Decimal(0)) / len(self._sizes)

    @property
    def distance(self) -> tuple[Decimal, Decimal]:
        """How far it is from what was printed, in tolerances; then the mean of the differences."""
        return max(abs(one.value) / one.tolerance for one in self.all_differences), self.mean


def documented_setting(pooler: str, quotation: Quotation) -> Setting:
    """Return the setting of a row as it is documented; what is not stated is that of the papers."""
    rules = quotation.row.protocol
    choosing = [task for task in quotation.tasks.values() if tried(task)]
    if not choosing:
        return Setting(pooler)
    usual = KINDS[choosing[0].kind].question(choosing[0])
    return Setting(pooler, rules.aggregation or usual["agg"], rules.metric or usual["metric"])


def trials_of(
    pooler: str, results: Mapping[str, TaskResult], quotation: Quotation
) -> Iterator[Trial]:
    """Yield the trials of one pooler: the same cosines, in every way to a number.

    Args:
        pooler: its name.
        results: by id of task; those without a result are not compared.
        quotation: what they are held against.
    """
    tasks = {column: task for column, task in quotation.tasks.items() if task.id in results}
    whole = quotation.averaged and len(tasks) == len(quotation.tasks)
    if not tasks or (quotation.only_average and not whole):
        return
    choice = any(map(tried, tasks.values()))
    for metric in CORRELATIONS if choice else ("",):
        for aggregation in AGGREGATIONS if choice else ("",):
            setting = Setting(pooler, aggregation, metric)
            yield _trial(setting, tasks, results, quotation)


def _trial(
    setting: Setting,
    tasks: Mapping[str, Task],
    results: Mapping[str, TaskResult],
    quotation: Quotation,
) -> Trial:
    row = quotation.row
    scores = {column: _score(task, results[task.id], setting) for column, task in tasks.items()}
    differences = {
        column: score_difference(
            scores[column],
            setting.metric if tried(task) else results[task.id].metric,
            row.scores[column],
            _board(row, task).tolerance(column),
        )
        for column, task in tasks.items()
        if column in row.scores
    }
    average = None
    if quotation.averaged and row.average is not None and len(tasks) == len(quotation.tasks):
        average = average_of(scores.values())
    return Trial(
        setting,
        scores,
        differences,
        None
        if average is None or row.average is None
        else average_difference(average, row.average, board_of(row.group).tolerance()),
        average,
    )


def _board(row: PublishedRow, task: Task) -> Board:
    """Return the leaderboard whose tolerances hold: that of the row, else of the task."""
    return board_of(row.group if row.group in (*BOARDS, *BESIDE) else task.group)


def _score(task: Task, result: TaskResult, setting: Setting) -> float:
    if not tried(task):
        return result.main_score
    return result.scores[setting.aggregation][setting.metric]


def fitting(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials that give every figure."""
    return [trial for trial in trials if trial.fits]
