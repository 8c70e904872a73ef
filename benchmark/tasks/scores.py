"""What scoring a task gives, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Gold:
    """What people said, in the order of scoring.

    Attributes:
        values: (n,) float64 scores of pairs, or int64 classes of samples.
        subsets: name and size of each stretch of it, in order; the sizes add up to n.
    """

    values: NDArray[Any]
    subsets: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TaskScores:
    """Scores of one task, as full-precision fractions of 1.

    Attributes:
        main_score: the one that the papers' tables show.
        scores: every score over the whole task, by aggregation and metric.
        subsets: every score of each subset or split, with its number of pairs.
        counts: pairs, distinct sentences, zero vectors and so on.
        predicted: (n,) what each pair or sample got: float32 cosines, or int64 classes.
        gold: what they are compared with.
        analysis: what else is measured on the vectors, by name: alignment, recall at k ...
        choices: what training chose on each subset, by name: numbers that are no scores.
    """

    main_score: float
    scores: dict[str, dict[str, float]]
    subsets: dict[str, dict[str, float]]
    counts: dict[str, int]
    predicted: NDArray[Any] = field(default_factory=lambda: np.empty(0, np.float32))
    gold: Gold = field(default_factory=lambda: Gold(np.empty(0), ()))
    analysis: dict[str, float] = field(default_factory=dict)
    choices: dict[str, dict[str, float]] = field(default_factory=dict)
