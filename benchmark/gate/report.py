"""What a gate says about each score."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from benchmark.gate.identity import FieldChange

Direction = Literal["drop", "any"]
"""Which changes beyond tolerance fail: those for the worse, or all."""


class Outcome(enum.StrEnum):
    """What became of one score."""

    PASSED = "passed"
    IMPROVED = "improved"
    NEW = "new"
    DROPPED = "dropped"
    ROSE = "rose"
    MISSING = "missing"
    NOT_COMPARABLE = "not comparable"
    OTHER_ENCODER = "other encoder"


FAILURES = frozenset(
    {
        Outcome.DROPPED,
        Outcome.ROSE,
        Outcome.MISSING,
        Outcome.NOT_COMPARABLE,
        Outcome.OTHER_ENCODER,
    }
)
NOTICES = frozenset({Outcome.IMPROVED, Outcome.NEW})


@dataclass(frozen=True, slots=True)
class Verdict:
    """One score beside its baseline.

    Attributes:
        model: its name.
        task: id of the task.
        outcome: what became of it.
        expected: the baseline's score, fraction of 1; None for a new task.
        score: of the results, fraction of 1; None if it is missing.
        approximate: whether that score is called so, for its precision.
        difference: of the two, in points; None unless both are there and comparable.
        tolerance: that was allowed, in points.
        p_value: of a paired test with Holm's correction, if one was asked for.
        changes: fields of question or answerer that differ.
        environment_changes: versions and machine that differ; they never fail a gate.
        hint: what may be meant, when something is missing.
        reason: why the entry has a tolerance of its own, as written in the baseline.
        path: of the baseline's entry.
        line: of that file.
        seconds: that scoring took.
        environment: what it was computed with.
    """

    model: str
    task: str
    outcome: Outcome
    expected: float | None = None
    score: float | None = None
    approximate: bool = False
    difference: float | None = None
    tolerance: float | None = None
    p_value: float | None = None
    changes: tuple[FieldChange, ...] = ()
    environment_changes: tuple[FieldChange, ...] = ()
    hint: str = ""
    reason: str = ""
    path: Path | None = None
    line: int | None = None
    seconds: float = 0.0
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Tell whether this alone fails the gate."""
        return self.outcome in FAILURES


@dataclass(frozen=True, slots=True)
class GateReport:
    """What a gate says about all scores.

    Attributes:
        baseline: file or folder they were compared with.
        direction: which changes fail.
        significant: whether a change must also be significant.
        verdicts: by model, tasks in the order of the papers' tables.
    """

    baseline: Path
    direction: Direction
    significant: bool
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """Tell whether no score failed."""
        return not self.failures

    @property
    def failures(self) -> tuple[Verdict, ...]:
        """What failed, what could not be compared first, then the largest differences."""
        failed = [verdict for verdict in self.verdicts if verdict.failed]
        return tuple(sorted(failed, key=_gravity))

    @property
    def notices(self) -> tuple[Verdict, ...]:
        """What did not fail, but calls for an update of the baseline."""
        return tuple(verdict for verdict in self.verdicts if verdict.outcome in NOTICES)

    def count(self, outcome: Outcome) -> int:
        """Return how many scores had an outcome."""
        return sum(verdict.outcome is outcome for verdict in self.verdicts)


def _gravity(verdict: Verdict) -> tuple[bool, float]:
    return (verdict.difference is not None, -abs(verdict.difference or 0.0))
