"""What else the papers measure on a similarity task's vectors, kept beside its scores.

Alignment and uniformity: SimCSE (Gao et al. 2021, footnote 3) on STS-B, positive pairs those
with a gold score above 4. Retrieval: DiffCSE (Chuang et al. 2022) on STS-B test, the pairs with
gold 5, each side asking for the other among all sentences.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmark.datasets import SentencePairs
from benchmark.metrics.geometry import alignment, counterpart_ranks, recall_at, uniformity
from benchmark.tasks.vectors import Vectors

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
