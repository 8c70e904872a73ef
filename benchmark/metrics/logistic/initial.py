"""The first weights and the permutations of a fit: those that torch and NumPy draw.

Bit for bit, except that torch on a processor without AVX2 rounds once more at each weight.
No global random state is touched, and torch is not needed.
"""

from __future__ import annotations

import math
import threading

import numpy as np
from numpy.typing import NDArray


def initial_weights(
    seed: int, classes: int, dimensions: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what ``torch.manual_seed(seed); torch.nn.Linear(dimensions, classes)`` starts with.

    Torch's CPU generator is the Mersenne Twister with NumPy's legacy seeding; a float32 takes
    the low 24 bits of one draw, and both weight and bias are uniform in ±1/sqrt(dimensions).

    Returns:
        (classes, dimensions) weights and (classes,) biases, float32.
    """
    draws = np.random.RandomState(seed)

    def uniform(bound: float, size: int) -> NDArray[np.float32]:
        raw = draws.randint(0, 2**32, size=size, dtype=np.uint32) & np.uint32(0xFFFFFF)
        low, high = np.float32(-bound), np.float32(bound)
        # Torch multiplies and adds in one rounding; the product is exact in float64.
        unit = raw.astype(np.float64) * 2.0**-24
        return (unit * np.float64(high - low) + np.float64(low)).astype(np.float32)

    # Linear's default is kaiming_uniform_ with a = sqrt(5), computed in this order.
    gain = math.sqrt(2.0 / (1 + math.sqrt(5.0) ** 2))
    weights = uniform(math.sqrt(3.0) * (gain / math.sqrt(dimensions)), classes * dimensions)
    bias = uniform(1 / math.sqrt(dimensions), classes)
    return weights.reshape(classes, dimensions), bias


class Permutations:
    """The permutations of ``size`` positions that a seeded fit draws, one for each pass.

    Every fit of a task starts from the same seed, so fits with equally many training rows
    share them. Safe to use from several threads.
    """

    def __init__(self, generator: np.random.RandomState, size: int) -> None:
        """Continue a legacy generator from where it is."""
        self._generator = generator
        self._size = size
        self._drawn: list[NDArray[np.int32]] = []
        self._lock = threading.Lock()

    def passes(self, first: int, count: int) -> NDArray[np.int32]:
        """Return the (count, size) permutations of these passes."""
        with self._lock:
            while len(self._drawn) < first + count:
                drawn = self._generator.permutation(self._size)
                self._drawn.append(drawn.astype(np.int32))
            return np.stack(self._drawn[first : first + count])


def seeded(seed: int) -> np.random.RandomState:
    """Return NumPy's legacy generator, as ``numpy.random.seed(seed)`` would set the global one."""
    return np.random.RandomState(seed)
