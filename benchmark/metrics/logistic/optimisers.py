"""Optimisers, and reading them as SentEval's scripts write them: ``"rmsprop,lr=0.01,alpha=0.9"``.

The names, and which settings each takes, are those of SentEval's ``utils.get_optimizer`` and of
``torch.optim``, whose defaults stand for what is not given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Optimiser:
    """One that is compiled here, with torch's defaults: Adam, or RMSprop (``beta1`` unused)."""

    kind: Literal["adam", "rmsprop"]
    learning_rate: float
    beta1: float
    beta2: float
    epsilon: float = 1e-8

    @property
    def settings(self) -> dict[str, object]:
        """Return what torch's optimiser of this kind is made with."""
        found: dict[str, object] = {"lr": self.learning_rate, "eps": self.epsilon}
        if self.kind == "adam":
            return {**found, "betas": (self.beta1, self.beta2)}
        return {**found, "alpha": self.beta2}


@dataclass(frozen=True, slots=True)
class TorchOptimiser:
    """One that torch computes, one fit at a time.

    Attributes:
        kind: its name.
        given: settings by name, as torch names them; torch's defaults stand for the others.
    """

    kind: str
    given: tuple[tuple[str, float], ...] = ()

    @property
    def settings(self) -> dict[str, object]:
        """Return what torch's optimiser of this kind is made with."""
        return {name: bool(value) if name in FLAGS else value for name, value in self.given}


ADAM: Final = Optimiser("adam", 1e-3, 0.9, 0.999)
RMSPROP: Final = Optimiser("rmsprop", 1e-2, 0.0, 0.99)

FLAGS: Final = ("amsgrad", "centered", "nesterov")
"""Settings that are on or off: 0 is off."""

SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "adadelta": ("lr", "rho", "eps"),
    "adagrad": ("lr", "lr_decay", "initial_accumulator_value", "eps"),
    "adam": ("lr", "eps", "amsgrad"),
    "adamax": ("lr", "eps"),
    "asgd": ("lr", "lambd", "alpha", "t0"),
    "rmsprop": ("lr", "alpha", "eps", "momentum", "centered"),
    "rprop": ("lr",),
    "sgd": ("lr", "momentum", "dampening", "nesterov"),
}
"""The optimisers, and the settings of each that are one number."""

CLASSES: Final[Mapping[str, str]] = {
    "adadelta": "Adadelta",
    "adagrad": "Adagrad",
    "adam": "Adam",
    "adamax": "Adamax",
    "asgd": "ASGD",
    "rmsprop": "RMSprop",
    "rprop": "Rprop",
    "sgd": "SGD",
}
"""What ``torch.optim`` calls them."""


def read_optimiser(text: str) -> Optimiser | TorchOptimiser:
    """Return the optimiser of a text like ``"adam"`` or ``"sgd,lr=0.1,momentum=0.9"``.

    SentEval has the L2 strength that is being tried as ``weight_decay``, whatever is given; so it
    is no setting here. Rprop knows no weight decay, and every strength gives the same fit.

    Raises:
        ValueError: an unknown optimiser or setting, or a value that is no number from 0 on.
    """
    kind, *assignments = text.split(",")
    if kind not in SETTINGS:
        raise ValueError(f"{kind!r} is no optimiser; there are {', '.join(SETTINGS)}")
    given: dict[str, float] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or name not in SETTINGS[kind] or name in given:
            raise ValueError(
                f"{assignment!r} is no setting of {kind}; it takes {', '.join(SETTINGS[kind])}, "
                f"each once, as in '{kind},lr=0.01'"
            )
        given[name] = _number(name, value)
    if kind == "sgd" and "lr" not in given:
        raise ValueError("sgd needs a learning rate, as in 'sgd,lr=0.1'")
    base = {"adam": ADAM, "rmsprop": RMSPROP}.get(kind)
    if base is None or not given.keys() <= {"lr", "eps", "alpha"}:
        return TorchOptimiser(kind, tuple(given.items()))
    return Optimiser(
        base.kind,
        given.get("lr", base.learning_rate),
        base.beta1,
        given.get("alpha", base.beta2),
        given.get("eps", base.epsilon),
    )


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf or (name == "lr" and value == 0):
        raise ValueError(f"{name}={text} is not a number {'above' if name == 'lr' else 'from'} 0")
    return value
