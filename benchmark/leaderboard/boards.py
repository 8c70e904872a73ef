"""The leaderboards there are: one for each table of the papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from benchmark.results.signature import ask
from benchmark.tasks import table
from benchmark.tasks.loading import published_sha256

BoardGroup = Literal["sts", "transfer"]
"""Groups of tasks that have a leaderboard."""

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

    group: BoardGroup
    name: str
    title: str
    measure: str
    tolerances: Mapping[str, Decimal]


BOARDS: Mapping[BoardGroup, Board] = {
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


def standard_questions(group: BoardGroup) -> dict[str, str]:
    """Return the question of each column when it is asked as in the papers, on verified data."""
    return {task.id: ask(task, published_sha256(task)) for task in table(group)}
