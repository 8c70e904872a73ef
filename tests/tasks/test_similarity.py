"""Scoring of similarity tasks: the numbers, the counts, and what cannot be scored."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmark.datasets import SentencePairs
from benchmark.errors import TaskError
from benchmark.tasks import Similarity, Task

SCORING = Similarity()
TASK = Task("Toy", "Toy", "sts", "Toy")


class Table(dict[str, list[float]]):
    """Vectors typed in by hand."""

    def __getitem__(self, sentences):
        return np.array([self.get(sentence) for sentence in sentences], dtype=np.float32)


def angle(degrees: float, length: float = 1.0) -> list[float]:
    """A vector whose cosine with ``up`` falls as the angle grows."""
    return [length * math.cos(math.radians(degrees)), length * math.sin(math.radians(degrees))]


def pairs(name: str, gold: dict[str, float], unscored: int = 0) -> SentencePairs:
    """Pairs of ``up`` with other sentences."""
    values = np.array(list(gold.values()), dtype=np.float64)
    return SentencePairs(name, ("up",) * len(gold), tuple(gold), values, unscored)


VECTORS = Table({"up": [1, 0], "none": [0, 0]} | {f"a{d}": angle(d) for d in range(0, 181, 10)})
FORUM = pairs("forum", {"a10": 5, "a30": 4, "a60": 1, "a90": 2}, unscored=3)
NEWS = pairs("news", {"a20": 5, "a40": 0, "a80": 4}, unscored=1)
"""By rank: 1 - 6 * 2 / 60 = 0.8 in forum; 1 - 6 * 2 / 24 = 0.5 in news."""


def test_the_scores_of_subsets_and_three_ways_to_make_one_of_them() -> None:
    found = SCORING.score(TASK, [FORUM, NEWS], VECTORS)
    assert list(found.subsets) == ["forum", "news"]
    assert found.subsets["forum"]["spearman"] == pytest.approx(0.8, abs=1e-12)
    assert found.subsets["news"]["spearman"] == pytest.approx(0.5, abs=1e-12)
    assert found.scores["mean"]["spearman"] == pytest.approx(0.65, abs=1e-12)
    assert found.scores["wmean"]["spearman"] == pytest.approx((4 * 0.8 + 3 * 0.5) / 7, abs=1e-12)
    # Together: ranks by cosine 7 5 3 1 | 6 4 2 against gold 6.5 4.5 2 3 | 6.5 1 4.5.
    together = np.corrcoef([7, 5, 3, 1, 6, 4, 2], [6.5, 4.5, 2, 3, 6.5, 1, 4.5])[0, 1]
    assert found.scores["all"]["spearman"] == pytest.approx(together, abs=1e-12)


def test_pearson_is_kept_beside_spearman() -> None:
    found = SCORING.score(TASK, [FORUM, NEWS], VECTORS)
    cosines = [math.cos(math.radians(degrees)) for degrees in (10, 30, 60, 90)]
    expected = np.corrcoef(cosines, FORUM.gold)[0, 1]
    assert found.subsets["forum"]["pearson"] == pytest.approx(expected, abs=1e-6)
    assert {metric for row in found.scores.values() for metric in row} == {"spearman", "pearson"}
    assert list(found.scores) == ["all", "mean", "wmean"]


@pytest.mark.parametrize("aggregation", ["all", "mean", "wmean"])
def test_the_task_says_which_is_the_main_score(aggregation: str) -> None:
    task = Task("Toy", "Toy", "sts", "Toy", aggregation=aggregation)
    found = SCORING.score(task, [FORUM, NEWS], VECTORS)
    assert found.main_score == found.scores[aggregation]["spearman"]
    others = {row["spearman"] for name, row in found.scores.items() if name != aggregation}
    assert found.main_score not in others


def test_of_one_subset_all_three_are_its_score() -> None:
    found = SCORING.score(TASK, [FORUM], VECTORS)
    assert {row["spearman"] for row in found.scores.values()} == {
        found.subsets["forum"]["spearman"]
    }


def test_counts() -> None:
    found = SCORING.score(TASK, [FORUM, NEWS], VECTORS)
    assert found.counts == {
        "pairs": 7,
        "unscored_pairs": 4,
        "distinct_sentences": 8,
        "zero_vectors": 0,
    }
    assert [row["pairs"] for row in found.subsets.values()] == [4, 3]


def test_sentences_are_those_of_both_sides_of_every_part() -> None:
    asked = list(SCORING.sentences([FORUM, NEWS]))
    assert len(asked) == 14
    assert set(asked) == {"up", *FORUM.second, *NEWS.second}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("length", [1e-36, 1e-22, 1e-10, 0.5, 1e10, 1e20, 1e38])
def test_lengths_of_vectors_do_not_matter(length: float) -> None:
    longer = Table({name: [length * x for x in vector] for name, vector in VECTORS.items()})
    expected = SCORING.score(TASK, [FORUM, NEWS], VECTORS)
    assert SCORING.score(TASK, [FORUM, NEWS], longer).main_score == pytest.approx(
        expected.main_score, abs=1e-12
    )


@pytest.mark.filterwarnings("error")
def test_each_vector_may_have_a_length_of_its_own() -> None:
    lengths = 10.0 ** np.linspace(-36, 38, len(VECTORS))
    sized = zip(VECTORS.items(), lengths, strict=True)
    mixed = Table({name: [length * x for x in vector] for (name, vector), length in sized})
    found = SCORING.score(TASK, [FORUM, NEWS], mixed)
    assert found.main_score == SCORING.score(TASK, [FORUM, NEWS], VECTORS).main_score
    assert found.counts["zero_vectors"] == 0


def test_a_zero_vector_is_counted_once_and_scores_zero() -> None:
    part = pairs("forum", {"a0": 5, "none": 3, "a180": 0, "a10": 4.5})
    again = SentencePairs("news", ("none",) * 2, ("a0", "a10"), np.array([1.0, 2.0]))
    with pytest.raises(TaskError, match="Toy, news"):  # all its cosines are 0
        SCORING.score(TASK, [part, again], VECTORS)
    found = SCORING.score(TASK, [part], VECTORS)
    assert found.counts["zero_vectors"] == 1
    cosines = [1, 0, -1, math.cos(math.radians(10))]
    expected = np.corrcoef(cosines, part.gold)[0, 1]
    assert found.scores["all"]["pearson"] == pytest.approx(expected, abs=1e-6)
    assert found.main_score == pytest.approx(1, abs=1e-12)


# --- what cannot be scored ------------------------------------------------------------------------


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("sentence", ["up", "a60"])
def test_a_vector_that_is_not_finite_is_named_by_its_sentence(value: float, sentence: str) -> None:
    broken = Table(VECTORS | {sentence: [1.0, value]})
    message = rf"Toy: .* 1 vectors that are not finite .* the first for '{sentence}'"
    with pytest.raises(TaskError, match=message) as caught:
        SCORING.score(TASK, [FORUM, NEWS], broken)
    assert caught.value.exit_code == 1


def test_several_such_vectors_are_counted_each_once_and_a_long_sentence_is_cut() -> None:
    wordy = "word " * 40 + "end"
    part = SentencePairs("x", (wordy, "b", wordy), ("a10", "a20", "b"), np.array([1.0, 2, 3]))
    broken = Table(VECTORS | {wordy: [math.nan, 0], "b": [0, math.inf]})
    with pytest.raises(TaskError, match="gave 2 vectors") as caught:
        SCORING.score(TASK, [part], broken)
    assert repr(wordy[:60]) in str(caught.value)
    assert "end" not in str(caught.value)


def test_the_same_vector_for_every_sentence_has_no_score() -> None:
    constant = Table({sentence: [0.25, 0.5] for sentence in VECTORS})
    message = "Toy, forum: the correlation of cosines is undefined .*the same vector"
    with pytest.raises(TaskError, match=message):
        SCORING.score(TASK, [FORUM, NEWS], constant)


def test_zero_vectors_only_have_no_score() -> None:
    with pytest.raises(TaskError, match="Toy, forum: the correlation of cosines is undefined"):
        SCORING.score(TASK, [FORUM], Table({sentence: [0, 0] for sentence in VECTORS}))


def test_the_same_gold_for_every_pair_has_no_score() -> None:
    flat = pairs("flat", {"a10": 3, "a20": 3, "a30": 3})
    with pytest.raises(TaskError, match="Toy, flat: the correlation of gold scores"):
        SCORING.score(TASK, [FORUM, flat], VECTORS)


def test_a_subset_of_one_pair_has_no_score() -> None:
    with pytest.raises(TaskError, match=r"Toy, single: .*fewer than two pairs"):
        SCORING.score(TASK, [FORUM, pairs("single", {"a10": 3})], VECTORS)
