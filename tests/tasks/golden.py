"""What DiffCSE's own evaluation logged, to two decimals (`leaderboards/published`).

For each task: pairs of each subset, its Spearman x 100, and the means that were logged beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from benchmark.results import PublishedRow, published_table


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


def spearman_rows(table: str) -> list[PublishedRow]:
    return [row for row in published_table(table).rows if row.protocol.metric == "spearman"]


def read_logs() -> Iterator[Logged]:
    means = {
        (row.catalogue, row.protocol.aggregation): list(map(float, row.scores.values()))
        for row in spearman_rows("diffcse-notebook-means")
    }
    for row in spearman_rows("diffcse-notebook-subsets"):
        for place, (task, sizes) in enumerate(SIZES.items()):
            own = [score for name, score in row.scores.items() if name.startswith(f"{task}/")]
            run = row.catalogue
            wmean, mean = means[run, "wmean"][place], means[run, "mean"][place]
            yield Logged(run, task, sizes, tuple(map(float, own)), wmean, mean)


LOGGED = tuple(read_logs())
