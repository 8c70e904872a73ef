"""Scores of binary labels against scikit-learn and sentence-transformers, ties and all."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    matthews_corrcoef,
    precision_score,
    recall_score,
    roc_auc_score,
)

from benchmark.metrics import UndefinedCorrelation
from benchmark.metrics.binary import Cut, average_precision, best_accuracy, best_f1, roc_auc

PATIENT = settings(deadline=None, max_examples=150)
ROUNDING = 1e-12
TYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
BEST = {"f1": best_f1, "accuracy": best_accuracy}

FEW = st.integers(-3, 3).map(lambda value: value / 4)
COSINES = st.floats(-1, 1, width=32)
NEIGHBOURS = st.integers(0, 3).map(lambda steps: _above(0.3, steps))
"""Values whose halves round to one of them."""


def _above(value: float, steps: int) -> float:
    found = np.float32(value)
    for _ in range(steps):
        found = np.nextafter(found, np.float32(1))
    return float(found)


rows = (
    st.one_of(
        *(
            st.lists(st.tuples(values, st.integers(0, 1)), min_size=2, max_size=40)
            for values in (FEW, COSINES, NEIGHBOURS, FEW | COSINES)
        )
    )
    .filter(lambda found: len({label for _, label in found}) == 2)
    .map(lambda found: tuple(map(list, zip(*found, strict=True))))
)


def columns(found: Any, dtype: type) -> tuple[np.ndarray, np.ndarray]:
    scores, labels = found
    return np.array(scores, dtype), np.array(labels)


# --- against scikit-learn -------------------------------------------------------------------------


@TYPES
@PATIENT
@given(rows)
def test_areas_are_scikit_learns(dtype: type, found: Any) -> None:
    scores, labels = columns(found, dtype)
    expected = average_precision_score(labels, scores), roc_auc_score(labels, scores)
    ours = average_precision(scores, labels), roc_auc(scores, labels)
    assert ours == pytest.approx(expected, abs=ROUNDING)


@TYPES
@PATIENT
@given(rows, st.sampled_from(sorted(BEST)))
def test_a_cut_has_scikit_learns_scores(dtype: type, found: Any, best: str) -> None:
    scores, labels = columns(found, dtype)
    cut = BEST[best](scores, labels)
    taken = (scores >= dtype(cut.threshold)).astype(int)
    assert (cut.hits, cut.false_alarms, cut.misses, cut.rejections) == tuple(
        int(np.sum((taken == one) & (labels == other)))
        for one, other in ((1, 1), (1, 0), (0, 1), (0, 0))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of one predicted label
        expected = {
            "precision": precision_score(labels, taken, zero_division=0.0),
            "recall": recall_score(labels, taken),
            "f1": f1_score(labels, taken),
            "accuracy": accuracy_score(labels, taken),
            "mcc": matthews_corrcoef(labels, taken),
        }
    assert {name: getattr(cut, name) for name in expected} == pytest.approx(expected, abs=ROUNDING)


@TYPES
@PATIENT
@given(rows, st.sampled_from(sorted(BEST)))
def test_no_threshold_is_better(dtype: type, found: Any, best: str) -> None:
    """Every one there is, tried out; of the best the highest is taken."""
    scores, labels = columns(found, dtype)
    reference = {"f1": f1_score, "accuracy": accuracy_score}[best]
    taken = {float(value): scores >= value for value in np.append(scores, dtype(2))}
    tried = {value: round(reference(labels, rows), 12) for value, rows in taken.items()}
    chosen = max(value for value, score in tried.items() if score == max(tried.values()))
    cut = BEST[best](scores, labels)
    np.testing.assert_array_equal(scores >= dtype(cut.threshold), taken[chosen])


# --- against sentence-transformers ----------------------------------------------------------------


@pytest.fixture(scope="module")
def evaluator() -> Any:
    module = pytest.importorskip("sentence_transformers.sentence_transformer.evaluation")
    return module.BinaryClassificationEvaluator


@TYPES
@PATIENT
@given(found=rows)
def test_the_best_f1_is_sentence_transformers(evaluator: Any, dtype: type, found: Any) -> None:
    scores, labels = columns(found, dtype)
    f1, precision, recall, threshold = evaluator.find_best_f1_and_threshold(scores, labels, True)
    cut = best_f1(scores, labels)
    assert cut.f1 == pytest.approx(f1, abs=ROUNDING)
    # Of thresholds with the same F1 theirs is the one that rounding prefers, ours the highest.
    if np.array_equal(scores >= threshold, scores >= dtype(cut.threshold)):
        assert cut.threshold == float(threshold)
        assert (cut.precision, cut.recall) == pytest.approx((precision, recall), abs=ROUNDING)
    else:
        assert cut.threshold > float(threshold)
        assert f1_score(labels, scores >= threshold) == pytest.approx(cut.f1, abs=ROUNDING)


@TYPES
@PATIENT
@given(found=rows)
def test_the_best_accuracy_is_sentence_transformers(
    evaluator: Any, dtype: type, found: Any
) -> None:
    scores, labels = columns(found, dtype)
    accuracy, threshold = evaluator.find_best_acc_and_threshold(scores, labels, True)
    cut = best_accuracy(scores, labels)
    assert cut.accuracy == pytest.approx(accuracy, abs=ROUNDING)
    assert cut.threshold == float(threshold)


# --- by hand --------------------------------------------------------------------------------------


def test_areas_by_hand() -> None:
    """Precisions 1/1, 2/3 and 3/5 at the three hits; 4 of 6 pairs in order."""
    scores, labels = [0.9, 0.8, 0.7, 0.6, 0.5], [1, 0, 1, 0, 1]
    assert average_precision(scores, labels) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    assert roc_auc(scores, labels) == pytest.approx(3 / 6)


def test_equal_scores_say_nothing() -> None:
    scores, labels = [0.5] * 4, [1, 0, 0, 0]
    assert (average_precision(scores, labels), roc_auc(scores, labels)) == (0.25, 0.5)
    assert best_f1(scores, labels) == Cut(0.5, hits=1, false_alarms=3, misses=0, rejections=0)
    none = best_accuracy(scores, labels)
    assert (none.hits, none.rejections, none.accuracy, none.precision) == (0, 3, 0.75, 0)
    assert none.threshold == np.nextafter(0.5, 1)
    assert none.mcc == 0


@PATIENT
@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(found: Any, dice: Any) -> None:
    scores, labels = columns(found, np.float32)
    order = list(range(len(scores)))
    dice.shuffle(order)
    for measure in (average_precision, roc_auc, best_f1, best_accuracy):
        assert measure(scores, labels) == measure(scores[order], labels[order])


@pytest.mark.parametrize("measure", [average_precision, roc_auc, best_f1, best_accuracy])
@pytest.mark.parametrize(
    ("scores", "labels", "error", "why"),
    [
        ([0.1, 0.2], [1, 1], UndefinedCorrelation, "both labels"),
        ([0.1, 0.2], [0, 0], UndefinedCorrelation, "both labels"),
        ([], [], UndefinedCorrelation, "both labels"),
        ([0.1, np.nan], [0, 1], UndefinedCorrelation, "not finite"),
        ([0.1, 0.2], [0, 2], UndefinedCorrelation, "neither 0 nor 1"),
        ([0.1, 0.2], [0, np.nan], UndefinedCorrelation, "neither 0 nor 1"),
        ([0.1, 0.2], [0], ValueError, "one length"),
        ([[0.1, 0.2]], [[0, 1]], ValueError, "one length"),
    ],
)
def test_what_has_no_score(
    measure: Any, scores: Any, labels: Any, error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        measure(scores, labels)
