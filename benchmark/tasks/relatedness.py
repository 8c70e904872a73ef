"""Supervised relatedness: a softmax layer on frozen vectors learns the scores of pairs.

SentEval's STSBenchmark and SICKRelatedness, which SimCSE's copy of it calls ``...-finetune``. Its
options of classifiers have no say here: every script that runs them trains them in this one way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmark.datasets import SentencePairs
from benchmark.errors import TaskError
from benchmark.measures import PEARSON, Measure
from benchmark.metrics import UndefinedCorrelation
from benchmark.tasks.catalogue import Task
from benchmark.tasks.kind import (
    Advance,
    Gold,
    Kind,
    TaskScores,
    Vectors,
    require_finite,
    zero_vectors,
)

if TYPE_CHECKING:
    from benchmark.metrics.relatedness import Judge, Supervised

JUDGES: Final[dict[str, Judge]] = {"dev-pearson": "pearson", "dev-spearman": "spearman"}
"""What a task is selected by, and what judges the checks."""

PROTOCOL: Final = "senteval-relatedness"
"""How these layers are trained, in signatures; ``senteval`` and others are ways of classifiers."""


@dataclass(frozen=True, slots=True)
class Relatedness(Kind):
    """Scoring of tasks of the kind ``relatedness``, by Pearson's correlation of predicted scores.

    A task has three parts: the pairs to train on, the development and the test pairs.
    """

    measure: Measure = PEARSON
    one_core: bool = True
    on_hub: tuple[str, str] = ("sentence-similarity", "SentEval supervised relatedness")

    def question(self, task: Task) -> dict[str, str]:
        """Return the fields of a signature that say how a task is scored."""
        return {"metric": self.measure.name, "clf": PROTOCOL, "cv": task.scheme}

    def sentences(self, parts: Sequence[SentencePairs]) -> Iterator[str]:
        """Yield every sentence that needs a vector, repetitions included."""
        for part in parts:
            yield from part.first
            yield from part.second

    def gold(self, parts: Sequence[SentencePairs]) -> Gold:
        """Return the scores of the test pairs (the last part), sorted as for training."""
        tested = parts[-1].by_length()
        return Gold(tested.gold, ((tested.name, len(tested)),))

    def texts(self, parts: Sequence[SentencePairs]) -> tuple[tuple[str, ...], ...]:
        """Return the two sentences of each test pair."""
        tested = parts[-1].by_length()
        return tuple(zip(tested.first, tested.second, strict=True))

    def score(
        self,
        task: Task,
        parts: Sequence[SentencePairs],
        vectors: Vectors,
        advance: Advance | None = None,  # noqa: ARG002 - one fit, of a second or two
    ) -> TaskScores:
        """Train, select and test the layer of a task.

        Args:
            task: names what it is selected by.
            parts: pairs to train on, development and test pairs.
            vectors: ``vectors[sentences]`` gives (n, d) float32 rows.
            advance: not used.

        Raises:
            TaskError: a vector is not finite, parts or scheme are none of this kind, predictions
                are all the same, or a number overflows.
        """
        require_finite(task.id, self.sentences(parts), vectors)
        if task.scheme not in JUDGES or len(parts) != 3:
            raise TaskError(
                f"{task.id}: has {len(parts)} parts and the scheme {task.scheme!r}; relatedness "
                f"takes train, dev and test, and {' or '.join(JUDGES)}"
            )
        try:
            found = supervised_relatedness(parts, vectors, judge=JUDGES[task.scheme])
        except UndefinedCorrelation as error:  # where there is none SentEval says 0
            raise TaskError(f"{task.id}: the correlation is undefined ({error})") from error
        except ValueError as error:
            raise TaskError(f"{task.id}: cannot be trained on ({error})") from error
        return self._scores(task, parts, found, vectors)

    def _scores(
        self, task: Task, parts: Sequence[SentencePairs], found: Supervised, vectors: Vectors
    ) -> TaskScores:
        gold, judge = self.gold(parts), JUDGES[task.scheme]
        both = {"pearson": found.pearson, "spearman": found.spearman}
        sentences = list(dict.fromkeys(self.sentences(parts)))
        [(tested, size)] = gold.subsets
        counts = {
            "pairs": size,
            "distinct_sentences": len(sentences),
            "zero_vectors": zero_vectors(sentences, vectors),
        }
        return TaskScores(
            main_score=both[self.measure.name],
            scores={"all": both, "dev": {judge: found.layer.dev}},
            subsets={tested: {**both, "pairs": size}},
            counts=counts | {f"{part.name}_pairs": len(part) for part in parts},
            predicted=found.predicted,
            gold=gold,
            choices={
                tested: {
                    "mse": found.mse,
                    "passes": float(found.layer.passes),
                    "best_pass": float(found.layer.best_pass),
                }
            },
        )


def supervised_relatedness(
    parts: Sequence[SentencePairs],
    vectors: Vectors,
    seed: int = 1111,
    judge: Judge = "pearson",
) -> Supervised:
    """Return what SentEval's supervised relatedness gives for parts of a data set.

    Args:
        parts: pairs to train on, development and test pairs, in the order of the files; they are
            sorted here as SentEval sorts them, and so are the predictions.
        vectors: ``vectors[sentences]`` gives (n, d) rows of numbers.
        seed: of the initial weights and the permutations (``params.seed``).
        judge: what the checks are judged by: Pearson's correlation (SentEval) or Spearman's
            (SimCSE's copy of it).

    Raises:
        ValueError: see `benchmark.metrics.relatedness.supervised`.
    """
    from benchmark.metrics.relatedness import (
        Graded,
        RelatednessProtocol,
        features_of,
        supervised,
    )

    graded = [
        Graded(features_of(vectors[part.first], vectors[part.second]), part.gold)
        for part in (part.by_length() for part in parts)
    ]
    return supervised(graded, RelatednessProtocol(judge=judge, seed=seed))
