"""What is drawn together: rows that share a sentence, within a task and across tasks.

The bootstrap takes what it draws for independent. Two pairs with a sentence in common are not,
least of all one pair that stands in two tasks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.resampling.observations import Observations


def sentence_units(
    tasks: Sequence[Sequence[tuple[Hashable, ...]]],
) -> list[NDArray[np.int64]]:
    """Give each row the number of its most frequent sentence.

    A pair is thus drawn with all pairs around that sentence, and the same pair in two tasks is
    one unit. Links through its rarer sentence are let go. (To keep them all, everything that
    hangs together through chains of pairs would have to be one unit; on the STS tasks such
    chains hold up to a tenth of a task, and their chance alone decides the interval.
    docs/significance.md has the figures.)

    Args:
        tasks: for each task the sentences of each row: two of a pair, one of a sample. Hashes
            of them do as well, and give the same.

    Returns:
        For each task (n,) numbers for `Observations`; they are comparable between these tasks
        and no others. Of equally frequent sentences the one that came first counts.
    """
    rows_with = Counter(text for rows in tasks for row in rows for text in dict.fromkeys(row))
    places = {text: place for place, text in enumerate(rows_with)}
    numbers: dict[Hashable, int] = {}

    def unit_of(row: tuple[Hashable, ...]) -> int:
        hub = max(row, key=lambda text: (rows_with[text], -places[text]))
        return numbers.setdefault(hub, len(numbers))

    return [np.array([unit_of(row) for row in rows], np.int64) for rows in tasks]


@dataclass(frozen=True, slots=True)
class Layout:
    """The units of some tasks, numbered without gaps, those of a stratum side by side.

    Tasks that share no unit are drawn independently of each other, each as many units as it
    has; tasks that do, directly or through others, are one stratum.

    Attributes:
        rows: for each task the (n,) unit of each row.
        starts: (strata + 1,) bounds of the strata among the units.
    """

    rows: tuple[NDArray[np.int64], ...]
    starts: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many units there are."""
        return int(self.starts[-1])


def lay_out(tasks: Sequence[Observations]) -> Layout:
    """Number the units of these tasks.

    Raises:
        ValueError: a task is one single unit, so that nothing can be drawn from it.
    """
    rows: dict[int, NDArray[np.int64]] = {}
    starts = [0]
    for stratum in _strata(tasks):
        ids = [_ids(tasks[place]) for place in stratum]
        found, numbers = np.unique(np.concatenate(ids), return_inverse=True)
        if any(len(np.unique(own)) < 2 for own in ids):
            raise ValueError("all rows of a task hang together: nothing can be resampled")
        parts = np.split(numbers + starts[-1], np.cumsum([len(own) for own in ids])[:-1])
        rows.update(zip(stratum, parts, strict=True))
        starts.append(starts[-1] + len(found))
    return Layout(tuple(rows[place] for place in range(len(tasks))), np.array(starts, np.int64))


def _ids(task: Observations) -> NDArray[np.int64]:
    return np.arange(len(task)) if task.units is None else task.units


def _strata(tasks: Sequence[Observations]) -> list[list[int]]:
    """Return the places of tasks that share units, together."""
    strata: list[tuple[set[int], list[int]]] = []
    for place, task in enumerate(tasks):
        own = set() if task.units is None else set(task.units.tolist())
        linked = [stratum for stratum in strata if not own.isdisjoint(stratum[0])]
        for units, _ in linked:
            own |= units
        places = sorted([place, *(other for _, stratum in linked for other in stratum)])
        strata = [stratum for stratum in strata if stratum not in linked]
        strata.append((own, places))
    return sorted(places for _, places in strata)
