"""What two models and two families have in common: tables that are resampled, and verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil
from typing import Any, TypeVar

from benchmark.comparisons.comparison import GroupComparison, Resampling, Verdict
from benchmark.comparisons.family_comparison import FamilyGroup
from benchmark.comparisons.rows import PairedTask
from benchmark.comparisons.tables import LeftOut, PairedTable
from benchmark.errors import UsageError
from benchmark.metrics.resampling import holm

Found = TypeVar("Found")
Group = TypeVar("Group", GroupComparison, FamilyGroup)


def require_sense(method: Resampling) -> None:
    """Refuse numbers that make no sense.

    An interval leaves half of what is beyond its level on either side, and at least one resample
    has to lie there: 40 are the least for 95 %, 200 for 99 %.

    Raises:
        UsageError: a level or a seed that is none, or fewer resamples than the level needs.
    """
    if not 0 < method.level < 1:
        raise UsageError(f"`level` {method.level}: a confidence level lies between 0 and 1")
    least = ceil(round(2 / (1 - method.level), 6))  # 2 / 0.05 is a little more than 40
    if method.resamples < least:
        raise UsageError(
            f"`resamples` {method.resamples}: {least:,} are the least for intervals of "
            f"{100 * method.level:g} %; 10,000 are usual"
        )
    if not 0 <= method.seed < 2**64:
        raise UsageError(f"`seed` {method.seed}: a seed is a whole number from 0 to 2**64 - 1")


def resampled(
    table: PairedTable, resample: Callable[[PairedTable], Found]
) -> tuple[PairedTable, Found | None, list[LeftOut]]:
    """Resample a table; a task that is too small for it is left out, with the reason.

    Args:
        table: of any number of models.
        resample: what is done with it; raises ValueError where it cannot.

    Returns:
        The table without such tasks, what was found (None if none is left), and these tasks.

    Raises:
        UsageError: each task can be resampled, but not all of them together.
    """
    try:
        return table, resample(table), []
    except ValueError:
        # The error does not say which task it is about: each is asked by itself.
        reasons = {task.task: _reason_against(table, task, resample) for task in table.tasks}
    failed = [LeftOut(task, reason) for task, reason in reasons.items() if reason]
    able = replace(table, tasks=tuple(task for task in table.tasks if not reasons[task.task]))
    if not able.tasks:
        return able, None, failed
    try:
        return able, resample(able), failed
    except ValueError as error:
        raise UsageError(
            f"{table.name}: cannot be resampled together ({error}); name fewer `tasks`"
        ) from error


def _reason_against(
    table: PairedTable, task: PairedTask, resample: Callable[[PairedTable], object]
) -> str:
    try:
        resample(replace(table, tasks=(task,)))
    except ValueError as error:
        return f"cannot be resampled ({error})"
    return ""


def verdict_on(difference: float, p_value: float, method: Resampling) -> Verdict:
    """Return what a test says of a difference that is not that of two identical sides."""
    if p_value >= method.alpha or not difference:
        return Verdict.UNCLEAR
    return Verdict.FIRST if difference > 0 else Verdict.SECOND


def adjusted_over_all(
    groups: Sequence[Group], with_p: Callable[[Any, float], Any]
) -> tuple[Group, ...]:
    """Adjust the p-values of all tasks of all tables together (Holm), and judge anew.

    Args:
        groups: of one comparison.
        with_p: returns a task of theirs with its adjusted p-value, and the verdict by it.
    """
    p_values = iter(holm([task.outcome.p_value for group in groups for task in group.tasks]))
    return tuple(
        replace(group, tasks=tuple(with_p(task, next(p_values)) for task in group.tasks))
        for group in groups
    )
