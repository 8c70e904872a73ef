"""What a kind of task can do, whatever its data looks like, and what goes in and comes out.

The only thing a task knows about encoders: sentences go in, rows come out.
"""

from __future__ import annotations

import functools
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmark.errors import TaskError
from benchmark.measures import Measure
from benchmark.metrics import UndefinedCorrelation, zero_rows
from benchmark.tasks.catalogue import Task


class Vectors(Protocol):
    """A look-up of vectors by sentence."""

    def __getitem__(self, sentences: Sequence[str], /) -> NDArray[np.float32]:
        """Return the (n, d) float32 vectors of n sentences."""
        ...


def require_finite(task_id: str, sentences: Iterable[str], vectors: Vectors) -> None:
    """Make sure that every vector a task needs is a vector of numbers.

    Raises:
        TaskError: one is not; the message names the first sentence concerned.
    """
    unique = list(dict.fromkeys(sentences))
    bad = [~np.isfinite(rows).all(axis=1) for rows in _in_blocks(unique, vectors)]
    if any(block.any() for block in bad):
        which = np.concatenate(bad)
        example = unique[int(which.argmax())]
        raise TaskError(
            f"{task_id}: the encoder gave {int(which.sum()):,} vectors that are not finite "
            f"(NaN, infinite or beyond what float32 holds), the first for {example[:60]!r}"
        )


def zero_vectors(sentences: Sequence[str], vectors: Vectors) -> int:
    """Return how many of these sentences have a vector of zeros."""
    return sum(int(zero_rows(rows).sum()) for rows in _in_blocks(sentences, vectors))


def _in_blocks(sentences: Sequence[str], vectors: Vectors) -> Iterator[NDArray[np.float32]]:
    """Yield the vectors of sentences, some at a time: a look-up copies them."""
    for start in range(0, len(sentences), _BLOCK):
        yield vectors[sentences[start : start + _BLOCK]]


_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Gold:
    """What people said, in the order of scoring.

    Attributes:
        values: (n,) float64 scores of pairs, int64 classes of samples, or whatever the measure
            of a kind compares with.
        subsets: name and size of each stretch of it, in order; the sizes add up to n.
        texts: hashes of the sentences of each row, where the kind tells them: rows that share one
            are drawn together, and nobody needs the data to see which do.
    """

    values: NDArray[Any]
    subsets: tuple[tuple[str, int], ...]
    texts: tuple[tuple[int, ...], ...] | None = None

    def with_texts(self, texts: Sequence[tuple[str, ...]] | None) -> Gold:
        """Return the same with the hashes of each row's sentences."""
        return self if texts is None else replace(self, texts=hashed(texts))

    def stretches(self) -> Iterator[tuple[str, slice]]:
        """Yield the name of each subset, and where its rows stand."""
        start = 0
        for name, size in self.subsets:
            yield name, slice(start, start + size)
            start += size


def hashed(texts: Sequence[tuple[str, ...]]) -> tuple[tuple[int, ...], ...]:
    """Return 64 bits of BLAKE2b for each sentence of each row.

    Of a million different sentences two share a hash once in 37 million such sets.
    """
    number = functools.cache(_hashed)
    return tuple(tuple(number(text) for text in row) for row in texts)


