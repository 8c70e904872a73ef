"""What scoring a task gives, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TaskScores:
    """Scores of one task, as full-precision fractions of 1.

    Attributes:
        main_score: the one that the papers' tables show.
        scores: every score over the whole task, by aggregation and metric.
        subsets: every score of each subset or split, with its number of pairs.
        counts: pairs, distinct sentences, zero vectors and so on.
        choices: what training chose on each subset, by name: numbers that are no scores.
    """

    main_score: float
    scores: dict[str, dict[str, float]]
    subsets: dict[str, dict[str, float]]
    counts: dict[str, int]
    choices: dict[str, dict[str, float]] = field(default_factory=dict)
