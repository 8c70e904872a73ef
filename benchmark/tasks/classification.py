"""Transfer tasks: a linear classifier on frozen sentence vectors, as SentEval trains it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets.splits import Labelled
from benchmark.errors import TaskError
from benchmark.measures import ACCURACY, Measure
from benchmark.metrics import zero_rows
from benchmark.metrics.f1 import f1_score
from benchmark.tasks.catalogue import Task
from benchmark.tasks.kind import (
    Advance,
    Gold,
    Kind,
    RowsAre,
    TaskScores,
    Vectors,
    require_finite,
)

if TYPE_CHECKING:
    from benchmark.metrics.logistic import Samples, Selection


@dataclass(frozen=True, slots=True)
class Classification(Kind):
    """Scoring of tasks of the kind ``classification``."""

    measure: Measure = ACCURACY
    trains: bool = True
    rows_are: RowsAre = "classes"
    on_hub: tuple[str, str] = ("text-classification", "SentEval transfer")

    def question(self, task: Task) -> dict[str, str]:
        """Return the fields of a signature that say how a task is scored."""
        return {"metric": self.measure.name, "clf": task.protocol, "cv": task.scheme}

    def main(self, aggregation: str) -> str:  # noqa: ARG002
        """Return which of the scores over the whole task holds the main one."""
        return "test"

    def sentences(self, parts: Sequence[Labelled]) -> Iterator[str]:
        """Yield every sentence that needs a vector, repetitions included."""
        for part in parts:
            yield from part.first
            yield from part.second or ()

    def gold(self, parts: Sequence[Labelled]) -> Gold:
        """Return the classes of the tested samples (the last part), sorted as for folding."""
        tested = parts[-1].by_length()
        return Gold(tested.labels, ((tested.name, len(tested)),))

    def texts(self, parts: Sequence[Labelled]) -> tuple[tuple[str, ...], ...]:
        """Return the sentence of each tested sample, or the two of its pair."""
        tested = parts[-1].by_length()
        columns = [tested.first] if tested.second is None else [tested.first, tested.second]
        return tuple(zip(*columns, strict=True))

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
        from benchmark.metrics.logistic import PROTOCOLS, select

        require_finite(task.id, self.sentences(parts), vectors)
        ordered = [part.by_length() for part in parts]
        samples = samples_of(ordered, vectors)
        try:
            selection = select(task.scheme, samples, PROTOCOLS[task.protocol], advance)
        except ValueError as error:
            raise TaskError(f"{task.id}: cannot be trained on ({error})") from error
        return _scores(task, ordered, selection, vectors)


def features(part: Labelled, vectors: Vectors) -> NDArray[np.float32]:
    """Return the (n, d) vectors of sentences; of pairs, |u - v| and u * v, (n, 2d)."""
    found = vectors[part.first]
    with np.errstate(over="ignore"):  # what overflows is not finite, and refused as that
        if part.second is not None:
            second = vectors[part.second]
            found = np.concatenate([np.abs(found - second), found * second], axis=1)
        return np.ascontiguousarray(found, np.float32)


def samples_of(parts: Sequence[Labelled], vectors: Vectors) -> list[Samples]:
    """Return the classifier's view of a task's parts, in the order of the parts' rows."""
    from benchmark.metrics.logistic import Samples

    classes = 1 + max(int(part.labels.max()) for part in parts)
    return [Samples(features(part, vectors), part.labels, classes) for part in parts]


def _scores(
    task: Task, parts: Sequence[Labelled], selection: Selection, vectors: Vectors
) -> TaskScores:
    scores = {
        "test": {"accuracy": _fraction(selection.test)},
        "dev": {"accuracy": _fraction(selection.dev)},
    }
    if "f1" in task.extra_metrics:
        scores["test"]["f1"] = f1_score(parts[-1].labels, selection.predictions)
    folds = {
        f"fold {number}": {
            "dev_accuracy": _fraction(max(report.means)),
            **({} if report.test is None else {"test_accuracy": _fraction(report.test)}),
        }
        for number, report in enumerate(selection.folds, start=1)
    }
    choices = {
        f"fold {number}": {"strength": report.strength, "passes": float(report.refit_passes)}
        for number, report in enumerate(selection.folds, start=1)
    }
    sentences = list(dict.fromkeys(Classification().sentences(parts)))
    counts = {
        "distinct_sentences": len(sentences),
        "samples": sum(map(len, parts)),
        "zero_vectors": int(zero_rows(vectors[sentences]).sum()),
    }
    counts |= {f"{part.name}_samples": len(part) for part in parts}
    return TaskScores(
        main_score=_fraction(selection.test),
        scores=scores,
        subsets=folds,
        counts=counts,
        predicted=selection.predictions,
        gold=Classification().gold(parts),
        choices=choices,
    )


def _fraction(percentage: float) -> float:
    """Percentages have two decimals; so do fractions have four."""
    return round(percentage / 100, 4)
