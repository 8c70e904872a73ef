"""Several models, or families of runs, each against one baseline: pair by pair, judged together.

What is found of a pair is what `compare_runs` and `compare_families` find. Only the correction is
another one: p-values of tasks are adjusted (Holm) over all tasks of all pairs, those of averages
over all averages of all pairs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmark.comparisons import compare, families
from benchmark.comparisons.comparison import Comparison, Resampling, Verdict
from benchmark.comparisons.family_comparison import FamilyComparison, RunFamily
from benchmark.comparisons.resampled import verdict_on
from benchmark.metrics.resampling import holm
from benchmark.one_line import one_line
from benchmark.options import DataOptions
from benchmark.printable import Printable

Pair = Comparison | FamilyComparison


@dataclass(frozen=True, slots=True, repr=False)
class SeveralComparisons(Printable):
    """Models A, each beside the same baseline B; differences are model minus baseline.

    Attributes:
        models: in the order they were named.
        baseline: what each is compared with.
        comparisons: of each model, in the same order; p-values are adjusted over all of them.
    """

    models: tuple[RunFamily, ...]
    baseline: RunFamily
    comparisons: tuple[Pair, ...]

    def __repr__(self) -> str:
        """Name the baseline."""
        return f"<{len(self.models)} comparisons with {one_line(self.baseline.name)}>"

    @property
    def resampling(self) -> Resampling:
        """How differences were judged."""
        return self.comparisons[0].resampling

    @property
    def tests(self) -> int:
        """How many tests of tasks Holm's correction was made for."""
        return sum(comparison.tests for comparison in self.comparisons)

    @property
    def averages(self) -> int:
        """How many tests of averages it was made for."""
        groups = [group for comparison in self.comparisons for group in comparison.groups]
        return sum(group.average is not None for group in groups)


def compare_with_baseline(
    models: Sequence[RunFamily],
    baseline: RunFamily,
    *,
    tasks: Collection[str] | None = None,
    sources: DataOptions | None = None,
    resampling: Resampling | None = None,
) -> SeveralComparisons:
    """Compare each of several models with a baseline.

    Args:
        models: at least one, of one run or several each; none is the baseline.
        baseline: of one run or several.
        tasks: ids of those to compare; by default all that a pair has.
        sources: where the data may be. Nothing is downloaded.
        resampling: how differences are judged.

    Raises:
        UsageError: as `compare_runs` and `compare_families`.
        UnreadableRecord, DataError: as these.
    """
    options: dict[str, Any] = {"tasks": tasks, "sources": sources, "resampling": resampling}
    pairs = [_pair(model, baseline, options) for model in models]
    return SeveralComparisons(tuple(models), baseline, _judged_together(pairs))


def _pair(model: RunFamily, baseline: RunFamily, options: dict[str, Any]) -> Pair:
    if len(model.runs) == len(baseline.runs) == 1:
        return compare.compare_runs(*model.runs, *baseline.runs, **options)
    return families.compare_families(model, baseline, **options)


def _judged_together(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    groups = [group for pair in pairs for group in pair.groups]
    averages = [group.average for group in groups if group.average is not None]
    of_tasks = iter(holm([task.outcome.p_value for group in groups for task in group.tasks]))
    of_averages = iter(holm([average.outcome.p_value for average in averages]))
    return tuple(_of_pair(pair, of_tasks, of_averages) for pair in pairs)


def _of_pair(pair: Any, of_tasks: Iterator[float], of_averages: Iterator[float]) -> Any:
    method = pair.resampling
    judged = families.with_p if isinstance(pair, FamilyComparison) else compare.with_p
    groups = []
    for group in pair.groups:
        tasks = tuple(judged(task, next(of_tasks), method=method) for task in group.tasks)
        average = group.average and _average(group.average, next(of_averages), method)
        groups.append(replace(group, tasks=tasks, average=average))
    return replace(pair, groups=tuple(groups))


def _average(average: Any, adjusted: float, method: Resampling) -> Any:
    outcome = replace(average.outcome, adjusted_p_value=adjusted)
    if average.verdict is Verdict.IDENTICAL:
        return replace(average, outcome=outcome)
    verdict = verdict_on(outcome.difference, adjusted, method)
    return replace(average, outcome=outcome, verdict=verdict)
