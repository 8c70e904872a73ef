"""Single fits and groups of them against the oracle's torch modules."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from benchmark.metrics.logistic import SENTEVAL, SENTEVAL_FAST, ClassifierProtocol
from benchmark.metrics.logistic.protocols import L2_GRID
from benchmark.metrics.logistic.training import Fit, Permutations, Stopped, seeded, train
from tests.metrics.logistic.data import make_samples, part, plain
from tests.oracles import transfer as oracle

SETTINGS = {SENTEVAL.id: oracle.FULL, SENTEVAL_FAST.id: oracle.FAST}
# Sums of a batch are added in another order than torch's; hundreds of optimiser steps carry
# the difference on, and Adam divides small gradients by their size.
CLOSE = {"rtol": 0, "atol": 5e-4}


def fit_group(
    protocol: ClassifierProtocol, rows: int, strengths: tuple[float, ...] = L2_GRID
) -> list[Fit]:
    samples = make_samples(rows + 60, 24, 3)
    permutations = Permutations(seeded(protocol.seed), rows)
    return train(
        samples, np.arange(rows), np.arange(rows, rows + 60), strengths, protocol, permutations
    )


@pytest.mark.parametrize("protocol", [SENTEVAL, SENTEVAL_FAST], ids=lambda p: p.id)
@pytest.mark.parametrize("rows", [64, 200, 257], ids=["one batch", "ragged", "one row over"])
def test_every_fit_of_a_group_is_the_oracles(protocol: ClassifierProtocol, rows: int) -> None:
    samples = make_samples(rows + 60, 24, 3)
    data, dev = plain(part(samples, 0, rows)), plain(part(samples, rows, rows + 60))
    for strength, ours in zip(L2_GRID, fit_group(protocol, rows), strict=True):
        theirs = oracle.fit(data, 3, strength, SETTINGS[protocol.id], dev)
        assert (ours.accuracy, ours.passes) == (theirs.best_accuracy, theirs.epochs)
        np.testing.assert_allclose(ours.weights.T, theirs.weight, **CLOSE)
        np.testing.assert_allclose(ours.bias, theirs.bias, **CLOSE)


def test_a_fit_does_not_depend_on_its_company() -> None:
    together = fit_group(SENTEVAL, 200)
    for strength, fit in zip(L2_GRID, together, strict=True):
        [alone] = fit_group(SENTEVAL, 200, (strength,))
        assert (alone.accuracy, alone.passes) == (fit.accuracy, fit.passes)
        np.testing.assert_allclose(alone.weights, fit.weights, rtol=0, atol=1e-5)


def test_training_ends_at_the_last_pass_that_may_begin() -> None:
    # A first accuracy of zero that never improves would end it early, so tenacity is endless.
    endless = replace(SENTEVAL, tenacity=10**6, max_epoch=10)
    assert {fit.passes for fit in fit_group(endless, 64)} == {12}


def test_failures_are_counted_in_all_and_not_in_a_row() -> None:
    """Against the rule itself: replay the checks of a long fit with a counter of our own."""
    accuracies = []
    for passes in range(4, 204, 4):
        only = replace(SENTEVAL, tenacity=10**6, max_epoch=passes - 1)
        samples = make_samples(260, 24, 3)
        [fit] = train(
            samples, np.arange(200), np.arange(200, 260), [1e-5], only,
            Permutations(seeded(1111), 200),
        )  # fmt: skip
        accuracies.append(fit.accuracy)
    # The best so far rises exactly at the improving checks.
    failures = [now == before for before, now in zip([-1.0, *accuracies], accuracies, strict=False)]
    checks_until_the_sixth = np.flatnonzero(np.cumsum(failures) == 6)[0] + 1
    assert fit_group(SENTEVAL, 200)[0].passes == 4 * checks_until_the_sixth


def test_of_equal_scores_the_first_class_is_predicted() -> None:
    fit = Fit(np.zeros((4, 3), np.float32), np.zeros(3, np.float32), 0.0, 0)
    assert fit.predict(np.ones((2, 4), np.float32)).tolist() == [0, 0]


def test_training_stops_when_told_to() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        train(
            make_samples(80, 4, 2), np.arange(60), np.arange(60, 80), [1e-5], SENTEVAL,
            Permutations(seeded(1111), 60), stop,
        )  # fmt: skip
