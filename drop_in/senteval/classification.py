"""Results of the classification tasks, in SentEval's shape: accuracies in percent, rounded."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmark.datasets.splits import Labelled
from benchmark.errors import TaskError
from benchmark.metrics.f1 import f1_score
from benchmark.metrics.logistic import Protocol, Samples, select
from benchmark.metrics.relatedness import features_of
from benchmark.tasks import KINDS, Classification, Task
from benchmark.tasks.classification import training_of
from senteval.batches import SentenceVectors

logger = logging.getLogger(__name__)


def classification_result(
    task: Task, parts: Sequence[Labelled], vectors: SentenceVectors, protocol: Protocol
) -> dict[str, Any]:
    """Train, select and test the classifiers of a task.

    Args:
        task: names the scheme of selection.
        parts: its splits.
        vectors: of their sentences.
        protocol: how classifiers are trained.

    Raises:
        TaskError: a class has fewer samples than folds, or a feature is too large.
    """
    kind = KINDS[task.kind]
    assert isinstance(kind, Classification)  # noqa: S101 - as `names` has it
    ordered = [kind.in_order(part) for part in parts]
    try:
        samples = _samples(kind, ordered, vectors)
        selection = select(task.scheme, samples, training_of(task, protocol))
    except ValueError as error:
        raise TaskError(f"{task.id}: cannot be trained on ({error})") from error
    logger.debug(
        "%s: strengths chosen: %s", task.id, [report.strength for report in selection.folds]
    )
    logger.info("%s: dev acc %.2f, test acc %.2f", task.id, selection.dev, selection.test)
    result: dict[str, Any] = {"devacc": selection.dev, "acc": selection.test}
    if "f1" in task.extra_metrics:
        result["f1"] = round(100 * f1_score(ordered[-1].labels, selection.predictions), 2)
    # As SentEval counts: the only set stands for both, the training set for a lacking dev set.
    dev = ordered[max(0, len(ordered) - 2)]
    return {**result, "ndev": len(dev), "ntest": len(ordered[-1])}


def _samples(
    kind: Classification, parts: Sequence[Labelled], vectors: SentenceVectors
) -> list[Samples]:
    """Return the classifier's view; of pairs, differences in the precision of the vectors.

    SentEval rounds features to float32, not the vectors that they are made of. Where there are
    so many pairs that features are formed batch by batch (SNLI), the vectors are.
    """
    with np.errstate(over="ignore"):  # what overflows is not finite, and refused as that
        samples = kind.samples(parts, vectors)
        if vectors.matrix.dtype == np.float32 or kind.of_pairs != Classification().of_pairs:
            return samples
        return [
            sample
            if part.second is None
            else Samples(
                features_of(vectors[part.first], vectors[part.second]),
                sample.labels,
                sample.classes,
            )
            for part, sample in zip(parts, samples, strict=True)
        ]
