"""Transfer and probing tasks: a classifier on frozen sentence vectors, as SentEval trains it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets.splits import Labelled
from benchmark.errors import TaskError
from benchmark.measures import ACCURACY, Measure
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
    zero_vectors,
)

if TYPE_CHECKING:
    from benchmark.metrics.logistic import Protocol, Samples, Selection
    from benchmark.metrics.logistic.features import Form


@dataclass(frozen=True, slots=True)
class Classification(Kind):
    """Scoring of tasks of the kind ``classification``.

    Attributes:
        of_pairs: what the features of a pair are made of.
    """

    measure: Measure = ACCURACY
    trains: bool = True
    rows_are: RowsAre = "classes"
    on_hub: tuple[str, str] = ("text-classification", "SentEval transfer")
    of_pairs: Form = "|u-v|, u*v"

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

    def in_order(self, part: Labelled) -> Labelled:
        """Return the samples as SentEval sorts them, which decides their batches and folds."""
        return part.by_length()

    def samples(self, parts: Sequence[Labelled], vectors: Vectors) -> list[Samples]:
        """Return the classifier's view of a task's parts, in the order of the parts' rows."""
        return samples_of(parts, vectors, self.of_pairs)

    def gold(self, parts: Sequence[Labelled]) -> Gold:
        """Return the classes of the tested samples (the last part), sorted as for folding."""
        tested = self.in_order(parts[-1])
        return Gold(tested.labels, ((tested.name, len(tested)),))

    def texts(self, parts: Sequence[Labelled]) -> tuple[tuple[str, ...], ...]:
        """Return the sentence of each tested sample, or the two of its pair."""
        tested = self.in_order(parts[-1])
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

        Samples are sorted before folding, as SentEval does, by token counts and label.

        Args:
            task: names the scheme of selection and the protocol of training.
            parts: its splits, in order.
            vectors: ``vectors[sentences]`` gives (n, d) float32 rows.
            advance: progress, called with fits done and fits in all.

        Raises:
            TaskError: a vector is not finite, or a class has fewer samples than folds.
        """
        from benchmark.metrics.logistic import protocol_named, select

        require_finite(task.id, self.sentences(parts), vectors)
        ordered = [self.in_order(part) for part in parts]
        samples = self.samples(ordered, vectors)
        try:
            protocol = training_of(task, protocol_named(task.protocol))
            selection = select(task.scheme, samples, protocol, advance)
        except ValueError as error:
            raise TaskError(f"{task.id}: cannot be trained on ({error})") from error
        return self._scores(task, ordered, selection, vectors)

    def _scores(
        self, task: Task, parts: Sequence[Labelled], selection: Selection, vectors: Vectors
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
        sentences = list(dict.fromkeys(self.sentences(parts)))
        counts = {
            "distinct_sentences": len(sentences),
            "samples": sum(map(len, parts)),
            "zero_vectors": zero_vectors(sentences, vectors),
        }
        counts |= {f"{part.name}_samples": len(part) for part in parts}
        return TaskScores(
            main_score=_fraction(selection.test),
            scores=scores,
            subsets=folds,
            counts=counts,
            predicted=selection.predictions,
            gold=self.gold(parts),
            choices=choices,
        )


def training_of(task: Task, protocol: Protocol) -> Protocol:
    """Return how a task's classifiers are trained where this is asked for.

    SentEval leaves hidden units out of the one task with a thousand classes, and trains on half a
    million pairs with a check after each pass, 16 at most, whatever its options say
    (``senteval/snli.py`` at `5d6dc11`; its first versions had these as options nobody read).
    """
    from benchmark.metrics.logistic import ClassifierProtocol

    if not isinstance(protocol, ClassifierProtocol):
        return protocol
    if task.kind == "inference":
        return replace(protocol, max_epoch=15, epoch_size=1)
    return replace(protocol, hidden=0) if task.linear else protocol


def samples_of(
    parts: Sequence[Labelled], vectors: Vectors, of_pairs: Form = "|u-v|, u*v"
) -> list[Samples]:
    """Return the classifier's view of parts, in the order of their rows.

    All share one table of the vectors of distinct sentences: features are formed from it row by
    row, when they are asked for.

    Args:
        parts: sentences, whose vectors are their features, or pairs.
        vectors: ``vectors[sentences]`` gives (n, d) float32 rows.
        of_pairs: what the features of a pair are made of.
    """
    from benchmark.metrics.logistic import Gathered, Samples

    columns = [(part.first, part.first if part.second is None else part.second) for part in parts]
    row_of: dict[str, int] = {}
    for sentence in (text for pair in columns for column in pair for text in column):
        row_of.setdefault(sentence, len(row_of))
    with np.errstate(over="ignore"):  # what overflows is not finite, and refused as that
        table = np.ascontiguousarray(vectors[list(row_of)], np.float32)
    classes = 1 + max(int(part.labels.max()) for part in parts)

    def rows(column: Sequence[str]) -> NDArray[np.int32]:
        return np.fromiter((row_of[text] for text in column), np.int32, len(column))

    return [
        Samples(
            Gathered(table, rows(first), rows(second), "u" if part.second is None else of_pairs),
            part.labels,
            classes,
        )
        for part, (first, second) in zip(parts, columns, strict=True)
    ]


def _fraction(percentage: float) -> float:
    """Percentages have two decimals; so do fractions have four."""
    return round(percentage / 100, 4)
