"""Pairs with labels 0 and 1: how well the cosine of two vectors tells one from the other.

The main score is average precision, as in MTEB's ``PairClassification`` and sentence-transformers'
``BinaryClassificationEvaluator``. Beside it stand the area under the ROC curve and what these two
report at the best thresholds, which are chosen on the very pairs that are scored. docs/protocol.md
has the definitions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets import SentencePairs
from benchmark.errors import TaskError
from benchmark.measures import AVERAGE_PRECISION, Measure
from benchmark.metrics.binary import average_precision, best_accuracy, best_f1, roc_auc
from benchmark.tasks.catalogue import Task
from benchmark.tasks.kind import Advance, Gold, RowsAre, TaskScores, Vectors
from benchmark.tasks.similarity import Similarity


@dataclass(frozen=True, slots=True)
class PairClassification(Similarity):
    """Scoring of tasks of the kind ``pair-classification``."""

    measure: Measure = AVERAGE_PRECISION
    rows_are: RowsAre = "labelled pairs"
    on_hub: tuple[str, str] = ("text-classification", "PairClassification")

    def gold(self, parts: Sequence[SentencePairs]) -> Gold:
        """Return the labels of all subsets, one after another."""
        scores = Similarity.gold(self, parts)
        return Gold(scores.values.astype(np.int64), scores.subsets)

    def score(
        self,
        task: Task,
        parts: Sequence[SentencePairs],
        vectors: Vectors,
        advance: Advance | None = None,
    ) -> TaskScores:
        """Score a task.

        Args:
            task: names the aggregation of the main score.
            parts: its subsets, in order; gold is 0 or 1.
            vectors: ``vectors[sentences]`` gives (n, d) float32 rows.
            advance: not used, this takes no time.

        Returns:
            The scores; ``choices["all"]`` holds the thresholds of the best F1 and accuracy over
            all pairs, to be compared with float32 cosines.

        Raises:
            TaskError: a vector is not finite, a label is another, or a subset has but one.
        """
        for part in parts:
            _require_labels(f"{task.id}, {part.name}", part.gold)
        found = Similarity.score(self, task, parts, vectors, advance)
        cosines, labels = found.predicted, found.gold.values
        thresholds = {
            "accuracy_threshold": best_accuracy(cosines, labels).threshold,
            "f1_threshold": best_f1(cosines, labels).threshold,
        }
        counts = found.counts | {"positive_pairs": int(labels.sum())}
        return replace(found, counts=counts, choices={"all": thresholds})

    def measured(
        self,
        where: str,  # noqa: ARG002 - labels were looked at before
        cosine: NDArray[np.float32],
        gold: NDArray[Any],
    ) -> dict[str, float]:
        """Return every score of some pairs, by name."""
        best = best_f1(cosine, gold)
        return {
            "ap": average_precision(cosine, gold),
            "accuracy": best_accuracy(cosine, gold).accuracy,
            "f1": best.f1,
            "mcc": best.mcc,
            "precision": best.precision,
            "recall": best.recall,
            "roc_auc": roc_auc(cosine, gold),
        }


def _require_labels(where: str, gold: NDArray[np.float64]) -> None:
    positive, negative = gold == 1, gold == 0
    others = gold[~(positive | negative)]
    if len(others):
        raise TaskError(
            f"{where}: {len(others):,} labels are neither 0 nor 1, the first is {others[0]:g}; "
            "graded pairs are of the kind similarity"
        )
    if not (positive.any() and negative.any()):
        raise TaskError(
            f"{where}: {int(negative.sum()):,} pairs have label 0 and {int(positive.sum()):,} "
            "label 1; average precision needs pairs of both"
        )
