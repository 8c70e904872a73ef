"""BERT-whitening (Su et al. 2021, equations 6 to 12) in plain Python, one number at a time.

The mean of the rows is taken away, their covariance is brought to diagonal form by turning one pair
of axes after another (Jacobi), and each new axis is divided by the root of its variance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def mean_of(rows: Rows) -> list[float]:
    return [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]


def covariance_of(rows: Rows) -> list[list[float]]:
    mean = mean_of(rows)
    centred = [[value - m for value, m in zip(row, mean, strict=True)] for row in rows]
    places = range(len(mean))
    return [
        [math.fsum(row[i] * row[j] for row in centred) / (len(rows) - 1) for j in places]
        for i in places
    ]


def principal_axes(covariance: Rows) -> list[tuple[float, list[float]]]:
    """Return each variance with its axis, the largest first."""
    a = [list(row) for row in covariance]
    places = range(len(a))
    axes = [[float(i == j) for j in places] for i in places]
    for _ in range(12):
        for p in places:
            for q in range(p + 1, len(a)):
                if a[p][q] == 0:
                    continue
                angle = 0.5 * math.atan2(2 * a[p][q], a[p][p] - a[q][q])
                c, s = math.cos(angle), math.sin(angle)
                for i in places:
                    a[i][p], a[i][q] = c * a[i][p] + s * a[i][q], c * a[i][q] - s * a[i][p]
                a[p], a[q] = (
                    [c * x + s * y for x, y in zip(a[p], a[q], strict=True)],
                    [c * y - s * x for x, y in zip(a[p], a[q], strict=True)],
                )
                axes[p], axes[q] = (
                    [c * x + s * y for x, y in zip(axes[p], axes[q], strict=True)],
                    [c * y - s * x for x, y in zip(axes[p], axes[q], strict=True)],
                )
    return sorted(((a[i][i], axes[i]) for i in places), key=lambda found: -found[0])


def whitened(rows: Rows, fitted_on: Rows, dimensions: int) -> list[list[float]]:
    """Return what whitening makes of rows; the sign of each column is anybody's choice."""
    mean = mean_of(fitted_on)
    axes = principal_axes(covariance_of(fitted_on))[:dimensions]
    centred = [[value - m for value, m in zip(row, mean, strict=True)] for row in rows]
    return [
        [
            math.fsum(value * part for value, part in zip(row, axis, strict=True))
            / math.sqrt(variance)
            for variance, axis in axes
        ]
        for row in centred
    ]