def _hashed(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


@dataclass(frozen=True, slots=True)
class TaskScores:
    """Scores of one task, as full-precision fractions of 1.

    Attributes:
        main_score: the one that the papers' tables show.
        scores: every score over the whole task, by aggregation and metric.
        subsets: every score of each subset or split, with its number of pairs.
        counts: pairs, distinct sentences, zero vectors and so on.
        predicted: (n,) what each row got: float32 cosines, int64 classes, or what a kind gives.
        gold: what they are compared with.
        analysis: what else is measured on the vectors, by name: alignment, recall at k ...
        choices: what was chosen on a fold or subset, by name: numbers that are no scores.
    """

    main_score: float
    scores: dict[str, dict[str, float]]
    subsets: dict[str, dict[str, float]]
    counts: dict[str, int]
    predicted: NDArray[Any] = field(default_factory=lambda: np.empty(0, np.float32))
    gold: Gold = field(default_factory=lambda: Gold(np.empty(0), ()))
    analysis: dict[str, float] = field(default_factory=dict)
    choices: dict[str, dict[str, float]] = field(default_factory=dict)


Advance = Callable[[int, int], None]
"""Called with the work done and the work in all."""


RowsAre = Literal["graded pairs", "labelled pairs", "classes", "rows"]
"""How a row is shown: a pair by its cosine beside gold or label, a sample by its class, or not by
itself."""


class Kind(ABC):
    """Scoring of the tasks of one kind: pure functions of vectors and gold.

    It says which texts need vectors, how they are scored, what the main score is and where it
    stands, and what a row is. `measure`, `sentences`, `gold` and `score` are all that a kind must
    have, and `ByRow` has `score`. Whatever shows, compares or checks scores asks the kind.

    Attributes:
        measure: what the main score is; it brings its tolerance, and how rows are resampled.
        trains: whether scoring takes long enough to show how it goes on.
        one_core: whether it keeps one core busy for a second or more: several such tasks are
            scored at the same time, each in a thread.
        rows_are: how a row is shown in explanations and plots.
        on_hub: its type on the model hub, and a name for readers there; empty where the hub has
            no type for it, which leaves its scores out of model cards.
    """

    measure: Measure
    trains: bool = False
    one_core: bool = False
    rows_are: RowsAre = "rows"
    on_hub: tuple[str, str] = ("", "")

    def question(self, task: Task) -> dict[str, str]:  # noqa: ARG002 - for those that ask it
        """Return the fields of a signature that say how a task is scored, `metric` among them."""
        return {"metric": self.measure.name}

    def main(self, aggregation: str) -> str:
        """Return which of the scores over the whole task holds the main one: a key of them.

        Args:
            aggregation: of the task. Only where that is ``all`` is the main score the measure of
                all rows in one step, and compared row by row.
        """
        return aggregation

    @abstractmethod
    def sentences(self, parts: Sequence[Any]) -> Iterator[str]:
        """Return every sentence that needs a vector, repetitions included."""

    @abstractmethod
    def gold(self, parts: Sequence[Any]) -> Gold:
        """Return what predictions are compared with, in the order of scoring."""

    def texts(self, parts: Sequence[Any]) -> tuple[tuple[str, ...], ...] | None:  # noqa: ARG002
        """Return the sentences of each row of gold, in the same order; None to draw rows alone.

        Rows that share a sentence are drawn together when a score is resampled; so a text that
        every row has (a candidate of all queries) is none of a row.
        """
        return None

    @abstractmethod
    def score(
        self,
        task: Task,
        parts: Sequence[Any],
        vectors: Vectors,
        advance: Advance | None = None,
    ) -> TaskScores:
        """Score a task on its parts.

        Raises:
            TaskError: it cannot be scored.
        """


class ByRow(Kind):
    """A kind whose score is its measure of what each row gets, beside gold.

    `measure`, `sentences`, `gold` and `answers` are all that it must have.
    """

    @abstractmethod
    def answers(self, parts: Sequence[Any], vectors: Vectors) -> NDArray[Any]:
        """Return what each row gets, (n,) in the order of gold; all vectors are finite."""

    def score(
        self,
        task: Task,
        parts: Sequence[Any],
        vectors: Vectors,
        advance: Advance | None = None,  # noqa: ARG002 - done at once
    ) -> TaskScores:
        """Score a task: all rows together, each subset, and the means over subsets.

        Raises:
            TaskError: a vector is not finite, the measure does not exist, or there are more
                answers than rows, or fewer.
        """
        sentences = list(dict.fromkeys(self.sentences(parts)))
        require_finite(task.id, sentences, vectors)
        gold, given = self.gold(parts), self.answers(parts, vectors)
        if given.shape != gold.values.shape:
            raise TaskError(
                f"{task.id}: answers of shape {given.shape} for {len(gold.values):,} rows; its "
                "kind gives one for each"
            )
        subsets = {
            name: self._measured(f"{task.id}, {name}", given[where], gold.values[where])
            for name, where in gold.stretches()
        }
        everything = self._measured(task.id, given, gold.values)
        scores = {"all": everything, **means(subsets, [size for _, size in gold.subsets])}
        for name, size in gold.subsets:
            subsets[name]["samples"] = size
        return TaskScores(
            main_score=scores[self.main(task.aggregation)][self.measure.name],
            scores=scores,
            subsets=subsets,
            counts={
                "distinct_sentences": len(sentences),
                "zero_vectors": zero_vectors(sentences, vectors),
            },
            predicted=given,
            gold=gold,
        )

    def _measured(self, where: str, given: NDArray[Any], gold: NDArray[Any]) -> dict[str, float]:
        try:
            return {self.measure.name: self.measure.of_rows(given, gold)}
        except UndefinedCorrelation as error:
            raise TaskError(f"{where}: {self.measure.name} is undefined ({error})") from error


def means(
    subsets: dict[str, dict[str, float]], sizes: Sequence[int]
) -> dict[str, dict[str, float]]:
    """Average each metric over subsets: unweighted, and weighted by scored pairs."""
    metrics = list(next(iter(subsets.values())))
    columns = {m: [scores[m] for scores in subsets.values()] for m in metrics}
    return {
        "mean": {m: float(np.mean(values)) for m, values in columns.items()},
        "wmean": {m: float(np.average(values, weights=sizes)) for m, values in columns.items()},
    }
