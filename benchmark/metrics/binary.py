"""How well a list of scores tells label 1 from label 0, at every threshold or at the best one.

Average precision and the area under the ROC curve are scikit-learn's. The best thresholds are
those of sentence-transformers' ``BinaryClassificationEvaluator`` (version 6). Rows of one score
are taken together or not at all, so nothing here depends on the order of rows. MTEB's
``PairClassification`` does not try thresholds below or above all scores; where its best F1 or
accuracy is another for that, docs/protocol.md says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.metrics.correlation import UndefinedCorrelation, midranks


def average_precision(scores: ArrayLike, labels: ArrayLike) -> float:
    """Return the precision at each distinct score, weighted by the recall gained there.

    The same as ``sklearn.metrics.average_precision_score(labels, scores)``.

    Args:
        scores: (n,) numbers, the higher the likelier label 1.
        labels: (n,) of 0 and 1.

    Raises:
        UndefinedCorrelation: a label has no row or is another, or a score is not finite.
        ValueError: the lists differ in length.
    """
    cuts = _Cuts.of(scores, labels)
    gained = np.diff(cuts.hits, prepend=0)
    return float(np.sum(gained * (cuts.hits / cuts.taken)) / cuts.positives)


def roc_auc(scores: ArrayLike, labels: ArrayLike) -> float:
    """Return the area under the ROC curve.

    That is the share of pairs of a row with label 1 and one with label 0 in which the former has
    the higher score, equal ones counting half (Mann and Whitney's U). The same as
    ``sklearn.metrics.roc_auc_score(labels, scores)``.

    Raises:
        UndefinedCorrelation, ValueError: as for `average_precision`.
    """
    given, positive = _checked(scores, labels)
    positives = int(positive.sum())
    below = float(midranks(given)[positive].sum()) - positives * (positives + 1) / 2
    return below / (positives * (len(given) - positives))


@dataclass(frozen=True, slots=True)
class Cut:
    """Rows at or above a threshold are taken for label 1.

    Attributes:
        threshold: of the type of the scores, so that they compare with it as they did here.
        hits: rows with label 1 that are taken.
        false_alarms: rows with label 0 that are taken.
        misses: rows with label 1 that are not.
        rejections: rows with label 0 that are not.
    """

    threshold: float
    hits: int
    false_alarms: int
    misses: int
    rejections: int

    @property
    def precision(self) -> float:
        """Share of the taken rows that have label 1; 0 where none is taken."""
        return self.hits / (self.hits + self.false_alarms) if self.hits else 0.0

    @property
    def recall(self) -> float:
        """Share of the rows with label 1 that are taken."""
        return self.hits / (self.hits + self.misses)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.hits / (2 * self.hits + self.false_alarms + self.misses)

    @property
    def accuracy(self) -> float:
        """Share of the rows that are taken for their label."""
        right = self.hits + self.rejections
        return right / (right + self.false_alarms + self.misses)

    @property
    def mcc(self) -> float:
        """Matthews' correlation of labels and what rows are taken for; 0 where all are the same."""
        taken, left = self.hits + self.false_alarms, self.misses + self.rejections
        positives, negatives = self.hits + self.misses, self.false_alarms + self.rejections
        spread = float(taken) * left * positives * negatives
        product = self.hits * self.rejections - self.false_alarms * self.misses
        return float(product / np.sqrt(spread)) if spread else 0.0


def best_f1(scores: ArrayLike, labels: ArrayLike) -> Cut:
    """Return the cut with the highest F1, of several the one with the highest threshold.

    Its threshold is half way to the next lower score, or the lowest score itself; halves are
    taken in the type of the scores, and one that rounds to the lower score becomes the upper.

    Raises:
        UndefinedCorrelation, ValueError: as for `average_precision`.
    """
    cuts = _Cuts.of(scores, labels)
    return cuts.at(int(np.argmax(2 * cuts.hits / (cuts.taken + cuts.positives))))


def best_accuracy(scores: ArrayLike, labels: ArrayLike) -> Cut:
    """Return the cut with the highest accuracy, of several the one with the highest threshold.

    Thresholds are those of `best_f1`, and the next number above all scores, which takes no row.

    Raises:
        UndefinedCorrelation, ValueError: as for `average_precision`.
    """
    cuts = _Cuts.of(scores, labels)
    right = 2 * cuts.hits - cuts.taken  # and as many more as there are rows with label 0
    return cuts.at(int(np.argmax(np.append(0, right))) - 1)


@dataclass(frozen=True, slots=True)
class _Cuts:
    """A cut below each distinct score, from the highest score to the lowest.

    Attributes:
        scores: (k,) distinct ones, descending.
        taken: (k,) rows that are taken.
        hits: (k,) of them with label 1.
    """

    scores: NDArray[Any]
    taken: NDArray[np.int64]
    hits: NDArray[np.int64]

    @classmethod
    def of(cls, scores: ArrayLike, labels: ArrayLike) -> _Cuts:
        given, positive = _checked(scores, labels)
        found, places, counts = np.unique(given, return_inverse=True, return_counts=True)
        hits = np.bincount(places[positive], minlength=len(found))
        return cls(found[::-1], np.cumsum(counts[::-1]), np.cumsum(hits[::-1]))

    @property
    def positives(self) -> int:
        return int(self.hits[-1])

    def at(self, place: int) -> Cut:
        """Return the cut below a score; -1 is that above all of them."""
        taken, hits = (0, 0) if place < 0 else (int(self.taken[place]), int(self.hits[place]))
        misses = self.positives - hits
        rejections = int(self.taken[-1]) - taken - misses
        return Cut(self._threshold(place), hits, taken - hits, misses, rejections)

    def _threshold(self, place: int) -> float:
        if place < 0:
            return float(np.nextafter(self.scores[0], np.inf, dtype=self.scores.dtype))
        upper = self.scores[place]
        if place + 1 == len(self.scores):
            return float(upper)
        lower = self.scores[place + 1]
        middle = (upper + lower) / 2
        return float(upper if middle == lower else middle)


def _checked(scores: ArrayLike, labels: ArrayLike) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    given, named = np.asarray(scores), np.asarray(labels)
    if not np.issubdtype(given.dtype, np.floating):
        given = given.astype(np.float64)
    if given.shape != named.shape or given.ndim != 1:
        raise ValueError(f"lists of one length expected, got {given.shape} and {named.shape}")
    if not np.isfinite(given).all():
        raise UndefinedCorrelation("a score is not finite")
    positive = named == 1
    if not (positive | (named == 0)).all():
        raise UndefinedCorrelation("a label is neither 0 nor 1")
    if positive.all() or not positive.any():
        raise UndefinedCorrelation("there are not rows of both labels")
    return given, positive
