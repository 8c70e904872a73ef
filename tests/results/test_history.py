"""Histories read back from records: steps by number, newest states, what is odd, families."""

from __future__ import annotations

from pathlib import Path

import pytest

import benchmark
from benchmark.errors import UnreadableRecord, UsageError
from benchmark.results import Family, Member, collect
from benchmark.results.history import (
    families_of_histories,
    histories_of,
    read_histories,
    steps_of_one_run,
)
from tests.comparisons.histories import DEV, write_history, write_step
from tests.comparisons.made_up import gold_scores, noisy, store

GOLD = gold_scores(60)
GIVEN = {DEV: (noisy(GOLD, 0.3, 1), GOLD)}


def test_steps_stand_by_number_with_their_epochs(tmp_path: Path):
    write_history(tmp_path, "x", (1000, 0, 250, 500), rows=60)
    [history] = read_histories([tmp_path])
    assert (history.run, history.label, history.folder) == ("x", "x", tmp_path.resolve())
    assert [step.step for step in history.steps] == [0, 250, 500, 1000]
    assert [step.epoch for step in history.steps] == [0.0, 0.25, 0.5, 1.0]
    assert [step.scored.model for step in history.steps][-1] == "x/step-1000"


def test_collected_steps_stand_by_number_too(tmp_path: Path):
    write_history(tmp_path, "x", (1000, 250), rows=60)
    store(tmp_path, "a", GIVEN)
    assert [run.model for run in collect([tmp_path])] == ["a", "x/step-250", "x/step-1000"]


def test_records_of_other_models_are_no_history(tmp_path: Path):
    store(tmp_path, "x/step-5", GIVEN)
    assert read_histories([tmp_path]) == []
    write_step(tmp_path, "y", 5, GIVEN)
    assert [history.run for history in read_histories([tmp_path])] == ["y"]


def test_of_several_states_of_a_step_the_newest_counts_and_that_is_said(tmp_path: Path):
    for day, state in ((3, "new"), (2, "old"), (1, "older")):
        created = f"2026-01-0{day}T00:00:00+00:00"
        write_step(tmp_path, "x", 125, GIVEN, state=state, created=created)
    [history] = read_histories([tmp_path])
    [step] = history.steps
    assert step.scored[DEV].created == "2026-01-03T00:00:00+00:00"
    newest = (step.scored.fingerprint or "")[:8]
    [remark] = history.remarks
    assert remark.startswith(
        f"x, step 125: 3 states were scored; shown is the newest, {newest} of 2026-01-03"
    )


def test_missing_steps_are_said(tmp_path: Path):
    write_history(tmp_path, "x", (0, 125, 250, 625, 750, 875, 900), rows=60)
    [history] = read_histories([tmp_path])
    assert history.remarks == ("x: no record between steps 250 and 625; others are 125 apart",)


def test_a_later_step_that_was_scored_first_is_said(tmp_path: Path):
    """Who starts a run anew in its folder mixes two trainings."""
    for step in (0, 125):
        write_step(tmp_path, "x", step, GIVEN, created=f"2026-01-05T00:00:{step // 5:02d}+00:00")
    write_step(tmp_path, "x", 250, GIVEN, created="2026-01-04T00:00:00+00:00")
    [history] = read_histories([tmp_path])
    assert history.remarks[0].startswith("x: step 250 was scored before step 125")


def test_damaged_records_are_refused(tmp_path: Path):
    write_history(tmp_path, "x", (0, 125), rows=60)
    record = next(tmp_path.glob("x__step-125/*/*.json"))
    record.write_text(record.read_text().replace('"step": 125', '"step": 126'))
    with pytest.raises(UnreadableRecord, match="changed after it was written"):
        read_histories([tmp_path])


def test_a_folder_of_a_training_run_may_hold_other_json(tmp_path: Path):
    run = tmp_path / "runs" / "x"
    write_history(run / "evaluation", "x", (0, 125), rows=60)
    for place in ("", "checkpoint-125", "checkpoint-125/1_Pooling"):
        (run / place).mkdir(parents=True, exist_ok=True)
        (run / place / "config.json").write_text("{}")
    for named in (run, run.parent, tmp_path):
        [history] = read_histories([named])
        assert len(history.steps) == 2
        assert len(benchmark.records(named)) == 2
    assert history.trained_in == run.resolve()
    assert history.is_called("runs/x")
    assert not history.is_called("uns/x")


