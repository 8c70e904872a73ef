"""The published figures are as printed, and agree with each other where they must."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest

from benchmark.datasets import load_catalogue
from benchmark.results import PublishedRow, published_rows, published_table
from tests.results.papers import NOT_THE_MEAN_OF_PAPERS, ROWS_OF_PAPERS
from tests.results.quoted import ROWS, STS, TABLES, TRANSFER, YEARS, rows_of

WITH_AVERAGE = [row for row in ROWS if row.average is not None and row.scores]


def printed(row: PublishedRow) -> str:
    """The row as its source prints it."""
    return " ".join([*map(str, row.scores.values()), row.average or ""]).strip()


# --- as printed -----------------------------------------------------------------------------------


DIFFCSE = {
    ("sts", "DiffCSE-BERT-base"): "72.28 84.43 76.47 83.90 80.54 80.59 71.23 78.49",
    ("sts", "DiffCSE-RoBERTa-base"): "70.05 83.43 75.49 82.81 82.12 82.38 71.19 78.21",
    ("transfer", "DiffCSE-BERT-base"): "82.69 87.23 95.23 89.28 86.60 90.40 76.58 86.86",
    ("transfer", "DiffCSE-RoBERTa-base"): "82.82 88.61 94.32 87.71 88.63 90.40 76.81 87.04",
}


@pytest.mark.parametrize(("group", "model"), DIFFCSE)
def test_the_rows_of_the_paper_come_out_digit_for_digit(group: str, model: str) -> None:
    [row] = rows_of(f"diffcse-{group}", model=model)
    assert printed(row) == DIFFCSE[group, model]
    assert list(row.scores) == (STS if group == "sts" else TRANSFER)
    assert row in published_rows(group)


ROWS_OF = {
    "diffcse-sts": 17,
    "diffcse-transfer": 12,
    "simcse-sts": 12 + 2,  # two of which only an average is known
    "simcse-transfer": 12,
    "simcse-aggregation": 14 + 4,  # four that the reference notes put into two double lines
    "simcse-fitted": 3,
    "sts-reruns": 5,
    "mteb-raw": 164 + 93,  # MTEB's own runs, authors' own
    "mteb-sts17": 134 + 1,
    "mteb-sts": 259 + 6 + 1 + 2,  # a model each, removed, authors' own, Pearson
    "papers-with-code": 2,
    "bert-flow-readme": 4,
    "diffcse-notebook-sts": 2,
    "diffcse-notebook-subsets": 4,
    "diffcse-notebook-means": 12,
    "diffcse-notebook-transfer": 4,
    "diffcse-notebook-grid": 2,
    "evalrank-transfer": 13,
    "diffcse-ablations": 9 + 4 + 6 + 4 + 7 + 6 + 8,
    "diffcse-retrieval": 2,
    "diffcse-geometry": 3,
    "diffcse-passage-retrieval": 2,
    "simcse-ablations": 11 + 8 + 8 + 8 + 16 + 5 + 6 + 4,
}


def test_no_row_is_lost() -> None:
    assert {table.id: len(table.rows) for table in TABLES} == ROWS_OF | ROWS_OF_PAPERS


def test_the_papers_tables_have_their_67_rows_of_seven() -> None:
    tables = ("diffcse-sts", "diffcse-transfer", "simcse-sts", "simcse-transfer")
    full = [row for name in tables for row in published_table(name).rows if len(row.scores) == 7]
    assert len(full) + 14 == 67
    assert all(row.average for row in full)


@pytest.mark.parametrize(("place", "rows"), [("Table 5", 23), ("Table E.1", 21)])
def test_simcse_tables_can_be_put_together(place: str, rows: int) -> None:
    found = [row for row in ROWS if (row.source, row.where) == ("simcse", place)]
    assert len(found) == rows


def test_digits_are_kept() -> None:
    [row] = rows_of("mteb-sts", catalogue="all-minilm-l6-v2", metric="spearman")
    printed_first = [str(score) for score in row.scores.values()][:2]
    assert printed_first == ["72.36899998079941", "80.60316722220763"]
    [row] = rows_of("simcse-ablations", section="dropout", setting="0.5")
    assert printed(row) == "71.0"


# --- averages -------------------------------------------------------------------------------------


NOT_THE_MEAN = {
    ("diffcse-transfer", "Avg. BERT"): ("84.94", "84.95"),
    ("simcse-sts", "SBERT-base"): ("74.89", "74.86"),
    **NOT_THE_MEAN_OF_PAPERS,
}
"""Average as printed, and the mean; the first two are taken over from the SBERT paper."""


def mean(row: PublishedRow) -> Decimal:
    return sum(row.scores.values(), Decimal()) / len(row.scores)


@pytest.mark.parametrize("row", WITH_AVERAGE, ids=lambda row: f"{row.table}-{row.label}")
def test_every_printed_average_is_the_mean(row: PublishedRow) -> None:
    assert row.average is not None
    off = abs(mean(row) - Decimal(row.average))
    if (row.table, row.label) in NOT_THE_MEAN:
        rounded = str(mean(row).quantize(Decimal("0.01"), ROUND_HALF_UP))
        assert (row.average, rounded) == NOT_THE_MEAN[row.table, row.label]
        assert off > Decimal("0.01")
    else:
        assert off < Decimal("0.01")


def test_there_are_averages_to_check() -> None:
    others = [row for row in WITH_AVERAGE if row.table not in ROWS_OF_PAPERS]
    assert len(WITH_AVERAGE) - len(others) == 260  # where more than an average is printed
    assert len(others) == 67 + 4 + 3 + 2 + 2 + 2 + 190 + 6 + 257 + 135
    # tables, double lines, C.1, others, MTEB's
    assert NOT_THE_MEAN.keys() <= {(row.table, row.label) for row in WITH_AVERAGE}


# --- logs -----------------------------------------------------------------------------------------


DATASETS = load_catalogue().datasets


@pytest.mark.parametrize("metric", ["spearman", "pearson"])
@pytest.mark.parametrize("model", ["DiffCSE-BERT-base", "DiffCSE-RoBERTa-base"])
@pytest.mark.parametrize("task", STS)
def test_logged_means_follow_from_the_subsets(task: str, model: str, metric: str) -> None:
    [subsets] = rows_of("diffcse-notebook-subsets", model=model, metric=metric)
    logged = rows_of("diffcse-notebook-means", model=model, metric=metric)
    by_rule = {
        row.protocol.aggregation: list(row.scores.values())[STS.index(task)] for row in logged
    }
    parts = DATASETS[task].parts
    scores = [float(subsets.scores[f"{task}/{part.name}"]) for part in parts]
    pairs = [part.scored for part in parts]
    weighted = sum(a * b for a, b in zip(scores, pairs, strict=True)) / sum(pairs)
    # Subsets are known to 0.005 and so is what was logged.
    assert weighted == pytest.approx(float(by_rule["wmean"]), abs=0.01)
    assert sum(scores) / len(scores) == pytest.approx(float(by_rule["mean"]), abs=0.01)


@pytest.mark.parametrize("model", ["DiffCSE-BERT-base", "DiffCSE-RoBERTa-base"])
def test_the_notebook_prints_what_the_paper_prints(model: str) -> None:
    [paper] = rows_of("diffcse-sts", model=model)
    [table] = rows_of("diffcse-notebook-sts", model=model)
    assert (table.scores, table.average) == (paper.scores, paper.average)
    [all_pairs] = rows_of(
        "diffcse-notebook-means", model=model, aggregation="all", metric="spearman"
    )
    [subsets] = rows_of("diffcse-notebook-subsets", model=model, metric="spearman")
    assert [all_pairs.scores[year] for year in YEARS] == [paper.scores[year] for year in YEARS]
    for task in ("STSBenchmark", "SICKRelatedness"):
        assert subsets.scores[f"{task}/test"] == paper.scores[task]
    [listed] = rows_of("papers-with-code", model=model)
    assert listed.scores == {year: paper.scores[year] for year in YEARS}


@pytest.mark.parametrize("model", ["DiffCSE-BERT-base", "DiffCSE-RoBERTa-base"])
def test_the_notebooks_transfer_scores_are_the_papers(model: str) -> None:
    [paper] = rows_of("diffcse-transfer", model=model)
    dev, test = rows_of("diffcse-notebook-transfer", model=model)
    assert {task: test.scores[task] for task in TRANSFER} == paper.scores
    [grid] = rows_of("diffcse-notebook-grid", model=model)
    for task in ("SST2", "TREC", "MRPC"):
        strengths = [score for name, score in grid.scores.items() if name.startswith(f"{task}/")]
        assert len(strengths) == 4
        assert max(strengths) == dev.scores[task]


def test_recalls_are_counts_of_both_directions() -> None:
    recalls = [
        score for row in published_table("diffcse-retrieval").rows for score in row.scores.values()
    ]
    possible = {f"{100 * hits / 194:.2f}" for hits in range(195)}
    assert len(recalls) == 6
    assert set(map(str, recalls)) <= possible
