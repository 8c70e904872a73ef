"""The ways in which SentEval trains a classifier, as records.

Every number is a default of SentEval (``senteval/tools/classifier.py`` and ``validation.py``)
or a setting of SimCSE's and DiffCSE's ``evaluation.py``; learning rates are torch's defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

L2_GRID: Final = (1e-5, 1e-4, 1e-3, 1e-2)
"""L2 strengths to choose from, as the optimiser's coupled weight decay (not AdamW's)."""

VALIDATION_SPLIT: Final = 0.05
"""Share of the training rows held out for early stopping when no fold serves for it."""


@dataclass(frozen=True, slots=True)
class Optimiser:
    """An optimiser with torch's defaults: Adam, or RMSprop (``beta1`` unused)."""

    kind: Literal["adam", "rmsprop"]
    learning_rate: float
    beta1: float
    beta2: float
    epsilon: float = 1e-8


ADAM: Final = Optimiser("adam", 1e-3, 0.9, 0.999)
RMSPROP: Final = Optimiser("rmsprop", 1e-2, 0.0, 0.99)


@dataclass(frozen=True, slots=True)
class ClassifierProtocol:
    """How a linear softmax classifier is trained, and how its L2 strength is chosen.

    Attributes:
        id: name in signatures.
        folds: of the cross-validation, outer and inner.
        optimiser: minimises the mean cross-entropy of a batch.
        batch: rows of a batch; the last one of a pass may be shorter.
        tenacity: training ends at the (tenacity + 1)-th check in total that does not improve.
        epoch_size: passes over the training rows between two checks.
        max_epoch: no pass begins after a check at more than this many passes.
        seed: of the initial weights and the permutations of every fit.
    """

    id: str
    folds: int
    optimiser: Optimiser
    batch: int
    tenacity: int
    epoch_size: int
    max_epoch: int = 200
    seed: int = 1111


SENTEVAL: Final = ClassifierProtocol("senteval", 10, ADAM, 64, 5, 4)
"""Full mode: what the papers' tables are made with."""

SENTEVAL_FAST: Final = ClassifierProtocol("senteval-fast", 5, RMSPROP, 128, 3, 2)
"""The ``dev`` and ``fasttest`` modes of SimCSE's and DiffCSE's script."""


@dataclass(frozen=True, slots=True)
class SklearnProtocol:
    """Scikit-learn's logistic regression, everything but C its default.

    Attributes:
        id: name in signatures.
        folds: of the cross-validation, outer and inner.
        seed: random state of the regressions and of folds that are not nested.
    """

    id: str
    folds: int
    seed: int = 1111


SKLEARN: Final = SklearnProtocol("sklearn", 10)
"""SentEval's alternative (``usepytorch`` false)."""

PROTOCOLS: Final[Mapping[str, ClassifierProtocol | SklearnProtocol]] = {
    protocol.id: protocol for protocol in (SENTEVAL, SENTEVAL_FAST, SKLEARN)
}
"""The ways of training, by id. Scores of different ones are not comparable."""
