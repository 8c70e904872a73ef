"""Several models against one baseline: a table for a paper, all numbers below it, and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from benchmark.comparisons.comparison import AverageComparison, GroupComparison, Verdict
from benchmark.comparisons.family_comparison import FamilyAverage, FamilyComparison, FamilyGroup
from benchmark.comparisons.several import Pair, SeveralComparisons
from benchmark.escaping import json_text
from benchmark.metrics.resampling import PairedOutcome, RunScores, TwoLevelOutcome
from benchmark.one_line import one_line
from benchmark.reports.comparison import compared, compared_families
from benchmark.reports.comparison.figures import (
    NOTHING,
    VERSION,
    cautions,
    omissions,
    points,
    probability,
    signed_points,
)
from benchmark.results import StoredRun, shown_name
from benchmark.results.signature import asked_alike
from benchmark.sheet import Row, Section, Sheet, as_csv, written

Group = GroupComparison | FamilyGroup
Outcome = PairedOutcome | TwoLevelOutcome

_SIGNS = {Verdict.FIRST: "*", Verdict.SECOND: "°", Verdict.UNCLEAR: "", Verdict.IDENTICAL: ""}
_WORDS = {
    Verdict.FIRST: "better",
    Verdict.SECOND: "worse",
    Verdict.UNCLEAR: "unclear",
    Verdict.IDENTICAL: "identical",
}


def render_several(found: SeveralComparisons, form: str = "table") -> str:
    """Return comparisons with a baseline in a format.

    Args:
        found: of `benchmark.comparisons.several.compare_with_baseline`.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.

    Raises:
        UsageError: an unknown format.
    """
    return written(
        form,
        lambda: _sheet(found),
        json=lambda: _document(found),
        csv=lambda: as_csv(Sheet((), tuple(_differences(name, found) for name in _names(found)))),
    )


def _sheet(found: SeveralComparisons) -> Sheet:
    """For each table the scores with marks, then every difference."""
    names = _names(found)
    models = list(_models(found))
    results = [stored.result for model in models for stored in model.records.values()]
    left_out = dict.fromkeys(line for pair in found.comparisons for line in pair.left_out)
    return Sheet(
        opening=(f"baseline = {_called(found, None)}",),
        sections=tuple(
            section
            for name in names
            for section in (_scores(name, found), _differences(name, found))
        ),
        closing=(*_legend(found), *cautions(results), *omissions([*left_out])),
    )


def _names(found: SeveralComparisons) -> list[str]:
    """Return the tables that there are, in order."""
    return [*dict.fromkeys(group.name for pair in found.comparisons for group in pair.groups)]


def _group(pair: Pair, name: str) -> Group | None:
    return next((group for group in pair.groups if group.name == name), None)


def _models(found: SeveralComparisons) -> Iterator[StoredRun]:
    for family in (*found.models, found.baseline):
        yield from family.runs


def _called(found: SeveralComparisons, place: int | None) -> str:
    family = found.baseline if place is None else found.models[place]
    if len(family.runs) > 1:
        return f"{one_line(family.name)} ({len(family.runs)} runs)"
    run = family.runs[0]
    return one_line(shown_name(run.label, (stored.result for stored in run.records.values())))


def _scores(name: str, found: SeveralComparisons) -> Section:
    groups = [_group(pair, name) for pair in found.comparisons]
    there = [group for group in groups if group is not None]
    tasks = {task.task.id: task.task for group in there for task in group.tasks}
    wholes = [group.average for group in there if len(group.tasks) == len(tasks) and group.average]
    averaged = bool(wholes)
    rows = [Row((_called(found, None), *_baseline_cells(there, [*tasks], averaged)))]
    for place, group in enumerate(groups):
        if group is not None:
            cells = _cells(group, [*tasks], averaged, 0)
            rows.append(Row((_called(found, place), *cells)))
    headings = (
        "Model",
        *(task.heading for task in tasks.values()),
        *map(_average_name, wholes[:1]),
    )
    return Section(
        title=f"{name}: {there[0].measure.title}",
        headings=headings,
        columns="l" + "r" * (len(headings) - 1),
        rows=tuple(rows),
        caption=_caption(name, there[0], found),
        label=f"against-{name}",
    )


def _baseline_cells(groups: Sequence[Group], tasks: Sequence[str], averaged: bool) -> list[str]:
    """Return the baseline's numbers, each from the first pair that has it."""
    of_pairs = [_cells(group, tasks, averaged, 1) for group in groups]
    return [
        next((c for c in cells if c != NOTHING), NOTHING) for cells in zip(*of_pairs, strict=True)
    ]


