"""What came out for a published row, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmark.leaderboard import Difference
from benchmark.measures import MEASURES
from benchmark.reproduction.inquiry import Inquiry
from benchmark.reproduction.quotations import unstated
from benchmark.reproduction.trials import Trial


def verdict(inquiry: Inquiry) -> tuple[str, ...]:
    """Return what is to be said of a row: the verdict, then what it rests on."""
    measured = inquiry.measured
    if measured is None:
        return (f"not compared: {_why_not(inquiry)}",)
    said = _said(inquiry, measured)
    return (said, *_limits(inquiry, measured))


def _said(inquiry: Inquiry, measured: Trial) -> str:
    documented = inquiry.documented.label
    if inquiry.outcome == "reproduced":
        others = [one for one in inquiry.fits if one.setting.pooler != inquiry.documented.pooler]
        beside = f"; as well by {_settings(others)}" if others else ""
        return f"reproduced by {documented}: {_agreeing(measured)}{beside}"
    apart = f"documented ({documented}) differs by up to {_points(measured)}"
    if inquiry.outcome == "explained":
        first = inquiry.fits[0]
        what = "value is that" if len(first.all_differences) == 1 else "values are those"
        return (
            f"not within tolerance: the printed {what} of {_settings(inquiry.fits)}: "
            f"{_agreeing(first)}; {apart}"
        )
    tried = "pooler or aggregation" if inquiry.searched else "aggregation"
    none = f"not within tolerance, and no {tried} that was tried gives the printed values"
    closest = inquiry.closest
    if closest is None or closest is measured:
        return f"{none}; {apart}, {_mean(measured)}; nothing comes closer"
    return (
        f"{none}; the closest is {_settings([closest])}: off by up to {_points(closest)}, "
        f"{_mean(closest)}; {apart}"
    )


def _limits(inquiry: Inquiry, measured: Trial) -> Iterable[str]:
    """What a reader must know of the ground that a verdict stands on."""
    quotation = inquiry.quotation
    if not measured.differences:
        yield "only the average is printed: that alone could be compared"
    elif len(measured.differences) == 1:
        [column] = measured.differences
        yield f"only {quotation.tasks[column].heading} could be compared"
    if missing := unstated(quotation):
        yield f"the source does not state {', '.join(missing)}: taken as in the papers' tables"
    yield from left_out(inquiry)


def left_out(inquiry: Inquiry) -> Iterable[str]:
    """Return why figures are compared with nothing, a line for each reason."""
    reasons: dict[str, list[str]] = {}
    for column, why in inquiry.quotation.left_out.items():
        reasons.setdefault(why, []).append(column)
    for column, error in inquiry.failures.items():
        reasons.setdefault(str(error), []).append(column)
    for why, columns in reasons.items():
        yield f"not compared: {', '.join(columns)} ({why})"


def _why_not(inquiry: Inquiry) -> str:
    said = "; ".join(line.removeprefix("not compared: ") for line in left_out(inquiry))
    return said or "the row prints no figure that could be"


def _agreeing(trial: Trial) -> str:
    """Say how many figures agree, and how closely."""
    count = len(trial.differences)
    shown = trial.differences.values() or trial.all_differences
    bounds = sorted({one.tolerance for one in shown})
    within = f"{bounds[0]}" if len(bounds) == 1 else f"tolerances of {bounds[0]} to {bounds[-1]}"
    if not count:
        return f"the average within {within}"
    figures = "the figure" if count == 1 else f"all {count}"
    return f"{figures} within {within}"


def _points(trial: Trial) -> str:
    if not trial.differences and trial.average:
        return f"{_number(trial.average)} points on average"
    largest = max(trial.differences.values(), key=lambda one: abs(one.value))
    return f"{_number(largest)} points"


def _number(difference: Difference) -> str:
    return difference.text.lstrip("+-")


def _mean(trial: Trial) -> str:
    return f"{trial.mean:.2f} in the mean"


def _settings(trials: Sequence[Trial]) -> str:
    """Name settings: poolers that share theirs together, each with its ways to a number."""
    ways: dict[str, list[tuple[str, str]]] = {}
    for trial in trials:
        setting = trial.setting
        ways.setdefault(setting.pooler, []).append((setting.aggregation, setting.metric))
    alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for pooler, found in ways.items():
        alike.setdefault(tuple(found), []).append(pooler)
    return "; or of ".join(_ways(poolers, found) for found, poolers in alike.items())


def _ways(poolers: Sequence[str], ways: Sequence[tuple[str, str]]) -> str:
    by_metric: dict[str, list[str]] = {}
    for aggregation, metric in ways:
        by_metric.setdefault(metric, []).append(aggregation)
    named = f"pooler {' or '.join(poolers)}"
    told = []
    for metric, aggregations in by_metric.items():
        if not metric:
            continue
        by = "" if metric == "spearman" else f" by {MEASURES[metric].title.partition(' x ')[0]}"
        told.append(f"aggregation {_or(aggregations)}{by}")
    return ", ".join([named, *([" or ".join(told)] if told else [])])


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
