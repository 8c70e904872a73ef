"""Alignment, uniformity and retrieval as they are kept beside the scores of STS-B."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmark.datasets import SentencePairs
from benchmark.tasks import KINDS, task_by_id
from benchmark.tasks.similarity import analyse


class Points:
    """Vectors by name."""

    def __init__(self, **vectors: Sequence[float]) -> None:
        self._vectors = vectors

    def __getitem__(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        return np.array([self._vectors[sentence] for sentence in sentences], np.float32)


POINTS = Points(a=(1, 0), b=(2, 0), c=(0, 1), d=(0, 3), e=(-1, 0), f=(1, 1))


def pairs(*rows: tuple[str, str, float]) -> SentencePairs:
    first, second, gold = zip(*rows, strict=True)
    return SentencePairs("test", first, second, np.array(gold))


def test_positive_pairs_are_those_above_four():
    part = pairs(("a", "c", 4.2), ("a", "e", 4.0), ("a", "b", 4.5))
    found = analyse([part], POINTS)
    assert found["alignment"] == pytest.approx((2 + 0) / 2, abs=1e-12)


def test_uniformity_counts_repeated_sentences():
    part = pairs(("a", "e", 1.0), ("a", "c", 1.0))
    # a, a, e, c: squared distances 0, 4, 2, 4, 2, 2 in some order.
    expected = math.log((1 + 2 * math.exp(-8) + 3 * math.exp(-4)) / 6)
    assert analyse([part], POINTS)["uniformity"] == pytest.approx(expected, abs=1e-12)


def test_either_side_of_an_equivalent_pair_asks_for_the_other():
    part = pairs(("a", "b", 5.0), ("f", "e", 5.0), ("c", "d", 4.9))
    found = analyse([part], POINTS)
    # a and b find each other at once; f and e have all others nearer than one another.
    assert found["retrieval_queries"] == 4
    assert found["recall@1"] == 0.5
    assert found["recall@5"] == 1.0


def test_a_sentence_does_not_look_for_itself():
    found = analyse([pairs(("a", "a", 5.0), ("c", "d", 5.0), ("e", "f", 0.0))], POINTS)
    assert found["retrieval_queries"] == 2
    assert found["recall@1"] == 1.0


def test_what_there_are_no_pairs_for_is_left_out():
    assert set(analyse([pairs(("a", "b", 1.0), ("c", "d", 3.0))], POINTS)) == {"uniformity"}


@pytest.mark.parametrize(("task", "measured"), [("STSBenchmark", True), ("STS12", False)])
def test_only_marked_tasks_are_analysed(task: str, measured: bool):
    part = pairs(("a", "b", 5.0), ("a", "e", 1.0), ("f", "c", 3.0))
    scores = KINDS["similarity"].score(task_by_id(task), [part], POINTS)
    assert bool(scores.analysis) == measured
