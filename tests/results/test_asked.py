"""What a record says of its task, and what is filled in for records that do not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.errors import UnreadableRecord
from benchmark.results import (
    ResultStore,
    TaskRecord,
    asked_of,
    average,
    collect,
    columns_of,
    in_order,
    read_record,
)
from benchmark.tasks import Task, all_tasks, known_task, select_tasks, with_protocol
from tests.results.edits import as_version_2, forge
from tests.results.samples import CARD, renamed, sample_result, task_named

MINE = [Task(name, name.title(), "mine", "nowhere") for name in ("one", "two", "three")]


def ids(tasks: list[TaskRecord]) -> list[str]:
    return [task.id for task in tasks]


def write(folder: Path, *results) -> Path:
    store = ResultStore(folder)
    return [store.write("tiny-bert", CARD, result) for result in results][-1]


# --- what is written ------------------------------------------------------------------------------


def test_a_task_of_the_papers_tells_its_table():
    asked = asked_of(task_named("STS-B"))
    assert (asked.heading, asked.group, asked.kind, asked.place) == (
        "STS-B",
        "sts",
        "similarity",
        0,
    )
    assert asked.table == tuple(task.id for task in select_tasks("sts"))
    assert asked.aliases == ("STS-B", "STSB")
    assert asked.analysed


def test_a_variant_fills_the_column_of_its_task():
    [task] = with_protocol(select_tasks("MR"), "sklearn")
    asked = asked_of(task)
    assert (asked.id, asked.column, asked.protocol, asked.shown) == (
        "MR/sklearn",
        "MR",
        "sklearn",
        "MR/sklearn",
    )
    assert asked.table == asked_of(task_named("MR")).table


def test_tasks_of_no_catalogue_are_a_table_as_they_were_asked():
    asked = [asked_of(task, [*MINE, *all_tasks()]) for task in MINE]
    assert {task.table for task in asked} == {("one", "two", "three")}
    assert {task.place for task in asked} == {None}
    assert asked_of(MINE[0]).table == ("one",)


# --- order and average ----------------------------------------------------------------------------


def test_the_order_is_that_of_the_catalogue_then_tables_of_ones_own_then_the_rest():
    known = [asked_of(task) for task in all_tasks()]
    variants = [asked_of(task) for task in with_protocol(select_tasks("MR,CR"), "sklearn")]
    mine = [asked_of(task, MINE) for task in MINE]
    unknown = [renamed(sample_result(), name).asked for name in ("B", "A")]
    expected = [task.id for task in all_tasks()]
    for variant in variants:
        expected.insert(expected.index(variant.column) + 1, variant.id)
    found = in_order([*unknown, *reversed(mine), *variants, *reversed(known)])
    assert ids(found) == [*expected, "one", "two", "three", "A", "B"]


def test_tables_of_several_runs_are_put_together():
    asked = [asked_of(MINE[0], MINE[:1]), asked_of(MINE[2], [MINE[2]]), asked_of(MINE[1], MINE[:2])]
    assert columns_of(asked, "mine") == ("one", "two", "three")
    assert columns_of(asked, "sts") == ()


def scored(task: Task, score: float, together: list[Task]):
    asked = asked_of(task, together)
    return replace(sample_result(score=score), task=task.id, asked=asked)


def test_the_average_of_a_table_of_ones_own_needs_all_that_was_asked():
    results = [scored(task, 0.10006, MINE) for task in MINE]
    assert average(results, "mine") == 10.01
    assert average(results[:2], "mine") is None
    assert average(results, "sts") is None
    alone = scored(MINE[0], 0.5, [])
    assert average([alone], "mine") == 50.0


def test_scores_of_two_protocols_are_not_averaged_together():
    tasks = select_tasks("transfer")
    own = [replace(sample_result(task.id, 0.5), asked=asked_of(task)) for task in tasks]
    other = [
        replace(sample_result(task.variant_of, 0.25), task=task.id, asked=asked_of(task))
        for task in with_protocol(tasks, "sklearn")
    ]
    assert average([*own, *other], "transfer") == 50.0
    assert average([*own[:-1], *other], "transfer") == 25.0
    assert average([*own[:-1], *other[-1:]], "transfer") is None


def test_tasks_of_no_known_table_have_no_average():
    assert average([renamed(sample_result(), "A"), renamed(sample_result(), "B")], "") is None


# --- records of version 2 -------------------------------------------------------------------------


def test_a_record_of_version_2_is_read_as_if_it_was_written_now(tmp_path: Path):
    for task in all_tasks():
        path = write(tmp_path, sample_result(task.id))
        as_version_2(path)
        assert read_record(path) == sample_result(task.id)


def test_a_record_of_version_2_is_taken_by_the_next_run(tmp_path: Path):
    result = sample_result()
    as_version_2(write(tmp_path, result))
    found = ResultStore(tmp_path).finished("tiny-bert", CARD, "STS12", result.signature)
    assert found == result


def test_a_changed_record_of_version_2_is_refused(tmp_path: Path):
    path = write(tmp_path, sample_result())
    as_version_2(path)
    path.write_bytes(path.read_bytes().replace(b'"main_score": 0.5', b'"main_score": 0.6'))
    with pytest.raises(UnreadableRecord, match="changed after it was written"):
        read_record(path)


@pytest.mark.parametrize(("task", "kind"), [("STS12", "similarity"), ("MR", "classification")])
def test_a_record_of_version_2_of_an_unknown_task_is_read(tmp_path: Path, task: str, kind: str):
    path = write(tmp_path, renamed(sample_result(task), "Other/task"))
    as_version_2(path)
    assert known_task("Other/task") is None
    asked = read_record(path).asked
    assert asked == TaskRecord("Other/task", "Other/task", "", kind, "Other/task")
    [run] = collect([tmp_path])
    assert list(run.records) == ["Other/task"]


# --- what contradicts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"id": "STS13"}, "a score of STS12, but it says what STS13 is"),
        ({"column": "MR"}, "its column is MR, but its table has STS12, STS13"),
        ({"kind": "classification"}, "a score of STS12 is accuracy, not spearman"),
    ],
)
def test_a_task_that_is_not_that_of_the_score_is_refused(tmp_path: Path, changes, wrong: str):
    path = write(tmp_path, sample_result())
    forge(path, asked=json.loads(path.read_bytes())["asked"] | changes)
    with pytest.raises(UnreadableRecord, match=wrong):
        read_record(path)
