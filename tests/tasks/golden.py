"""What DiffCSE's own evaluation logged, to two decimals (reference notes, section 4.3).

For each task: pairs of each subset, its Spearman x 100, and the means that were logged beside it.
"""

from __future__ import annotations

from typing import NamedTuple


class Logged(NamedTuple):
    """One task of one run."""

    run: str
    task: str
    sizes: tuple[int, ...]
    subsets: tuple[float, ...]
    wmean: float
    mean: float


SIZES = {
    "STS12": (750, 750, 459, 750, 399),
    "STS13": (189, 750, 561),
    "STS14": (450, 300, 750, 750, 750, 750),
    "STS15": (375, 750, 375, 750, 750),
    "STS16": (254, 249, 230, 244, 209),
    "STSBenchmark": (5749, 1500, 1379),
    "SICKRelatedness": (4500, 500, 4927),
}
"""Scored pairs of each subset or split, in the order of the logs."""

_BERT = {
    "STS12": ((64.55, 87.68, 62.34, 72.71, 60.54), 71.26, 69.56),
    "STS13": ((62.88, 84.03, 84.56), 81.56, 77.16),
    "STS14": ((58.72, 79.44, 80.32, 82.50, 86.74, 73.08), 77.93, 76.80),
    "STS15": ((75.81, 76.23, 84.58, 84.80, 89.17), 82.60, 82.12),
    "STS16": ((70.98, 83.85, 86.35, 88.60, 76.91), 81.33, 81.34),
    "STSBenchmark": ((80.94, 84.56, 80.59), 81.52, 82.03),
    "SICKRelatedness": ((72.04, 74.64, 71.23), 71.77, 72.64),
}
_ROBERTA = {
    "STS12": ((63.54, 86.13, 58.97, 72.04, 59.53), 69.85, 68.04),
    "STS13": ((63.23, 80.54, 84.83), 79.97, 76.20),
    "STS14": ((57.97, 75.69, 77.54, 82.03, 86.36, 71.75), 76.55, 75.22),
    "STS15": ((72.87, 77.59, 80.81, 83.85, 89.83), 82.03, 80.99),
    "STS16": ((78.39, 83.45, 86.47, 87.75, 74.14), 82.20, 82.04),
    "STSBenchmark": ((79.74, 84.42, 82.38), 80.98, 82.18),
    "SICKRelatedness": ((71.70, 72.21, 71.19), 71.47, 71.70),
}

LOGGED = tuple(
    Logged(run, task, SIZES[task], *numbers)
    for run, table in (("diffcse-bert", _BERT), ("diffcse-roberta", _ROBERTA))
    for task, numbers in table.items()
)
