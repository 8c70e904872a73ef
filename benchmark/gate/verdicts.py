"""Comparing scores with a baseline: what becomes of each."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Literal

from benchmark.errors import UnreadableRecord, UsageError
from benchmark.gate.baseline import Baseline, Entry, open_baseline
from benchmark.gate.provenance import (
    FieldChange,
    answerer_changes,
    environment_changes,
    provenance,
    question_changes,
)
from benchmark.gate.records import Key, in_order, keyed
from benchmark.gate.significance import LEVEL, PValues, p_values
from benchmark.measures import MEASURES, SPEARMAN, Measure, Tolerance
from benchmark.one_line import one_line
from benchmark.options import DataOptions
from benchmark.printable import Printable
from benchmark.results import Results, TaskResult, is_approximate
from benchmark.suggestions import did_you_mean

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
    NOT_IDENTIFIED = "not identified"


FAILURES = frozenset(
    {
        Outcome.DROPPED,
        Outcome.ROSE,
        Outcome.MISSING,
        Outcome.NOT_COMPARABLE,
        Outcome.OTHER_ENCODER,
        Outcome.NOT_IDENTIFIED,
    }
)
NOTICES = frozenset({Outcome.IMPROVED, Outcome.NEW})


@dataclass(frozen=True, slots=True)
class CheckedScore:
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
        unidentified: whether its encoder does not say who it is, so that nobody can tell whether it
            is that of the baseline.
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
    unidentified: bool = False

    @property
    def failed(self) -> bool:
        """Tell whether this alone fails the gate."""
        return self.outcome in FAILURES


@dataclass(frozen=True, slots=True, repr=False)
class GateReport(Printable):
    """What a gate says about all scores.

    Attributes:
        baseline: file or folder they were compared with.
        direction: which changes fail.
        significant: whether a change must also be significant.
        scores: by model, tasks in the order of the papers' tables.
    """

    baseline: Path
    direction: Direction
    significant: bool
    scores: tuple[CheckedScore, ...]

    def __repr__(self) -> str:
        """Say whether it passed."""
        verdict = "passed" if self.passed else f"{len(self.failures)} of {len(self.scores)} failed"
        return f"<GateReport against {one_line(str(self.baseline))}: {verdict}>"

    @property
    def passed(self) -> bool:
        """Tell whether no score failed."""
        return not self.failures

    @property
    def failures(self) -> tuple[CheckedScore, ...]:
        """What failed, what could not be compared first, then the largest differences."""
        failed = [score for score in self.scores if score.failed]
        return tuple(sorted(failed, key=_gravity))

    @property
    def notices(self) -> tuple[CheckedScore, ...]:
        """What did not fail, but calls for an update of the baseline."""
        return tuple(score for score in self.scores if score.outcome in NOTICES)

    @property
    def unidentified(self) -> tuple[str, ...]:
        """The models of which only scores were compared: they do not say who they are."""
        return tuple(dict.fromkeys(score.model for score in self.scores if score.unidentified))

    def count(self, outcome: Outcome) -> int:
        """Return how many scores had an outcome."""
        return sum(score.outcome is outcome for score in self.scores)


def check(
    runs: Iterable[Results],
    baseline: Baseline | Path,
    *,
    direction: Direction = "drop",
    tolerance: Tolerance | None = None,
    significant: bool = False,
    strict: bool = False,
    sources: DataOptions | None = None,
) -> GateReport:
    """Compare scores with a baseline.

    By default a score must come from the encoder of the baseline, and lie within a tolerance of
    its score: that is a question of rounding. With ``significant`` another encoder of the same
    name may answer, and a difference beyond tolerance counts only if a paired test over the
    pairs or samples calls it significant.

    Args:
        runs: runs in memory, or `benchmark.results.collect`.
        baseline: what they are compared with, or the file or folder that holds it.
        direction: ``drop`` fails on worse scores, ``any`` on better ones too.
        tolerance: for every score, instead of what the baseline says.
        significant: ask for significance; needs a folder of records with predictions, and
            runs that have theirs.
        strict: fail on encoders without a version, of which nobody can tell whether they are those
            of the baseline; else that is said, and their scores are compared.
        sources: where that test finds the data; by default where a run would look.

    Raises:
        UsageError: the baseline is not there or empty, a model has two records of one task, or
            significance is asked for and something has no predictions.
        UnreadableRecord: the baseline or a record is damaged.
    """
    known = open_baseline(baseline) if isinstance(baseline, Path) else baseline
    if not known.entries:
        raise UsageError(f"`baseline` {known.path}: holds no score; `update` writes some")
    scored = list(runs)
    records = keyed(scored)
    tested = p_values(known, scored, sources) if significant else None
    models = tuple(dict.fromkeys(run.model for run in scored))
    terms = _Terms(known, direction, tolerance, tested, strict, models)
    checked = tuple(
        _checked(key, records.get(key), known.entries.get(key), terms)
        for key in in_order({*known.entries, *records}, records)
    )
    return GateReport(known.path, direction, significant, checked)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What is compared with, and how; ``p_values`` is None for a question of rounding."""

    baseline: Baseline
    direction: Direction
    tolerance: Tolerance | None
    p_values: PValues | None
    strict: bool
    models: tuple[str, ...]

    def hint(self, model: str) -> str:
        """What may be meant, where a score is missing."""
        if model in self.models:
            return ""
        return f": the model has no record at all{did_you_mean(model, self.models)}"


