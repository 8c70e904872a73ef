"""What the score of a similarity task is made of: subsets, their share of it, and single pairs.

Spearman's correlation over all pairs is a sum over pairs, so every subset has a share of it, and
the shares add up to the score. Cosines and gold scores have no common scale; ranks have. A pair's
disagreement is the percentile of its cosine among the task's cosines, less that of its gold among
the task's gold scores: +0.9 says that the model takes for nearly the most alike what people take
for the least.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.comparisons.rows import PairedTask
from benchmark.metrics import UndefinedCorrelation, pearson, spearman
from benchmark.metrics.correlation import midranks

Floats = NDArray[np.float64]
Scores = Mapping[str, float | None]
"""By metric (``spearman``, ``pearson``), as fractions of 1; None where it is undefined."""


@dataclass(frozen=True, slots=True)
class SubsetFigures:
    """One model on one subset, as fractions of 1.

    Attributes:
        scores: of the subset by itself.
        share: the subset's part of Spearman's correlation over the task.
        offset: mean percentile of its cosines, less that of its gold, both within the task.
            Above 0 its pairs are taken for more alike than people do, compared with the other
            subsets; it moves the score over all pairs and leaves those of subsets alone.
    """

    scores: Scores
    share: float
    offset: float


@dataclass(frozen=True, slots=True)
class Subset:
    """A subset of a task.

    Attributes:
        name: as the data set's authors call it.
        pairs: how many.
        figures: one for each model.
    """

    name: str
    pairs: int
    figures: tuple[SubsetFigures, ...]


@dataclass(frozen=True, slots=True)
class TaskParts:
    """What a similarity task's scores are made of.

    Attributes:
        task: its id.
        pairs: how many.
        aggregations: for each model its scores by aggregation: ``all`` pairs at once (SimCSE,
            DiffCSE), the ``mean`` over subsets, and that weighted by pairs, ``wmean`` (SentEval).
        subsets: in order.
    """

    task: str
    pairs: int
    aggregations: tuple[Mapping[str, Scores], ...]
    subsets: tuple[Subset, ...]


def take_apart(task: PairedTask) -> TaskParts:
    """Return the parts of a similarity task."""
    gold = task.rows.gold
    bounds = list(gold.stretches())
    columns = [_figures(given, gold.values, [where for _, where in bounds]) for given in task.given]
    subsets = tuple(
        Subset(name, where.stop - where.start, tuple(column[place] for column in columns))
        for place, (name, where) in enumerate(bounds)
    )
    sizes = [subset.pairs for subset in subsets]
    return TaskParts(
        task=task.task,
        pairs=len(gold.values),
        aggregations=tuple(
            _aggregations(given, gold.values, [figures.scores for figures in column], sizes)
            for given, column in zip(task.given, columns, strict=True)
        ),
        subsets=subsets,
    )


def percentiles(values: NDArray[Any]) -> Floats:
    """Return the place of each of (n,) values among all, from 0 to 1, ties in their middle."""
    return (midranks(values) - 0.5) / len(values)


def shares(given: NDArray[Any], gold: NDArray[Any]) -> Floats:
    """Return the (n,) summands of Spearman's correlation: the products of standardised midranks.

    Raises:
        ZeroDivisionError: a list has no spread, so that there is no correlation.
    """
    x, y = (_standardised(midranks(values)) for values in (given, gold))
    return x * y / len(x)


def _standardised(ranks: Floats) -> Floats:
    centred = ranks - ranks.mean()
    spread = float(centred.std())
    if not spread:
        raise ZeroDivisionError("all values are equal")
    return np.asarray(centred / spread)


def _figures(
    given: NDArray[Any], gold: NDArray[Any], stretches: Sequence[slice]
) -> list[SubsetFigures]:
    parts, offsets = shares(given, gold), percentiles(given) - percentiles(gold)
    return [
        SubsetFigures(
            scores=_scores(given[where], gold[where]),
            share=float(parts[where].sum()),
            offset=float(offsets[where].mean()),
        )
        for where in stretches
    ]


def _scores(given: NDArray[Any], gold: NDArray[Any]) -> dict[str, float | None]:
    try:
        return {"spearman": spearman(given, gold), "pearson": pearson(given, gold)}
    except UndefinedCorrelation:
        return {"spearman": None, "pearson": None}


def _aggregations(
    given: NDArray[Any],
    gold: NDArray[Any],
    subsets: Sequence[Scores],
    sizes: Sequence[int],
) -> dict[str, Scores]:
    metrics = ("spearman", "pearson")
    columns = {metric: [scores[metric] for scores in subsets] for metric in metrics}
    return {
        "all": _scores(given, gold),
        "mean": {metric: _mean(columns[metric], [1] * len(sizes)) for metric in metrics},
        "wmean": {metric: _mean(columns[metric], sizes) for metric in metrics},
    }


def _mean(scores: Sequence[float | None], weights: Sequence[int]) -> float | None:
    defined = [score for score in scores if score is not None]
    return float(np.average(defined, weights=weights)) if len(defined) == len(scores) else None


# --- single pairs ---------------------------------------------------------------------------------

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
    found = [disagreements(task) for task in tasks]
    lists = [foremost(tasks, found, merit, top) for merit in (far, gain, loss)]
    return PairLists(*lists)


Merit = Callable[[Floats], Floats]
"""From the (models, n) disagreements of a task to how much each pair belongs into a list."""


def far(found: Floats) -> Floats:
    """Return how far from gold every model is, on the same side of it."""
    one_side = np.abs(np.sign(found).sum(axis=0)) == len(found)
    return np.where(one_side, np.abs(found).min(axis=0), 0.0)


def gain(found: Floats) -> Floats:
    """Return how much nearer the first of two models is; zeros for one model."""
    if len(found) == 1:
        return np.zeros(found.shape[1])
    return np.asarray(np.abs(found[1]) - np.abs(found[0]))


def loss(found: Floats) -> Floats:
    """Return how much nearer the second of two models is; zeros for one model."""
    return -gain(found)


def foremost(
    tasks: Sequence[PairedTask], found: Sequence[Floats], merit: Merit, top: int
) -> tuple[JudgedPair, ...]:
    """Return the pairs with the most merit; of those that a task repeats one is taken.

    Args:
        tasks: whose rows are pairs.
        found: for each the (models, n) disagreements.
        merit: what is asked of a pair; those without any are left out.
        top: how many.
    """
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
    subset, start = next(
        (name, where.start)
        for name, where in task.rows.gold.stretches()
        if where.start <= row < where.stop
    )
    sentences = task.rows.sentences
    return JudgedPair(
        task=task.task,
        subset=subset,
        number=row - start + 1,
        gold=float(task.rows.gold.values[row]),
        cosines=tuple(float(given[row]) for given in task.given),
        disagreements=tuple(map(float, found)),
        sentences=None if sentences is None else sentences[row],
    )
