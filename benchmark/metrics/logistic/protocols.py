"""The ways in which SentEval trains a classifier, as records.

Every number is a default of SentEval (``senteval/tools/classifier.py`` and ``validation.py``)
or a setting of SimCSE's and DiffCSE's ``evaluation.py``; learning rates are torch's defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from benchmark.metrics.logistic.optimisers import (
    ADAM,
    RMSPROP,
    Optimiser,
    TorchOptimiser,
    read_optimiser,
)

__all__ = [
    "ADAM",
    "L2_GRID",
    "NO_L2_GRID",
    "PROTOCOLS",
    "RMSPROP",
    "SENTEVAL",
    "SENTEVAL_FAST",
    "SKLEARN",
    "VALIDATION_SPLIT",
    "ClassifierProtocol",
    "Optimiser",
    "SklearnProtocol",
    "protocol_named",
]

L2_GRID: Final = (1e-5, 1e-4, 1e-3, 1e-2)
"""L2 strengths to choose from, as the optimiser's coupled weight decay (not AdamW's)."""

VALIDATION_SPLIT: Final = 0.05
"""Share of the training rows held out for early stopping when no fold serves for it."""


NO_L2_GRID: Final = (1e-9,)
"""The one strength where a task of SentEval's asks for none (SNLI)."""


@dataclass(frozen=True, slots=True)
class ClassifierProtocol:
    """How a softmax classifier is trained, and how its L2 strength is chosen.

    Attributes:
        id: name in signatures.
        folds: of the cross-validation, outer and inner.
        optimiser: minimises the mean cross-entropy of a batch.
        batch: rows of a batch; the last one of a pass may be shorter.
        tenacity: training ends at the (tenacity + 1)-th check in total that does not improve.
        epoch_size: passes over the training rows between two checks.
        max_epoch: no pass begins after a check at more than this many passes.
        seed: of the initial weights and the permutations of every fit.
        hidden: sigmoid units between features and classes; 0 for a linear classifier.
        dropout: share of the hidden units' inputs that a step leaves out.
    """

    id: str
    folds: int
    optimiser: Optimiser | TorchOptimiser
    batch: int
    tenacity: int
    epoch_size: int
    max_epoch: int = 200
    seed: int = 1111
    hidden: int = 0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no network."""
        if self.hidden < 0:
            raise ValueError(f"{self.hidden} hidden units: there are none, or more")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"a dropout of {self.dropout} is no share from 0 up to, not with, 1")

    @property
    def is_compiled(self) -> bool:
        """Tell whether the fits are trained by the compiled loop, or by torch one by one."""
        return self.hidden == 0 and isinstance(self.optimiser, Optimiser)


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


def protocol_named(words: str) -> ClassifierProtocol | SklearnProtocol:
    """Return the protocol of an id, or of an id with SentEval's options of the classifier.

    ``senteval,nhid=50,dropout=0.1,optim=rmsprop,lr=0.01``: what is not said is the protocol's;
    ``optim`` comes last, for its settings follow it. The words are what a signature says.

    Raises:
        ValueError: an unknown protocol or option, or a value that it cannot have.
    """
    if words in PROTOCOLS:
        return PROTOCOLS[words]
    front, _, optimiser = words.partition(",optim=")
    name, *options = front.split(",")
    base = PROTOCOLS.get(name)
    if not isinstance(base, ClassifierProtocol):
        raise ValueError(f"{words!r} is no way of training; there are {', '.join(PROTOCOLS)}")
    given = dict(option.split("=", 1) for option in options if "=" in option)
    if len(given) < len(options) or not given.keys() <= {"nhid", "dropout"}:
        raise ValueError(f"{words!r}: options are nhid=UNITS, dropout=SHARE and, last, optim=...")
    try:
        hidden, dropout = int(given.get("nhid", "0")), float(given.get("dropout", "0"))
    except ValueError:
        raise ValueError(f"{words!r}: nhid and dropout are numbers") from None
    changed = replace(base, id=words, hidden=hidden, dropout=dropout)
    return replace(changed, optimiser=read_optimiser(optimiser)) if optimiser else changed
