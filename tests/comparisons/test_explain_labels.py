"""Pairs with labels on the wrong side of others: counted one by one, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, roc_auc_score

from benchmark.comparisons.labelled_pairs import judge_labelled, misplaced, wrong_sides
from tests.comparisons.made_up import paired

LABELS = np.array([1.0, 1.0, 1.0, 0.0, 0.0])
RIGHT = np.array([0.9, 0.8, 0.7, 0.2, 0.1], np.float32)
WRONG = np.array([0.9, 0.8, 0.1, 0.85, 0.1], np.float32)
SENTENCES = tuple((f"left {n}", f"right {n}") for n in range(5))


def made_up(size: int, seed: int, steps: int = 10) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    labels = (dice.random(size) < 0.3).astype(float)
    return labels, (np.round((labels + dice.normal(size=size)) * steps) / 50).astype(np.float32)


def by_counting(labels: np.ndarray, given: np.ndarray) -> list[float]:
    """Each pair beside each pair with the other label."""
    found = []
    for label, cosine in zip(labels, given, strict=True):
        others = given[labels != label]
        if label == 1:
            found.append(-np.mean([(other > cosine) + (other == cosine) / 2 for other in others]))
        else:
            found.append(np.mean([(other < cosine) + (other == cosine) / 2 for other in others]))
    return found


def numbers(pairs):
    return [pair.number for pair in pairs]


def test_by_hand():
    found = wrong_sides(paired(LABELS, RIGHT, WRONG))
    assert found[0] == pytest.approx(np.zeros(5))
    # The third ties with the last and is below the fourth, which two others do not reach.
    assert found[1] == pytest.approx([0, -0.5, -0.75, 2 / 3, 1 / 6])


@pytest.mark.parametrize("seed", range(3))
def test_by_counting(seed: int):
    labels, given = made_up(80, seed)
    [found] = wrong_sides(paired(labels, given))
    assert found == pytest.approx(by_counting(labels, given), abs=1e-12)
    area = roc_auc_score(labels, given)
    assert found[labels == 1].mean() == pytest.approx(area - 1, abs=1e-12)
    assert found[labels == 0].mean() == pytest.approx(1 - area, abs=1e-12)


def test_each_label_has_a_list_of_its_own():
    found = judge_labelled([paired(LABELS, WRONG, sentences=SENTENCES)], top=10)
    assert (numbers(found.lowest), numbers(found.highest)) == ([3, 2], [4, 5])
    assert (found.first_nearer, found.second_nearer) == ((), ())
    first = found.lowest[0]
    assert (first.gold, first.sentences) == (1.0, ("left 2", "right 2"))
    assert first.cosines == pytest.approx((0.1,))
    assert first.disagreements == pytest.approx((-0.75,))


def test_lists_are_ordered_by_cosine():
    labels, given = made_up(60, 5)
    found = judge_labelled([paired(labels, given)], top=1000)
    for pairs, label in ((found.lowest, 1), (found.highest, 0)):
        wrong = [abs(pair.disagreements[0]) for pair in pairs]
        assert wrong == sorted(wrong, reverse=True)
        # A cosine that is farther out is never less wrong.
        by_cosine = sorted(pairs, key=lambda pair: pair.cosines, reverse=label == 0)
        assert wrong == [abs(pair.disagreements[0]) for pair in by_cosine]
    assert found.lowest[0].cosines[0] == given[labels == 1].min()
    assert found.highest[0].cosines[0] == given[labels == 0].max()
    assert len(found.lowest) == np.sum(given[labels == 1] <= given[labels == 0].max())
    assert len(found.highest) == np.sum(given[labels == 0] >= given[labels == 1].min())


def test_nothing_is_wrong_where_labels_are_parted():
    found = judge_labelled([paired(LABELS, RIGHT)], top=10)
    assert (found.lowest, found.highest) == ((), ())
    [cuts] = found.cuts
    assert (cuts.f1[0].f1, cuts.accuracy[0].accuracy) == (1, 1)


def test_two_models_are_wrong_together_and_apart():
    both = judge_labelled([paired(LABELS, WRONG, RIGHT)], top=10)
    assert (both.lowest, both.highest, both.first_nearer) == ((), (), ())
    assert numbers(both.second_nearer) == [3, 4, 2, 5]
    turned = judge_labelled([paired(LABELS, RIGHT, WRONG)], top=10)
    assert numbers(turned.first_nearer) == numbers(both.second_nearer)
    same = judge_labelled([paired(LABELS, WRONG, WRONG)], top=10)
    assert numbers(same.lowest) == [3, 2]


def test_the_farthest_of_either_label():
    assert numbers(misplaced([paired(LABELS, WRONG)], 3)) == [3, 4, 2]


def test_few_are_shown():
    labels, given = made_up(60, 5)
    found = judge_labelled([paired(labels, given)], top=2)
    assert (len(found.lowest), len(found.highest)) == (2, 2)
    assert judge_labelled([paired(labels, given)], top=0).lowest == ()


def test_counts_are_scikit_learns():
    labels, given = made_up(200, 7)
    [cuts] = judge_labelled([paired(labels, given)], top=0).cuts
    for [cut] in (cuts.f1, cuts.accuracy):
        expected = confusion_matrix(labels, given >= cut.threshold)
        counts = [[cut.rejections, cut.false_alarms], [cut.misses, cut.hits]]
        assert counts == expected.tolist()
