"""The inner loop: passes of Adam over pairs whose targets are distributions over five scores.

Weights stand as one row for each score, so that every loop runs along the features; these are
worked through in blocks that stay in the nearest cache with their weights. Rows are read where
they lie, several at a time: gathering them first would take as long as all the rest. All arithmetic
is float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.compiling import njit
from benchmark.metrics.logistic.kernel import adam_step

F32 = np.float32
SCORES = 5
BLOCK = 1536
"""Features that are worked through at a time."""
AT_ONCE = 4
"""Rows whose errors and features are summed at a time; the last ones may stand in for none."""


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def run_passes(
    features: NDArray[np.float32],
    targets: NDArray[np.float32],
    orders: NDArray[np.int32],
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    moments: NDArray[np.float32],
    bias_moments: NDArray[np.float32],
    steps: int,
    constants: NDArray[np.float64],
    batch: int,
) -> int:
    """Train in place for some passes and return the number of steps done in all.

    Args:
        features: (n, d) of the training pairs.
        targets: (n, 5) shares of each score.
        orders: (passes, n) permutations of the pairs.
        weights: (5, d).
        bias: (5,).
        moments: (2, 5, d) first and second moments of the gradient.
        bias_moments: (2, 5).
        steps: steps done before.
        constants: of Adam: learning rate, beta1, beta2, epsilon.
        batch: pairs of a batch.
    """
    dimensions = weights.shape[1]
    chosen = np.empty(batch + AT_ONCE, np.int64)
    errors = np.empty((batch + AT_ONCE, SCORES), F32)
    gradient, bias_gradient = np.empty_like(weights), np.empty((1, SCORES), F32)
    no_decay = np.zeros(max(dimensions, SCORES), F32)
    for order in orders:
        last = len(order) - 1
        for start in range(0, len(order), batch):
            size = min(batch, len(order) - start)
            for i in range(size + AT_ONCE):
                chosen[i] = order[min(start + i, last)]
            _logits(features, chosen, size, weights, errors)
            _softmax(errors[:size], bias)
            _errors(errors[:size], targets, chosen)
            errors[size:] = F32(0)  # of rows that stand in for none
            _gradient(features, chosen, size, errors, gradient)
            bias_gradient[0] = F32(0)
            for i in range(size):
                for j in range(SCORES):
                    bias_gradient[0, j] += errors[i, j]
            steps += 1
            adam_step(weights, gradient, moments[0], moments[1], no_decay, steps, constants)
            adam_step(
                bias.reshape(1, SCORES),
                bias_gradient,
                bias_moments[0].reshape(1, SCORES),
                bias_moments[1].reshape(1, SCORES),
                no_decay,
                steps,
                constants,
            )
    return steps


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def predicted_shares(
    features: NDArray[np.float32], weights: NDArray[np.float32], bias: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the (n, 5) shares of each score, every row by the same sums."""
    rows = np.arange(len(features) + 1)
    rows[-1] = 0
    shares = np.empty((len(rows), SCORES), F32)
    _logits(features, rows, len(features), weights, shares)
    _softmax(shares[:-1], bias)
    return shares[:-1]


@njit(nogil=True, cache=True, fastmath={"contract", "nsz", "reassoc"}, error_model="numpy")
def _logits(features: Any, chosen: Any, size: int, weights: Any, logits: Any) -> None:
    """Write the logits (without bias) of the chosen rows; one of an odd number stands beside."""
    dimensions = weights.shape[1]
    logits[: size + 1] = F32(0)
    for first in range(0, dimensions, BLOCK):
        until = min(first + BLOCK, dimensions)
        w0, w1, w2 = weights[0, first:until], weights[1, first:until], weights[2, first:until]
        w3, w4 = weights[3, first:until], weights[4, first:until]
        for i in range(0, size, 2):
            x, y = features[chosen[i], first:until], features[chosen[i + 1], first:until]
            x0 = x1 = x2 = x3 = x4 = F32(0)
            y0 = y1 = y2 = y3 = y4 = F32(0)
            for k in range(until - first):
                p, q = x[k], y[k]
                x0 += p * w0[k]
                x1 += p * w1[k]
                x2 += p * w2[k]
                x3 += p * w3[k]
                x4 += p * w4[k]
                y0 += q * w0[k]
                y1 += q * w1[k]
                y2 += q * w2[k]
                y3 += q * w3[k]
                y4 += q * w4[k]
            logits[i, 0] += x0
            logits[i, 1] += x1
            logits[i, 2] += x2
            logits[i, 3] += x3
            logits[i, 4] += x4
            logits[i + 1, 0] += y0
            logits[i + 1, 1] += y1
            logits[i + 1, 2] += y2
            logits[i + 1, 3] += y3
            logits[i + 1, 4] += y4


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _softmax(logits: Any, bias: Any) -> None:
    """Turn logits (without bias) into shares."""
    for i in range(len(logits)):
        largest = F32(-np.inf)
        for j in range(SCORES):
            logits[i, j] += bias[j]
            largest = max(largest, logits[i, j])
        total = F32(0)
        for j in range(SCORES):
            logits[i, j] = np.exp(logits[i, j] - largest)
            total += logits[i, j]
        for j in range(SCORES):
            logits[i, j] /= total


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _errors(shares: Any, targets: Any, chosen: Any) -> None:
    """Turn shares into the gradient, at the logits, of the batch's mean squared error."""
    scale = F32(2) / F32(shares.size)
    for i in range(len(shares)):
        target = targets[chosen[i]]
        common = F32(0)
        for j in range(SCORES):
            common += shares[i, j] * (scale * (shares[i, j] - target[j]))
        for j in range(SCORES):
            shares[i, j] *= scale * (shares[i, j] - target[j]) - common


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _gradient(features: Any, chosen: Any, size: int, errors: Any, gradient: Any) -> None:
    """Write the sum over rows of errors times features."""
    dimensions = gradient.shape[1]
    gradient[:] = F32(0)
    for first in range(0, dimensions, BLOCK):
        until = min(first + BLOCK, dimensions)
        g0, g1, g2 = gradient[0, first:until], gradient[1, first:until], gradient[2, first:until]
        g3, g4 = gradient[3, first:until], gradient[4, first:until]
        for i in range(0, size, AT_ONCE):
            x, y = features[chosen[i], first:until], features[chosen[i + 1], first:until]
            u, v = features[chosen[i + 2], first:until], features[chosen[i + 3], first:until]
            x0, x1, x2, x3, x4 = errors[i]
            y0, y1, y2, y3, y4 = errors[i + 1]
            u0, u1, u2, u3, u4 = errors[i + 2]
            v0, v1, v2, v3, v4 = errors[i + 3]
            for k in range(until - first):
                p, q, r, s = x[k], y[k], u[k], v[k]
                g0[k] += p * x0 + q * y0 + r * u0 + s * v0
                g1[k] += p * x1 + q * y1 + r * u1 + s * v1
                g2[k] += p * x2 + q * y2 + r * u2 + s * v2
                g3[k] += p * x3 + q * y3 + r * u3 + s * v3
                g4[k] += p * x4 + q * y4 + r * u4 + s * v4
