"""The inner loop: passes of one optimiser over the rows, for several fits at once, compiled.

The fits of a group share rows, order and first weights and differ only in L2, so one gather
and two matrix products serve all of them: their weights stand side by side as columns. All
arithmetic is float32, in the order in which torch's optimisers do it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.compiling import njit, prefetch

F32 = np.float32

MOST_SIDE_BY_SIDE = 16
"""Classes up to which the strengths of a group stand side by side: with more of them a batch's
products are wide enough by themselves, and other cores train the other strengths."""

AHEAD = 8
"""How many rows before its turn a row is asked for: memory answers meanwhile."""

AT_ONCE = 1024
"""Exponentials that are taken in one loop."""

FOLDED = 64
"""Features that the optimiser may take as one line, so that few columns fill its vectors too."""

_LOG2_E = F32(1.4426950408889634)
_LN2_HIGH, _LN2_LOW = F32(0.693359375), F32(-2.12194440e-4)  # the former times 127 is exact
_TO_WHOLE = F32(12582912.0)  # 1.5 * 2**23: adding it rounds to the nearest whole number
_LOWEST = F32(-87.0)


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def run_passes(
    table: NDArray[np.float32],
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    blocks: int,
    labels: NDArray[np.int64],
    rows: NDArray[np.int64],
    orders: NDArray[np.int32],
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    moments: NDArray[np.float32],
    bias_moments: NDArray[np.float32],
    decay: NDArray[np.float32],
    classes: int,
    steps: int,
    adam: bool,
    constants: NDArray[np.float64],
    batch: int,
) -> int:
    """Train in place for some passes and return the number of steps done in all.

    Args:
        table: (m, k) vectors that rows of features are formed from.
        first: (n,) the row of the table that makes each sample's, or the one of its sentence.
        second: (n,) that of the other sentence of a pair.
        blocks: how many vectors wide a row of features is, which says what it is made of.
        labels: (n,) class of each sample.
        rows: the training samples.
        orders: (passes, rows) permutations of positions in ``rows``.
        weights: (d, fits * classes), one block of columns for each fit.
        bias: (fits * classes,).
        moments: (2, d, fits * classes) first and second moments of the gradient.
        bias_moments: (2, fits * classes).
        decay: (fits * classes,) L2 strength of the fit of each column.
        classes: number of classes.
        steps: steps done before.
        adam: Adam, else RMSprop.
        constants: learning rate, beta1, beta2, epsilon.
        batch: rows of a batch.
    """
    dimensions, columns = weights.shape
    gathered = np.empty((batch, dimensions), F32)
    chosen = np.empty(batch, np.int64)
    errors = np.empty((batch, columns), F32)
    gradient = np.empty((dimensions, columns), F32)
    bias_gradient = np.empty(columns, F32)
    exponents = np.empty(AT_ONCE, np.int32)
    folded_decay = _folded(decay, dimensions)
    folded = (weights.size // len(folded_decay), len(folded_decay))
    for order in orders:
        last = len(order) - 1
        for start in range(0, len(order), batch):
            size = min(batch, len(order) - start)
            for i in range(size):
                row = rows[order[start + i]]
                chosen[i] = labels[row]
                coming = rows[order[min(start + i + AHEAD, last)]]
                _ask_for(table, first[coming], second[coming], blocks)
                _form(table, first[row], second[row], blocks, gathered[i])
            x, e = gathered[:size], errors[:size]
            np.dot(x, weights, e)
            _softmax_errors(e, bias, chosen, classes, exponents)
            np.dot(x.T, e, gradient)
            bias_gradient[:] = F32(0)
            for i in range(size):
                for j in range(columns):
                    bias_gradient[j] += e[i, j]
            steps += 1
            if adam:
                adam_step(
                    weights.reshape(folded),
                    gradient.reshape(folded),
                    moments[0].reshape(folded),
                    moments[1].reshape(folded),
                    folded_decay,
                    steps,
                    constants,
                )
                adam_step(
                    bias.reshape(1, columns),
                    bias_gradient.reshape(1, columns),
                    bias_moments[0].reshape(1, columns),
                    bias_moments[1].reshape(1, columns),
                    decay,
                    steps,
                    constants,
                )
            else:
                _rmsprop(
                    weights.reshape(folded),
                    gradient.reshape(folded),
                    moments[1].reshape(folded),
                    folded_decay,
                    constants,
                )
                _rmsprop(
                    bias.reshape(1, columns),
                    bias_gradient.reshape(1, columns),
                    bias_moments[1].reshape(1, columns),
                    decay,
                    constants,
                )
    return steps


@njit(nogil=True, cache=True)
def _folded(decay: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    """Return the strengths of as many features, one after another, as the optimiser takes."""
    fold = 1
    while fold < FOLDED and dimensions % (2 * fold) == 0:
        fold *= 2
    line = np.empty(fold * len(decay), F32)
    for j in range(len(line)):
        line[j] = decay[j % len(decay)]
    return line


@njit(nogil=True, cache=True)
def _ask_for(table: NDArray[np.float32], u: int, v: int, blocks: int) -> None:
    """Have memory fetch the vectors of a sample before it is formed."""
    prefetch(table[u])
    if blocks != 1:
        prefetch(table[v])


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _form(table: NDArray[np.float32], u: int, v: int, blocks: int, row: Any) -> None:
    """Form the features of a sample, block by block: see `benchmark.metrics.logistic.features`.

    Loops, for assigning a slice takes five times as long.
    """
    width = table.shape[1]
    if blocks != 2:
        for k in range(width):
            row[k] = table[u, k]
    if blocks != 1:
        difference, product = (0, width) if blocks == 2 else (3 * width, 2 * width)
        for k in range(width):
            row[difference + k] = abs(table[u, k] - table[v, k])
            row[product + k] = table[u, k] * table[v, k]
    if blocks == 4:
        for k in range(width):
            row[width + k] = table[v, k]


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _softmax_errors(
    logits: NDArray[np.float32],
    bias: NDArray[np.float32],
    chosen: NDArray[np.int64],
    classes: int,
    exponents: NDArray[np.int32],
) -> None:
    """Turn logits (without bias) into the gradient of the batch's mean cross-entropy."""
    size, columns = logits.shape
    share = F32(1) / F32(size)
    for i in range(size):
        for first in range(0, columns, classes):
            largest = F32(-np.inf)
            for j in range(first, first + classes):
                logits[i, j] += bias[j]
                largest = max(largest, logits[i, j])
            for j in range(first, first + classes):
                logits[i, j] -= largest
    flat = logits.reshape(size * columns)
    for first in range(0, len(flat), len(exponents)):
        _exponentials(flat[first : first + len(exponents)], exponents)
    for i in range(size):
        for first in range(0, columns, classes):
            scale = share / _sum(logits[i, first : first + classes])
            for j in range(first, first + classes):
                logits[i, j] *= scale
            logits[i, first + chosen[i]] -= share


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _exponentials(values: Any, exponents: NDArray[np.int32]) -> None:
    """Replace values up to 0 by their exponentials, in loops that become vector instructions.

    exp(x) is 2**n times a polynomial in what is left of x, within 2e-7 of itself; below -87 it
    is exp(-87), which no float32 sum of a softmax sees.
    """
    powers = exponents.view(np.float32)
    for j in range(len(values)):
        x = max(values[j], _LOWEST)
        whole = (x * _LOG2_E + _TO_WHOLE) - _TO_WHOLE
        x = (x - whole * _LN2_HIGH) - whole * _LN2_LOW
        p = F32(1.9875691500e-4) * x + F32(1.3981999507e-3)
        p = p * x + F32(8.3334519073e-3)
        p = p * x + F32(4.1665795894e-2)
        p = p * x + F32(1.6666665459e-1)
        p = p * x + F32(5.0000001201e-1)
        values[j] = p * (x * x) + x + F32(1)
        exponents[j] = (np.int32(whole) + np.int32(127)) << np.int32(23)
    for j in range(len(values)):
        values[j] *= powers[j]


