"""`explain_runs`: what is explained, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.comparisons import explain_runs
from benchmark.errors import UsageError
from tests.comparisons.made_up import gold_scores, noisy, run_of, store


@pytest.fixture
def good(two_models: Path):
    return run_of(two_models, "good")


@pytest.fixture
def bad(two_models: Path):
    return run_of(two_models, "bad")


def test_every_task_is_explained_in_its_way(good, bad):
    found = explain_runs([good, bad])
    assert [part.task for part in found.parts] == ["STS12", "STS13", "STS14"]
    assert [confusion.task for confusion in found.confusions] == ["MR", "CR"]
    assert [model.label for model in found.models] == ["good", "bad"]
    assert found.left_out == ()


def test_the_score_over_all_pairs_is_the_recorded_one(good, bad):
    for part in explain_runs([good, bad]).parts:
        for of_model, run in zip(part.aggregations, (good, bad), strict=True):
            recorded = run.records[part.task].result.main_score
            assert of_model["all"]["spearman"] == pytest.approx(recorded, abs=1e-12)


def test_one_model_has_no_changes(good):
    found = explain_runs([good], top=3)
    assert len(found.pairs.farthest) == 3
    assert found.pairs.first_nearer == found.pairs.second_nearer == ()
    assert found.confusions[0].agreement is None


def test_the_better_model_is_nearer_to_gold(good, bad):
    pairs = explain_runs([good, bad], tasks=["STS12"], top=100).pairs
    gains = [abs(p.disagreements[1]) - abs(p.disagreements[0]) for p in pairs.first_nearer]
    losses = [abs(p.disagreements[0]) - abs(p.disagreements[1]) for p in pairs.second_nearer]
    assert sum(gains) > sum(losses)
    assert min(gains) > 0 < min(losses)
    assert gains == sorted(gains, reverse=True)


def test_transfer_alone_has_no_pairs(good):
    found = explain_runs([good], tasks=["MR"])
    assert found.parts == ()
    assert found.pairs.farthest == ()


def test_no_pairs_can_be_asked_for(good):
    assert explain_runs([good], top=0).pairs.farthest == ()


def test_one_model_or_two_are_explained(good):
    with pytest.raises(UsageError, match="one model or two can be explained, not 3"):
        explain_runs([good] * 3)
    with pytest.raises(UsageError, match="not 0"):
        explain_runs([])


def test_what_cannot_be_explained_is_named(tmp_path: Path, good):
    gold = gold_scores(300, seed=0)
    store(tmp_path, "small", {"STS12": (noisy(gold, 0.3, 5), gold)})
    found = explain_runs([good, run_of(tmp_path, "small")])
    assert [part.task for part in found.parts] == ["STS12"]
    assert {left.task for left in found.left_out} == {"STS13", "STS14", "MR", "CR"}
