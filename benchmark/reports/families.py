"""How much scores depend on a setting: tables of families, and what they say in words."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from benchmark.comparisons.sensitivity import (
    FamilySpread,
    RankStability,
    Sensitivity,
    TableSpread,
    TableStability,
    TaskHeldOut,
    TaskSpread,
)
from benchmark.metrics.resampling import Estimate
from benchmark.metrics.resampling.settings import HALVINGS
from benchmark.reports.comparison.figures import (
    NOTHING,
    omissions,
    points,
    signed_points,
)
from benchmark.reports.families_document import families_document
from benchmark.results import TaskRecord, columns_of
from benchmark.sheet import Row, Section, Sheet, written

DRAWN = {
    "sentences": "drawn: all rows around one sentence together, in every task they are in, the "
    "same for all members",
    "rows": "drawn: single rows, since the sentences are not at hand; rows that share one are not "
    "independent, so intervals are too short",
}


def render_families(found: Sensitivity, form: str = "table") -> str:
    """Return the spread of families in a format.

    Args:
        found: of `benchmark.comparisons.spread_families`.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.

    Raises:
        UsageError: an unknown format.
    """
    return written(form, lambda: _sheet(found), json=lambda: families_document(found))


def _sheet(found: Sensitivity) -> Sheet:
    pairs = [(family, table) for family in found.families for table in family.tables]
    level = f"{100 * found.resampling.level:g} %"
    sections = [section for pair in pairs for section in _sections(*pair, level)]
    for stability in found.stability:
        sections += _stability_sections(stability, level)
    left_out = [entry for family in found.families for entry in family.left_out]
    return Sheet(
        opening=(),
        sections=tuple(sections),
        closing=(*_legend(found), *omissions([*dict.fromkeys([*left_out, *found.left_out])])),
    )


# --- one family -----------------------------------------------------------------------------------


def _sections(family: FamilySpread, table: TableSpread, level: str) -> Iterator[Section]:
    name = f"{family.name}, {table.name}"
    rows = (*table.tasks, *([table.average] if table.average else []))
    headings = [_heading(row.task, table) for row in rows]
    yield Section(
        title=f"{name}: {table.measure.title}",
        headings=(family.varied, *headings),
        columns="l" + "r" * len(headings),
        rows=tuple(
            Row((setting, *(points(row.scores[place]) for row in rows)))
            for place, setting in enumerate(family.settings)
        ),
    )
    yield Section(
        title=f"{name}: spread over {_several(family.varied, len(family.settings))}",
        headings=("Task", "mean", level, "sd", level, "worst", "best", "range", level, "best is"),
        columns="l" + "r" * 8 + "l",
        rows=tuple(_spread_row(row, family, table) for row in rows),
        notes=(_spans(family, table),),
    )
    if table.held_out_mean is not None:
        yield Section(
            title=f"{name}: the best on the other tasks, on a task held out",
            headings=("Task", "chosen", "best?", "over first", level, "over mean", level),
            columns="l" + "l" + "l" + "r" * 4,
            rows=tuple(_held_out_row(row, family) for row in table.held_out),
            notes=tuple(_survives(family, table, table.held_out_mean)),
        )


def _heading(task: TaskRecord | None, table: TableSpread | TableStability) -> str:
    if task is not None:
        return task.shown
    asked = _asked(table)
    whole = len(columns_of(asked, table.group)) == len(asked)
    return "Avg." if whole else f"Avg. of {len(asked)}"


def _asked(table: TableSpread | TableStability) -> list[TaskRecord]:
    rows = table.tasks if isinstance(table, TableSpread) else table.of_models
    return [row.task for row in rows if row.task is not None]


def _spread_row(row: TaskSpread, family: FamilySpread, table: TableSpread) -> Row:
    best = max(range(len(row.scores)), key=row.scores.__getitem__)
    return Row(
        (
            _heading(row.task, table),
            points(row.mean.value),
            _ends(row.mean),
            points(row.deviation.value),
            _ends(row.deviation),
            points(row.worst.value),
            points(row.best.value),
            points(row.range.value),
            _ends(row.range),
            family.settings[best],
        )
    )


def _held_out_row(row: TaskHeldOut, family: FamilySpread) -> Row:
    chosen = NOTHING if row.chosen is None else family.settings[row.chosen]
    gains = row.over_default, row.over_mean
    return Row(
        (
            row.task.shown if row.task else NOTHING,
            chosen,
            "yes" if row.kept else "no",
            *(text for gain in gains for text in (signed_points(gain.value), _signed_ends(gain))),
        )
    )


def _spans(family: FamilySpread, table: TableSpread) -> str:
    row = table.average or table.tasks[0]
    what = "the average" if table.average else f"{_heading(row.task, table)}"
    return (
        f"Over {_several(family.varied, len(family.settings))} {what} spans "
        f"{_short(row.range.value)} points ({_short(row.worst.value)} to "
        f"{_short(row.best.value)}; sd {_short(row.deviation.value)}, "
        f"{_short(row.deviation.interval.low)} to {_short(row.deviation.interval.high)})."
    )


def _survives(family: FamilySpread, table: TableSpread, mean: TaskHeldOut) -> Iterator[str]:
    count = len(table.tasks)
    others = "the other task" if count == 2 else f"the other {count - 1} tasks"
    yield (
        f"The best on {others} was also the best on the task held out in {mean.kept} of {count} "
        f"cases; its gain there over the first ({family.settings[0]}): {_gain(mean.over_default)}; "
        f"over the mean of all: {_gain(mean.over_mean)}; over their median: "
        f"{_gain(mean.over_median)}."
    )
    halves = table.halves[-1]
    if isfinite(halves.kept):
        yield (
            f"Chosen by the average on one half of the pairs, the best is the best on the other "
            f"half in {100 * halves.kept:.0f} % of {2 * HALVINGS} choices; it gains "
            f"{_short(halves.where_chosen)} points over the first where it was chosen, "
            f"{_short(halves.elsewhere)} on the other half."
        )


def _gain(gain: Estimate) -> str:
    low, high = gain.interval.low, gain.interval.high
    none = ", with 0 in it" if low <= 0 <= high else ""
    return f"{_short(gain.value)} points ({_short(low)} to {_short(high)}{none})"


# --- several families -----------------------------------------------------------------------------


def _stability_sections(table: TableStability, level: str) -> Iterator[Section]:
    models, settings = len(table.models), len(table.settings)
    named = f"{', '.join(table.models)}, {table.name}"
    several = _several(table.varied, settings)
    headings = ("Task", "tau", level, "lowest", "another first", "first are")
    yield Section(
        title=f"{named}: ranks of {models} models, setting by setting",
        headings=headings,
        columns="lrrrrl",
        rows=tuple(_stability_row(row, table) for row in table.of_models),
        notes=(_alike(f"{several} rank the models", table.of_models[-1], settings),),
    )
    yield Section(
        title=f"{named}: ranks of {several}, model by model",
        headings=headings,
        columns="lrrrrl",
        rows=tuple(_stability_row(row, table) for row in table.of_settings),
        notes=(_alike(f"{models} models rank {several}", table.of_settings[-1], models),),
    )


def _stability_row(row: RankStability, table: TableStability) -> Row:
    tau = row.tau
    return Row(
        (
            _heading(row.task, table),
            NOTHING if tau is None else f"{tau.value:.2f}",
            NOTHING if tau is None else _plain_ends(tau),
            NOTHING if row.lowest is None else f"{row.lowest:.2f}",
            f"{100 * row.changes.value:.0f} %",
            ", ".join(f"{name} {count}" for name, count in row.winners.items()),
        )
    )


def _alike(who: str, row: RankStability, judges: int) -> str:
    """Say how alike judges rank, and what is the best for how many of them."""
    tau = "is not defined, where one gives all the same score"
    if row.tau is not None:
        tau = f"{row.tau.value:.2f} ({_plain_ends(row.tau)})"
    counted = ", ".join(f"{name} ({count})" for name, count in row.winners.items())
    return f"How alike {who}: Kendall's tau {tau}; the best for {judges}: {counted}."


# --- how to read it -------------------------------------------------------------------------------


def _legend(found: Sensitivity) -> Iterator[str]:
    method = found.resampling
    yield (
        f"intervals: {method.resamples:,} bootstrap resamples, seed {method.seed}; percentiles, "
        "the lower end of an sd or a range less what noise adds; averages of unrounded scores"
    )
    drawn = [table.units for family in found.families for table in family.tables]
    yield from (DRAWN[units] for units in dict.fromkeys(drawn))
    if any(table.held_out for family in found.families for table in family.tables):
        yield (
            "held out: the setting with the highest mean on the other tasks; the intervals of its "
            "gain choose anew in every resample, so that the luck of the choice is in them"
        )
    if found.stability:
        yield (
            "tau: Kendall's tau-b, the mean over pairs of rankings; lowest: of one pair; another "
            "first: the share of pairs that do not agree on the best"
        )
    yield (
        "how sure this is for these settings and sentences like these; other settings are not drawn"
    )


def _several(varied: str, count: int) -> str:
    """Count what is varied: ``6 templates``, or ``6 settings of max_length``."""
    is_noun = varied.isalpha() and not varied.endswith("s")
    return f"{count} {varied}s" if is_noun else f"{count} settings of {varied}"


def _ends(estimate: Estimate) -> str:
    return f"{points(estimate.interval.low)} to {points(estimate.interval.high)}"


def _signed_ends(estimate: Estimate) -> str:
    low, high = estimate.interval.low, estimate.interval.high
    return f"{signed_points(low)} to {signed_points(high)}"


def _plain_ends(estimate: Estimate) -> str:
    return f"{estimate.interval.low:.2f} to {estimate.interval.high:.2f}"


def _short(fraction: float) -> str:
    """Return points with one decimal, for a sentence."""
    text = f"{100 * fraction:.1f}"
    return "0.0" if text == "-0.0" else text
