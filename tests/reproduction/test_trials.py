"""Scores of a run, held against a row in every setting: tolerances, averages, what is missing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.leaderboard.reproduction import FINE
from benchmark.reproduction.quotations import named_quotations, quotations_of, quoted
from benchmark.reproduction.trials import Trial, documented_setting, trials_of
from benchmark.results import PublishedRow, TaskResult, published_tables, read_record
from tests.leaderboard.samples import STS, TRANSFER, write_model
from tests.results.edits import forge
from tests.results.quoted import rows_of

PAPER = rows_of("diffcse-sts", catalogue="diffcse-bert-base")[0]
CLASSES = rows_of("diffcse-transfer", catalogue="diffcse-bert-base")[0]
MTEB = rows_of("mteb-sts", catalogue="all-minilm-l6-v2", metric="spearman")[0]


def measured(folder: Path, points: dict[str, float]) -> dict[str, TaskResult]:
    """Records with these scores, whatever the aggregation and the correlation."""
    found = {}
    for path in write_model(folder, tasks=points):
        record = read_record(path)
        score = points[record.task] / 100
        scores = {way: {"spearman": score, "pearson": score} for way in ("all", "mean", "wmean")}
        if record.asked.kind == "classification":
            score = round(score, 4)
            scores = {"test": {"accuracy": score}}
        forge(path, main_score=score, scores=scores)
        found[record.task] = read_record(path)
    return found


def documented(row: PublishedRow, results: dict[str, TaskResult]) -> Trial:
    quotation = quoted(row)
    setting = documented_setting("cls", quotation)
    [trial] = [one for one in trials_of("cls", results, quotation) if one.setting == setting]
    return trial


def figures(row: PublishedRow) -> dict[str, float]:
    return {column: float(figure) for column, figure in row.scores.items()}


@pytest.mark.parametrize(
    ("column", "tolerance"),
    [("MR", "0.3"), ("MPQA", "0.3"), ("SST2", "0.5"), ("TREC", "1.0"), ("MRPC", "1.0")],
)
def test_classifiers_are_allowed_what_the_leaderboard_allows(
    tmp_path: Path, column: str, tolerance: str
) -> None:
    printed = figures(CLASSES)
    within = printed | {column: printed[column] + float(tolerance)}
    trial = documented(CLASSES, measured(tmp_path / "a", within))
    assert trial.setting.aggregation == trial.setting.metric == ""
    assert list(trial.differences) == TRANSFER
    assert trial.differences[column].value == trial.largest == Decimal(tolerance)
    assert trial.differences[column].within
    beyond = printed | {column: printed[column] + float(tolerance) + 0.01}
    trial = documented(CLASSES, measured(tmp_path / "b", beyond))
    assert not trial.differences[column].within
    assert not trial.fits


def test_the_average_is_that_of_what_would_be_printed(tmp_path: Path) -> None:
    trial = documented(PAPER, measured(tmp_path, figures(PAPER)))
    assert (trial.measured_average, trial.average.text) == (78.49, "0.00")
    assert (trial.largest, trial.mean, trial.fits) == (0, 0, True)


def test_finer_figures_are_compared_finely(tmp_path: Path) -> None:
    """Of other columns the average is not that of the table, whatever stands there."""
    trial = documented(MTEB, measured(tmp_path, figures(MTEB)))
    assert {one.tolerance for one in trial.differences.values()} == {FINE}
    assert len(trial.differences) == 7
    assert trial.average is None
    off = figures(MTEB) | {"STS12": figures(MTEB)["STS12"] + 0.0011}
    assert not documented(MTEB, measured(tmp_path / "b", off)).fits


def test_what_was_not_scored_is_not_compared_and_neither_is_the_average(tmp_path: Path) -> None:
    results = measured(tmp_path, {task: figures(PAPER)[task] for task in STS[:3]})
    trial = documented(PAPER, results)
    assert (list(trial.differences), trial.average) == (STS[:3], None)
    assert list(trials_of("cls", {}, quoted(PAPER))) == []
    only_average = replace(PAPER, scores={})
    assert list(trials_of("cls", results, quoted(only_average))) == []


def test_the_distance_is_counted_in_tolerances(tmp_path: Path) -> None:
    """A point of MRPC is nearer than half a point of MR."""
    printed = figures(CLASSES)
    near = documented(CLASSES, measured(tmp_path / "a", printed | {"MRPC": printed["MRPC"] + 0.9}))
    far = documented(CLASSES, measured(tmp_path / "b", printed | {"MR": printed["MR"] + 0.5}))
    assert near.distance < far.distance
    assert near.largest > far.largest


def test_rows_of_a_model_are_those_of_leaderboards() -> None:
    found = quotations_of("diffcse-bert-base", published_tables())
    groups = {one.row.group for one in found}
    assert {"sts", "transfer"} <= groups <= {"sts", "transfer", "sts-mteb", "sts17"}
    assert "unverified" not in {one.row.status for one in found}


def test_rows_are_named_with_their_table_where_several_have_one() -> None:
    tables = published_tables()
    [found] = named_quotations("diffcse-sts:DiffCSE-BERT-base", tables)
    assert found.row == PAPER
    with pytest.raises(UsageError, match=r"rows of that name in .*diffcse-sts:DiffCSE-BERT-base"):
        named_quotations("DiffCSE-BERT-base", tables)


def test_classifiers_of_another_protocol_are_another_task() -> None:
    fast = replace(CLASSES, protocol=replace(CLASSES.protocol, classifier="senteval-fast"))
    assert [task.id for task in quoted(fast).tasks.values()] == [
        f"{column}/senteval-fast" for column in CLASSES.scores
    ]
    other = replace(CLASSES, protocol=replace(CLASSES.protocol, metric="spearman"))
    assert set(quoted(other).left_out.values()) == {"by another measure (spearman)"}
