"""``--significant`` on records with predictions: the paired test itself, end to end."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmark import evaluate
from benchmark.errors import UnreadableRecord, UsageError
from benchmark.gate import Outcome, check
from benchmark.results import StoredRun, collect
from tests.comparisons.made_up import classes, gold_scores, noisy, store
from tests.encoder_files import WordHash
from tests.gate.samples import OTHER_WEIGHTS
from tests.results.samples import CARD


def scored(folder: Path, noise: float, right: float, card=CARD) -> list[StoredRun]:
    gold, labels = gold_scores(300), np.arange(400) % 2
    given = {"STS12": (noisy(gold, noise, 1), gold), "MR": (classes(labels, right, 2), labels)}
    return collect([store(folder, "tiny-bert", given, card=card, counts={"samples": 400})])


def outcomes(report):
    return {verdict.task: verdict.outcome for verdict in report.scores}


def test_a_clear_drop_fails_and_a_slight_one_passes(tmp_path: Path):
    scored(tmp_path / "before", noise=0.2, right=0.80)
    runs = scored(tmp_path / "after", noise=0.6, right=0.79, card=OTHER_WEIGHTS)
    report = check(runs, tmp_path / "before", significant=True)
    assert outcomes(report) == {"STS12": Outcome.DROPPED, "MR": Outcome.PASSED}
    p_values = {verdict.task: verdict.p_value for verdict in report.scores}
    assert p_values["STS12"] == pytest.approx(2 / 10_001)  # Holm over two tasks
    assert 0.05 < p_values["MR"] <= 1


def test_records_without_predictions_are_refused(tmp_path: Path):
    gold = gold_scores(300)
    given = {"STS12": (noisy(gold, 0.2, 1), gold)}
    before = store(tmp_path / "before", "tiny-bert", given, predictions_sha256=None)
    runs = collect([store(tmp_path / "after", "tiny-bert", given, card=OTHER_WEIGHTS)])
    with pytest.raises(UsageError, match=r"STS12\.json: keeps no predictions, and a paired test"):
        check(runs, before, significant=True)


def test_lost_predictions_are_refused(tmp_path: Path):
    evaluate(WordHash(), "DemoSTS", output_dir=tmp_path / "before")
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    next((tmp_path / "before").rglob("DemoSTS.npy")).unlink()
    with pytest.raises(UnreadableRecord, match="copy them along with the record"):
        check(collect([tmp_path / "after"]), tmp_path / "before", significant=True)
