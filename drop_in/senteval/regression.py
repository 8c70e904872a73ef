"""Figures of the regressor that SentEval trains on STSBenchmark and SICKRelatedness."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from benchmark.datasets import SentencePairs
from benchmark.errors import TaskError
from benchmark.metrics import UndefinedCorrelation
from benchmark.metrics.relatedness import Judge
from benchmark.tasks.relatedness import supervised_relatedness
from senteval.batches import SentenceVectors
from senteval.params import whole_number

logger = logging.getLogger(__name__)

UPSTREAM: Final = ("devpearson", "pearson", "spearman", "mse", "yhat", "ndev", "ntest")
"""The keys of upstream's result."""


def regression_figures(
    name: str,
    parts: Sequence[SentencePairs],
    vectors: SentenceVectors,
    params: Mapping[str, Any],
    judge: Judge = "pearson",
) -> dict[str, Any]:
    """Train the regressor of a task, and return SentEval's figures of it.

    Args:
        name: of the task, for messages.
        parts: its splits: train, dev, test.
        vectors: of their sentences.
        params: the seed is read.
        judge: what it is selected by on dev: ``pearson`` (upstream) or ``spearman`` (SimCSE's
            copy), which names the first of the figures.

    Returns:
        ``devpearson`` or ``devspearman``, and ``pearson``, ``spearman`` and ``mse`` on the test
        split, ``yhat`` (predictions, shortest pairs first), ``ndev`` and ``ntest``.

    Raises:
        ParamsError: the seed is none.
        TaskError: predictions are all the same, or a number overflows.
    """
    seed = whole_number("params['seed']", params["seed"], 0, 2**32 - 1)
    try:
        found = supervised_relatedness(parts, vectors, seed, judge)
    except UndefinedCorrelation as error:
        raise TaskError(f"{name}: the correlation is undefined ({error})") from error
    except ValueError as error:
        raise TaskError(f"{name}: cannot be trained on ({error})") from error
    both = {"pearson": found.pearson, "spearman": found.spearman}
    logger.info(
        "%s: regressor, dev %s %.4f, test pearson %.4f, spearman %.4f, mse %.4f",
        *(name, judge, found.layer.dev, *both.values(), found.mse),
    )
    return {
        f"dev{judge}": float(found.layer.dev),
        **both,
        "mse": float(found.mse),
        "yhat": found.predicted,
        "ndev": len(parts[1]),
        "ntest": len(parts[2]),
    }
