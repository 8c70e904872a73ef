"""One checked score in one sentence, the same in every format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from benchmark.gate import CheckedScore, FieldChange, GateReport, Outcome
from benchmark.one_line import one_line

STATES: dict[Outcome, str] = {
    Outcome.PASSED: "ok",
    Outcome.IMPROVED: "better",
    Outcome.NEW: "new",
    Outcome.DROPPED: "WORSE",
    Outcome.ROSE: "CHANGED",
    Outcome.MISSING: "MISSING",
    Outcome.NOT_COMPARABLE: "NOT COMPARABLE",
    Outcome.OTHER_ENCODER: "OTHER ENCODER",
    Outcome.NOT_IDENTIFIED: "NOT IDENTIFIED",
}
"""A word for each outcome, capitals for what fails."""

NONE = "-"


def score(fraction: float | None) -> str:
    """Return a score on the scale from 0 to 100, finer than any tolerance in use."""
    return NONE if fraction is None else f"{100 * fraction:.4f}"


def points(value: float | None, sign: str = "") -> str:
    """Return a distance in points; one that four decimals would hide gets an exponent."""
    if value is None:
        return NONE
    hidden = value != 0 and abs(value) < 0.00005
    return format(value or 0.0, f"{sign if value else ''}{'.1e' if hidden else '.4f'}")


def probability(value: float | None) -> str:
    """Return a p-value."""
    return NONE if value is None else f"{value:.4f}"


def changed(changes: Iterable[FieldChange]) -> str:
    """Return fields with what they were and are."""
    return one_line(", ".join(map(str, changes)))


def sentence(checked: CheckedScore) -> str:
    """Return what became of one score, without the names of model and task."""
    said = _SENTENCES[checked.outcome](checked)
    if checked.reason and checked.difference is not None:
        said += f" [{checked.reason}]"
    if checked.unidentified and checked.difference is not None:
        said += f"; {_NO_VERSION}"
    return one_line(said)


def named(checked: CheckedScore) -> str:
    """Return the same with the names in front."""
    return f"{one_line(checked.model)} {one_line(checked.task)}: {sentence(checked)}"


def circumstances(checked: CheckedScore) -> str:
    """Return what else changed, for a score that calls for an explanation."""
    if checked.outcome in (Outcome.PASSED, Outcome.NEW):
        return ""
    encoder = checked.changes if checked.difference is not None else ()
    parts = {"encoder": encoder, "environment": checked.environment_changes}
    return "; ".join(f"{what}: {changed(found)}" for what, found in parts.items() if found)


def remarks(scores: Iterable[CheckedScore]) -> Iterator[tuple[str, str]]:
    """Yield a sentence for each score, and its circumstances unless they were just said."""
    said = ""
    for checked in scores:
        hint = circumstances(checked)
        yield named(checked), "" if hint == said else hint
        said = hint or said


def summary(report: GateReport) -> str:
    """Return the whole report in one sentence."""
    counts = [(STATES[outcome].lower(), report.count(outcome)) for outcome in Outcome]
    parts = ", ".join(f"{number} {state}" for state, number in counts if number)
    total = len(report.scores)
    scores = "1 score" if total == 1 else f"{total:,} scores"
    ending = "passed" if report.passed else "NOT passed"
    return f"{scores} against {one_line(str(report.baseline))}: {parts}. Gate {ending}."


def doubtful(report: GateReport) -> tuple[str, ...]:
    """Return the models of which only scores were compared, unless they fail for that."""
    return () if report.count(Outcome.NOT_IDENTIFIED) else report.unidentified


def of_unidentified(model: str) -> str:
    """Say of a model that does not say who it is what the gate could not see."""
    return (
        f"{one_line(model)}: {_NO_VERSION}; only its scores were compared (give its card a "
        "version, which an edit changes; a strict check fails on it)"
    )


def _passed(checked: CheckedScore) -> str:
    if abs(checked.difference or 0.0) <= (checked.tolerance or 0.0):
        return f"within {checked.tolerance:g} points of the baseline"
    return f"{_distance(checked)}, which is not significant (p = {probability(checked.p_value)})"


def _beyond(checked: CheckedScore) -> str:
    found = "" if checked.p_value is None else f", p = {probability(checked.p_value)}"
    return f"{_distance(checked)} (tolerance {checked.tolerance:g}{found})"


def _distance(checked: CheckedScore) -> str:
    difference = checked.difference or 0.0
    side = "above" if difference > 0 else "below"
    return (
        f"{score(checked.score)} is {points(abs(difference))} points {side} the baseline of "
        f"{score(checked.expected)}"
    )


def _not_comparable(checked: CheckedScore) -> str:
    return f"not comparable, the question is another one: {changed(checked.changes)}"


def _other_encoder(checked: CheckedScore) -> str:
    return (
        f"not the encoder of the baseline: {changed(checked.changes)} (an update accepts it, "
        "a test of significance compares different ones)"
    )


_NO_VERSION = "its encoder has no version, so nobody can tell whether it is that of the baseline"

_SENTENCES: dict[Outcome, Callable[[CheckedScore], str]] = {
    Outcome.PASSED: _passed,
    Outcome.IMPROVED: lambda checked: f"{_beyond(checked)}; an update raises the baseline",
    Outcome.NEW: lambda _: "not in the baseline; an update adds it",
    Outcome.DROPPED: _beyond,
    Outcome.ROSE: lambda checked: f"{_beyond(checked)}, where no change is allowed",
    Outcome.MISSING: lambda checked: f"no record of it{checked.hint}",
    Outcome.NOT_COMPARABLE: _not_comparable,
    Outcome.OTHER_ENCODER: _other_encoder,
    Outcome.NOT_IDENTIFIED: lambda _: f"{_NO_VERSION}; give its card one",
}
