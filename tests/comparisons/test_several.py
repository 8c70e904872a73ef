"""Several models against one baseline: what is found of a pair, adjusted over all pairs."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from benchmark import compare, render
from benchmark.comparisons import SeveralComparisons, Verdict
from benchmark.errors import UsageError
from tests.leaderboard.samples import HOSTILE, card_number, write_model, write_models
from tests.leaderboard.test_choice import step_down
from tests.reports.latex import set_by_latex

TASKS = ["STS12", "STS13"]
QUICK = {"resamples": 400}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four models, and two runs of a family."""
    found = write_models(tmp_path_factory.mktemp("several"), [0.9, 0.5, 0.45, 0.1], TASKS)
    for number, quality in enumerate((0.5, 0.55)):
        write_model(found, f"seed-{number}", quality, TASKS, card=card_number(20 + number))
    return found


@pytest.fixture(scope="module")
def several(folder: Path) -> SeveralComparisons:
    names = ["model-0", "model-3", "seed-*"]
    return compare(folder, models=names, baseline="model-1", **QUICK)


def test_each_pair_is_what_it_is_alone_but_for_the_correction(
    folder: Path, several: SeveralComparisons
):
    alone = [
        compare(folder, models=[name, "model-1"], **QUICK)
        for name in ("model-0", "model-3", "seed-*")
    ]
    tasks = [task for pair in alone for group in pair.groups for task in group.tasks]
    ours = [task for pair in several.comparisons for group in pair.groups for task in group.tasks]
    assert len(ours) == several.tests == 6
    for one, other in zip(ours, tasks, strict=True):
        assert one.outcome.p_value == other.outcome.p_value
        assert one.outcome.difference == other.outcome.difference
        assert one.outcome.interval == other.outcome.interval
    adjusted = step_down([task.outcome.p_value for task in tasks])
    assert [task.outcome.adjusted_p_value for task in ours] == pytest.approx(adjusted)
    averages = [group.average for pair in several.comparisons for group in pair.groups]
    adjusted = step_down([average.outcome.p_value for average in averages])
    assert [one.outcome.adjusted_p_value for one in averages] == pytest.approx(adjusted)
    for one in [*ours, *averages]:
        sure = one.outcome.adjusted_p_value < 0.05
        better = Verdict.FIRST if one.outcome.difference > 0 else Verdict.SECOND
        assert one.verdict is (better if sure else Verdict.UNCLEAR)


def test_without_names_every_other_model_is_compared(folder: Path):
    found = compare(folder, baseline="model-1", **QUICK)
    names = ["model-0", "model-2", "model-3", "seed-0", "seed-1"]
    assert [model.name for model in found.models] == names


@pytest.mark.parametrize(
    ("names", "baseline", "said"),
    [
        (["model-0", "model-0"], "model-1", "names one model twice"),
        (["model-0", "model-1"], "model-1", "names the baseline model-1 as well"),
        (["model-0", "modell-2"], "model-1", "did you mean model-2?"),
        (["model-0"], "modell-1", "did you mean model-1?"),
        (["model-0", "model-1", "model-2"], None, "named as `baseline`"),
    ],
)
def test_what_is_not_clear_is_refused(folder: Path, names: list[str], baseline: str, said: str):
    with pytest.raises(UsageError, match=re.escape(said)):
        compare(folder, models=names, baseline=baseline, **QUICK)


def test_a_paper_s_table_marks_what_the_tests_found(several: SeveralComparisons):
    text = render(several, "latex")
    lines = {line.split(" & ")[0].strip(): line for line in reversed(text.splitlines())}
    assert lines["model-0"].count("$^{*}$") == 3
    assert lines["model-3"].count(r"$^{\circ}$") == 3
    assert "$^{" not in lines["model-1"]
    assert r"$\pm$" in lines["seed-* (2 runs)"]
    caption = re.search(r"\\caption\{(.*)\}\n\\label\{tab:against-sts\}", text)[1]
    assert "worse than model-1: two-sided paired permutation test (400 exchanges)" in caption
    assert "& Avg. of 2 " in text
    assert "Holm's correction over 6 tests of tasks and 3 of averages" in caption
    assert "agg all" in caption


def test_programs_get_each_pair(several: SeveralComparisons):
    document = json.loads(render(several, "json"))
    assert document["baseline"] == "model-1"
    assert [pair["model"] for pair in document["comparisons"]] == ["model-0", "model-3", "seed-*"]
    for told, pair in zip(document["comparisons"], several.comparisons, strict=True):
        [group] = told["groups"]
        kept = pair.groups[0]
        assert [task["adjusted_p_value"] for task in group["tasks"]] == [
            task.outcome.adjusted_p_value for task in kept.tasks
        ]
        assert group["average"]["adjusted_p_value"] == kept.average.outcome.adjusted_p_value
    rows = [*csv.DictReader(io.StringIO(render(several, "csv")))]
    assert len(rows) == 9
    assert [row["Verdict"] for row in rows[:3]] == ["better"] * 3
    assert render(several, "markdown").count("| model-3 ") == 4


def test_hostile_names_bring_no_command(tmp_path: Path):
    write_model(tmp_path, HOSTILE, 0.9, TASKS)
    write_model(tmp_path, "plain", 0.5, TASKS, card=card_number(1))
    text = render(compare(tmp_path, baseline="plain", **QUICK), "latex")
    assert "\\input" not in re.sub(r"\\textbackslash\{\}input", "", text)
    assert all(line.isprintable() for line in text.splitlines())


@pytest.mark.slow
def test_a_real_latex_sets_it(several: SeveralComparisons, tmp_path: Path):
    set_by_latex(render(several, "latex"), tmp_path)
