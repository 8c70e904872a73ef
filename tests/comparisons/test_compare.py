"""`compare_runs`: scores, differences, intervals and verdicts, against scipy and on paper."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from benchmark.comparisons import Resampling, Verdict, compare_runs, task_p_values
from benchmark.errors import UnreadableRecord, UsageError
from benchmark.results import read_record
from benchmark.results.predictions import read_predictions
from tests.comparisons.made_up import classes, gold_scores, noisy, run_of, store

QUICK = Resampling(resamples=1000)


@pytest.fixture
def good(two_models: Path):
    return run_of(two_models, "good")


@pytest.fixture
def bad(two_models: Path):
    return run_of(two_models, "bad")


@pytest.fixture
def comparison(good, bad):
    return compare_runs(good, bad, resampling=QUICK)


def tasks_of(comparison):
    return {task.task.id: task for group in comparison.groups for task in group.tasks}


# --- what comes out -------------------------------------------------------------------------------


def test_scores_and_differences_are_those_of_scipy(comparison, good, bad):
    for task_id, found in tasks_of(comparison).items():
        both = [
            read_predictions(run.records[task_id].path, run.records[task_id].result)
            for run in (good, bad)
        ]
        if task_id.startswith("STS"):
            scores = [stats.spearmanr(one.predicted, one.gold.values).statistic for one in both]
        else:
            scores = [np.mean(one.predicted == one.gold.values) for one in both]
        assert found.scores == pytest.approx(scores, abs=1e-12)
        assert found.outcome.difference == pytest.approx(scores[0] - scores[1], abs=1e-9)
        assert found.rows == len(both[0].predicted)


def test_tables_are_kept_apart_and_averaged(comparison):
    assert [(g.group, g.measure.name, len(g.tasks)) for g in comparison.groups] == [
        ("sts", "spearman", 3),
        ("transfer", "accuracy", 2),
    ]
    for group in comparison.groups:
        mean = np.mean([task.outcome.difference for task in group.tasks])
        assert group.average.outcome.difference == pytest.approx(mean, abs=1e-12)
        assert group.average.outcome.interval.low < mean < group.average.outcome.interval.high
        assert group.average.printed is None  # tasks of the papers' tables are missing


def test_verdicts(comparison):
    verdicts = {task: found.verdict for task, found in tasks_of(comparison).items()}
    assert verdicts == {
        "STS12": Verdict.FIRST,
        "STS13": Verdict.FIRST,
        "STS14": Verdict.UNCLEAR,
        "MR": Verdict.FIRST,
        "CR": Verdict.UNCLEAR,
    }


def test_the_other_way_round_is_the_mirror_image(comparison, good, bad):
    turned = tasks_of(compare_runs(bad, good, resampling=QUICK))
    for task, found in tasks_of(comparison).items():
        ours, theirs = found.outcome, turned[task].outcome
        assert theirs.difference == pytest.approx(-ours.difference, abs=1e-12)
        assert theirs.interval.low == pytest.approx(-ours.interval.high, abs=1e-9)
        assert theirs.p_value == ours.p_value
    assert turned["STS12"].verdict is Verdict.SECOND


def test_p_values_are_adjusted_over_all_tables_together(comparison):
    raw = sorted(task.outcome.p_value for task in tasks_of(comparison).values())
    adjusted = sorted(task.outcome.adjusted_p_value for task in tasks_of(comparison).values())
    assert comparison.tests == len(raw) == 5
    # Holm (1979) in one line: the running maximum of (m - k) p.
    expected = np.maximum.accumulate([(5 - k) * p for k, p in enumerate(raw)]).clip(max=1)
    assert adjusted == pytest.approx(list(expected))


def test_an_accuracy_has_mcnemars_test(comparison):
    found = tasks_of(comparison)["MR"].discordance
    total = found.only_first + found.only_second
    assert found.p_value == stats.binomtest(found.only_first, total).pvalue
    difference = (found.only_first - found.only_second) / 400
    assert tasks_of(comparison)["MR"].outcome.difference == pytest.approx(difference)
    assert tasks_of(comparison)["STS12"].discordance is None


def test_the_test_of_an_accuracy_is_mcnemars_but_for_chance(good, bad):
    found = tasks_of(compare_runs(good, bad, tasks=["CR"]))["CR"]
    assert found.outcome.p_value == pytest.approx(found.discordance.p_value, abs=0.02)


def test_an_interval_is_scipys_but_for_chance(good, bad):
    found = tasks_of(compare_runs(good, bad, tasks=["STS14"]))["STS14"].outcome.interval
    ours, theirs = (run.records["STS14"] for run in (good, bad))
    one, other = (read_predictions(record.path, record.result) for record in (ours, theirs))

    def difference(gold, first, second):
        return stats.spearmanr(gold, first).statistic - stats.spearmanr(gold, second).statistic

    drawn = stats.bootstrap(
        (one.gold.values, one.predicted, other.predicted),
        difference,
        paired=True,
        vectorized=False,
        n_resamples=1000,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((drawn.low, drawn.high), abs=0.006)


def test_the_average_of_a_whole_table_is_printed_as_in_the_papers(tmp_path: Path):
    ids = ("STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark", "SICKRelatedness")
    for name, noise in (("one", 0.2), ("other", 0.4)):
        given = {}
        for number, task in enumerate(ids):
            gold = gold_scores(60, number)
            given[task] = (noisy(gold, noise, number), gold)
        store(tmp_path, name, given)
    one, other = run_of(tmp_path, "one"), run_of(tmp_path, "other")
    [group] = compare_runs(one, other, resampling=QUICK).groups
    rounded = [round(100 * one.records[task].result.main_score, 2) for task in ids]
    assert group.average.printed == (round(np.mean(rounded), 2), other.average("sts"))


def test_the_seed_decides(good, bad):
    once, again, other = (
        compare_runs(good, bad, tasks=["STS14"], resampling=replace(QUICK, seed=seed))
        for seed in (1, 1, 2)
    )
    assert tasks_of(once) == tasks_of(again)
    assert tasks_of(once) != tasks_of(other)


def test_a_stricter_level_is_wider_and_finds_less(good, bad):
    loose = Resampling(resamples=1000, level=0.6)
    found = tasks_of(compare_runs(good, bad, tasks=["CR"], resampling=loose))["CR"]
    usual = tasks_of(compare_runs(good, bad, tasks=["CR"], resampling=QUICK))["CR"]
    assert usual.outcome.interval.low < found.outcome.interval.low
    assert usual.outcome.interval.high > found.outcome.interval.high
    assert 0.05 < usual.outcome.p_value == found.outcome.p_value < 0.4
    assert (found.verdict, usual.verdict) == (Verdict.SECOND, Verdict.UNCLEAR)
    assert Resampling(level=0.9999).alpha == 0.0001


def test_gold_without_sentences_means_single_rows(comparison):
    assert {group.units for group in comparison.groups} == {"rows"}


def test_the_gates_p_values_are_these(comparison, good, bad):
    found = task_p_values(good, bad, resampling=QUICK)
    expected = {t: one.outcome.adjusted_p_value for t, one in tasks_of(comparison).items()}
    assert found == expected


# --- bad input ------------------------------------------------------------------------------------


def test_equal_predictions_are_identical(two_models: Path, tmp_path: Path, good):
    gold = gold_scores(300, seed=0)
    store(tmp_path, "twin", {"STS12": (noisy(gold, 0.1, seed=0), gold)})
    found = tasks_of(
        compare_runs(good, run_of(tmp_path, "twin"), tasks=["STS12"], resampling=QUICK)
    )["STS12"]
    assert found.verdict is Verdict.IDENTICAL
    assert (found.outcome.difference, found.outcome.p_value) == (0, 1)
    assert (found.outcome.interval.low, found.outcome.interval.high) == (0, 0)


def test_the_same_records_twice_are_refused(good):
    with pytest.raises(UsageError, match="A and B are the same records of good; name two models"):
        compare_runs(good, good, resampling=QUICK)


def test_a_task_too_small_to_resample_is_left_out(tmp_path: Path):
    for name, noise in (("one", 0.1), ("other", 0.3)):
        gold = gold_scores(100)
        tiny = np.array([1.0, 2.0, 3.0])
        store(
            tmp_path,
            name,
            {"STS12": (noisy(gold, noise, 1), gold), "STS13": (noisy(tiny, noise, 2), tiny)},
        )
    found = compare_runs(run_of(tmp_path, "one"), run_of(tmp_path, "other"), resampling=QUICK)
    assert list(tasks_of(found)) == ["STS12"]
    [left] = found.left_out
    assert left.task == "STS13"
    assert "cannot be resampled" in left.reason
    assert "too few rows" in left.reason


def test_only_tasks_too_small_are_refused(tmp_path: Path):
    tiny = np.array([1.0, 2.0, 3.0])
    for name in ("one", "other"):
        store(tmp_path, name, {"STS13": (noisy(tiny, 0.1, 2), tiny)})
    with pytest.raises(UsageError, match=r"no task is left \(STS13: cannot be resampled"):
        compare_runs(run_of(tmp_path, "one"), run_of(tmp_path, "other"), resampling=QUICK)


@pytest.mark.parametrize(
    ("wrong", "phrase"),
    [
        ({"level": 1.0}, "`level` 1.0: a confidence level lies between 0 and 1"),
        ({"level": float("nan")}, "`level` nan"),
        ({"resamples": 39}, "`resamples` 39: 40 are the least for intervals of 95 %"),
        ({"resamples": 199, "level": 0.99}, "`resamples` 199: 200 are the least for .* of 99 %"),
        ({"seed": -1}, "`seed` -1: a seed is a whole number from 0"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(good, bad, wrong, phrase):
    with pytest.raises(UsageError, match=phrase):
        compare_runs(good, bad, resampling=replace(QUICK, **wrong))


RAISED = {"main_score": 0.99, "scores": {"all": {"spearman": 0.99}}}


def test_predictions_that_contradict_the_record_are_refused(tmp_path: Path, good):
    gold = gold_scores(300, seed=0)
    store(tmp_path, "edited", {"STS12": (noisy(gold, 0.3, 5), gold)}, **RAISED)
    with pytest.raises(UnreadableRecord, match=r"the record says 0\.990000, its predictions give"):
        compare_runs(good, run_of(tmp_path, "edited"), tasks=["STS12"], resampling=QUICK)


def test_damaged_predictions_are_refused(tmp_path: Path, good):
    gold = gold_scores(300, seed=0)
    store(tmp_path, "cut", {"STS12": (noisy(gold, 0.3, 5), gold)})
    run = run_of(tmp_path, "cut")
    file = run.records["STS12"].path.with_suffix(".npy")
    file.write_bytes(file.read_bytes()[:-7])
    with pytest.raises(UnreadableRecord, match="damaged, or of another record"):
        compare_runs(good, run, tasks=["STS12"], resampling=QUICK)


def test_no_predictions_are_no_p_values(tmp_path: Path, good):
    gold = gold_scores(300, seed=0)
    store(tmp_path, "bare", {"STS12": (noisy(gold, 0.3, 5), gold)}, predictions_sha256=None)
    with pytest.raises(UsageError, match=r"STS12\.json: keeps no predictions, and a paired test"):
        task_p_values(run_of(tmp_path, "bare"), run_of(tmp_path, "bare"))


def test_a_task_of_one_model_has_no_p_value(two_models: Path, tmp_path: Path, good):
    gold = gold_scores(300, seed=0)
    store(tmp_path, "small", {"STS12": (noisy(gold, 0.3, 5), gold)})
    with pytest.raises(UsageError, match="STS13: only A has a record"):
        task_p_values(good, run_of(tmp_path, "small"))


def test_a_table_too_small_has_no_p_value(tmp_path: Path):
    for name, answer in (("one", 0), ("other", 1)):
        alone = np.array([1])
        store(tmp_path, name, {"MR": (np.array([answer]), alone)})
    with pytest.raises(UsageError, match="transfer: cannot be tested"):
        task_p_values(run_of(tmp_path, "one"), run_of(tmp_path, "other"))


def test_records_are_not_changed(two_models: Path, good, bad):
    before = {path: path.read_bytes() for path in two_models.rglob("*") if path.is_file()}
    compare_runs(good, bad, tasks=["MR"], resampling=QUICK)
    assert before == {path: path.read_bytes() for path in two_models.rglob("*") if path.is_file()}
    assert all(read_record(record.path) for record in good.records.values())


def test_classes_helper_is_right_as_often_as_it_says():
    gold = np.arange(1000) % 3
    assert np.mean(classes(gold, 0.9, 0) == gold) == pytest.approx(0.9, abs=0.03)
