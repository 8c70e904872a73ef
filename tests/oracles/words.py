"""Plain, slow versions of averages of word vectors: SentEval's, SIF's and uSIF's formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = Mapping[str, NDArray[np.float64]]


def plain_mean(words: Sequence[str], vectors: Vectors) -> NDArray[np.float64]:
    """The mean of the vectors of the words that have one."""
    width = len(next(iter(vectors.values())))
    total, count = np.zeros(width), 0
    for word in words:
        if word in vectors:
            total = total + vectors[word]
            count += 1
    return total / count if count else total


def zipf(ordered: Sequence[str]) -> dict[str, float]:
    """Probabilities that fall as one over the rank."""
    shares = [1.0 / rank for rank in range(1, len(ordered) + 1)]
    return {word: share / sum(shares) for word, share in zip(ordered, shares, strict=True)}


def counted(counts: Mapping[str, float]) -> dict[str, float]:
    """Probabilities as they were counted."""
    total = sum(counts.values())
    return {word: count / total for word, count in counts.items()}


def sif(
    words: Sequence[str], vectors: Vectors, probability: Mapping[str, float], a: float
) -> NDArray[np.float64]:
    """Arora et al. 2017, algorithm 1, line 2; an unseen word has probability 0."""
    weighted = {
        word: vectors[word] * a / (a + probability.get(word, 0.0))
        for word in words
        if word in vectors
    }
    return plain_mean(words, weighted or vectors)


def usif(
    words: Sequence[str], vectors: Vectors, probability: Mapping[str, float], n: float
) -> NDArray[np.float64]:
    """Ethayarajh 2018, section 4, without the removal of components."""
    size = len(probability)
    often = sum(p > 1 - (1 - 1 / size) ** n for p in probability.values())
    alpha = often / size
    a = (1 - alpha) / (alpha * 0.5 * size)
    known = [word for word in words if word in vectors]
    width = len(next(iter(vectors.values())))
    total = np.zeros(width)
    for axis in range(width):
        length = sum(vectors[word][axis] ** 2 for word in known) ** 0.5
        for word in known:
            weight = a / (0.5 * a + probability.get(word, min(probability.values())))
            if length > 0:
                total[axis] += weight * vectors[word][axis] / length
    return total / max(1, len(known))
