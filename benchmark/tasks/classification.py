"""Transfer tasks: a linear classifier on frozen sentence vectors, as SentEval trains it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets.labelled import Labelled
from benchmark.errors import TaskError
from benchmark.metrics.f1 import f1_score
from benchmark.metrics.logistic import (
    SENTEVAL,
    SENTEVAL_FAST,
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
from benchmark.tasks.kind import Advance
from benchmark.tasks.scores import TaskScores
from benchmark.tasks.task import Task
from benchmark.tasks.vectors import Vectors, require_finite

PROTOCOLS = {
    "senteval": "10 folds, Adam: what the papers' tables are made with",
    "senteval-fast": "5 folds, RMSprop: the dev and fasttest modes of SimCSE's script",
    "sklearn": "10 folds, scikit-learn's logistic regression: SentEval's alternative",
}
"""The ways of training, by id. Scores of different ones are not comparable."""

_SENTEVAL = {protocol.id: protocol for protocol in (SENTEVAL, SENTEVAL_FAST)}


@dataclass(frozen=True, slots=True)
class Classification:
    """Scoring of tasks of the kind ``classification``."""

    metric: str = "accuracy"
    trains: bool = True

    def question(self, task: Task) -> dict[str, str]:
        """Return the fields of a signature that say how a task is scored."""
        return {"metric": self.metric, "clf": task.protocol, "cv": task.scheme}

    def sentences(self, parts: Sequence[Labelled]) -> Iterator[str]:
        """Yield every sentence that needs a vector, repetitions included."""
        for part in parts:
            yield from part.first
            yield from part.second or ()

    def score(
        self,
        task: Task,
        parts: Sequence[Labelled],
        vectors: Vectors,
        advance: Advance | None = None,
    ) -> TaskScores:
        """Train, select and test the classifiers of a task.

        Samples are sorted by token counts and label before folding, as SentEval does; pairs
        become |u - v| and u * v side by side.

        Args:
            task: names the scheme of selection and the protocol of training.
            parts: its splits, in order.
            vectors: ``vectors[sentences]`` gives (n, d) float32 rows.
            advance: progress, called with fits done and fits in all.

        Raises:
            TaskError: a vector is not finite, or a class has fewer samples than folds.
        """
        require_finite(task.id, self.sentences(parts), vectors)
        ordered = [part.by_length() for part in parts]
        classes = 1 + max(int(part.labels.max()) for part in ordered)
        samples = [Samples(_features(part, vectors), part.labels, classes) for part in ordered]
        try:
            selection = _select(task, samples, advance)
        except ValueError as error:
            raise TaskError(f"{task.id}: cannot be trained on ({error})") from error
        return _scores(task, ordered, selection)


def _features(part: Labelled, vectors: Vectors) -> NDArray[np.float32]:
    first = vectors[part.first]
    if part.second is None:
        return np.ascontiguousarray(first)
    second = vectors[part.second]
    return np.concatenate([np.abs(first - second), first * second], axis=1)


def _select(task: Task, samples: Sequence[Samples], advance: Advance | None) -> Selection:
    if task.scheme == "nested":
        [everything] = samples
        with _trainer(task, everything, advance) as trainer:
            return nested_folds(trainer)
    if task.scheme == "folds":
        train, test = samples
        with _trainer(task, train, advance) as trainer:
            return folds_and_test(trainer, test)
    train, dev, test = samples
    joined = Samples(
        np.concatenate([train.features, dev.features]),
        np.concatenate([train.labels, dev.labels]),
        train.classes,
    )
    with _trainer(task, joined, advance) as trainer:
        return fixed_split(trainer, np.arange(len(train.labels), len(joined.labels)), test)


def _trainer(
    task: Task, samples: Samples, advance: Advance | None
) -> AbstractContextManager[Trainer]:
    """Return the trainer of a protocol, told how many fits the scheme will ask for."""
    if task.protocol in _SENTEVAL:
        protocol = _SENTEVAL[task.protocol]
        fits = _fits(task.scheme, protocol.folds, 4)
        return SentEvalTrainer(samples, protocol, fits, advance)
    grid = FOLDS_GRID if task.scheme == "folds" else NESTED_GRID
    fits = _fits(task.scheme, SklearnTrainer.folds, len(grid))
    return nullcontext(SklearnTrainer(samples, grid, fits, advance))


def _fits(scheme: str, folds: int, strengths: int) -> int:
    if scheme == "nested":
        return folds * (folds * strengths + 1)
    return folds * strengths + 1 if scheme == "folds" else strengths


def _scores(task: Task, parts: Sequence[Labelled], selection: Selection) -> TaskScores:
    scores = {
        "test": {"accuracy": selection.test / 100},
        "dev": {"accuracy": selection.dev / 100},
    }
    if "f1" in task.extra_metrics:
        scores["test"]["f1"] = f1_score(parts[-1].labels, selection.predictions)
    folds = {
        f"fold {number}": {
            "dev_accuracy": max(report.means) / 100,
            "strength": report.strength,
            "refit_passes": float(report.refit_passes),
            **({} if report.test is None else {"test_accuracy": report.test / 100}),
        }
        for number, report in enumerate(selection.folds, start=1)
    }
    sentences = dict.fromkeys(Classification().sentences(parts))
    counts = {"distinct_sentences": len(sentences), "samples": sum(map(len, parts))}
    counts |= {f"{part.name}_samples": len(part) for part in parts}
    return TaskScores(selection.test / 100, scores, folds, counts)
