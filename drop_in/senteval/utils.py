"""What scripts import of SentEval's ``utils``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchmark.metrics.logistic.optimisers import CLASSES
from senteval.errors import ParamsError
from senteval.params import DotDict as dotdict  # noqa: N813 - SentEval's name

__all__ = ["cosine", "create_dictionary", "dotdict", "get_optimizer"]

_FIRST_WORDS = {"<s>": 1e9 + 4, "</s>": 1e9 + 3, "<p>": 1e9 + 2}


def cosine(u: ArrayLike, v: ArrayLike) -> Any:
    """Return the cosine of two vectors, not a number where one of them is zero."""
    return np.dot(u, v) / (np.linalg.norm(u) * np.linalg.norm(v))


def create_dictionary(sentences: Iterable[Iterable[str]]) -> tuple[list[str], dict[str, int]]:
    """Return the words of tokenised sentences, most frequent first, and the place of each.

    SentEval's three marks come before all; of equally frequent words, the first that occurs.
    """
    found = Counter(word for sentence in sentences for word in sentence)
    counts = {**found, **_FIRST_WORDS}
    words = sorted(counts, key=lambda word: -counts[word])
    return words, {word: place for place, word in enumerate(words)}


def get_optimizer(s: str) -> tuple[type[Any], dict[str, float]]:
    """Return the class of torch's optimiser and its settings for ``"sgd,lr=0.1"`` and the like.

    Raises:
        ParamsError: torch has no optimiser of that name, or a setting is no number.
    """
    import torch

    name, *settings = s.split(",")
    try:
        pairs = [setting.split("=") for setting in settings]
        return getattr(torch.optim, CLASSES[name]), {key: float(value) for key, value in pairs}
    except (KeyError, ValueError):
        raise ParamsError(
            f"no optimiser {s!r}: it is one of {', '.join(CLASSES)}, with settings as in "
            "'adam,lr=0.001'"
        ) from None
