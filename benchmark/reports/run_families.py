"""Families in the tables of runs: below their members, the mean and how far they lie apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from benchmark.escaping import csv_text
from benchmark.metrics.spread import Spread
from benchmark.one_line import one_line
from benchmark.reports.spreads import PLUS_MINUS, least_to_most, mean_and_deviation
from benchmark.results import Results, ScoredFamily, in_order, is_averaged, shown_name
from benchmark.sheet import Row

MISSING = "-"
UNVERIFIED = "*"
AVERAGE = "average of "
"""What a line for programs has in the place of a task, and the group behind it."""

SPREAD_HEADINGS = ("deviation", "low", "high", "count")
"""What a line of a family has beside its mean."""


def family_rows(family: ScoredFamily, tasks: Sequence[str], averaged: str) -> list[Row]:
    """Return the rows of a family in one table: means with deviations, least to greatest.

    Args:
        family: with the results of its members.
        tasks: ids, a column each.
        averaged: the group of tasks whose average is the last column; empty for none.
    """
    spreads = [(family.score(task), 100.0, _mark(family, task)) for task in tasks]
    spreads += [(family.average(averaged), 1.0, "")] if averaged else []
    name = shown_name(called(family), [r for run in family.runs for r in run.results.values()])
    means = [mean_and_deviation(s, scale) + mark if s else MISSING for s, scale, mark in spreads]
    if len(family.runs) == 1:
        return [Row((name, *means))]
    ends = [least_to_most(s, scale) if s else MISSING for s, scale, _ in spreads]
    return [Row((name, *means)), Row((f"{name}, least to greatest", *ends))]


def last_of(family: ScoredFamily, runs: Sequence[Results]) -> Results | None:
    """Return the last of these runs that is of a member: below it the family stands."""
    found = [run for run in runs if family.family.member(run.model, run.fingerprint)]
    return found[-1] if found else None


def called(family: ScoredFamily) -> str:
    """Return the name of a family, and how many members have results."""
    return f"{family.name} ({len(family.runs)})"


def _mark(family: ScoredFamily, task: str) -> str:
    results = [run.results[task] for run in family.runs if task in run.results]
    return "" if all(result.data.verified for result in results) else UNVERIFIED


def told_of(family: ScoredFamily) -> Iterator[str]:
    """Yield what the row of a family is made of, and what it cannot say."""
    name = one_line(called(family))
    members = one_line(", ".join(family.labels))
    if len(family.runs) == 1:
        yield f"{name} = {members} alone: one member has no standard deviation"
    else:
        yield f"{name} = mean {PLUS_MINUS} standard deviation (n - 1) of {members}"
    yield f"  varied: {one_line(family.varied)}"
    if family.unscored:
        absent = ", ".join(member.label for member in family.unscored)
        yield f"  not scored here: {one_line(absent)}"
    tasks = {task for run in family.runs for task in run.results}
    if apart := sorted(task for task in tasks if family.score(task) is None):
        yield f"  no mean, not every member answered it alike: {one_line(', '.join(apart))}"


# --- for programs ---------------------------------------------------------------------------------


def _spreads(family: ScoredFamily) -> Iterator[tuple[str, Spread]]:
    """Yield each task that has a mean, in the order of tables, in fractions of 1."""
    asked = {task.id: task for run in family.runs for task in run.asked.values()}
    for task in in_order(asked.values()):
        if found := family.score(task.id):
            yield task.id, found


def _averages(family: ScoredFamily) -> Iterator[tuple[str, Spread]]:
    """Yield each group that has an average, in points."""
    asked = [task for run in family.runs for task in run.asked.values()]
    for group in dict.fromkeys(task.group for task in asked):
        found = family.average(group) if is_averaged(asked, group) else None
        if found:
            yield group, found


def family_lines(family: ScoredFamily) -> Iterator[list[str]]:
    """Yield lines for a CSV file of runs: fractions of 1 at full precision."""
    name = csv_text(one_line(called(family)))
    for task, found in _spreads(family):
        yield _line(name, task, found, 1.0)
    for group, found in _averages(family):
        yield _line(name, f"{AVERAGE}{group}", found, 0.01)


def _line(name: str, task: str, found: Spread, scale: float) -> list[str]:
    deviation = "" if found.deviation is None else repr(scale * found.deviation)
    ends = [repr(scale * found.low), repr(scale * found.high)]
    return [name, task, repr(scale * found.mean), "", deviation, *ends, str(found.count)]


def family_document(family: ScoredFamily) -> dict[str, Any]:
    """Return a family for JSON: tasks in fractions of 1 as in records, averages in points."""
    return {
        "name": family.name,
        "varied": family.varied,
        "members": [asdict(member) for member in family.members],
        "tasks": {task: asdict(found) for task, found in _spreads(family)},
        "averages": {group: asdict(found) for group, found in _averages(family)},
    }
