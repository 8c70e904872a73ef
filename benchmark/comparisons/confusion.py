"""Which classes of a transfer task are taken for which, by one model or by two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.comparisons.rows import PairedTask
from benchmark.datasets import load_catalogue


@dataclass(frozen=True, slots=True)
class Agreement:
    """Samples by which of two models answers them rightly."""

    both: int
    only_first: int
    only_second: int
    neither: int


@dataclass(frozen=True, slots=True)
class TaskConfusion:
    """What became of the classes of a transfer task.

    Attributes:
        task: its id.
        classes: their names.
        counts: for each model, the samples of a class (first index) that were given another or
            the same (second index).
        agreement: of two models, None for one.
    """

    task: str
    classes: tuple[str, ...]
    counts: tuple[tuple[tuple[int, ...], ...], ...]
    agreement: Agreement | None

    @property
    def samples(self) -> int:
        """How many."""
        return sum(map(sum, self.counts[0]))

    def of_class(self, place: int) -> int:
        """Return how many samples a class has."""
        return sum(self.counts[0][place])

    def right(self, model: int, place: int) -> int:
        """Return how many samples of a class a model answers rightly."""
        return self.counts[model][place][place]


def confuse(task: PairedTask, dataset: str, classes: tuple[str, ...] = ()) -> TaskConfusion:
    """Return the confusions of a task on a data set of the catalogue, or with these classes."""
    gold = task.rows.gold.values
    size = 1 + max(int(values.max()) for values in (gold, *task.given))
    return TaskConfusion(
        task=task.task,
        classes=class_names(classes or _catalogued(dataset), size),
        counts=tuple(_counts(gold, given, size) for given in task.given),
        agreement=_agreement(gold, *task.given) if len(task.given) == 2 else None,
    )


def _catalogued(dataset: str) -> tuple[str, ...]:
    known = load_catalogue().datasets.get(dataset)
    return known.classes if known else ()


def class_names(known: tuple[str, ...], size: int) -> tuple[str, ...]:
    """Return the names of as many classes; what has no name is called by its number."""
    return known[:size] + tuple(str(number) for number in range(len(known), size))


def _counts(gold: NDArray[Any], given: NDArray[Any], size: int) -> tuple[tuple[int, ...], ...]:
    table = np.bincount(gold * size + given, minlength=size * size).reshape(size, size)
    return tuple(tuple(int(count) for count in row) for row in table)


def _agreement(gold: NDArray[Any], first: NDArray[Any], second: NDArray[Any]) -> Agreement:
    one, other = first == gold, second == gold
    counts = (one & other, one & ~other, ~one & other, ~one & ~other)
    return Agreement(*(int(np.sum(which)) for which in counts))
