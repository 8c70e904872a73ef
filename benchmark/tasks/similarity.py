"""Semantic textual similarity: cosine of two vectors against a human score.

The rules are those of SimCSE's and DiffCSE's ``evaluation.py`` over SentEval's ``sts.py``:
cosine in float32, Spearman and Pearson of each subset, and three ways to make one number of
several subsets. ``all`` (one correlation over the concatenated subsets) is what those papers
print; upstream SentEval has only ``mean`` and the size-weighted ``wmean``.

What else the papers measure on the same vectors is kept beside the scores. Alignment and
uniformity: SimCSE (Gao et al. 2021, footnote 3) on STS-B, positive pairs those with a gold score
above 4. Retrieval: DiffCSE (Chuang et al. 2022) on STS-B test, the pairs with gold 5, each side
asking for the other among all sentences.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets import SentencePairs
from benchmark.errors import TaskError
from benchmark.measures import SPEARMAN, Measure
from benchmark.metrics import UndefinedCorrelation, paired_cosine, pearson, spearman
from benchmark.metrics.geometry import alignment, counterpart_ranks, recall_at, uniformity
from benchmark.tasks.catalogue import Task
from benchmark.tasks.kind import (
    Advance,
    Gold,
    Kind,
    RowsAre,
    TaskScores,
    Vectors,
    means,
    require_finite,
    zero_vectors,
)


@dataclass(frozen=True, slots=True)
class Similarity(Kind):
    """Scoring of tasks of the kind ``similarity``."""

    measure: Measure = SPEARMAN
    similarity: str = "cos"
    rows_are: RowsAre = "graded pairs"
    on_hub: tuple[str, str] = ("sentence-similarity", "STS")

    def question(self, task: Task) -> dict[str, str]:
        """Return the fields of a signature that say how a task is scored."""
        return {"agg": task.aggregation, "metric": self.measure.name, "sim": self.similarity}

    def sentences(self, parts: Sequence[SentencePairs]) -> Iterator[str]:
        """Return every sentence that needs a vector, repetitions included."""
        return chain.from_iterable(column for part in parts for column in (part.first, part.second))

    def gold(self, parts: Sequence[SentencePairs]) -> Gold:
        """Return the human scores of all subsets, one after another."""
        values = np.concatenate([part.gold for part in parts])
        return Gold(values, tuple((part.name, len(part)) for part in parts))

    def texts(self, parts: Sequence[SentencePairs]) -> tuple[tuple[str, ...], ...]:
        """Return the two sentences of each pair."""
        return tuple(row for part in parts for row in zip(part.first, part.second, strict=True))

    def score(
        self,
        task: Task,
        parts: Sequence[SentencePairs],
        vectors: Vectors,
        advance: Advance | None = None,  # noqa: ARG002 - done at once
    ) -> TaskScores:
        """Score a task.

        Args:
            task: names the aggregation of the main score.
            parts: its subsets, in order.
            vectors: ``vectors[sentences]`` gives (n, d) float32 rows.
            advance: not used, this takes no time.

        Raises:
            TaskError: a vector is not finite, or a correlation does not exist.
        """
        require_finite(task.id, self.sentences(parts), vectors)
        cosines = [paired_cosine(vectors[part.first], vectors[part.second]) for part in parts]
        subsets = {
            part.name: self.measured(f"{task.id}, {part.name}", cosine, part.gold)
            for part, cosine in zip(parts, cosines, strict=True)
        }
        predicted, gold = np.concatenate(cosines), self.gold(parts)
        everything = self.measured(task.id, predicted, gold.values)
        scores = {"all": everything, **means(subsets, [len(part) for part in parts])}
        for part in parts:
            subsets[part.name]["pairs"] = len(part)
        return TaskScores(
            main_score=scores[self.main(task.aggregation)][self.measure.name],
            scores=scores,
            subsets=subsets,
            counts=self._counts(parts, vectors),
            predicted=predicted,
            gold=gold,
            analysis=analyse(parts, vectors) if task.analysed else {},
        )

    def measured(
        self, where: str, cosine: NDArray[np.float32], gold: NDArray[Any]
    ) -> dict[str, float]:
        """Return every score of some pairs, by name.

        Args:
            where: they are from, for messages.
            cosine: (n,) of each pair.
            gold: (n,) in the same order.

        Raises:
            TaskError: a correlation does not exist.
        """
        try:
            found = {"spearman": spearman(cosine, gold), "pearson": pearson(cosine, gold)}
            if self.measure.name not in found:
                found[self.measure.name] = self.measure.of_rows(cosine, gold)
            return found
        except UndefinedCorrelation as error:
            spread = "cosines" if cosine.min() == cosine.max() else "gold scores or cosines"
            raise TaskError(
                f"{where}: the correlation of {spread} is undefined ({error}); "
                "the encoder may give every sentence the same vector"
            ) from error

    def _counts(self, parts: Sequence[SentencePairs], vectors: Vectors) -> dict[str, int]:
        sentences = list(dict.fromkeys(self.sentences(parts)))
        return {
            "pairs": sum(map(len, parts)),
            "unscored_pairs": sum(part.unscored for part in parts),
            "distinct_sentences": len(sentences),
            "zero_vectors": zero_vectors(sentences, vectors),
        }


POSITIVE = 4.0
"""Gold above which a pair is positive."""

EQUIVALENT = 5.0
"""Gold of pairs that mean the same."""


def analyse(parts: Sequence[SentencePairs], vectors: Vectors) -> dict[str, float]:
    """Return alignment, uniformity and recall at 1, 5 and 10, by name.

    What the data has no pairs for is left out. Uniformity is taken over both columns, repeated
    sentences included; retrieval over distinct sentences, in both directions.

    Args:
        parts: of the task.
        vectors: ``vectors[sentences]`` gives (n, d) float32 rows, finite.
    """
    first = [sentence for part in parts for sentence in part.first]
    second = [sentence for part in parts for sentence in part.second]
    gold = np.concatenate([part.gold for part in parts])
    found: dict[str, float] = {}
    positive = np.flatnonzero(gold > POSITIVE)
    if len(positive):
        chosen = [[column[place] for place in positive] for column in (first, second)]
        found["alignment"] = alignment(vectors[chosen[0]], vectors[chosen[1]])
    if first:
        found["uniformity"] = uniformity(vectors[[*first, *second]])
    row_of = {sentence: row for row, sentence in enumerate(dict.fromkeys([*first, *second]))}
    pairs = [
        (row_of[first[place]], row_of[second[place]])
        for place in np.flatnonzero(gold >= EQUIVALENT)
        if first[place] != second[place]
    ]
    if pairs:
        recall = recall_at(counterpart_ranks(vectors[list(row_of)], pairs))
        found |= {f"recall@{k}": share for k, share in recall.items()}
        found["retrieval_queries"] = float(2 * len(pairs))
    return found
