"""A third kind of task: whether the candidate nearest to a query is its duplicate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.measures import ACCURACY
from benchmark.metrics.geometry import unit_rows
from benchmark.tasks import ByRow, Gold
from benchmark.tasks.kind import Vectors


@dataclass(frozen=True, slots=True)
class Searches:
    """Queries of one subset, and the candidates that each of them is looked for among.

    Attributes:
        name: of the subset.
        queries: n sentences.
        candidates: sentences, each once.
        right: (n,) int64 places of the queries' duplicates among the candidates.
    """

    name: str
    queries: tuple[str, ...]
    candidates: tuple[str, ...]
    right: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of queries."""
        return len(self.queries)


class DuplicateSearch(ByRow):
    """Scoring of tasks of the kind ``duplicate-search``: accuracy at 1, by cosine."""

    measure = ACCURACY

    def sentences(self, parts: Sequence[Searches]) -> Iterator[str]:
        """Yield every sentence that needs a vector, repetitions included."""
        for part in parts:
            yield from part.queries
            yield from part.candidates

    def gold(self, parts: Sequence[Searches]) -> Gold:
        """Return the places of the duplicates."""
        values = np.concatenate([part.right for part in parts])
        return Gold(values, tuple((part.name, len(part)) for part in parts))

    def texts(self, parts: Sequence[Searches]) -> tuple[tuple[str, ...], ...]:
        """Return each query and its duplicate."""
        return tuple(
            (query, part.candidates[place])
            for part in parts
            for query, place in zip(part.queries, part.right, strict=True)
        )

    def answers(self, parts: Sequence[Searches], vectors: Vectors) -> NDArray[np.int64]:
        """Return the place of the nearest candidate; one that is as near as the right one wins."""
        return np.concatenate([_nearest(part, vectors) for part in parts])


def _nearest(part: Searches, vectors: Vectors) -> NDArray[np.int64]:
    candidates = unit_rows(vectors[part.candidates])
    found = []
    for query, right in zip(unit_rows(vectors[part.queries]), part.right, strict=True):
        cosines = np.vecdot(candidates, query)
        own, cosines[right] = cosines[right], -np.inf
        found.append(cosines.argmax() if cosines.max() >= own else right)
    return np.array(found, np.int64)