def _cells(group: Group, tasks: Sequence[str], averaged: bool, side: int) -> list[str]:
    by_id = {task.task.id: task for task in group.tasks}
    cells = []
    for task in tasks:
        found = by_id.get(task)
        cells.append(
            NOTHING
            if found is None
            else _score(found.outcome, side) + ("" if side else _SIGNS[found.verdict])
        )
    if averaged:
        average = group.average
        # An average of fewer tasks than the table has is none of the table.
        whole = average is not None and len(by_id) == len(tasks)
        sign = _SIGNS[average.verdict] if average and not side else ""
        cells.append(_average_score(average, side) + sign if average and whole else NOTHING)
    return cells


def _score(outcome: Outcome, side: int) -> str:
    value = outcome.second if side else outcome.first
    if isinstance(value, RunScores):
        return compared_families.mean_of(value)
    return points(value)


def _average_score(average: AverageComparison | FamilyAverage, side: int) -> str:
    if isinstance(average, AverageComparison) and average.printed:
        return f"{average.printed[side]:.2f}"
    return _score(average.outcome, side)


def _differences(name: str, found: SeveralComparisons) -> Section:
    interval = f"{100 * found.resampling.level:g} % interval"
    rows = []
    measure = ""
    for place, pair in enumerate(found.comparisons):
        group = _group(pair, name)
        if group is None:
            continue
        measure = group.measure.title
        who = _called(found, place)
        rows += [
            Row((who, task.task.shown, *_difference(task.outcome), _WORDS[task.verdict]))
            for task in group.tasks
        ]
        if group.average is not None:
            told = _average_name(group.average)
            verdict = _WORDS[group.average.verdict]
            rows.append(Row((who, told, *_difference(group.average.outcome), verdict)))
    headings = ("Model", "Task", "Model-baseline", interval, "p", "adj. p", "Verdict")
    return Section(f"{name}: {measure}, differences", headings, "llrrrrl", tuple(rows))


def _average_name(average: AverageComparison | FamilyAverage) -> str:
    whole = average.whole if isinstance(average, FamilyAverage) else average.printed is not None
    return "Avg." if whole else f"Avg. of {average.tasks}"


def _difference(outcome: Outcome) -> tuple[str, ...]:
    low, high = signed_points(outcome.interval.low), signed_points(outcome.interval.high)
    return (
        signed_points(outcome.difference),
        f"{low} to {high}",
        probability(outcome.p_value),
        probability(outcome.adjusted_p_value),
    )


def _tests(found: SeveralComparisons) -> str:
    method = found.resampling
    families = any(isinstance(pair, FamilyComparison) for pair in found.comparisons)
    pairs = any(not isinstance(pair, FamilyComparison) for pair in found.comparisons)
    exchanged = f"paired permutation test ({method.resamples:,} exchanges)"
    kinds = [exchanged] * pairs + ["Student's t on runs and sentences for families"] * families
    return (
        f"two-sided {' and '.join(kinds)}, adj. p below {method.alpha:g} by Holm's correction over "
        f"{found.tests} tests of tasks and {found.averages} of averages"
    )


def _caption(name: str, group: Group, found: SeveralComparisons) -> str:
    asked = {task.task.id for task in group.tasks}
    protocol = asked_alike(
        stored.result.signature
        for model in _models(found)
        for task, stored in model.records.items()
        if task in asked
    )
    told = ", ".join(f"{key} {value}" for key, value in protocol.items())
    return (
        f"{name}: {group.measure.title}. Protocol: {told}. * better, ° worse than "
        f"{_called(found, None)}: {_tests(found)}. No mark is no proof that two are equal."
    )


def _legend(found: SeveralComparisons) -> Iterator[str]:
    method = found.resampling
    yield f"*, better: above the baseline; °, worse: below it; {_tests(found)}"
    yield (
        f"differences: model minus baseline, of unrounded scores; intervals of "
        f"{method.resamples:,} bootstrap resamples, seed {method.seed}, one by one"
    )
    units = dict.fromkeys(group.units for pair in found.comparisons for group in pair.groups)
    yield from (compared.DRAWN[drawn] for drawn in units)
    yield "unclear: the data do not tell, which is no proof that two are equal"


def _document(found: SeveralComparisons) -> str:
    """Each comparison as it is written alone: A is the model, B the baseline."""
    return json_text(
        {
            "schema_version": VERSION,
            "baseline": found.baseline.name,
            "method": {
                **asdict(found.resampling),
                "correction": "holm",
                "tests": found.tests,
                "averages": found.averages,
            },
            "comparisons": [
                {"model": model.name, **_pair(pair)}
                for model, pair in zip(found.models, found.comparisons, strict=True)
            ],
        }
    )


def _pair(pair: Pair) -> dict[str, Any]:
    if isinstance(pair, FamilyComparison):
        document = compared_families.document(pair)
    else:
        document = compared.document(pair)
    groups: Sequence[Group] = pair.groups
    for told, group in zip(document["groups"], groups, strict=True):
        if group.average is not None:
            told["average"]["adjusted_p_value"] = group.average.outcome.adjusted_p_value
    return document