def _checked(
    key: Key, record: TaskResult | None, entry: Entry | None, terms: _Terms
) -> CheckedScore:
    model, task = key
    if record is None:
        missing = CheckedScore(model, task, Outcome.MISSING, hint=terms.hint(model))
        return missing if entry is None else _expected(missing, entry)
    checked = _new(model, record)
    return checked if entry is None else _compared(checked, record, entry, terms)


def _compared(
    checked: CheckedScore, record: TaskResult, entry: Entry, terms: _Terms
) -> CheckedScore:
    now = provenance(record)
    checked = _expected(checked, entry)
    checked = replace(checked, environment_changes=environment_changes(entry.provenance, now))
    asked = question_changes(entry.provenance, now)
    if asked:
        return replace(checked, outcome=Outcome.NOT_COMPARABLE, changes=asked)
    answered = answerer_changes(entry.provenance, now)
    if answered and terms.p_values is None:
        return replace(checked, outcome=Outcome.OTHER_ENCODER, changes=answered)
    if terms.strict and checked.unidentified:
        return replace(checked, outcome=Outcome.NOT_IDENTIFIED)
    # What is written is what is compared: 0.902 is exactly 0.2 points above 0.9.
    difference = 100 * (_exactly(record.main_score) - _exactly(entry.score))
    tolerance = _tolerance(checked.model, record, entry, terms)
    p_value = None if terms.p_values is None else terms.p_values[checked.model, checked.task]
    return replace(
        checked,
        outcome=_judged(difference, tolerance, p_value, terms.direction),
        difference=float(difference),
        tolerance=float(tolerance),
        p_value=p_value,
        changes=answered,
    )


def _exactly(score: float) -> Decimal:
    return Decimal(repr(float(score)))


def _new(model: str, record: TaskResult) -> CheckedScore:
    return CheckedScore(
        model,
        record.task,
        Outcome.NEW,
        score=record.main_score,
        approximate=is_approximate(record),
        seconds=record.timings.get("score_seconds", 0.0),
        environment=record.environment,
        unidentified=record.model.fingerprint is None,
    )


def _expected(checked: CheckedScore, entry: Entry) -> CheckedScore:
    return replace(
        checked, expected=entry.score, reason=entry.reason, path=entry.path, line=entry.line
    )


def _judged(
    difference: Decimal, tolerance: Decimal, p_value: float | None, direction: Direction
) -> Outcome:
    if abs(difference) <= tolerance or (p_value is not None and p_value >= LEVEL):
        return Outcome.PASSED
    if difference < 0:
        return Outcome.DROPPED
    return Outcome.ROSE if direction == "any" else Outcome.IMPROVED


def _tolerance(model: str, record: TaskResult, entry: Entry, terms: _Terms) -> Decimal:
    """Find the tolerance: of this check, of the entry, of the group, or the default."""
    chosen = (
        terms.tolerance
        or entry.tolerance
        or terms.baseline.tolerances.get(record.asked.group)
        or _measure(record).tolerance
    )
    try:
        return chosen.points(_tested(record))
    except ValueError as error:
        raise UnreadableRecord(f"{terms.baseline.path}: {model} {record.task}: {error}") from error


def _tested(record: TaskResult) -> int | None:
    return record.tested_samples if _measure(record).judges_rows else None


def _measure(record: TaskResult) -> Measure:
    """What is not known is held to the narrower tolerance."""
    return MEASURES.get(record.metric, SPEARMAN)


def _gravity(score: CheckedScore) -> tuple[bool, float]:
    return (score.difference is not None, -abs(score.difference or 0.0))
