"""Steps of training runs on a leaderboard: the last has a row, others where they are named."""

from __future__ import annotations

from pathlib import Path

import pytest

import benchmark
from benchmark.leaderboard import make_leaderboard
from benchmark.leaderboard.steps import last_steps
from benchmark.results import Family, Member, collect
from benchmark.results.families import write_family
from tests.comparisons.histories import DEV, write_history
from tests.comparisons.made_up import gold_scores, noisy, store

STEPS = (0, 125, 1000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two runs that are best before their end, and a model that is none."""
    for seed in range(2):
        write_history(tmp_path, f"x/seed-{seed}", STEPS, tasks=("STS12",), rows=60, seed=seed)
    gold = gold_scores(60)
    store(tmp_path, "other", {"STS12": (noisy(gold, 0.3, 1), gold)})
    return tmp_path


def labels(*places: object, **options: object) -> list[str]:
    board = benchmark.rank(*places, tasks="sts", published=False, **options)
    return sorted(row.label for row in board.measured)


def test_of_a_run_the_last_step_is_a_row_and_that_is_said(folder: Path):
    board = benchmark.rank(folder, tasks="sts", published=False)
    rows = {row.label: row for row in board.measured}
    assert sorted(rows) == ["other", "x/seed-0/step-1000", "x/seed-1/step-1000"]
    assert rows["other"].cautions == ()
    [said] = rows["x/seed-0/step-1000"].cautions
    assert said == (
        "the last of 3 steps of the training run x/seed-0 that have scores; the others are no rows "
        "unless they are named (docs/curves.md)"
    )
    assert "The last of 3 steps of the training run" in str(board)


def test_a_step_that_is_named_is_a_row(folder: Path):
    [step] = folder.glob("x__seed-0__step-125")
    assert labels(folder, step) == [
        "other",
        "x/seed-0/step-1000",
        "x/seed-0/step-125",
        "x/seed-1/step-1000",
    ]
    [state] = step.iterdir()
    assert labels(state) == labels(next(state.glob("*.json"))) == ["x/seed-0/step-125"]
    runs = benchmark.records(folder)
    assert labels(runs["x/seed-0/step-0"], runs["x/seed-0/step-125"]) == [
        "x/seed-0/step-0",
        "x/seed-0/step-125",
    ]
    assert labels(runs) == labels(folder)


def test_the_last_step_with_a_score_of_the_leaderboard_counts(folder: Path):
    write_history(folder, "x/seed-0", (2000,), tasks=(DEV,), rows=60)
    assert "x/seed-0/step-1000" in labels(folder)


def test_a_family_of_one_step_of_each_run_stays_a_row(folder: Path):
    runs = {run.model: run for run in collect([folder])}
    names = [f"x/seed-{seed}/step-125" for seed in range(2)]
    members = tuple(Member(name, (runs[name].fingerprint or "",)) for name in names)
    write_family(folder, Family("half-way", "seed", members))
    assert "half-way (2)" in labels(folder)


def test_steps_of_one_run_are_no_family_of_seeds(folder: Path):
    runs = {run.model: run for run in collect([folder])}
    names = [f"x/seed-0/step-{step}" for step in STEPS]
    members = tuple(Member(name, (runs[name].fingerprint or "",)) for name in names)
    board, _ = make_leaderboard("sts", runs.values(), families=[Family("all", "seed", members)])
    said = {row.label: row.cautions for row in board.measured}
    assert not any("all (3)" in label for label in said)
    assert any("steps of one training run" in line for line in said["x/seed-0/step-125"])
    declared = [Family("all", "step", members)]
    board, _ = make_leaderboard("sts", runs.values(), families=declared)
    assert "all (3)" in [row.label for row in board.measured]


def test_models_that_are_not_being_trained_all_stay(folder: Path):
    runs = [run for run in collect([folder]) if run.model == "other"]
    assert last_steps("sts", runs) == (runs, {})
