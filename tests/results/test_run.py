"""A run's printed scores and averages, against rows that the papers print."""

from __future__ import annotations

import pytest

from benchmark.results import Run, printed
from benchmark.tasks import select_tasks
from tests.results.samples import sample_run

STS = ("STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark", "SICKRelatedness")

# DiffCSE's table of STS results (../shared/reference/protocol.md, 4.1), each row with its Avg.
PUBLISHED = {
    "GloVe avg.": "55.14 70.66 59.73 68.25 63.66 58.02 53.76 61.32",
    "BERT-base first-last avg.": "39.70 59.38 49.67 66.03 66.19 53.87 62.06 56.70",
    "BERT-base-flow": "58.40 67.10 60.85 75.16 71.22 68.66 64.47 66.55",
    "BERT-base-whitening": "57.83 66.90 60.90 75.08 71.31 68.24 63.73 66.28",
    "CT-BERT-base": "61.63 76.80 68.47 77.50 76.48 74.31 69.19 72.05",
    "SimCSE-BERT-base": "68.40 82.41 74.38 80.91 78.56 76.85 72.23 76.25",
    "DiffCSE-BERT-base": "72.28 84.43 76.47 83.90 80.54 80.59 71.23 78.49",
    "RoBERTa-base first-last avg.": "40.88 58.74 49.07 65.63 61.48 58.55 61.63 56.57",
    "SimCSE-RoBERTa-base": "70.16 81.77 73.24 81.36 80.65 80.22 68.56 76.57",
}


@pytest.mark.parametrize("row", PUBLISHED.values(), ids=PUBLISHED)
def test_average_is_the_papers(row: str):
    *cells, average = row.split()
    run = sample_run({task: float(cell) / 100 for task, cell in zip(STS, cells, strict=True)})
    assert [printed(run[task].main_score) for task in STS] == cells
    assert run.average("sts") == float(average)


def test_average_is_of_the_rounded_scores():
    # Six scores print as 0.01, though they are hardly more than half of that.
    scores = dict.fromkeys(STS, 0.000051) | {"STS12": 0.0}
    assert f"{sum(100 * score for score in scores.values()) / 7:.2f}" == "0.00"
    assert sample_run(scores).average("sts") == 0.01


@pytest.mark.parametrize("missing", STS)
def test_no_average_when_a_task_is_missing(missing: str):
    run = sample_run({task: 0.5 for task in STS if task != missing}, "sts")
    assert run.average("sts") is None


def test_no_average_when_a_task_was_not_even_asked():
    assert sample_run({"STS12": 0.5}).average("sts") is None


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (0.7236899998, "72.37"),
        (1.0, "100.00"),
        (-1.0, "-100.00"),
        (0.0, "0.00"),
        (-0.0369, "-3.69"),
        (0.77145, "77.14"),  # as "%.2f" % 77.145, whose nearest float lies below
    ],
)
def test_printed(score: float, text: str):
    assert printed(score) == text == f"{score * 100:.2f}"


def test_groups_are_those_of_the_asked_tasks_in_the_order_of_the_tables():
    run = sample_run({}, "DemoSTS, sts-dev, STS16")
    assert run.groups == ("sts", "sts-dev", "demo")


def test_a_result_is_found_by_its_task():
    run = sample_run({"STS12": 0.25})
    assert run["STS12"].main_score == 0.25
    with pytest.raises(KeyError):
        run["STS13"]


def test_a_result_is_found_by_another_name_of_its_task():
    tasks = select_tasks("STSBenchmark")
    run = Run("m", tasks, {"STSBenchmark": "the record"})  # type: ignore[dict-item]
    assert run["STS-B"] == run["STSBenchmark"] == "the record"
    with pytest.raises(KeyError):
        run["STS12"]
