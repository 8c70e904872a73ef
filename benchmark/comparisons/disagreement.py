"""Pairs on which a model and people disagree: where each ranks them within the task.

Cosines and gold scores have no common scale; ranks have. A pair's disagreement is the percentile
of its cosine among the task's cosines, less that of its gold among the task's gold scores: +0.9
says that the model takes for nearly the most alike what people take for the least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.comparisons.decomposition import percentiles
from benchmark.comparisons.paired import PairedTask

Floats = NDArray[np.float64]

ROUNDING = 1e-9
"""Percentiles that close are equal."""


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """One pair of sentences.

    Attributes:
        task: its id.
        subset: of the task.
        number: of the pair among the scored pairs of that subset, from 1.
        gold: the human score.
        cosines: one for each model.
        disagreements: one for each model, from -1 to 1.
        sentences: the two, None where the data is not at hand.
    """

    task: str
    subset: str
    number: int
    gold: float
    cosines: tuple[float, ...]
    disagreements: tuple[float, ...]
    sentences: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class PairLists:
    """The most telling pairs of some tasks together, the foremost first.

    Attributes:
        farthest: on which every model is far from gold, on the same side of it.
        first_nearer: on which model A is nearer to gold than B, by how much; empty for one
            model.
        second_nearer: the other way round.
    """

    farthest: tuple[JudgedPair, ...]
    first_nearer: tuple[JudgedPair, ...]
    second_nearer: tuple[JudgedPair, ...]


def disagreements(task: PairedTask) -> Floats:
    """Return the (models, n) disagreements with gold, from -1 to 1."""
    of_gold = percentiles(task.rows.gold.values)
    return np.stack([percentiles(given) - of_gold for given in task.given])


def telling_pairs(tasks: Sequence[PairedTask], top: int) -> PairLists:
    """Return the pairs that say most about one or two models.

    Of pairs that a task repeats (same sentences, same gold) one is taken.

    Args:
        tasks: of kind similarity.
        top: how many of each list.
    """
    lists = [_foremost(tasks, merit, top) for merit in (_far, _gain, _loss)]
    return PairLists(*lists)


Merit = Callable[[Floats], Floats]
"""From the (models, n) disagreements of a task to how much each pair belongs into a list."""


def _far(found: Floats) -> Floats:
    one_side = np.abs(np.sign(found).sum(axis=0)) == len(found)
    return np.where(one_side, np.abs(found).min(axis=0), 0.0)


def _gain(found: Floats) -> Floats:
    if len(found) == 1:
        return np.zeros(found.shape[1])
    return np.asarray(np.abs(found[1]) - np.abs(found[0]))


def _loss(found: Floats) -> Floats:
    return -_gain(found)


def _foremost(tasks: Sequence[PairedTask], merit: Merit, top: int) -> tuple[JudgedPair, ...]:
    found = [disagreements(task) for task in tasks]
    places = [(place, row) for place, task in enumerate(found) for row in range(task.shape[1])]
    merits = np.concatenate([merit(of_task) for of_task in found])
    chosen: dict[object, JudgedPair] = {}
    for number in np.argsort(-merits, kind="stable"):
        if len(chosen) == top or merits[number] < ROUNDING:
            break
        place, row = places[number]
        pair = _pair(tasks[place], row, found[place][:, row])
        chosen.setdefault((pair.task, pair.sentences or (place, row), pair.gold), pair)
    return tuple(chosen.values())


def _pair(task: PairedTask, row: int, found: Floats) -> JudgedPair:
    subset, number = next(_position(task, row))
    sentences = task.rows.sentences
    return JudgedPair(
        task=task.task,
        subset=subset,
        number=number,
        gold=float(task.rows.gold.values[row]),
        cosines=tuple(float(given[row]) for given in task.given),
        disagreements=tuple(map(float, found)),
        sentences=None if sentences is None else sentences[row],
    )


def _position(task: PairedTask, row: int) -> Iterator[tuple[str, int]]:
    start = 0
    for name, size in task.rows.gold.subsets:
        if start <= row < start + size:
            yield name, row - start + 1
        start += size
