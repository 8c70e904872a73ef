"""What dense layers do to each number of their product, as torch does it by default."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Wide = NDArray[np.float64]

_SCALE, _ALPHA = 1.0507009873554805, 1.6732632423543772
"""Of SELU (Klambauer et al. 2017), as torch has them."""

_MEAN_SLOPE = (1 / 8 + 1 / 3) / 2
"""Of the randomized leaky ReLU once nothing is drawn any more."""


def _sigmoid(x: Wide) -> Wide:
    return 0.5 * (1 + np.tanh(x / 2))


def _softplus(x: Wide) -> Wide:
    return np.logaddexp(0, x)


def _elu(x: Wide) -> Wide:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _gelu(x: Wide) -> Wide:
    from scipy.special import erf

    return x * 0.5 * (1 + erf(x / np.sqrt(2)))  # type: ignore[no-any-return]


def _hard_sigmoid(x: Wide) -> Wide:
    return np.clip(x / 6 + 0.5, 0, 1)


def _log_softmax(x: Wide) -> Wide:
    return x - np.logaddexp.reduce(x, axis=1, keepdims=True)


ACTIVATIONS: Mapping[str, Callable[[Wide], Wide]] = {
    "Tanh": np.tanh,
    "Identity": lambda x: x,
    "ReLU": lambda x: np.maximum(x, 0),
    "ReLU6": lambda x: np.clip(x, 0, 6),
    "LeakyReLU": lambda x: np.where(x > 0, x, 0.01 * x),
    "RReLU": lambda x: np.where(x > 0, x, _MEAN_SLOPE * x),
    "ELU": _elu,
    "CELU": _elu,
    "SELU": lambda x: _SCALE * np.where(x > 0, x, _ALPHA * np.expm1(np.minimum(x, 0))),
    "GELU": _gelu,
    "SiLU": lambda x: x * _sigmoid(x),
    "Mish": lambda x: x * np.tanh(_softplus(x)),
    "Sigmoid": _sigmoid,
    "LogSigmoid": lambda x: -_softplus(-x),
    "Softplus": _softplus,
    "Softsign": lambda x: x / (1 + np.abs(x)),
    "Tanhshrink": lambda x: x - np.tanh(x),
    "Hardtanh": lambda x: np.clip(x, -1, 1),
    "Hardsigmoid": _hard_sigmoid,
    "Hardswish": lambda x: x * _hard_sigmoid(x),
    "Hardshrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "Softshrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "Softmax": lambda x: np.exp(_log_softmax(x)),
    "Softmin": lambda x: np.exp(_log_softmax(-x)),
    "LogSoftmax": _log_softmax,
}
"""By their names in torch: from (n, k) to (n, k). The last three look at a whole row."""
