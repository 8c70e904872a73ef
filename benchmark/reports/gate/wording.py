"""One verdict in one sentence, the same in every format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from benchmark.gate import FieldChange, GateReport, Outcome, Verdict
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


def sentence(verdict: Verdict) -> str:
    """Return what became of one score, without the names of model and task."""
    said = _SENTENCES[verdict.outcome](verdict)
    if verdict.reason and verdict.difference is not None:
        said += f" [{verdict.reason}]"
    return one_line(said)


def named(verdict: Verdict) -> str:
    """Return the same with the names in front."""
    return f"{one_line(verdict.model)} {one_line(verdict.task)}: {sentence(verdict)}"


def circumstances(verdict: Verdict) -> str:
    """Return what else changed, for a score that calls for an explanation."""
    if verdict.outcome in (Outcome.PASSED, Outcome.NEW):
        return ""
    encoder = verdict.changes if verdict.difference is not None else ()
    parts = {"encoder": encoder, "environment": verdict.environment_changes}
    return "; ".join(f"{what}: {changed(found)}" for what, found in parts.items() if found)


def remarks(verdicts: Iterable[Verdict]) -> Iterator[tuple[str, str]]:
    """Yield a sentence for each verdict, and its circumstances unless they were just said."""
    said = ""
    for verdict in verdicts:
        hint = circumstances(verdict)
        yield named(verdict), "" if hint == said else hint
        said = hint or said


def summary(report: GateReport) -> str:
    """Return the whole report in one sentence."""
    counts = [(STATES[outcome].lower(), report.count(outcome)) for outcome in Outcome]
    parts = ", ".join(f"{number} {state}" for state, number in counts if number)
    total = len(report.verdicts)
    scores = "1 score" if total == 1 else f"{total:,} scores"
    ending = "passed" if report.passed else "NOT passed"
    return f"{scores} against {one_line(str(report.baseline))}: {parts}. Gate {ending}."


def _passed(verdict: Verdict) -> str:
    if abs(verdict.difference or 0.0) <= (verdict.tolerance or 0.0):
        return f"within {verdict.tolerance:g} points of the baseline"
    return f"{_distance(verdict)}, which is not significant (p = {probability(verdict.p_value)})"


def _beyond(verdict: Verdict) -> str:
    found = "" if verdict.p_value is None else f", p = {probability(verdict.p_value)}"
    return f"{_distance(verdict)} (tolerance {verdict.tolerance:g}{found})"


def _distance(verdict: Verdict) -> str:
    difference = verdict.difference or 0.0
    side = "above" if difference > 0 else "below"
    return (
        f"{score(verdict.score)} is {points(abs(difference))} points {side} the baseline of "
        f"{score(verdict.expected)}"
    )


def _not_comparable(verdict: Verdict) -> str:
    return f"not comparable, the question is another one: {changed(verdict.changes)}"


def _other_encoder(verdict: Verdict) -> str:
    return (
        f"not the encoder of the baseline: {changed(verdict.changes)} (`update` accepts it, "
        "`significant` compares different ones)"
    )


_SENTENCES = {
    Outcome.PASSED: _passed,
    Outcome.IMPROVED: lambda verdict: f"{_beyond(verdict)}; `update` raises the baseline",
    Outcome.NEW: lambda _: "not in the baseline; `update` adds it",
    Outcome.DROPPED: _beyond,
    Outcome.ROSE: lambda verdict: f"{_beyond(verdict)}, and `direction` any allows no change",
    Outcome.MISSING: lambda verdict: f"no record of it{verdict.hint}",
    Outcome.NOT_COMPARABLE: _not_comparable,
    Outcome.OTHER_ENCODER: _other_encoder,
}
