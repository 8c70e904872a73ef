"""Two families compared: what a reader sees."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

import benchmark
from benchmark.comparisons import FamilyComparison, Resampling, RunFamily, compare_families
from benchmark.errors import UsageError
from benchmark.metrics.resampling import Needed
from benchmark.reports.comparison import render_comparison
from benchmark.results import collect
from benchmark.sheet import FORMATS
from tests.comparisons.made_up import store
from tests.comparisons.test_families import family, given_by


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFamily, RunFamily]:
    folder = tmp_path_factory.mktemp("records")
    for seed in range(3):
        store(folder, f"good-{seed}", given_by(0.2, seed))
    for seed in range(2):
        store(folder, f"bad-{seed}", given_by(0.21, 50 + seed))
    return family(folder, "good"), family(folder, "bad")


@pytest.fixture(scope="module")
def comparison(families: tuple[RunFamily, RunFamily]) -> FamilyComparison:
    return compare_families(*families, resampling=Resampling(resamples=300))


@pytest.fixture(scope="module")
def alone(families: tuple[RunFamily, RunFamily]) -> FamilyComparison:
    good, bad = families
    one = RunFamily("bad-0", bad.runs[:1])
    return compare_families(one, good, resampling=Resampling(resamples=300))


def line_of(text: str, start: str) -> str:
    [line] = [line for line in text.splitlines() if line.startswith(start)]
    return " ".join(line.split())


def test_families_and_their_runs_are_named(comparison: FamilyComparison):
    text = render_comparison(comparison)
    assert line_of(text, "A = ") == "A = good (3 runs: good-0, good-1, good-2)"
    assert line_of(text, "B = ") == "B = bad (2 runs: bad-0, bad-1)"
    assert line_of(text, "Task").startswith("Task A (n = 3) B (n = 2) A-B 95 % interval p adj. p")
    assert "both sources of variation are in interval and p" in text


def test_a_row_holds_means_deviations_difference_and_errors(comparison: FamilyComparison):
    text = render_comparison(comparison)
    average = comparison.groups[0].average
    assert average is not None
    found = average.outcome
    row = line_of(text, "Avg. of 2")
    assert f"{100 * found.first.mean:.2f} ± {100 * found.first.deviation:.2f}" in row
    assert f" {100 * found.by_sentences:.2f} {100 * found.by_runs:.2f} " in row
    assert f"{100 * found.difference:+.2f} {100 * found.interval.low:+.2f} to" in row
    assert row.endswith("unclear")


@pytest.mark.parametrize(
    ("needed", "said"),
    [
        (Needed(1234, None), "1,234 runs"),
        (Needed(None, 6.41), "6.5 x rows"),
        (Needed(None, None), "-"),
    ],
)
def test_what_would_be_needed_is_said(comparison: FamilyComparison, needed: Needed, said: str):
    [group] = comparison.groups
    task = replace(group.tasks[0], outcome=replace(group.tasks[0].outcome, needed=needed))
    changed = replace(comparison, groups=(replace(group, tasks=(task, group.tasks[1])),))
    text = render_comparison(changed)
    assert line_of(text, "STS12").endswith(f" {said} {task.verdict.value}")
    assert "find it 80 times of 100 (p below 0.05, not adjusted)" in text


def test_of_one_run_it_is_said_what_cannot_be_concluded(alone: FamilyComparison):
    text = render_comparison(alone)
    assert line_of(text, "A = ") == "A = bad-0 (1 run)"
    assert "A is one run: how much it would change if it were trained again is unknown" in text
    assert "Which method is better cannot be concluded" in text
    assert "both sources of variation" not in text
    assert " ± " not in line_of(text, "STS12").split("-")[0].split()[1]
    assert json.loads(render_comparison(alone, "json"))["method"]["question"] == (
        "A against one more run"
    )


def test_json_holds_all_of_it(comparison: FamilyComparison):
    found = json.loads(render_comparison(comparison, "json"))
    assert [run["label"] for run in found["families"]["A"]["runs"]] == [
        "good-0",
        "good-1",
        "good-2",
    ]
    assert found["method"]["question"] == "means"
    [group] = found["groups"]
    for task, known in zip(group["tasks"], comparison.groups[0].tasks, strict=True):
        assert task["A"]["scores"] == list(known.outcome.first.scores)
        assert task["B"]["deviation"] == known.outcome.second.deviation
        assert task["low"] < task["difference"] < task["high"]
        assert task["p_value"] <= task["adjusted_p_value"]
        assert set(task["needed"]) == {"runs", "rows"}
    assert group["average"]["by_runs"] > 0


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_the_same_names(comparison: FamilyComparison, form: str):
    text = render_comparison(comparison, form)
    assert "STS12" in text
    assert "unclear" in text
    assert benchmark.render(comparison, form) == text


def test_csv_has_a_cell_for_each_heading(comparison: FamilyComparison):
    rows = list(csv.reader(io.StringIO(render_comparison(comparison, "csv"))))
    assert len({len(row) for row in rows}) == 1


def test_it_prints_itself(comparison: FamilyComparison):
    assert str(comparison) == render_comparison(comparison)
    assert repr(comparison) == "<FamilyComparison of good and bad>"
    with pytest.raises(UsageError, match="tabel"):
        render_comparison(comparison, "tabel")


def test_names_of_others_are_escaped(tmp_path: Path):
    for seed in range(2):
        store(tmp_path, f"a|b-{seed}", given_by(0.2, seed))
        store(tmp_path, f"c\n<b>-{seed}", given_by(0.3, 9 + seed))
    runs = collect([tmp_path])
    found = compare_families(
        RunFamily("a|*", tuple(runs[:2])),
        RunFamily("c\n<b>*", tuple(runs[2:])),
        resampling=Resampling(resamples=40),
    )
    assert "B = c" in render_comparison(found).splitlines()[1]
    text = render_comparison(found, "markdown")
    assert "<b>" not in text
    assert r"a\|" in text
