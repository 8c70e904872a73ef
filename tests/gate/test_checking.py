"""Each score against its baseline: every outcome, and where the line is drawn."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.errors import UnreadableRecord, UsageError
from benchmark.gate import Outcome, check, write_baseline
from benchmark.measures import Tolerance
from benchmark.results import Run
from tests.gate.samples import (
    OTHER_WEIGHTS,
    accuracy,
    baseline_with,
    run_of,
    run_with,
    stored,
)
from tests.results.samples import CARD, renamed, sample_result

BEFORE = baseline_with(run_of({"STS12": 0.7, "STS13": 0.8}))


def outcomes(report):
    return {verdict.task: verdict.outcome for verdict in report.scores}


def only(report):
    [verdict] = report.scores
    return verdict


def against(before: float, after: float, **options):
    """The verdict on one STS score."""
    return only(
        check([run_of({"STS12": after})], baseline_with(run_of({"STS12": before})), **options)
    )


# --- outcomes -------------------------------------------------------------------------------------


def test_the_same_scores_pass():
    report = check([run_of({"STS12": 0.7, "STS13": 0.8})], BEFORE)
    assert report.passed
    assert set(outcomes(report).values()) == {Outcome.PASSED}
    assert (report.failures, report.notices) == ((), ())


def test_a_worse_score_fails():
    verdict = against(0.7, 0.699)
    assert verdict.outcome is Outcome.DROPPED
    assert verdict.failed
    assert (verdict.expected, verdict.score) == (0.7, 0.699)
    assert (verdict.difference, verdict.tolerance) == (-0.1, 0.01)


@pytest.mark.parametrize(
    ("direction", "outcome"), [("drop", Outcome.IMPROVED), ("any", Outcome.ROSE)]
)
def test_a_better_score_is_a_notice_or_a_failure(direction, outcome):
    verdict = against(0.7, 0.701, direction=direction)
    assert verdict.outcome is outcome
    assert verdict.failed == (direction == "any")


def test_a_missing_task_fails_and_a_new_one_is_a_notice():
    report = check([run_of({"STS12": 0.7, "STS14": 0.6})], BEFORE)
    assert outcomes(report) == {
        "STS12": Outcome.PASSED,
        "STS13": Outcome.MISSING,
        "STS14": Outcome.NEW,
    }
    assert [verdict.task for verdict in report.failures] == ["STS13"]
    assert [verdict.task for verdict in report.notices] == ["STS14"]


def test_a_missing_model_fails_with_every_task_and_a_guess_at_its_name():
    report = check([run_of({"STS12": 0.7}, name="tiny-brt")], BEFORE)
    assert [verdict.outcome for verdict in report.scores] == [Outcome.MISSING] * 2 + [Outcome.NEW]
    assert "did you mean tiny-brt?" in report.scores[0].hint


def test_nothing_at_all_fails():
    assert not check([], BEFORE).passed


def test_other_data_fails_and_is_named():
    report = check([run_of({"STS12": 0.7, "STS13": 0.8}, verified=False)], BEFORE)
    assert set(outcomes(report).values()) == {Outcome.NOT_COMPARABLE}
    verdict = report.scores[0]
    assert [change.field for change in verdict.changes] == ["data"]
    assert (verdict.expected, verdict.score, verdict.difference) == (0.7, 0.7, None)


def test_another_encoder_fails_and_is_named_whatever_its_score():
    pooled = replace(CARD, pooler="avg")
    report = check([run_of({"STS12": 0.9, "STS13": 0.8}, card=pooled)], BEFORE)
    assert set(outcomes(report).values()) == {Outcome.OTHER_ENCODER}
    assert str(report.scores[0].changes[0]) == "pool: cls_before_pooler -> avg"


def test_another_environment_is_told_and_does_not_fail():
    run = run_of({"STS12": 0.7, "STS13": 0.8}, environment={"torch": "9"})
    report = check([run], BEFORE)
    assert report.passed
    assert "torch: none -> 9" in map(str, report.scores[0].environment_changes)


def test_failures_come_gravest_first():
    before = baseline_with(run_of({"STS12": 0.7, "STS13": 0.7, "STS14": 0.7, "STS15": 0.7}))
    report = check([run_of({"STS12": 0.69, "STS13": 0.6, "STS14": 0.7})], before)
    assert [verdict.task for verdict in report.failures] == ["STS15", "STS13", "STS12"]


def test_models_and_tasks_are_in_order():
    names = ["b", "a"]
    runs = [run_of({"MR": 0.5, "STS13": 0.5, "STS12": 0.5}, name=name) for name in names]
    report = check(runs, baseline_with(*runs))
    assert [(verdict.model, verdict.task) for verdict in report.scores] == [
        (name, task) for name in "ab" for task in ("STS12", "STS13", "MR")
    ]


# --- where the line is drawn ----------------------------------------------------------------------

scores = st.integers(-10_000, 10_000).map(lambda n: n / 10_000)


@given(before=scores, after=scores, allowed=st.integers(0, 300))
def test_the_line_is_exact(before: float, after: float, allowed: int):
    """Decimals as written, the tolerance itself allowed: no rounding of binary fractions."""
    verdict = against(before, after, tolerance=Tolerance(allowed / 100))
    exact = 100 * (Fraction(str(after)) - Fraction(str(before)))
    beyond = abs(exact) > Fraction(allowed, 100)
    expected = Outcome.PASSED
    if beyond:
        expected = Outcome.DROPPED if exact < 0 else Outcome.IMPROVED
    assert verdict.outcome is expected
    assert verdict.difference == float(exact)


def test_one_sample_of_trec_is_exactly_its_worth():
    assert 100 * (0.902 - 0.9) > 0.2  # in binary
    assert against(0.9, 0.902, tolerance=Tolerance(0.2)).outcome is Outcome.PASSED


def test_scores_of_numpy_are_numbers_too():
    run = run_with(sample_result("STS12", np.float64(0.7)))
    assert check([run], baseline_with(run)).passed


@pytest.mark.parametrize(("wrong", "outcome"), [(2, Outcome.PASSED), (3, Outcome.DROPPED)])
def test_two_samples_of_a_transfer_task_are_allowed(wrong: int, outcome: Outcome):
    before = baseline_with(run_with(accuracy("TREC", 0.9, 500)))
    after = run_with(accuracy("TREC", round(0.9 - wrong / 500, 4), 500))
    verdict = only(check([after], before))
    assert (verdict.outcome, verdict.tolerance) == (outcome, 0.4)


def test_in_nested_cross_validation_every_sample_is_tested():
    def of(score):
        return run_with(
            sample_result("MR", score, counts={"samples": 10_662, "MR_samples": 10_662})
        )

    verdict = only(check([of(0.7)], baseline_with(of(0.7))))
    assert verdict.tolerance == 0.02


def test_the_nearest_tolerance_counts():
    before = baseline_with(run_of({"STS12": 0.7}))
    after = [run_of({"STS12": 0.7})]
    [(key, entry)] = before.entries.items()
    by_group = replace(before, tolerances={"sts": Tolerance(0.5)})
    own = replace(entry, tolerance=Tolerance(0.25), reason="why")
    of_entry = replace(by_group, entries={key: own})
    assert only(check(after, replace(before, tolerances={}))).tolerance == 0.01
    assert only(check(after, by_group)).tolerance == 0.5
    assert only(check(after, of_entry)).tolerance == 0.25
    assert only(check(after, of_entry)).reason == "why"
    assert only(check(after, of_entry, tolerance=Tolerance(0))).tolerance == 0


@pytest.mark.parametrize(
    ("task", "group"),
    [("STSBenchmark/dev", "sts-dev"), ("MR/sklearn", "transfer"), ("MR", "transfer")],
)
def test_a_variant_has_the_tolerance_of_its_group(task: str, group: str):
    record = sample_result("MR" if "MR" in task else task, 0.7, counts={"samples": 1000})
    record = renamed(record, task)
    run = Run("tiny-bert", (), {task: record})
    before = replace(baseline_with(run), tolerances={group: Tolerance(0.33)})
    assert only(check([run], before)).tolerance == 0.33
    assert set(baseline_with(run).tolerances) == {group}


def test_a_task_of_ones_own_has_the_default():
    run = Run("tiny-bert", (), {"Mine": renamed(sample_result(), "Mine")})
    assert only(check([run], baseline_with(run))).tolerance == 0.01


# --- what is taken --------------------------------------------------------------------------------


def test_records_and_runs_and_files_are_all_the_same(tmp_path: Path):
    run = run_of({"STS12": 0.7, "STS13": 0.8})
    records = stored(tmp_path / "results", run)
    file = tmp_path / "baseline.toml"
    write_baseline(replace(BEFORE, path=file))
    for baseline in (BEFORE, file, tmp_path / "results"):
        for runs in ([run], records):
            assert check(runs, baseline).passed


def test_a_model_may_have_a_checkpoint_for_each_kind_of_task():
    both = [run_of({"STS12": 0.7}), run_of({"MR": 0.8}, card=OTHER_WEIGHTS)]
    report = check(both, baseline_with(*both))
    assert outcomes(report) == {"STS12": Outcome.PASSED, "MR": Outcome.PASSED}


# --- what is refused ------------------------------------------------------------------------------


def test_the_same_model_twice_is_refused():
    states = [run_of({"STS12": 0.7}), run_of({"STS12": 0.7}, card=OTHER_WEIGHTS)]
    with pytest.raises(UsageError, match="tiny-bert is there twice: STS12") as caught:
        check(states, BEFORE)
    for card in (CARD, OTHER_WEIGHTS):
        assert card.fingerprint[:12] in str(caught.value)


@pytest.mark.parametrize("models", ["", "[models.tiny-bert]\n"])
def test_a_baseline_of_nothing_does_not_pass_silently(models: str, tmp_path: Path):
    path = tmp_path / "b.toml"
    path.write_text(f"schema_version = 1\n{models}")
    with pytest.raises(UsageError, match=r"b\.toml: holds no score; `update` writes some"):
        check([run_of({"STS12": 0.7})], path)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), 72.3])
def test_a_score_that_is_no_fraction_is_refused(score: float):
    with pytest.raises(
        UnreadableRecord, match=r"record of STS12 contradicts itself: its score is .*, not a"
    ):
        check([run_of({"STS12": score})], BEFORE)


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        ("nonsense", "record of STS12 contradicts itself: its signature is damaged: nonsense"),
        ("task:STS13|split:test", "signed for task STS13, but it holds STS12"),
        ("", "record of STS12 contradicts itself: its signature is damaged"),
    ],
)
def test_a_record_that_contradicts_its_signature_is_refused(signature: str, said: str):
    run = run_with(replace(sample_result(), signature=signature))
    with pytest.raises(UnreadableRecord, match=said):
        check([run], BEFORE)


def test_samples_of_a_correlation_are_refused():
    with pytest.raises(UnreadableRecord, match="tiny-bert STS12: a tolerance of 2 samples is for"):
        against(0.7, 0.7, tolerance=Tolerance(2, in_samples=True))
