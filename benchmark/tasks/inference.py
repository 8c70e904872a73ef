"""Natural language inference: the class of a pair, as SentEval's classifier finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets.splits import Labelled
from benchmark.tasks.classification import Classification

if TYPE_CHECKING:
    from benchmark.metrics.logistic.features import Form

_BY_NAME = np.array([1, 2, 0])
"""Places of entailment, neutral and contradiction among their names in order."""


@dataclass(frozen=True, slots=True)
class Inference(Classification):
    """Scoring of tasks of the kind ``inference``: SNLI.

    It differs from other pairs in what features are made of, and in how samples are sorted.
    """

    of_pairs: Form = "u, v, u*v, |u-v|"

    def in_order(self, part: Labelled) -> Labelled:
        """Return the samples by tokens of the hypothesis, of the premise, and name of the class.

        Tokens lie between blanks: other white space than that of ASCII is text here.
        """
        premises, hypotheses = map(_token_counts, (part.first, part.second or ()))
        return part.taken(np.lexsort([_BY_NAME[part.labels], premises, hypotheses]))


def _token_counts(column: Sequence[str]) -> NDArray[np.int64]:
    return np.array([text.count(" ") + 1 if text else 0 for text in column], np.int64)
