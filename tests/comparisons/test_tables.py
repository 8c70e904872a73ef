"""Which tasks are compared, and what is said of the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.comparisons.tables import match_tasks
from benchmark.errors import UsageError
from benchmark.results import ResultStore, StoredRun, collect
from tests.results.samples import CARD, renamed, sample_result

PREDICTIONS = {"predictions_sha256": "0" * 64}


def one_run(folder: Path, *results) -> StoredRun:
    for result in results:
        ResultStore(folder).write(result.model.name, replace(CARD), result)
    [run] = collect([folder])
    return run


def sample(task: str, **changes):
    return sample_result(task, **(PREDICTIONS | changes))


def reasons(matched) -> dict[str, str]:
    return {left.task: left.reason for left in matched.left_out}


def test_tasks_come_in_the_order_of_the_papers(tmp_path: Path):
    run = one_run(tmp_path, *(sample(task) for task in ("MR", "STS13", "STS12", "STSBenchmark")))
    assert list(match_tasks([run]).records) == ["STS12", "STS13", "STSBenchmark", "MR"]


def test_what_only_one_has_is_left_out(tmp_path: Path):
    first = one_run(tmp_path / "a", sample("STS12"), sample("STS13"))
    second = one_run(tmp_path / "b", sample("STS12"), sample("STS14"))
    matched = match_tasks([first, second])
    assert list(matched.records) == ["STS12"]
    assert reasons(matched) == {"STS13": "only A has a record", "STS14": "only B has a record"}


def test_models_of_one_name_are_each_looked_at(tmp_path: Path):
    first = one_run(tmp_path / "a", sample("STS12"), sample("STS13"))
    second = one_run(tmp_path / "b", sample("STS12"))
    matched = match_tasks([second, first, first], names=["seed", "seed", "seed"])
    assert list(matched.records) == ["STS12"]
    assert reasons(matched) == {"STS13": "seed has no record"}


def test_wanted_tasks_limit_both_and_missing_ones_are_named(tmp_path: Path):
    run = one_run(tmp_path, sample("STS12"), sample("STS13"))
    matched = match_tasks([run, run], ["STS12", "STS16"])
    assert list(matched.records) == ["STS12"]
    assert reasons(matched) == {"STS16": "there is no record"}


def test_a_task_stands_for_its_variants(tmp_path: Path):
    plain = sample("MR")
    other = renamed(plain, "MR/sklearn")
    run = one_run(tmp_path, plain, other)
    assert list(match_tasks([run], ["MR"]).records) == ["MR", "MR/sklearn"]
    assert not match_tasks([run], ["MR"]).left_out
    alone = one_run(tmp_path / "alone", other)
    assert list(match_tasks([alone], ["MR"]).records) == ["MR/sklearn"]


def test_other_questions_are_named_field_by_field(tmp_path: Path):
    first = one_run(tmp_path / "a", sample("STS12"), sample("STS13"))
    second = one_run(tmp_path / "b", sample("STS12"), sample("STS13", verified=False))
    [left] = match_tasks([first, second]).left_out
    data = first.records["STS13"].result.data.sha256[:12]
    assert left.task == "STS13"
    assert left.reason == (
        f"A and B answer different questions: data {data} and {data}(unverified)"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"predictions_sha256": None}, "B keeps no predictions; score it again and overwrite it"),
    ],
)
def test_what_keeps_no_rows_is_left_out(tmp_path: Path, changes, reason):
    first = one_run(tmp_path / "a", sample("STS12"), sample("STS13"))
    second = one_run(tmp_path / "b", sample("STS12"), sample("STS13", **changes))
    matched = match_tasks([first, second])
    assert reasons(matched) == {"STS13": reason}


def test_a_mean_over_subsets_is_left_out(tmp_path: Path):
    whole = sample("STS13")
    mean = replace(
        whole,
        aggregation="wmean",
        scores={"wmean": whole.scores["all"]},
        signature=whole.signature.replace("agg:all", "agg:wmean"),
    )
    run = one_run(tmp_path, sample("STS12"), mean)
    assert reasons(match_tasks([run])) == {"STS13": "spearman (wmean) is no score of single rows"}


def test_without_predictions_in_one_model_there_is_no_letter(tmp_path: Path):
    run = one_run(tmp_path, sample("STS12"), sample("STS13", predictions_sha256=None))
    [left] = match_tasks([run]).left_out
    assert left.reason == "the record keeps no predictions; score it again and overwrite it"
    both = match_tasks([run, run])
    assert both.left_out[0].reason.startswith("A and B keep no predictions")


def test_a_task_of_another_program_stands_last(tmp_path: Path):
    run = one_run(tmp_path, renamed(sample("STS12"), "A"), sample("MR"), sample("STS13"))
    assert list(match_tasks([run]).records) == ["STS13", "MR", "A"]


def test_tasks_of_one_reason_are_named_together(tmp_path: Path):
    first = one_run(tmp_path / "a", sample("STS12"), sample("STS13"))
    second = one_run(tmp_path / "b", sample("STS14"))
    phrase = r"\(STS12, STS13: only A has a record; STS14: only B has a record\)"
    with pytest.raises(UsageError, match=phrase):
        match_tasks([first, second])


def test_nothing_left_is_refused_with_all_reasons(tmp_path: Path):
    first = one_run(tmp_path / "a", sample("STS12"))
    second = one_run(tmp_path / "b", sample("STS14"))
    phrase = r"no task is left \(STS12: only A has a record; STS14: only B has a record\)"
    with pytest.raises(UsageError, match=phrase):
        match_tasks([first, second])
