"""A comparison of two families of runs: its tables, and its JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from benchmark.comparisons.family_comparison import (
    FamilyAverage,
    FamilyComparison,
    FamilyGroup,
    FamilyTask,
    RunFamily,
)
from benchmark.comparisons.tables import LETTERS
from benchmark.escaping import json_text
from benchmark.metrics.resampling import POWER, Needed, RunScores, TwoLevelOutcome
from benchmark.one_line import one_line
from benchmark.reports.comparison.compared import DRAWN, VERDICTS
from benchmark.reports.comparison.figures import (
    NOTHING,
    VERSION,
    cautions,
    left_out_list,
    omissions,
    points,
    probability,
    signed_points,
    table_object,
    tasks_tested,
    verdict_line,
)
from benchmark.results import TaskResult, shown_name
from benchmark.sheet import Row, Section, Sheet, written


def render_families(comparison: FamilyComparison, form: str = "table") -> str:
    """Return a comparison of families in a format.

    Args:
        comparison: of `benchmark.comparisons.compare_families`.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.

    Raises:
        UsageError: an unknown format.
    """
    return written(form, lambda: _sheet(comparison), json=lambda: json_text(document(comparison)))


def _sides(comparison: FamilyComparison) -> list[tuple[str, RunFamily]]:
    return list(zip(LETTERS, (comparison.first, comparison.second), strict=True))


def _sheet(comparison: FamilyComparison) -> Sheet:
    """One table for each group of tasks."""
    return Sheet(
        opening=tuple(_who(letter, side) for letter, side in _sides(comparison)),
        sections=tuple(_section(group, comparison) for group in comparison.groups),
        closing=(
            *_legend(comparison),
            *cautions(_results(comparison)),
            *omissions(comparison.left_out),
        ),
    )


def _who(letter: str, side: RunFamily) -> str:
    names = [
        one_line(shown_name(run.label, (stored.result for stored in run.records.values())))
        for run in side.runs
    ]
    if len(names) == 1:
        return f"{letter} = {names[0]} (1 run)"
    varied = f", {one_line(side.varied)} varied" if side.varied else ""
    return f"{letter} = {one_line(side.name)} ({len(names)} runs{varied}: {', '.join(names)})"


def _section(group: FamilyGroup, comparison: FamilyComparison) -> Section:
    sides = [f"{letter} (n = {len(side.runs)})" for letter, side in _sides(comparison)]
    interval = f"{100 * comparison.resampling.level:g} % interval"
    errors = ("Sentences", "Runs")
    return Section(
        title=f"{group.name}: {group.measure.title}",
        headings=("Task", *sides, "A-B", interval, "p", "adj. p", *errors, "Needed", "Verdict"),
        columns="l" + "r" * 9 + "l",
        rows=(*map(_task_row, group.tasks), *_average_rows(group)),
    )


def _task_row(task: FamilyTask) -> Row:
    adjusted = probability(task.outcome.adjusted_p_value)
    return Row(_cells(task.task.shown, task.outcome, adjusted, task.verdict.value))


def _average_rows(group: FamilyGroup) -> Iterator[Row]:
    average = group.average
    if average is not None:
        name = "Avg." if average.whole else f"Avg. of {average.tasks}"
        yield Row(_cells(name, average.outcome, NOTHING, average.verdict.value))


def _cells(name: str, outcome: TwoLevelOutcome, adjusted: str, verdict: str) -> tuple[str, ...]:
    low, high = signed_points(outcome.interval.low), signed_points(outcome.interval.high)
    return (
        name,
        mean_of(outcome.first),
        mean_of(outcome.second),
        signed_points(outcome.difference),
        f"{low} to {high}",
        probability(outcome.p_value),
        adjusted,
        points(outcome.by_sentences),
        points(outcome.by_runs),
        _needed(outcome.needed),
        verdict,
    )


def mean_of(runs: RunScores) -> str:
    """Return the mean of runs, and their standard deviation where there are several."""
    spread = "" if runs.deviation is None else f" ± {points(runs.deviation)}"
    return points(runs.mean) + spread


def _needed(needed: Needed) -> str:
    if needed.runs is not None:
        return f"{needed.runs:,} runs"
    if needed.rows is None:
        return NOTHING
    # Rounded up: it is the least.
    return f"{math.ceil(10 * needed.rows) / 10:,.1f} x rows"


def _legend(comparison: FamilyComparison) -> Iterator[str]:
    method = comparison.resampling
    yield "A, B: mean and standard deviation of the runs; A-B: of the means, unrounded"
    yield from _in_it(comparison)
    yield (
        "Sentences, Runs: standard errors of A-B: what sentences do to all runs of a side alike "
        "(no number of runs lowers it), and what comes from the spread of the runs"
    )
    yield (
        f"interval and p: Student's t on both together, two-sided; sentences by "
        f"{method.resamples:,} bootstrap resamples, seed {method.seed}; adj. p: Holm's correction "
        f"over {tasks_tested(comparison.tests)}"
    )
    yield from (DRAWN[units] for units in dict.fromkeys(g.units for g in comparison.groups))
    yield (
        f"Needed: if this difference and these errors are the true ones, so many runs on each side "
        f"find it {100 * POWER:g} times of 100 (p below {method.alpha:g}, not adjusted); rows: no "
        "number of runs does, it takes at least so many times the rows"
    )
    yield verdict_line(method)


def _in_it(comparison: FamilyComparison) -> Iterator[str]:
    """Say which variation intervals and tests have in them."""
    alone = [letter for letter, side in _sides(comparison) if len(side.runs) == 1]
    if not alone:
        yield (
            "both sources of variation are in interval and p: training (runs) and sentences; they "
            "are about what A and B are samples of, not about these runs alone"
        )
        return
    one, other = alone[0], "AB".replace(alone[0], "")
    yield (
        f"{one} is one run: how much it would change if it were trained again is unknown, and is "
        f"not in interval and p. They compare that one run with one more run of {other}: could "
        f"{one} be one of them? Which method is better cannot be concluded"
    )
    yield f"Needed takes it that {one} varies as {other} does"


def _results(comparison: FamilyComparison) -> list[TaskResult]:
    compared = [task.task.id for group in comparison.groups for task in group.tasks]
    runs = (*comparison.first.runs, *comparison.second.runs)
    return [run.records[task].result for task in compared for run in runs]


# --- for programs: scores and differences are fractions of 1 --------------------------------------


def document(comparison: FamilyComparison) -> dict[str, Any]:
    """Differences are A minus B."""
    return {
        "schema_version": VERSION,
        "families": {letter: _family(side) for letter, side in _sides(comparison)},
        "method": {
            **asdict(comparison.resampling),
            "interval": "two-level",
            "test": "two-level",
            "question": _question(comparison),
            "correction": "holm",
            "tests": comparison.tests,
            "power": POWER,
        },
        "groups": [_group(group) for group in comparison.groups],
        "left_out": left_out_list(comparison.left_out),
    }


def _question(comparison: FamilyComparison) -> str:
    """Return what is compared: means of methods, or one run with one more of the other side."""
    alone = [letter for letter, side in _sides(comparison) if len(side.runs) == 1]
    return f"{alone[0]} against one more run" if alone else "means"


def _family(side: RunFamily) -> dict[str, Any]:
    return {
        "name": side.name,
        "varied": side.varied or None,
        "runs": [
            {
                "label": run.label,
                "model": run.model,
                "signatures": {
                    task: stored.result.signature for task, stored in run.records.items()
                },
            }
            for run in side.runs
        ],
    }


def _group(group: FamilyGroup) -> dict[str, Any]:
    return {
        **table_object(group),
        "tasks": [_task(task) for task in group.tasks],
        "average": group.average and _average(group.average),
    }


def _task(task: FamilyTask) -> dict[str, Any]:
    return {
        "task": task.task.id,
        "rows": task.rows,
        **_outcome(task.outcome),
        "adjusted_p_value": task.outcome.adjusted_p_value,
        "verdict": VERDICTS[task.verdict],
    }


def _average(average: FamilyAverage) -> dict[str, Any]:
    return {
        "tasks": average.tasks,
        "whole": average.whole,
        **_outcome(average.outcome),
        "verdict": VERDICTS[average.verdict],
    }


def _outcome(outcome: TwoLevelOutcome) -> dict[str, Any]:
    degrees = outcome.degrees_of_freedom
    return {
        "A": asdict(outcome.first),
        "B": asdict(outcome.second),
        "difference": outcome.difference,
        "low": outcome.interval.low,
        "high": outcome.interval.high,
        "standard_error": outcome.standard_error,
        "by_sentences": outcome.by_sentences,
        "by_runs": outcome.by_runs,
        "degrees_of_freedom": degrees if math.isfinite(degrees) else None,
        "p_value": outcome.p_value,
        "needed": asdict(outcome.needed),
    }
