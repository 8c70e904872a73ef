"""Scoring of supervised relatedness: the order of pairs, the numbers, and what cannot be scored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from benchmark.datasets import SentencePairs
from benchmark.errors import TaskError
from benchmark.tasks import KINDS, Relatedness, groups, task_by_id, with_protocol
from benchmark.tasks.relatedness import supervised_relatedness
from tests.oracles import relatedness as oracle
from tests.oracles.vectors import Lookup, fractions

SCORING = Relatedness()
TASK = task_by_id("STSBenchmark-finetune")
VECTORS = Lookup(fractions)


def pairs(name: str, count: int, seed: int) -> SentencePairs:
    """Pairs of one to four words whose score says how many they share, in no order."""
    dice = np.random.default_rng(seed)
    words = [f"{name}{number}" for number in range(40)]
    first = [list(dice.choice(words, dice.integers(1, 5), replace=False)) for _ in range(count)]
    shared = [int(dice.integers(0, len(one) + 1)) for one in first]
    second = [
        [*one[:same], *dice.choice(words, dice.integers(1, 3))]
        for one, same in zip(first, shared, strict=True)
    ]
    gold = 5 * np.array(shared) / np.array([len(one) for one in first])
    return SentencePairs(name, tuple(map(" ".join, first)), tuple(map(" ".join, second)), gold)


PARTS = [pairs("train", 64, 0), pairs("dev", 30, 1), pairs("test", 31, 2)]


def plainly(part: SentencePairs) -> oracle.Pairs:
    rows = sorted(
        zip(part.first, part.second, part.gold, strict=True),
        key=lambda row: (len(row[0].split()), len(row[1].split()), row[2]),
    )
    first, second, gold = zip(*rows, strict=True)
    return oracle.Pairs(VECTORS[first], VECTORS[second], np.array(gold))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One check of the oracle, and of ours."""
    from benchmark.metrics.relatedness import RelatednessProtocol

    monkeypatch.setattr(oracle, "MOST_EPOCHS", 0)
    monkeypatch.setattr(
        "benchmark.metrics.relatedness.RelatednessProtocol",
        lambda **asked: RelatednessProtocol(max_epoch=0, **asked),
    )


@pytest.mark.usefixtures("quick")
def test_a_task_is_scored_as_by_the_oracle() -> None:
    found = SCORING.score(TASK, PARTS, VECTORS)
    theirs = oracle.supervised(*map(plainly, PARTS))
    np.testing.assert_allclose(found.predicted, theirs.predicted, rtol=0, atol=1e-5)
    assert found.main_score == found.scores["all"]["pearson"]
    assert found.main_score == pytest.approx(theirs.pearson, abs=1e-5)
    assert found.scores["dev"] == {"pearson": pytest.approx(theirs.dev, abs=1e-5)}
    assert found.choices["test"]["mse"] == pytest.approx(theirs.mse, abs=1e-5)
    assert (found.choices["test"]["passes"], found.choices["test"]["best_pass"]) == (50, 50)


@pytest.mark.usefixtures("quick")
def test_predictions_stand_beside_their_gold_and_texts() -> None:
    found = SCORING.score(TASK, PARTS, VECTORS)
    gold, texts = SCORING.gold(PARTS), SCORING.texts(PARTS)
    np.testing.assert_array_equal(found.gold.values, plainly(PARTS[2]).scores)
    np.testing.assert_array_equal(gold.values, found.gold.values)
    assert gold.subsets == (("test", 31),)
    [shortest, *_], order = texts, [(len(a.split()), len(b.split())) for a, b in texts]
    assert order == sorted(order)
    assert shortest in set(zip(PARTS[2].first, PARTS[2].second, strict=True))
    both = {
        "pearson": pytest.approx(pearsonr(found.predicted, gold.values).statistic, abs=1e-12),
        "spearman": pytest.approx(spearmanr(found.predicted, gold.values).statistic, abs=1e-12),
    }
    assert found.scores["all"] == both
    assert found.subsets == {"test": {**both, "pairs": 31}}
    assert found.counts["pairs"] == found.counts["test_pairs"] == 31
    assert (found.counts["train_pairs"], found.counts["dev_pairs"]) == (64, 30)


@pytest.mark.usefixtures("quick")
def test_what_it_is_selected_by_is_part_of_the_question() -> None:
    other = task_by_id("STSBenchmark-finetune/dev-spearman")
    ours, theirs = (SCORING.score(task, PARTS, VECTORS) for task in (TASK, other))
    [judged] = theirs.scores["dev"].values()
    assert list(theirs.scores["dev"]) == ["spearman"]
    assert judged != ours.scores["dev"]["pearson"]
    questions = [SCORING.question(task) for task in (TASK, other)]
    assert questions[0] == {
        "metric": "pearson",
        "clf": "senteval-relatedness",
        "cv": "dev-pearson",
    }
    assert questions[1] == {**questions[0], "cv": "dev-spearman"}


@pytest.mark.usefixtures("quick")
def test_vectors_of_another_type_and_another_seed_are_taken_as_they_are() -> None:
    """As a script's own vectors come, see drop_in."""
    exact = Lookup(lambda sentence: fractions(sentence).astype(np.float64))
    found = supervised_relatedness(PARTS, exact, seed=5, judge="spearman")
    theirs = oracle.supervised(*map(plainly, PARTS), judge=oracle.by_spearman, seed=5)
    np.testing.assert_allclose(found.predicted, theirs.predicted, rtol=0, atol=1e-5)
    assert found.layer.dev == pytest.approx(theirs.dev, abs=1e-3)


def test_the_tasks_are_a_table_of_their_own_that_no_protocol_of_classifiers_concerns() -> None:
    tasks = groups()["supervised"]
    assert [task.id for task in tasks] == ["STSBenchmark-finetune", "SICKRelatedness-finetune"]
    assert not {*tasks, *groups()["supervised-simcse"]} & {*groups()["all"]}
    for protocol in ("senteval-fast", "sklearn"):
        assert with_protocol(tasks, protocol) == tasks
    assert all(KINDS[task.kind] == SCORING for task in tasks)


# --- what cannot be scored ------------------------------------------------------------------------


def refused(parts: list[SentencePairs], vectors: Any, **changed: Any) -> str:
    with pytest.raises(TaskError) as caught:
        SCORING.score(replace(TASK, **changed), parts, vectors)
    return str(caught.value)


def test_the_reason_is_one_line() -> None:
    one_vector = Lookup(lambda _: np.ones(4, np.float32))
    assert refused(PARTS, one_vector) == (
        "STSBenchmark-finetune: cannot be trained on (predictions or gold scores of the "
        "development pairs are all the same)"
    )
    infinite = Lookup(lambda _: np.full(4, np.inf, np.float32))
    assert "not finite" in refused(PARTS, infinite)
    assert "has 2 parts" in refused(PARTS[1:], VECTORS)
    assert "the scheme 'split'; relatedness takes" in refused(PARTS, VECTORS, scheme="split")
    beside = replace(PARTS[0], gold=PARTS[0].gold + 0.5)
    assert "only scores from 0 to 5" in refused([beside, *PARTS[1:]], VECTORS)


@pytest.mark.usefixtures("quick")
def test_no_score_is_made_up_where_gold_is_all_the_same() -> None:
    flat = replace(PARTS[2], gold=np.full(31, 3.0))
    assert "the correlation is undefined" in refused([*PARTS[:2], flat], VECTORS)