def test_elsewhere_other_json_is_still_refused(tmp_path: Path):
    write_history(tmp_path / "results", "x", (0, 125), rows=60)
    (tmp_path / "results" / "config.json").write_text("{}")
    with pytest.raises(UnreadableRecord, match="not a readable record"):
        read_histories([tmp_path / "results"])


def test_runs_of_one_name_in_two_folders_are_two_runs(tmp_path: Path):
    """Even at a step where both have the same weights and the records differ."""
    for place in "ab":
        folder = tmp_path / place / "seed-0" / "evaluation"
        write_history(folder, "seed-0", (0, 125), rows=60)
    found = read_histories([tmp_path / "a", tmp_path / "b"])
    assert [history.run for history in found] == ["seed-0", "seed-0"]
    assert [history.label for history in found] == ["a/seed-0", "b/seed-0"]


def test_output_folders_of_ones_own_tell_runs_of_one_name_apart(tmp_path: Path):
    for place in "ab":
        write_history(tmp_path / place, "x", (0, 125), rows=60)
    found = read_histories([tmp_path])
    assert [history.label for history in found] == ["x (a)", "x (b)"]
    assert [history.label for history in read_histories([tmp_path / "a"])] == ["x"]


def test_results_in_memory_have_a_history(tmp_path: Path):
    write_history(tmp_path, "x", (0, 125), rows=60)
    runs = benchmark.records(tmp_path)
    assert histories_of(runs) == read_histories([tmp_path])
    assert read_histories([], runs) == read_histories([tmp_path])


# --- families -------------------------------------------------------------------------------------


def test_runs_called_by_seeds_are_a_family(tmp_path: Path):
    for place in range(3):
        folder = tmp_path / "m" / f"seed-{place}" / "evaluation"
        write_history(folder, f"seed-{place}", (0, 125), rows=60, seed=place)
    write_history(tmp_path / "other" / "evaluation", "other", (0, 125), rows=60)
    histories = read_histories([tmp_path])
    [family] = families_of_histories(histories)
    assert family.name == "m"
    assert [one.run for one in family.histories] == ["seed-0", "seed-1", "seed-2"]


def test_seeds_below_one_name_in_one_folder_are_a_family(tmp_path: Path):
    for run in ("x/seed-10", "x/seed-9", "y/seed-1"):
        write_history(tmp_path, run, (0, 125), rows=60)
    [family] = families_of_histories(read_histories([tmp_path]))
    assert (family.name, [one.run for one in family.histories]) == ("x", ["x/seed-9", "x/seed-10"])


def test_a_family_beside_the_records_names_runs(tmp_path: Path):
    for run in ("a", "b", "c"):
        write_history(tmp_path / "runs" / run / "evaluation", run, (0, 125), rows=60)
    histories = read_histories([tmp_path])
    members = (Member("runs/a"), Member("b"))
    [family] = families_of_histories(histories, [Family("mine", "seed", members)])
    assert (family.name, [one.run for one in family.histories]) == ("mine", ["a", "b"])
    assert families_of_histories(histories, [Family("mine", "pooler", members)]) == []


def test_one_run_under_two_names_is_no_family(tmp_path: Path):
    for run in ("seed-0", "seed-1"):
        for step in (0, 125):
            folder = tmp_path / run / "evaluation"
            store(folder, f"{run}/step-{step}", GIVEN, training=_at(run, step))
    with pytest.raises(UsageError, match="the same weights at step 125, one run under two names"):
        families_of_histories(read_histories([tmp_path]))


def _at(run: str, step: int) -> object:
    from benchmark.results.record import TrainingRecord

    return TrainingRecord(run, step)


def test_steps_of_one_run_are_told_from_runs(tmp_path: Path):
    write_history(tmp_path, "x", (0, 125, 250), rows=60)
    write_history(tmp_path, "y", (125,), rows=60)
    runs = collect([tmp_path])
    assert steps_of_one_run(runs) == ("x", [0, 125, 250])
    assert steps_of_one_run(run for run in runs if run.model.endswith("step-125")) is None
