"""Pairs that disagree with gold, on lists that can be ranked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmark.comparisons.similarity import disagreements, telling_pairs
from tests.comparisons.made_up import gold_scores, noisy, paired

GOLD = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
AGREES = np.array([0.1, 0.2, 0.3, 0.4, 0.5], np.float32)
SWAPS_ENDS = np.array([0.5, 0.2, 0.3, 0.4, 0.1], np.float32)
SENTENCES = tuple((f"left {n}", f"right {n}") for n in range(5))


def places(pairs):
    return [pair.number for pair in pairs]


def test_by_hand():
    found = disagreements(paired(GOLD, AGREES, SWAPS_ENDS))
    assert found[0] == pytest.approx(np.zeros(5))
    assert found[1] == pytest.approx([0.8, 0, 0, 0, -0.8])


def test_against_scipy():
    gold = gold_scores(300)
    given = noisy(gold, 0.5, 3)
    expected = stats.percentileofscore(given, given, "mean") - stats.percentileofscore(
        gold, gold, "mean"
    )
    assert disagreements(paired(gold, given))[0] == pytest.approx(expected / 100, abs=1e-12)


def test_the_scale_of_cosines_does_not_matter():
    squeezed = (0.99 + SWAPS_ENDS / 1000).astype(np.float32)
    assert np.array_equal(
        disagreements(paired(GOLD, squeezed)), disagreements(paired(GOLD, SWAPS_ENDS))
    )


def test_one_model_is_far_where_it_ranks_otherwise():
    pairs = telling_pairs([paired(GOLD, SWAPS_ENDS, sentences=SENTENCES)], top=10)
    assert places(pairs.farthest) == [1, 5]
    first = pairs.farthest[0]
    assert (first.task, first.subset, first.gold) == ("STS12", "test", 0.0)
    assert first.cosines == pytest.approx((0.5,))
    assert first.disagreements == pytest.approx((0.8,))
    assert first.sentences == ("left 0", "right 0")


def test_two_models_far_on_opposite_sides_are_not_far_together():
    highest = np.array([0.1, 0.2, 0.9, 0.4, 0.5], np.float32)
    lowest = np.array([0.2, 0.3, 0.1, 0.4, 0.5], np.float32)
    assert telling_pairs([paired(GOLD, highest, lowest)], top=10).farthest == ()
    upside = paired(GOLD, AGREES[::-1].copy(), SWAPS_ENDS)
    assert places(telling_pairs([upside], top=10).farthest) == [1, 5]


def test_changes_go_to_the_model_that_is_nearer():
    ours = telling_pairs([paired(GOLD, AGREES, SWAPS_ENDS)], top=10)
    assert places(ours.first_nearer) == [1, 5]
    assert ours.second_nearer == ()
    turned = telling_pairs([paired(GOLD, SWAPS_ENDS, AGREES)], top=10)
    assert turned.first_nearer == ()
    assert places(turned.second_nearer) == [1, 5]


def test_numbers_count_within_the_subset():
    task = paired(GOLD, SWAPS_ENDS, subsets=(("small", 2), ("large", 3)))
    found = [(pair.subset, pair.number) for pair in telling_pairs([task], top=10).farthest]
    assert found == [("small", 1), ("large", 3)]


def test_tasks_compete_for_the_places():
    calm = paired(GOLD, np.array([0.2, 0.1, 0.3, 0.4, 0.5], np.float32), task="STS13")
    wild = paired(GOLD, SWAPS_ENDS, task="STS14")
    found = telling_pairs([calm, wild], top=3).farthest
    assert [pair.task for pair in found] == ["STS14", "STS14", "STS13"]


def test_a_repeated_pair_stands_once():
    gold, given = np.tile(GOLD, 2), np.tile(SWAPS_ENDS, 2)
    repeated = paired(gold, given, sentences=SENTENCES * 2)
    assert places(telling_pairs([repeated], top=10).farthest) == [1, 5]
    unknown = paired(gold, given)
    assert places(telling_pairs([unknown], top=10).farthest) == [1, 5, 6, 10]


def test_a_perfect_model_is_far_nowhere():
    assert telling_pairs([paired(GOLD, AGREES)], top=10).farthest == ()
