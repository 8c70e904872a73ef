"""Results of the classification tasks, in SentEval's shape: accuracies in percent, rounded."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets.labelled import Labelled
from benchmark.errors import TaskError
from benchmark.metrics.f1 import f1_score
from benchmark.metrics.logistic import (
    Samples,
    Selection,
    SentEvalTrainer,
    SklearnTrainer,
    Trainer,
    fixed_split,
    folds_and_test,
    nested_folds,
)
from benchmark.metrics.logistic.sklearn_trainer import FOLDS_GRID, NESTED_GRID
from benchmark.tasks import Task
from senteval.batches import SentenceVectors
from senteval.training import Training

logger = logging.getLogger(__name__)


def classification_result(
    task: Task, parts: Sequence[Labelled], vectors: SentenceVectors, training: Training
) -> dict[str, Any]:
    """Train, select and test the classifiers of a task.

    Args:
        task: names the scheme of selection.
        parts: its splits.
        vectors: of their sentences.
        training: how.

    Raises:
        TaskError: a class has fewer samples than folds, or a feature is too large.
    """
    ordered = [part.by_length() for part in parts]
    classes = 1 + max(int(part.labels.max()) for part in ordered)
    samples = [Samples(_features(task, part, vectors), part.labels, classes) for part in ordered]
    try:
        selection = _select(task.scheme, samples, training)
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


def _features(task: Task, part: Labelled, vectors: SentenceVectors) -> NDArray[np.float32]:
    """Return the vectors; of pairs, |u - v| and u * v side by side."""
    features = vectors[part.first]
    with np.errstate(over="ignore"):
        if part.second is not None:
            second = vectors[part.second]
            features = np.hstack([np.abs(features - second), features * second])
        narrow = np.ascontiguousarray(features, np.float32)
    if not np.isfinite(narrow).all():
        raise TaskError(f"{task.id}: vectors are too large for the classifier's float32")
    return narrow


def _select(scheme: str, samples: Sequence[Samples], training: Training) -> Selection:
    if scheme == "nested":
        [everything] = samples
        with _trainer(scheme, everything, training) as trainer:
            return nested_folds(trainer)
    if scheme == "folds":
        train, test = samples
        with _trainer(scheme, train, training) as trainer:
            return folds_and_test(trainer, test)
    train, dev, test = samples
    joined = Samples(
        np.concatenate([train.features, dev.features]),
        np.concatenate([train.labels, dev.labels]),
        train.classes,
    )
    with _trainer(scheme, joined, training) as trainer:
        return fixed_split(trainer, np.arange(len(train.labels), len(joined.labels)), test)


def _trainer(scheme: str, samples: Samples, training: Training) -> AbstractContextManager[Trainer]:
    if not training.sklearn:
        return SentEvalTrainer(samples, training.protocol, fits=0)
    trainer = SklearnTrainer(samples, FOLDS_GRID if scheme == "folds" else NESTED_GRID, fits=0)
    trainer.folds, trainer.seed = training.protocol.folds, training.protocol.seed
    return nullcontext(trainer)
