"""Results of the similarity tasks, in the shape that SimCSE's copy of SentEval gives them.

All are the cosine of two vectors, STSBenchmark and SICKRelatedness with their splits as subsets
(``train``, ``dev``, ``test``); upstream SentEval trains a regressor for those two (`shapes`), and
has no ``all`` over subsets. BERT-whitening's copy has the cosine of the test split alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets import SentencePairs
from benchmark.errors import TaskError
from benchmark.metrics import paired_cosine
from senteval.batches import SentenceVectors

logger = logging.getLogger(__name__)

Compare = Callable[[NDArray[Any], NDArray[Any]], float]
METRICS = ("pearson", "spearman")


def similarity_result(
    name: str, parts: Sequence[SentencePairs], vectors: SentenceVectors, compare: Compare | None
) -> dict[str, Any]:
    """Return the correlations of each subset and of all.

    Args:
        name: of the task, for messages.
        parts: its subsets or splits.
        vectors: of their sentences.
        compare: the caller's similarity of two vectors (``params.similarity``), None for cosine.

    Raises:
        TaskError: a correlation does not exist.
    """
    scores = [_similarities(part, vectors, compare) for part in parts]
    result: dict[str, Any] = {}
    for part, ours in zip(parts, scores, strict=True):
        both = _correlations(f"{name}, {part.name}", ours, part.gold)
        result[part.name] = {**both, "nsamples": len(part)}
        logger.debug(
            "%s, %s: pearson %.4f, spearman %.4f",
            *(name, part.name, both["pearson"][0], both["spearman"][0]),
        )
    gold = np.concatenate([part.gold for part in parts])
    whole = _correlations(name, np.concatenate(scores), gold)
    sizes = [len(part) for part in parts]
    everything = {}
    for metric in METRICS:
        each = [result[part.name][metric][0] for part in parts]
        everything[metric] = {
            "all": float(whole[metric][0]),
            "mean": float(np.mean(each)),
            "wmean": float(np.average(each, weights=sizes)),
        }
    result["all"] = everything
    overall = everything["spearman"].values()
    logger.info("%s: spearman, all %.4f, mean %.4f, wmean %.4f", name, *overall)
    return result


def whole_result(name: str, part: SentencePairs, vectors: SentenceVectors) -> dict[str, Any]:
    """Return the cosine's figures over one split, in the shape of BERT-whitening's copy.

    ``mse`` is that of the bare cosines and the gold scores, of another scale: that copy has it so.

    Raises:
        TaskError: a correlation does not exist.
    """
    cosines = _similarities(part, vectors, None)
    both = _correlations(f"{name}, {part.name}", cosines, part.gold)
    result = {metric: float(both[metric][0]) for metric in METRICS}
    logger.info("%s: pearson %.4f, spearman %.4f", name, *result.values())
    return {**result, "mse": float(np.mean((cosines - part.gold) ** 2)), "ntest": len(part)}


def _similarities(
    part: SentencePairs, vectors: SentenceVectors, compare: Compare | None
) -> NDArray[np.float64]:
    first, second = vectors[part.first], vectors[part.second]
    if compare is None:
        return paired_cosine(first, second).astype(np.float64)
    return np.array([compare(u, v) for u, v in zip(first, second, strict=True)], np.float64)


def _correlations(
    where: str, ours: NDArray[np.float64], gold: NDArray[np.float64]
) -> dict[str, Any]:
    from scipy.stats import pearsonr, spearmanr

    for values, what in ((ours, "similarities"), (gold, "gold scores")):
        # SciPy would warn and return NaN, which spreads over every average.
        if len(values) < 2 or not np.isfinite(values).all() or values.min() == values.max():
            raise TaskError(
                f"{where}: the correlation is undefined, for the {len(values)} {what} are all "
                "the same or not finite; the encoder may give every sentence the same vector"
            )
    return {"pearson": pearsonr(ours, gold), "spearman": spearmanr(ours, gold)}
