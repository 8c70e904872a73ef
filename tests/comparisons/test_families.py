"""`compare_families`: means, differences and verdicts on records; what is left out and refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from benchmark.comparisons import Resampling, RunFamily, Verdict, compare_families
from benchmark.errors import UsageError
from benchmark.results import StoredRun, collect
from tests.comparisons.made_up import classes, gold_scores, noisy, store
from tests.gate.samples import run_of, stored

QUICK = Resampling(resamples=200)
TASKS = ("STS12", "STS13")


def given_by(noise: float, seed: int, tasks: Sequence[str] = TASKS) -> dict[str, tuple]:
    """What a run gives: the noise of its method, and a little of its own."""
    found = {}
    for number, task in enumerate(tasks):
        gold = gold_scores(250, seed=number)
        own = noise + 0.02 * np.random.default_rng(seed).standard_normal()
        found[task] = (noisy(gold, own, seed=100 * number + seed), gold)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs of a good method, three of a bad one."""
    folder = tmp_path_factory.mktemp("records")
    for seed in range(4):
        store(folder, f"good-{seed}", given_by(0.15, seed))
    for seed in range(3):
        store(folder, f"bad-{seed}", given_by(0.5, 50 + seed))
    return folder


def family(folder: Path, name: str) -> RunFamily:
    runs = [run for run in collect([folder]) if run.model.startswith(f"{name}-")]
    return RunFamily(name, tuple(runs))


@pytest.fixture
def good(folder: Path) -> RunFamily:
    return family(folder, "good")


@pytest.fixture
def bad(folder: Path) -> RunFamily:
    return family(folder, "bad")


def test_means_and_deviations_are_those_of_the_records(good: RunFamily, bad: RunFamily):
    [group] = compare_families(good, bad, resampling=QUICK).groups
    assert [task.task.id for task in group.tasks] == list(TASKS)
    for task in group.tasks:
        for side, found in ((good, task.outcome.first), (bad, task.outcome.second)):
            scores = [run.results[task.task.id].main_score for run in side.runs]
            assert found.scores == pytest.approx(scores, abs=1e-9)
            assert found.mean == pytest.approx(np.mean(scores))
            assert found.deviation == pytest.approx(np.std(scores, ddof=1), abs=1e-9)
        assert task.rows == 250
        assert task.verdict is Verdict.FIRST
    assert group.average is not None
    assert not group.average.whole
    of_runs = [np.mean([run.results[task].main_score for task in TASKS]) for run in good.runs]
    assert group.average.outcome.first.scores == pytest.approx(of_runs, abs=1e-9)


def test_the_other_way_round_is_the_mirror_image(good: RunFamily, bad: RunFamily):
    ours = compare_families(good, bad, resampling=QUICK).groups[0].average
    theirs = compare_families(bad, good, resampling=QUICK).groups[0].average
    assert ours is not None
    assert theirs is not None
    assert theirs.verdict is Verdict.SECOND
    assert theirs.outcome.interval.low == pytest.approx(-ours.outcome.interval.high)
    assert theirs.outcome.p_value == pytest.approx(ours.outcome.p_value)


def test_one_run_of_the_same_method_could_be_one_of_them(good: RunFamily):
    alone, others = RunFamily("one", good.runs[:1]), RunFamily("rest", good.runs[1:])
    found = compare_families(alone, others, resampling=QUICK)
    assert {task.verdict for group in found.groups for task in group.tasks} == {Verdict.UNCLEAR}
    task = found.groups[0].tasks[0].outcome
    # It is at least as careful as a t-test with one observation on a side.
    expected = stats.ttest_ind(task.first.scores, task.second.scores)
    assert task.p_value > 0.9 * expected.pvalue
    assert task.first.deviation is None


def test_p_values_are_adjusted_over_all_tables(tmp_path: Path):
    rng = np.random.default_rng(0)
    gold = rng.integers(0, 2, 300)
    for number in range(5):
        right = 0.9 if number < 3 else 0.6
        given = {**given_by(0.15 if number < 3 else 0.5, number), "MR": None}
        given["MR"] = (classes(gold, right, seed=number), gold)
        store(tmp_path, f"{'good' if number < 3 else 'bad'}-{number}", given)
    found = compare_families(family(tmp_path, "good"), family(tmp_path, "bad"), resampling=QUICK)
    assert [group.group for group in found.groups] == ["sts", "transfer"]
    assert found.tests == 3
    raw = np.array([t.outcome.p_value for group in found.groups for t in group.tasks])
    adjusted = [t.outcome.adjusted_p_value for group in found.groups for t in group.tasks]
    expected = np.empty(3)
    order = np.argsort(raw)
    expected[order] = np.maximum.accumulate(raw[order] * [3, 2, 1]).clip(max=1)
    assert adjusted == pytest.approx(list(expected))


def test_a_task_that_a_run_does_not_have_is_left_out(tmp_path: Path):
    for seed in range(2):
        store(tmp_path, f"good-{seed}", given_by(0.15, seed))
        store(tmp_path, f"bad-{seed}", given_by(0.5, 9 + seed, TASKS if seed else TASKS[:1]))
    found = compare_families(family(tmp_path, "good"), family(tmp_path, "bad"), resampling=QUICK)
    assert [(left.task, left.reason) for left in found.left_out] == [
        ("STS13", "bad-0 has no record")
    ]
    assert found.tests == 1
    assert found.groups[0].average is None


def test_every_run_must_have_answered_the_same_question(tmp_path: Path, good: RunFamily):
    store(tmp_path, "bad-0", given_by(0.5, 7))
    store(tmp_path, "bad-1", given_by(0.5, 8), predictions_sha256=None)
    with pytest.raises(UsageError, match="bad-1 keeps no predictions"):
        compare_families(good, family(tmp_path, "bad"), resampling=QUICK)


def test_other_questions_are_named_field_by_field(tmp_path: Path, good: RunFamily):
    runs = stored(tmp_path, run_of({"STS12": 0.5}, name="bad-0", verified=False))
    with pytest.raises(
        UsageError, match=r"good-0 and bad-0 answer different questions: data .*unve"
    ):
        compare_families(good, RunFamily("bad", tuple(runs)), tasks=["STS12"])


def test_what_is_no_comparison_of_families_is_refused(good: RunFamily, bad: RunFamily):
    def one(side: RunFamily, run: StoredRun) -> RunFamily:
        return RunFamily(side.name, (run,))

    with pytest.raises(UsageError, match="one run each"):
        compare_families(one(good, good.runs[0]), one(bad, bad.runs[0]))
    mixed = RunFamily("mixed", (good.runs[0], *bad.runs))
    with pytest.raises(UsageError, match="good-0 is a member of both A and B"):
        compare_families(good, mixed)
    with pytest.raises(UsageError, match="`level` 2"):
        compare_families(good, bad, resampling=Resampling(level=2))


def test_one_run_under_two_names_is_refused(tmp_path: Path, good: RunFamily):
    store(tmp_path, "bad-0", given_by(0.5, 7))
    store(tmp_path, "bad-1", given_by(0.5, 7))
    with pytest.raises(UsageError, match="bad-0 and bad-1 gave the same for every pair: one run"):
        compare_families(good, family(tmp_path, "bad"), resampling=QUICK)
