"""Steps of one training run are models that can be compared, and no seeds of a method."""

from __future__ import annotations

from pathlib import Path

import pytest

import benchmark
from benchmark.errors import UsageError
from benchmark.results import Family, Member
from benchmark.results.families import write_family
from tests.comparisons.histories import write_history

NO_RUNS = r"steps 0 and 125 of one training run \(x/seed-0\) are no runs of a family"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed in range(2):
        write_history(tmp_path, f"x/seed-{seed}", (0, 125, 250), rows=60, seed=seed)
    return tmp_path


def test_two_steps_are_compared(folder: Path):
    names = ["x/seed-0/step-0", "x/seed-0/step-125"]
    assert benchmark.compare(folder, models=names, resamples=50).second.model == names[1]


def test_a_step_of_each_run_makes_a_family(folder: Path):
    names = ["x/seed-*/step-0", "x/seed-*/step-250"]
    found = benchmark.compare(folder, models=names, resamples=50)
    assert len(found.first.runs) == len(found.second.runs) == 2


@pytest.mark.parametrize("name", ["x/seed-0/step-*", "x/*/step-*"])
def test_a_glob_of_steps_is_refused(folder: Path, name: str):
    with pytest.raises(UsageError, match=NO_RUNS):
        benchmark.compare(folder, models=[name, "x/seed-1/step-0"])
    with pytest.raises(UsageError, match=NO_RUNS):
        benchmark.families(folder, models=[name])


def test_a_folder_of_steps_is_no_family_either(folder: Path, tmp_path: Path):
    other = write_history(tmp_path / "other", "y", (0, 125), rows=60)
    with pytest.raises(UsageError, match=NO_RUNS):
        benchmark.compare(folder, other)


def test_a_family_that_was_written_down_is_asked_too(folder: Path):
    runs = benchmark.records(folder)
    names = ["x/seed-0/step-0", "x/seed-0/step-125"]
    members = tuple(Member(name, (runs[name].fingerprint or "",)) for name in names)
    write_family(folder, Family("steps", "seed", members))
    with pytest.raises(UsageError, match=NO_RUNS):
        benchmark.families(folder)
    write_family(folder, Family("steps", "step", members))
    assert benchmark.families(folder, resamples=50).families[0].varied == "step"
    with pytest.raises(UsageError, match=NO_RUNS):
        benchmark.compare(folder, models=["steps", "x/seed-1/step-0"])


def test_a_long_list_of_steps_is_cut(tmp_path: Path):
    write_history(tmp_path, "x", range(0, 5000, 125), rows=20)
    with pytest.raises(UsageError, match=r"x/step-2375, and 20 more\)"):
        benchmark.compare(tmp_path)


def test_a_history_passes_the_gate_against_itself_and_its_steps_are_explained(folder: Path):
    report = benchmark.check(folder, folder)
    assert report.passed
    assert [score.model for score in report.scores].count("x/seed-0/step-250") == 1
    explained = benchmark.explain(folder, models=["x/seed-0/step-250"])
    assert [run.model for run in explained.models] == ["x/seed-0/step-250"]
