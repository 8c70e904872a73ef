"""The arithmetic over subsets gives what DiffCSE's own evaluation logged."""

from __future__ import annotations

import pytest

from benchmark.datasets import load_catalogue
from benchmark.tasks.kind import means
from tests.tasks.golden import LOGGED, SIZES, Logged

EVERY_LOG = pytest.mark.parametrize("logged", LOGGED, ids=lambda log: f"{log.run}-{log.task}")

OFF_BY_ONE = {("diffcse-bert-base", "STSBenchmark"), ("diffcse-roberta-base", "STS13")}
"""Weighted means whose second decimal hangs on digits of the subsets that were not logged."""


def means_of(logged: Logged) -> tuple[float, float]:
    rows = {f"subset {place}": {"spearman": score} for place, score in enumerate(logged.subsets)}
    found = means(rows, logged.sizes)
    return found["wmean"]["spearman"], found["mean"]["spearman"]


@EVERY_LOG
def test_means_are_those_that_were_logged(logged: Logged) -> None:
    wmean, mean = means_of(logged)
    assert round(mean, 2) == logged.mean
    if (logged.run, logged.task) in OFF_BY_ONE:
        # Subsets are known to 0.005 and so is their mean, beside what was printed: 0.01 at most.
        assert round(wmean, 2) != logged.wmean
        assert wmean == pytest.approx(logged.wmean, abs=0.01)
    else:
        assert round(wmean, 2) == logged.wmean


@EVERY_LOG
def test_the_two_means_cannot_be_mistaken_for_each_other(logged: Logged) -> None:
    wmean, mean = means_of(logged)
    # STS16 is the exception: its subsets have nearly the same size.
    assert (abs(wmean - mean) > 0.2) == (logged.task != "STS16")


@pytest.mark.parametrize("dataset", SIZES)
def test_weights_are_the_scored_pairs_of_the_catalogue(dataset: str) -> None:
    parts = load_catalogue().datasets[dataset].parts
    assert tuple(part.scored for part in parts) == SIZES[dataset]
