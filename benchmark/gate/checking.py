"""Comparing scores with a baseline, one verdict for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from benchmark.errors import UnreadableRecord, UsageError
from benchmark.gate.baseline import Baseline, Entry
from benchmark.gate.identity import (
    answerer_changes,
    environment_changes,
    identity,
    question_changes,
)
from benchmark.gate.measured import Measured, by_model, in_order
from benchmark.gate.opening import open_baseline
from benchmark.gate.report import Direction, GateReport, Outcome, Verdict
from benchmark.gate.significance import LEVEL, PValues, p_values
from benchmark.measures import MEASURES, SPEARMAN, Measure, Tolerance
from benchmark.results import Run, StoredRun, TaskResult, is_approximate
from benchmark.suggestions import did_you_mean
from benchmark.tasks.loading import DataOptions


def check(
    runs: Iterable[Run | StoredRun],
    baseline: Baseline | Path,
    *,
    direction: Direction = "drop",
    tolerance: Tolerance | None = None,
    significant: bool = False,
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
            runs that were collected from one.
        sources: where that test finds the data; by default where a run would look.

    Raises:
        UsageError: the baseline is not there or empty, a model has two records of one task, or
            significance is asked for and something has no predictions.
        UnreadableRecord: the baseline or a record is damaged.
    """
    known = open_baseline(baseline) if isinstance(baseline, Path) else baseline
    if not any(known.entries.values()):
        raise UsageError(f"`baseline` {known.path}: holds no score; `update` writes some")
    scored = list(runs)
    measured = by_model(scored)
    tested = p_values(known, scored, sources) if significant else None
    terms = _Terms(known, direction, tolerance, tested)
    return GateReport(known.path, direction, significant, tuple(_verdicts(measured, terms)))


@dataclass(frozen=True, slots=True)
class _Terms:
    """What is compared with, and how; ``p_values`` is None for a question of rounding."""

    baseline: Baseline
    direction: Direction
    tolerance: Tolerance | None
    p_values: PValues | None


def _verdicts(measured: Measured, terms: _Terms) -> Iterator[Verdict]:
    expected = terms.baseline.entries
    for model in sorted({*expected, *measured}):
        entries, records = expected.get(model, {}), measured.get(model, {})
        for task in in_order([*entries, *records], records):
            if task not in records:
                yield _missing(model, task, entries[task], measured)
            elif task not in entries:
                yield _new(model, records[task])
            else:
                yield _compared(model, records[task], entries[task], terms)


def _missing(model: str, task: str, entry: Entry, measured: Measured) -> Verdict:
    none_at_all = f": the model has no record at all{did_you_mean(model, measured)}"
    hint = "" if model in measured else none_at_all
    return replace(_expected(Verdict(model, task, Outcome.MISSING), entry), score=None, hint=hint)


def _compared(model: str, record: TaskResult, entry: Entry, terms: _Terms) -> Verdict:
    now = identity(record)
    verdict = _expected(_new(model, record), entry)
    verdict = replace(verdict, environment_changes=environment_changes(entry.identity, now))
    asked = question_changes(entry.identity, now)
    if asked:
        return replace(verdict, outcome=Outcome.NOT_COMPARABLE, changes=asked)
    answered = answerer_changes(entry.identity, now)
    if answered and terms.p_values is None:
        return replace(verdict, outcome=Outcome.OTHER_ENCODER, changes=answered)
    # What is written is what is compared: 0.902 is exactly 0.2 points above 0.9.
    difference = 100 * (_exactly(record.main_score) - _exactly(entry.score))
    tolerance = _tolerance(model, record, entry, terms)
    p_value = None if terms.p_values is None else terms.p_values[model, record.task]
    return replace(
        verdict,
        outcome=_judged(difference, tolerance, p_value, terms.direction),
        difference=float(difference),
        tolerance=float(tolerance),
        p_value=p_value,
        changes=answered,
    )


def _exactly(score: float) -> Decimal:
    return Decimal(repr(float(score)))


def _new(model: str, record: TaskResult) -> Verdict:
    return Verdict(
        model,
        record.task,
        Outcome.NEW,
        score=record.main_score,
        approximate=is_approximate(record),
        seconds=record.timings.get("score_seconds", 0.0),
        environment=record.environment,
    )


def _expected(verdict: Verdict, entry: Entry) -> Verdict:
    return replace(
        verdict, expected=entry.score, reason=entry.reason, path=entry.path, line=entry.line
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
    """Samples of the test set; in nested cross-validation every sample is tested once."""
    if not _measure(record).judges_rows:
        return None
    return record.counts.get("test_samples", record.counts.get("samples"))


def _measure(record: TaskResult) -> Measure:
    """What is not known is held to the narrower tolerance."""
    return MEASURES.get(record.metric, SPEARMAN)
