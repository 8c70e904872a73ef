"""Fixtures that several files here share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.comparisons.made_up import classes, gold_scores, noisy, store

STS = ("STS12", "STS13", "STS14")
TRANSFER = ("MR", "CR")


@pytest.fixture(scope="session")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of ``good`` and ``bad``; they differ clearly on all tasks but STS14 and CR."""
    folder = tmp_path_factory.mktemp("records")
    for place, (name, noise, right) in enumerate((("good", 0.1, 0.9), ("bad", 0.5, 0.7))):
        given = {}
        for number, task in enumerate(STS):
            gold = gold_scores(300, seed=number)
            amount = 0.3 if task == "STS14" else noise
            given[task] = (noisy(gold, amount, seed=10 * number + place), gold)
        for number, task in enumerate(TRANSFER):
            gold = np.random.default_rng(number).integers(0, 2, 400)
            share = 0.8 if task == "CR" else right
            given[task] = (classes(gold, share, seed=10 * number + place), gold)
        store(folder, name, given)
    return folder
