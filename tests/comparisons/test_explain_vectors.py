"""Alignment, uniformity and recall: what records keep, beside what was published."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from benchmark.comparisons.explain import analyses
from benchmark.results import StoredRecord
from tests.results.samples import sample_result

MEASURED = {"alignment": 0.2, "uniformity": -2.0, "recall@1": 0.75}


def stored(task: str, **analysis: float) -> StoredRecord:
    return StoredRecord(Path("x.json"), replace(sample_result(task), analysis=analysis))


def test_the_published_figures_stand_beside_those_of_stsb():
    [found] = analyses({"STSBenchmark": [stored("STSBenchmark", **MEASURED)]})
    assert found.measured == (MEASURED,)
    figures = {row.label: row.figures for row in found.published}
    # DiffCSE (Chuang et al. 2022), tables of alignment and uniformity and of retrieval.
    assert figures["DiffCSE-BERT-base"] == {
        "alignment": Decimal("0.097"),
        "uniformity": Decimal("-1.438"),
        "recall@1": Decimal("78.87"),
        "recall@5": Decimal("95.36"),
        "recall@10": Decimal("97.42"),
    }
    assert figures["SimCSE-BERT-base"]["recall@10"] == Decimal("95.88")
    assert figures["Avg. BERT"]["uniformity"] == Decimal("-1.468")
    assert [row.rerun for row in found.published] == [False, True, False]
    [caution] = found.cautions
    assert caution.startswith("the least gold score of a positive pair is not stated")


def test_other_data_has_nothing_published_beside_it():
    [found] = analyses({"DemoSTS": [stored("DemoSTS", **MEASURED)]})
    assert found.published == found.cautions == ()


def test_a_record_without_figures_is_there_where_some_are_expected():
    [found] = analyses(
        {"STSBenchmark": [stored("STSBenchmark"), stored("STSBenchmark", **MEASURED)]}
    )
    assert found.measured == ({}, MEASURED)


def test_tasks_without_analysis_have_none():
    assert analyses({"STS12": [stored("STS12")], "MR": [stored("MR")]}) == ()
    assert len(analyses({"STS12": [stored("STS12", **MEASURED)]})) == 1
