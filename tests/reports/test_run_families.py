"""The rows of a family in the tables of runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark.reports import render
from benchmark.results import Family, Member, Results, Run, Runs, fingerprints_of
from tests.gate.samples import run_of, stored
from tests.results.samples import CARD

TASKS = ["STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark", "SICKRelatedness"]
SCORES = np.random.default_rng(5).uniform(0.5, 0.9, (3, len(TASKS)))


def card(number: int):
    return replace(CARD, weights_sha256=f"{number:064x}")


def runs_of(scores: np.ndarray, tasks: list[str] = TASKS, **changes) -> list[Run]:
    return [
        run_of(dict(zip(tasks, row, strict=True)), name=f"s{n}", card=card(n), **changes)
        for n, row in enumerate(scores.tolist())
    ]


def with_family(runs: list[Run], *more: Run) -> Runs:
    members = tuple(Member(run.model, fingerprints_of(run)) for run in runs)
    return Runs([*runs, *more], [Family("seeds", "seed", members)])


def rows(runs: Runs[Results]) -> dict[str, list[str]]:
    table = render(runs, "markdown").split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {name: numbers for name, *numbers in cells}


def test_means_deviations_and_ends_of_tasks_and_average():
    found = rows(with_family(runs_of(SCORES)))
    points, averages = 100 * SCORES, np.round(np.round(100 * SCORES, 2).mean(axis=1), 2)
    columns = [*points.T, averages]
    assert found["seeds (3)"] == [f"{c.mean():.2f} ± {c.std(ddof=1):.2f}" for c in columns]
    ends = [f"{c.min():.2f}\N{EN DASH}{c.max():.2f}" for c in columns]
    assert found["seeds (3), least to greatest"] == ends


def test_a_family_stands_below_its_last_member_and_other_models_below_it():
    other = run_of(dict.fromkeys(TASKS, 0.5), name="other", card=card(9))
    named = [*rows(with_family(runs_of(SCORES), other))]
    assert named == ["s0", "s1", "s2", "seeds (3)", "seeds (3), least to greatest", "other"]


def test_a_dash_stands_where_a_member_has_no_score():
    runs = runs_of(SCORES)
    runs[1].results.pop("STS14")
    means = rows(with_family(runs))["seeds (3)"]
    assert means[2] == means[-1] == "-"
    assert "±" in means[0]
    assert "no mean, not every member answered it alike: STS14" in render(with_family(runs))


def test_unverified_data_keeps_its_star():
    runs = runs_of(SCORES, verified=False)
    means = rows(with_family(runs))["seeds (3)"]
    assert all(mean.endswith(("*", "\\*")) for mean in means[:-1])


def test_negative_ends_are_told_with_a_word():
    found = rows(with_family(runs_of(np.array([[-0.1], [0.2]]), ["STS12"])))
    assert found["seeds (2), least to greatest"][0] == "-10.00 to 20.00"


def test_a_member_with_a_state_for_each_kind_of_tasks_has_one_family_in_both_tables(tmp_path: Path):
    runs = stored(
        tmp_path,
        run_of({"STS12": 0.5}, name="m", card=card(1)),
        run_of({"MR": 0.8}, name="m", card=card(2)),
    )
    states = tuple(run.fingerprint or "" for run in runs)
    text = render(Runs(runs, [Family("both", "seed", (Member("m", states),))]))
    assert len([line for line in text.splitlines() if line.startswith("both (1)  ")]) == 2


def test_json_has_points_for_averages_and_fractions_for_tasks():
    [family] = json.loads(render(with_family(runs_of(SCORES)), "json"))["families"]
    assert family["tasks"]["STS12"]["mean"] == pytest.approx(SCORES[:, 0].mean())
    averages = np.round(np.round(100 * SCORES, 2).mean(axis=1), 2)
    assert family["averages"]["sts"]["deviation"] == pytest.approx(averages.std(ddof=1))


def test_runs_tell_their_families():
    runs = with_family(runs_of(SCORES))
    assert [family["name"] for family in runs.to_dict()["families"]] == ["seeds"]
    assert "families" not in Runs(runs_of(SCORES)).to_dict()
