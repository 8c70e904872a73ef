"""A comparison of two models: its tables, and its JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from benchmark.comparisons.comparison import Comparison, GroupComparison, TaskComparison, Verdict
from benchmark.escaping import json_text
from benchmark.metrics.resampling import PairedOutcome
from benchmark.reports.comparison.figures import (
    NOTHING,
    VERSION,
    cautions,
    left_out_list,
    models_object,
    omissions,
    points,
    probability,
    signed_points,
    table_object,
    tasks_tested,
    verdict_line,
    who_is_who,
)
from benchmark.results import TaskResult
from benchmark.sheet import Row, Section, Sheet, written

DRAWN = {
    "sentences": (
        "drawn: rows of the tasks, all around one sentence together, in every task they are in, "
        "the same for A and B"
    ),
    "rows": (
        "drawn: single rows, since the sentences are not at hand; rows that share one "
        "are not independent, so intervals are too short (STS average: by a third)"
    ),
}
"""What was drawn together, in words."""


def render_models(comparison: Comparison, form: str = "table") -> str:
    """Return a comparison of two models in a format.

    Args:
        comparison: of `benchmark.comparisons.compare_runs`.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.

    Raises:
        UsageError: an unknown format.
    """
    return written(form, lambda: _sheet(comparison), json=lambda: json_text(document(comparison)))


def _sheet(comparison: Comparison) -> Sheet:
    """One table for each group of tasks."""
    return Sheet(
        opening=tuple(who_is_who((comparison.first, comparison.second))),
        sections=tuple(_section(group, comparison) for group in comparison.groups),
        closing=(
            *_legend(comparison),
            *cautions(_results(comparison)),
            *omissions(comparison.left_out),
        ),
    )


def _section(group: GroupComparison, comparison: Comparison) -> Section:
    counts = ("only A", "only B", "McNemar") if group.measure.judges_rows else ()
    interval = f"{100 * comparison.resampling.level:g} % interval"
    rows = [_task_row(task) for task in group.tasks]
    return Section(
        title=f"{group.name}: {group.measure.title}",
        headings=("Task", "A", "B", "A-B", interval, "p", "adj. p", *counts, "Verdict"),
        columns="l" + "r" * (6 + len(counts)) + "l",
        rows=(*rows, *_average_rows(group)),
    )


def _task_row(task: TaskComparison) -> Row:
    counts: tuple[str, ...] = ()
    if task.discordance is not None:
        found = task.discordance
        counts = (f"{found.only_first:,}", f"{found.only_second:,}", probability(found.p_value))
    return Row(
        (
            task.task.shown,
            *map(points, task.scores),
            *_difference(task.outcome),
            probability(task.outcome.adjusted_p_value),
            *counts,
            task.verdict.value,
        )
    )


def _average_rows(group: GroupComparison) -> Iterator[Row]:
    average = group.average
    if average is None:
        return
    outcome = average.outcome
    shown = average.printed and tuple(f"{score:.2f}" for score in average.printed)
    yield Row(
        (
            "Avg." if shown else f"Avg. of {average.tasks}",
            *(shown or (points(outcome.first), points(outcome.second))),
            *_difference(outcome),
            NOTHING,
            *([NOTHING] * 3 if group.measure.judges_rows else []),
            average.verdict.value,
        )
    )


def _difference(outcome: PairedOutcome) -> tuple[str, str, str]:
    low, high = signed_points(outcome.interval.low), signed_points(outcome.interval.high)
    return (
        signed_points(outcome.difference),
        f"{low} to {high}",
        probability(outcome.p_value),
    )


def _legend(comparison: Comparison) -> Iterator[str]:
    method = comparison.resampling
    yield (
        f"A-B: of unrounded scores; its interval: percentiles of {method.resamples:,} paired "
        f"bootstrap resamples, seed {method.seed}"
    )
    yield from (DRAWN[units] for units in dict.fromkeys(g.units for g in comparison.groups))
    yield (
        f"p: A and B exchange what they gave, {method.resamples:,} times, two-sided; adj. p: "
        f"Holm's correction over {tasks_tested(comparison.tests)}"
    )
    if any(group.measure.judges_rows for group in comparison.groups):
        yield (
            "only A, only B: samples that only this one answers rightly; McNemar: exact p of these "
            "counts, not adjusted, samples taken for independent"
        )
    yield verdict_line(method)


def _results(comparison: Comparison) -> list[TaskResult]:
    compared = [task.task.id for group in comparison.groups for task in group.tasks]
    models = (comparison.first, comparison.second)
    return [model.records[task].result for task in compared for model in models]


# --- for programs: scores and differences are fractions of 1 --------------------------------------


VERDICTS: Mapping[Verdict, str] = {
    Verdict.FIRST: "A",
    Verdict.SECOND: "B",
    Verdict.UNCLEAR: "unclear",
    Verdict.IDENTICAL: "identical",
}
"""What programs are told."""


def document(comparison: Comparison) -> dict[str, Any]:
    """Differences are A minus B."""
    return {
        "schema_version": VERSION,
        "models": models_object((comparison.first, comparison.second)),
        "method": {
            **asdict(comparison.resampling),
            "interval": "percentile",
            "test": "exchange",
            "correction": "holm",
            "tests": comparison.tests,
        },
        "groups": [_group(group) for group in comparison.groups],
        "left_out": left_out_list(comparison.left_out),
    }


def _group(group: GroupComparison) -> dict[str, Any]:
    average = group.average
    return {
        **table_object(group),
        "tasks": [_task(task) for task in group.tasks],
        "average": average
        and {
            "tasks": average.tasks,
            "printed": average.printed and [f"{score:.2f}" for score in average.printed],
            **_outcome(average.outcome),
            "verdict": VERDICTS[average.verdict],
        },
    }


def _task(task: TaskComparison) -> dict[str, Any]:
    return {
        "task": task.task.id,
        "rows": task.rows,
        "scores": task.scores,
        **_outcome(task.outcome),
        "adjusted_p_value": task.outcome.adjusted_p_value,
        "discordance": task.discordance and asdict(task.discordance),
        "verdict": VERDICTS[task.verdict],
    }


def _outcome(outcome: PairedOutcome) -> dict[str, Any]:
    return {
        "difference": outcome.difference,
        "low": outcome.interval.low,
        "high": outcome.interval.high,
        "standard_error": outcome.standard_error,
        "p_value": outcome.p_value,
    }
