"""The leaderboards there are: one for each table of the papers, and for tables of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from benchmark.measures import MEASURES
from benchmark.results import TaskResult
from benchmark.results.signature import ask
from benchmark.results.slug import slug
from benchmark.tasks import table
from benchmark.tasks.loading import published_sha256

BoardGroup = Literal["sts", "transfer"]
"""Groups of the papers' tasks that have a leaderboard."""

BOARD_GROUPS: tuple[BoardGroup, ...] = get_args(BoardGroup)


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


def board_of(group: str, results: Iterable[TaskResult]) -> Board:
    """Return the leaderboard of a group; one that no paper has is named by its group."""
    if group in BOARDS:
        return BOARDS[group]
    measures = {MEASURES[r.metric].title for r in results if r.metric in MEASURES}
    title = slug(group)
    return Board(group, f"TASKS-{title}", title, "; ".join(sorted(measures)), {"": Decimal("0.02")})


def own_groups(results: Iterable[TaskResult]) -> list[str]:
    """Return the groups of these records that no catalogue has, by name."""
    asked = [result.asked for result in results]
    return sorted({task.group for task in asked if task.group and task.place is None})


def standard_questions(group: str) -> dict[str, str]:
    """Return the question of each column when it is asked as in the papers, on verified data.

    A group that no paper has gives none.
    """
    if group not in BOARDS:
        return {}
    return {task.id: ask(task, published_sha256(task)) for task in table(group)}
