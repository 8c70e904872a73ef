"""The inner loop: passes of one optimiser over the rows, for several fits at once, compiled.

The fits of a group share rows, order and first weights and differ only in L2, so one gather
and two matrix products serve all of them: their weights stand side by side as columns. All
arithmetic is float32, in the order in which torch's optimisers do it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.compiling import njit

F32 = np.float32


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def run_passes(
    features: NDArray[np.float32],
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
        features: (n, d) of all samples.
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
    for order in orders:
        for start in range(0, len(order), batch):
            size = min(batch, len(order) - start)
            for i in range(size):
                row = rows[order[start + i]]
                chosen[i] = labels[row]
                gathered[i] = features[row]
            x, e = gathered[:size], errors[:size]
            np.dot(x, weights, e)
            _softmax_errors(e, bias, chosen, classes)
            np.dot(x.T, e, gradient)
            bias_gradient[:] = F32(0)
            for i in range(size):
                for j in range(columns):
                    bias_gradient[j] += e[i, j]
            steps += 1
            if adam:
                adam_step(weights, gradient, moments[0], moments[1], decay, steps, constants)
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
                _rmsprop(weights, gradient, moments[1], decay, constants)
                _rmsprop(
                    bias.reshape(1, columns),
                    bias_gradient.reshape(1, columns),
                    bias_moments[1].reshape(1, columns),
                    decay,
                    constants,
                )
    return steps


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _softmax_errors(
    logits: NDArray[np.float32], bias: NDArray[np.float32], chosen: NDArray[np.int64], classes: int
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
            total = F32(0)
            for j in range(first, first + classes):
                logits[i, j] = np.exp(logits[i, j] - largest)
                total += logits[i, j]
            for j in range(first, first + classes):
                logits[i, j] = logits[i, j] / total * share
            logits[i, first + chosen[i]] -= share


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
