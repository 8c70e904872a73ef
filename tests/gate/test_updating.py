"""Taking new scores into a baseline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.gate import Baseline, check, encode_baseline, updated
from benchmark.measures import Tolerance
from tests.gate.samples import OTHER_WEIGHTS, baseline_with, run_of

PATH = Path("baseline.toml")
FIRST = run_of({"STS12": 0.7, "STS13": 0.8})


def set_by_hand(baseline: Baseline, task: str, tolerance: float, reason: str) -> Baseline:
    key = ("tiny-bert", task)
    entry = replace(baseline.entries[key], tolerance=Tolerance(tolerance), reason=reason)
    return replace(baseline, entries={**baseline.entries, key: entry})


def test_the_first_update_takes_all():
    update = updated(Baseline(PATH), [FIRST])
    assert update.added == (("tiny-bert", "STS12"), ("tiny-bert", "STS13"))
    assert check([FIRST], update.baseline).passed


def test_what_did_not_change_stays_to_the_letter():
    before = baseline_with(FIRST)
    again = run_of({"STS12": 0.7, "STS13": 0.8}, environment={"torch": "new"})
    update = updated(before, [again])
    assert encode_baseline(update.baseline) == encode_baseline(before)
    assert len(update.unchanged) == 2


def test_what_changed_is_told_and_passes_from_then_on():
    before = baseline_with(FIRST)
    now = run_of({"STS12": 0.7, "STS13": 0.9}, environment={"torch": "new"})
    update = updated(before, [now])
    [(key, (old, new))] = update.changed.items()
    assert key == ("tiny-bert", "STS13")
    assert (old.score, new.score) == (0.8, 0.9)
    assert "torch:new" in new.provenance.environment
    assert check([now], update.baseline).passed
    assert check([now], update.baseline, direction="any").passed


@pytest.mark.parametrize("change", [{"verified": False}, {"card": OTHER_WEIGHTS}])
def test_another_question_or_encoder_is_a_change(change):
    now = run_of({"STS12": 0.7, "STS13": 0.8}, **change)
    update = updated(baseline_with(FIRST), [now])
    assert len(update.changed) == 2
    assert check([now], update.baseline).passed


def test_what_hands_wrote_stays():
    before = set_by_hand(baseline_with(FIRST), "STS13", 0.3, "noisy")
    before = replace(before, tolerances={"sts": Tolerance(0.05), "demo": Tolerance(1)})
    after = updated(before, [run_of({"STS12": 0.1, "STS13": 0.2, "MR": 0.3})]).baseline
    entry = after.entries["tiny-bert", "STS13"]
    assert (entry.score, entry.tolerance, entry.reason) == (0.2, Tolerance(0.3), "noisy")
    assert after.tolerances["sts"] == Tolerance(0.05)
    assert after.tolerances["demo"] == Tolerance(1)
    assert after.tolerances["transfer"] == Tolerance(2, in_samples=True)


def test_what_was_not_run_stays_unless_pruned():
    before = baseline_with(FIRST, run_of({"STS12": 0.5}, name="another"))
    only_one = run_of({"STS12": 0.7})
    kept = updated(before, [only_one])
    assert kept.baseline == before
    assert kept.not_run == (("another", "STS12"), ("tiny-bert", "STS13"))
    pruned = updated(before, [only_one], prune=True)
    assert pruned.removed == kept.not_run
    assert pruned.not_run == ()
    assert list(pruned.baseline.entries) == [("tiny-bert", "STS12")]


def test_the_same_model_twice_is_refused():
    with pytest.raises(UsageError, match="is there twice"):
        updated(Baseline(PATH), [FIRST, run_of({"STS12": 0.7}, card=OTHER_WEIGHTS)])
