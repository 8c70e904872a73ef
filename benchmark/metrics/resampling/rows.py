"""What is resampled: rows of tasks, with gold and what each model gave for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.metrics.correlation import UndefinedCorrelation

MOST_ROWS = 1_000_000
"""Rows of one task up to which sums over ranks are exact."""


@dataclass(frozen=True, slots=True)
class Observations:
    """One task: n rows (pairs or samples), and what some models gave for each.

    Attributes:
        gold: (n,) human scores, or true classes.
        given: (models, n) cosines, or classes, in the same order.
        units: (n,) whole numbers: rows of one unit are drawn together, and a number means the
            same unit in every task. None: each row is a unit of its own.
    """

    gold: NDArray[Any]
    given: NDArray[Any]
    units: NDArray[np.int64] | None = None

    @property
    def models(self) -> int:
        """How many models."""
        return len(self.given)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.gold)


def observations(
    gold: ArrayLike, given: Sequence[ArrayLike], units: ArrayLike | None = None
) -> Observations:
    """Check and make `Observations`.

    Raises:
        UndefinedCorrelation: a value is not finite.
        ValueError: the lists differ in length, are empty or too long, or no model is there.
    """
    gold_array = np.asarray(gold)
    columns = [np.asarray(column) for column in given]
    unit_array = None if units is None else np.asarray(units, np.int64)
    lists = [gold_array, *columns, *([] if unit_array is None else [unit_array])]
    shapes = {array.shape for array in lists}
    if not columns or len(shapes) != 1 or gold_array.ndim != 1:
        raise ValueError(f"expected lists of one length, got shapes {sorted(shapes)}")
    if not 1 <= len(gold_array) <= MOST_ROWS:
        raise ValueError(f"{len(gold_array):,} rows: 1 to {MOST_ROWS:,} can be resampled")
    if not all(np.isfinite(array).all() for array in lists):
        raise UndefinedCorrelation("a value is not finite")
    return Observations(gold_array, np.stack(columns), unit_array)


def require_same_models(tasks: Sequence[Observations]) -> int:
    """Return how many models the tasks have.

    Raises:
        ValueError: there is no task, or the tasks differ in that.
    """
    models = {task.models for task in tasks}
    if len(models) != 1:
        raise ValueError(f"tasks of equally many models expected, got {sorted(models)}")
    return models.pop()
