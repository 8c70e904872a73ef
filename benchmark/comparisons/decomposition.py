"""What a task's score is made of: subsets, their share of it, and other ways to put them together.

Spearman's correlation over all pairs is a sum over pairs, so every subset has a share of it, and
the shares add up to the score.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.comparisons.paired import PairedTask
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
    bounds = [(name, where) for name, where in _stretches(gold.subsets)]
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


def _stretches(subsets: Sequence[tuple[str, int]]) -> Iterator[tuple[str, slice]]:
    start = 0
    for name, size in subsets:
        yield name, slice(start, start + size)
        start += size


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
