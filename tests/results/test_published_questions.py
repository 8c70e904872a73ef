"""A published figure stands beside a score of ours only where both answer the same question."""

from __future__ import annotations

import pytest

from benchmark.results import sign
from benchmark.tasks.loading import published_sha256
from tests.results.quoted import ROWS, STS, TRANSFER, YEARS, rows_of
from tests.results.samples import CARD, task_named

OF_MTEB, OF_PAPERS = ("STS-B/mteb", "SICK-R/mteb"), ("STSBenchmark", "SICKRelatedness")


def ours(task: str, verified: bool = True) -> str:
    """The signature that a score of ours has."""
    return sign(task_named(task), published_sha256(task_named(task)), verified, CARD)


@pytest.mark.parametrize("column", STS + TRANSFER)
def test_the_papers_figures_answer_our_question(column: str) -> None:
    group = "sts" if column in STS else "transfer"
    for row in rows_of(f"diffcse-{group}"):
        assert row.ranks_with(column, ours(column))
        assert not row.ranks_with(column, ours(column, verified=False))
        assert not any(
            row.ranks_with(other, ours(column)) for other in STS + TRANSFER if other != column
        )


def test_the_question_is_spelt_as_in_a_signature() -> None:
    [row] = rows_of("diffcse-sts", model="DiffCSE-BERT-base")
    asked = "task:STS16|split:test|agg:all|metric:spearman|sim:cos|data:137aa4e47ef5|v:1"
    assert row.question("STS16") == asked
    assert row.question("MR") is None
    assert row.question("nonsense") is None


def test_averages_over_subsets_never_share_a_ranking_with_ours() -> None:
    averaged = [row for row in ROWS if row.protocol.aggregation in ("mean", "wmean")]
    assert len(averaged) > 10
    assert not any(row.ranks_with(task, ours(task)) for row in averaged for task in STS)


def test_pearson_never_shares_a_ranking_with_ours() -> None:
    pearson = [row for row in ROWS if row.protocol.metric == "pearson"]
    assert pearson
    assert not any(row.ranks_with(task, ours(task)) for row in pearson for task in STS)


def test_mteb_shares_five_columns_of_the_papers_with_us_and_two_of_its_own() -> None:
    for row in rows_of("mteb-sts", metric="spearman"):
        ranked = [task for task in STS if row.ranks_with(task, ours(task))]
        assert ranked == [task for task in YEARS if task in row.scores]
        for task, papers in zip(OF_MTEB, OF_PAPERS, strict=True):
            assert row.ranks_with(task, ours(task)) == (task in row.scores)
            assert not row.ranks_with(task, ours(papers))
            assert ours(task) != ours(papers)


def test_development_scores_are_not_test_scores() -> None:
    dev, test = rows_of("diffcse-notebook-transfer", model="DiffCSE-BERT-base")
    assert test.ranks_with("MR", ours("MR"))
    assert not dev.ranks_with("MR", ours("MR"))
    [ablated] = rows_of("diffcse-ablations", section="generator", setting="DistilBERT")
    assert ablated.ranks_with("STSBenchmark/dev", ours("STSBenchmark/dev"))
    assert not ablated.ranks_with("STSBenchmark", ours("STSBenchmark"))


def test_other_text_and_other_classifiers_are_compared_with_nothing() -> None:
    assert {row.question("STSBenchmark") for row in rows_of("bert-flow-readme")} == {None}
    [row] = rows_of("diffcse-transfer", model="DiffCSE-BERT-base")
    other = ours("MR").replace("clf:senteval|", "clf:sklearn|")
    assert other != ours("MR")
    assert not row.ranks_with("MR", other)
