"""Alignment, uniformity and retrieval, one pair at a time.

The first two are Wang and Isola's ``lalign`` and ``lunif`` without torch:
``(x - y).norm(p=2, dim=1).pow(2).mean()`` and ``pdist(x).pow(2).mul(-2).exp().mean().log()``,
on normalised rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Vector = Sequence[float]


def normalised(vector: Vector) -> list[float]:
    norm = math.hypot(*vector)
    return [value / norm if norm else 0.0 for value in vector]


def squared_distance(first: Vector, second: Vector) -> float:
    pairs = zip(normalised(first), normalised(second), strict=True)
    return math.fsum((a - b) ** 2 for a, b in pairs)


def alignment(first: Sequence[Vector], second: Sequence[Vector]) -> float:
    distances = [squared_distance(a, b) for a, b in zip(first, second, strict=True)]
    return math.fsum(distances) / len(distances)


def uniformity(vectors: Sequence[Vector]) -> float:
    terms = [
        math.exp(-2 * squared_distance(vectors[i], vectors[j]))
        for i in range(len(vectors))
        for j in range(i + 1, len(vectors))
    ]
    return math.log(math.fsum(terms) / len(terms))


def rank(vectors: Sequence[Vector], query: int, target: int) -> int:
    """The place of the target among all but the query, nearest first, last of those tied."""
    distances = {
        place: squared_distance(vectors[query], vector)
        for place, vector in enumerate(vectors)
        if place != query
    }
    nearest_first = sorted(distances, key=lambda place: (distances[place], place == target))
    return 1 + nearest_first.index(target)
