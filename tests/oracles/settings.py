"""Spreads over settings, choices on other tasks and agreement of rankings, once more and slowly.

It shares no code with ``benchmark``: lists, loops, the standard library and scipy.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence

import scipy.stats

Scores = Sequence[Sequence[float]]
"""For each task, or each judge, a score of each setting, or of each of what is ranked."""


def spread(scores: Sequence[float]) -> dict[str, float]:
    best, worst = max(scores), min(scores)
    return {
        "mean": statistics.fmean(scores),
        "deviation": statistics.stdev(scores),
        "best": best,
        "worst": worst,
        "range": best - worst,
    }


def held_out(scores: Scores) -> list[dict[str, float]]:
    """For each task: forget it, average the others, take the best setting, look at the task."""
    found = []
    for place, task in enumerate(scores):
        others = [row for number, row in enumerate(scores) if number != place]
        means = [statistics.fmean(column) for column in zip(*others, strict=True)]
        chosen = means.index(max(means))
        found.append(
            {
                "chosen": chosen,
                "kept": task[chosen] == max(task),
                "over_default": task[chosen] - task[0],
                "over_mean": task[chosen] - statistics.fmean(task),
                "over_median": task[chosen] - statistics.median(task),
            }
        )
    return found


def tau(judges: Scores) -> list[float]:
    return [
        float(scipy.stats.kendalltau(first, second).statistic)
        for first, second in itertools.combinations(judges, 2)
    ]


def other_winner(judges: Scores) -> float:
    winners = [list(judge).index(max(judge)) for judge in judges]
    pairs = list(itertools.combinations(winners, 2))
    return sum(first != second for first, second in pairs) / len(pairs)
