"""What the score of a pair classification is made of: best thresholds, and single pairs.

A pair is on the right side of all pairs with the other label, or of some of them. Its disagreement
is the share of those that it is on the wrong side of, equal cosines counting half: positive for a
pair with label 0 (it is taken for more alike than pairs with label 1), negative for one with
label 1. Over all pairs with label 1 its mean is the area under the ROC curve, less 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.comparisons.rows import PairedTask
from benchmark.comparisons.similarity import Floats, JudgedPair, far, foremost, gain, loss
from benchmark.metrics.binary import Cut, best_accuracy, best_f1, roc_auc
from benchmark.metrics.correlation import midranks


@dataclass(frozen=True, slots=True)
class TaskCuts:
    """The best thresholds of a task, chosen on its own pairs.

    Attributes:
        task: its id.
        f1: for each model the cut with the best F1.
        accuracy: for each model the cut with the best accuracy.
        roc_auc: for each model the area under the ROC curve.
    """

    task: str
    f1: tuple[Cut, ...]
    accuracy: tuple[Cut, ...]
    roc_auc: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LabelledPairs:
    """Where the scores of some pair classifications come from.

    Attributes:
        cuts: of each task.
        lowest: pairs with label 1 whose cosine every model puts below most of those with label 0,
            the foremost first.
        highest: pairs with label 0 whose cosine every model puts above most of those with
            label 1.
        first_nearer: on whose right side model A is more than B; empty for one model.
        second_nearer: the other way round.
    """

    cuts: tuple[TaskCuts, ...]
    lowest: tuple[JudgedPair, ...]
    highest: tuple[JudgedPair, ...]
    first_nearer: tuple[JudgedPair, ...]
    second_nearer: tuple[JudgedPair, ...]


def judge_labelled(tasks: Sequence[PairedTask], top: int) -> LabelledPairs:
    """Return the best thresholds of each task, and the most telling pairs of all together.

    Args:
        tasks: whose rows are labelled pairs.
        top: how many pairs of each list.
    """
    found = [wrong_sides(task) for task in tasks]
    lists = [foremost(tasks, found, merit, top) for merit in (_too_low, _too_high, gain, loss)]
    return LabelledPairs(tuple(map(_cuts, tasks)), *lists)


def misplaced(tasks: Sequence[PairedTask], top: int) -> tuple[JudgedPair, ...]:
    """Return the pairs of either label that every model places farthest on the wrong side."""
    return foremost(tasks, [wrong_sides(task) for task in tasks], far, top)


def _cuts(task: PairedTask) -> TaskCuts:
    labels = task.rows.gold.values
    return TaskCuts(
        task=task.task,
        f1=tuple(best_f1(given, labels) for given in task.given),
        accuracy=tuple(best_accuracy(given, labels) for given in task.given),
        roc_auc=tuple(roc_auc(given, labels) for given in task.given),
    )


def wrong_sides(task: PairedTask) -> Floats:
    """Return the (models, n) disagreements with the labels, from -1 to 1."""
    positive = task.rows.gold.values == 1
    found = np.zeros((len(task.given), len(positive)))
    for of_model, given in zip(found, task.given, strict=True):
        ranks = midranks(given)
        above = ranks[positive] - midranks(given[positive])  # pairs with label 0 below it
        below = ranks[~positive] - midranks(given[~positive])
        of_model[positive] = above / len(below) - 1
        of_model[~positive] = below / len(above)
    return found


def _too_low(found: Floats) -> Floats:
    return np.asarray(-found.max(axis=0))


def _too_high(found: Floats) -> Floats:
    return np.asarray(found.min(axis=0))
