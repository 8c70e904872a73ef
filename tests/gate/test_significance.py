"""``--significant``: which scores are tested together, and what a p-value decides."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark import comparisons, evaluate
from benchmark.errors import UnreadableRecord, UsageError
from benchmark.gate import Outcome, check, open_baseline
from benchmark.reports.gate import render_gate
from benchmark.results import StoredRun, collect
from tests.encoder_files import WordHash
from tests.gate.samples import OTHER_WEIGHTS, baseline_with, run_of, stored
from tests.results.samples import CARD

BEFORE = {"STS12": 0.7, "STS13": 0.7, "STS14": 0.7}
AFTER = {"STS12": 0.6, "STS13": 0.69, "STS14": 0.8}

Asked = list[tuple[StoredRun, StoredRun]]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, float]], Asked]:
    """Let the paired test give these p-values; the list tells what it was asked."""

    def install(p_values: dict[str, float]) -> Asked:
        asked: Asked = []

        def test(before: StoredRun, after: StoredRun, sources: object) -> dict[str, float]:
            asked.append((before, after))
            return {task: p_values[task] for task in after.records}

        monkeypatch.setattr(comparisons, "task_p_values", test)
        return asked

    return install


def verdicts(tmp_path: Path, after=AFTER, before=BEFORE, card=OTHER_WEIGHTS, **options):
    baseline = tmp_path / "before"
    stored(baseline, run_of(before))
    runs = stored(tmp_path / "after", run_of(after, card=card))
    return check(runs, baseline, significant=True, **options)


def outcomes(report):
    return {verdict.task: verdict.outcome for verdict in report.scores}


def test_only_a_significant_drop_fails(tmp_path: Path, answers):
    answers({"STS12": 0.001, "STS13": 0.3, "STS14": 0.001})
    report = verdicts(tmp_path)
    assert outcomes(report) == {
        "STS12": Outcome.DROPPED,
        "STS13": Outcome.PASSED,
        "STS14": Outcome.IMPROVED,
    }
    assert [verdict.p_value for verdict in report.scores] == [0.001, 0.3, 0.001]
    said = "69.0000 is 1.0000 points below the baseline of 70.0000, which is not significant"
    assert f"{said} (p = 0.3000)" in render_gate(report, "json")


def test_the_level_is_five_percent(tmp_path: Path, answers):
    answers({"STS12": 0.0499, "STS13": 0.05, "STS14": 1.0})
    assert outcomes(verdicts(tmp_path)) == {
        "STS12": Outcome.DROPPED,
        "STS13": Outcome.PASSED,
        "STS14": Outcome.PASSED,
    }


def test_any_direction_fails_significant_gains(tmp_path: Path, answers):
    answers({"STS12": 1.0, "STS13": 1.0, "STS14": 0.01})
    report = verdicts(tmp_path, direction="any")
    assert [verdict.task for verdict in report.failures] == ["STS14"]


def test_a_significant_change_within_tolerance_passes(tmp_path: Path, answers):
    answers({"STS12": 0.001})
    assert verdicts(tmp_path, {"STS12": 0.69995}, {"STS12": 0.7}).passed


def test_other_encoders_may_answer_and_are_named(tmp_path: Path, answers):
    answers({"STS12": 0.001, "STS13": 0.3, "STS14": 0.001})
    report = verdicts(tmp_path)
    assert "encoder: weights: abababababab -> efefefefefef" in render_gate(report)
    header = render_gate(report).splitlines()[0]
    assert header.split()[-1] == "p"


def test_all_tasks_of_a_model_are_tested_together(tmp_path: Path, answers):
    asked = answers(dict.fromkeys(BEFORE, 1.0))
    verdicts(tmp_path, before={**BEFORE, "STS15": 0.5}, after={**AFTER, "STS16": 0.5})
    [(before, after)] = asked
    assert list(before.records) == list(after.records) == list(BEFORE)
    assert (before.model, after.model) == ("tiny-bert", "tiny-bert")
    assert (before.fingerprint, after.fingerprint) == (CARD.fingerprint, OTHER_WEIGHTS.fingerprint)


def test_a_missing_task_still_fails(tmp_path: Path, answers):
    answers(dict.fromkeys(AFTER, 1.0))
    report = verdicts(tmp_path, before={**BEFORE, "STS15": 0.5})
    assert [verdict.outcome for verdict in report.failures] == [Outcome.MISSING]


def test_another_question_is_not_tested(tmp_path: Path, answers):
    asked = answers({})
    stored(tmp_path / "before", run_of({"STS12": 0.7}))
    runs = stored(tmp_path / "after", run_of({"STS12": 0.7}, verified=False))
    report = check(runs, tmp_path / "before", significant=True)
    assert outcomes(report) == {"STS12": Outcome.NOT_COMPARABLE}
    assert asked == []


def test_a_file_of_scores_has_nothing_to_test(tmp_path: Path):
    runs = stored(tmp_path, run_of(BEFORE))
    with pytest.raises(UsageError, match=r"baseline\.toml holds scores only; give `baseline` a f"):
        check(runs, baseline_with(run_of(BEFORE)), significant=True)


def test_a_run_without_predictions_has_nothing_to_test(tmp_path: Path):
    stored(tmp_path, run_of(BEFORE))
    with pytest.raises(UsageError, match="keeps no predictions, and a paired test needs them"):
        check([run_of(BEFORE)], open_baseline(tmp_path), significant=True)


# --- with the tests of benchmark.comparisons ------------------------------------------------------


class Better(WordHash):
    """The same name, other vectors: more of them tell words apart."""

    card = replace(WordHash.card, version="2")
    dimensions = 65


class Worse(WordHash):
    """The same name, nearly nothing left."""

    card = replace(WordHash.card, version="3")
    dimensions = 1


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Callable[[type[WordHash]], Path]:
    """Records of an encoder on the demonstration pairs, with predictions."""
    folders: dict[type[WordHash], Path] = {}

    def of(encoder: type[WordHash]) -> Path:
        if encoder not in folders:
            folders[encoder] = tmp_path_factory.mktemp(encoder.__name__)
            evaluate(encoder(), "DemoSTS", output_dir=folders[encoder])
        return folders[encoder]

    return of


def only(report):
    [verdict] = report.scores
    return verdict


def test_the_same_records_have_nothing_to_tell_apart(scored):
    folder = scored(WordHash)
    verdict = only(check(collect([folder]), folder, significant=True))
    assert (verdict.outcome, verdict.p_value) == (Outcome.PASSED, 1.0)


def test_a_collapsed_encoder_is_significantly_worse(scored):
    runs, before = collect([scored(Worse)]), scored(WordHash)
    verdict = only(check(runs, before, significant=True))
    assert verdict.outcome is Outcome.DROPPED
    assert verdict.p_value < 0.01
    assert only(check(runs, before)).outcome is Outcome.OTHER_ENCODER


def test_a_run_in_memory_is_tested_as_its_records_are(scored):
    before = scored(WordHash)
    held = only(check([evaluate(Worse(), "DemoSTS")], before, significant=True))
    kept = only(check(collect([scored(Worse)]), before, significant=True))
    assert (held.outcome, held.p_value) == (kept.outcome, kept.p_value)


def test_a_small_change_is_not_significant(scored):
    runs, before = collect([scored(Better)]), scored(WordHash)
    verdict = only(check(runs, before, significant=True, direction="any"))
    assert abs(verdict.difference) > verdict.tolerance
    assert verdict.outcome is Outcome.PASSED
    assert verdict.p_value > 0.05


def test_missing_predictions_are_named(scored, tmp_path: Path):
    folder = Path(shutil.copytree(scored(WordHash), tmp_path / "results"))
    next(folder.rglob("DemoSTS.npy")).unlink()
    with pytest.raises(UnreadableRecord, match=r"DemoSTS\.npy: the predictions of this record"):
        check(collect([folder]), scored(WordHash), significant=True)