@njit(nogil=True, cache=True, fastmath={"contract", "nsz", "reassoc"}, error_model="numpy")
def _sum(row: Any) -> Any:
    total = F32(0)
    for j in range(len(row)):
        total += row[j]
    return total


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def adam_step(
    weights: Any,
    gradient: Any,
    first: Any,
    second: Any,
    decay: Any,
    step: int,
    constants: Any,
) -> None:
    """One step of ``torch.optim.Adam`` with coupled weight decay."""
    rate, beta1, beta2 = constants[0], constants[1], constants[2]
    step_size = F32(rate / (1.0 - beta1**step))
    correction = F32(np.sqrt(1.0 - beta2**step))
    new1, keep2, new2 = F32(1.0 - beta1), F32(beta2), F32(1.0 - beta2)
    epsilon = F32(constants[3])
    for k in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            g = gradient[k, j] + decay[j] * weights[k, j]
            m = first[k, j] + new1 * (g - first[k, j])
            v = keep2 * second[k, j] + new2 * g * g
            first[k, j] = m
            second[k, j] = v
            weights[k, j] -= step_size * m / (np.sqrt(v) / correction + epsilon)


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _rmsprop(weights: Any, gradient: Any, second: Any, decay: Any, constants: Any) -> None:
    """One step of ``torch.optim.RMSprop`` with coupled weight decay."""
    rate, keep, new = F32(constants[0]), F32(constants[2]), F32(1.0 - constants[2])
    epsilon = F32(constants[3])
    for k in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            g = gradient[k, j] + decay[j] * weights[k, j]
            v = keep * second[k, j] + new * g * g
            second[k, j] = v
            weights[k, j] -= rate * g / (np.sqrt(v) + epsilon)
