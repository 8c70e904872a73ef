"""Whether published figures are reproduced, and by what: the verdicts, tables, and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from benchmark.escaping import json_text
from benchmark.leaderboard import Difference
from benchmark.reproduction import Asked, Inquiry, ReproductionReport, Setting, Trial
from benchmark.reproduction.verdict import verdict
from benchmark.results import printed
from benchmark.sheet import Row, Section, Sheet, as_csv, written

VERSION = 1

_NOTHING = "-"

_MOST_SKIPPED = 3
"""Models whose reasons are told one by one."""


def render_reproduction(
    report: ReproductionReport, form: str = "table", *, all_trials: bool = False
) -> str:
    """Return what came out in a format.

    Args:
        report: of `benchmark.reproduction`.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.
        all_trials: show every trial in the tables; CSV and JSON have them all.

    Raises:
        UsageError: an unknown format.
    """
    return written(
        form,
        lambda: _sheet(report, all_trials),
        json=lambda: _document(report),
        csv=lambda: as_csv(Sheet((), (_long_table(report),))),
    )


def render_asked(asked: Sequence[Asked], form: str = "table") -> str:
    """Return which rows models would be held against, in a format as above.

    Raises:
        UsageError: an unknown format.
    """
    return written(form, lambda: _plan_sheet(asked), json=lambda: _plan_document(asked))


def _plan_sheet(asked: Sequence[Asked]) -> Sheet:
    headings = ("Model", "Published row", "Table", "Compared", "Not compared")
    rows = tuple(
        Row(
            (
                *(one.name, quotation.row.label, quotation.row.table),
                " ".join(quotation.tasks) or _NOTHING,
                " ".join(quotation.left_out) or _NOTHING,
            )
        )
        for one in asked
        for quotation in one.quotations
    )
    return Sheet((), (Section("", headings, "lllll", rows),))


def _plan_document(asked: Sequence[Asked]) -> str:
    rows = [
        {
            "model": one.name,
            "row": quotation.row.label,
            "table": quotation.row.table,
            "compared": list(quotation.tasks),
            "not_compared": dict(quotation.left_out),
        }
        for one in asked
        for quotation in one.quotations
    ]
    return json_text({"schema_version": VERSION, "rows": rows})


def _sheet(report: ReproductionReport, all_trials: bool) -> Sheet:
    return Sheet(
        opening=_opening(report),
        sections=tuple(_section(one, all_trials) for one in report.inquiries),
        closing=_skipped(report),
    )


def _skipped(report: ReproductionReport) -> tuple[str, ...]:
    """Say why for a few models; of the whole catalogue that would be a hundred times the same."""
    if len(report.skipped) <= _MOST_SKIPPED:
        return tuple(f"skipped: {why}" for why in report.skipped.values())
    text = (
        f"skipped: {len(report.skipped)} other models of the catalogue, which are not on this "
        "machine or cannot run here; named one by one, they are fetched, or say what they need"
    )
    return (text,)


def _opening(report: ReproductionReport) -> tuple[str, ...]:
    compared = [one for one in report.inquiries if one.measured]
    if not compared:
        return ("nothing could be compared",)
    count = sum(one.outcome == "reproduced" for one in compared)
    rows = "row" if len(compared) == 1 else "rows"
    return (f"{count} of {len(compared)} published {rows} reproduced",)


def _section(inquiry: Inquiry, all_trials: bool) -> Section:
    row = inquiry.quotation.row
    place = ", ".join(filter(None, (row.table, row.where, row.status)))
    title = f"{inquiry.model} against {row.label} ({place})"
    measured = inquiry.measured
    if measured is None:
        return Section(title, notes=verdict(inquiry))
    columns = list(measured.scores)
    headings = [inquiry.quotation.tasks[column].heading for column in columns]
    averaged = measured.average is not None
    figures = [str(row.scores.get(column, _NOTHING)) for column in columns]
    average = [row.average or _NOTHING] if averaged else []
    rows = [
        Row(("published", *figures, *average)),
        *_pair(f"documented: {measured.setting.label}", measured),
    ]
    for trial in _shown(inquiry, all_trials):
        rows += _pair(trial.setting.label, trial)
    return Section(
        title,
        headings=("", *headings, *(["Avg."] if averaged else [])),
        columns="l" + "r" * (len(columns) + averaged),
        rows=tuple(rows),
        notes=verdict(inquiry),
    )


def _shown(inquiry: Inquiry, all_trials: bool) -> Iterator[Trial]:
    """Yield the trials that the verdict names, the closest first, or all of them."""
    others = [trial for trial in inquiry.trials if trial is not inquiry.measured]
    in_order = sorted(others, key=lambda trial: trial.distance)
    if all_trials:
        yield from in_order
    elif inquiry.outcome == "explained":
        yield from (trial for trial in in_order if trial.fits)
    elif inquiry.outcome == "unexplained" and inquiry.closest is not inquiry.measured:
        yield from in_order[:1]


def _pair(name: str, trial: Trial) -> tuple[Row, Row]:
    """Return scores, and below them how far they lie from what was printed."""
    scores = [_measured(score, trial.differences.get(c)) for c, score in trial.scores.items()]
    differences = [_marked(trial.differences.get(column)) for column in trial.scores]
    if trial.average is not None:
        scores.append(f"{trial.measured_average:.2f}")
        differences.append(_marked(trial.average))
    return Row((name, *scores)), Row(("difference", *differences))


def _measured(score: float, difference: Difference | None) -> str:
    """Return a score with as many decimals as its difference from a finer figure has."""
    decimals = 2 if difference is None else len(difference.text.partition(".")[2])
    return printed(score) if decimals == 2 else f"{100 * score:.{decimals}f}"


def _marked(difference: Difference | None) -> str:
    return _NOTHING if difference is None else difference.text


# --- for programs ---------------------------------------------------------------------------------

_HEADINGS = (
    *("model", "table", "row", "outcome", "pooler", "aggregation", "metric", "documented"),
    *("column", "published", "measured", "difference", "tolerance", "within"),
)


def _long_table(report: ReproductionReport) -> Section:
    """A line for each figure and trial."""
    rows = [
        Row((*_who(inquiry), *_how(inquiry, trial), *figure))
        for inquiry in report.inquiries
        for trial in inquiry.trials
        for figure in _figures(inquiry, trial)
    ]
    return Section("", headings=_HEADINGS, columns="llllllll" + "lrrrrl", rows=tuple(rows))


def _who(inquiry: Inquiry) -> tuple[str, ...]:
    row = inquiry.quotation.row
    return inquiry.model, row.table, row.label, inquiry.outcome


def _how(inquiry: Inquiry, trial: Trial) -> tuple[str, ...]:
    setting = trial.setting
    documented = "yes" if trial is inquiry.measured else "no"
    return setting.pooler, setting.aggregation, setting.metric, documented


def _figures(inquiry: Inquiry, trial: Trial) -> Iterator[tuple[str, ...]]:
    row = inquiry.quotation.row
    for column, one in trial.differences.items():
        measured = _measured(trial.scores[column], one)
        yield _figure(column, str(row.scores[column]), measured, one)
    if trial.average is not None:
        yield _figure("average", row.average or "", f"{trial.measured_average:.2f}", trial.average)


def _figure(column: str, published: str, measured: str, one: Difference) -> tuple[str, ...]:
    within = "yes" if one.within else "no"
    return column, published, measured, one.text, str(one.tolerance), within


def _document(report: ReproductionReport) -> str:
    return json_text(
        {
            "schema_version": VERSION,
            "reproduced": report.reproduced,
            "rows": list(map(_row, report.inquiries)),
            "skipped": dict(report.skipped),
            "failures": {name: str(error) for name, error in report.failures.items()},
        }
    )


def _row(inquiry: Inquiry) -> dict[str, Any]:
    row, measured = inquiry.quotation.row, inquiry.measured
    failed = {column: str(error) for column, error in inquiry.failures.items()}
    return {
        "model": inquiry.model,
        "table": row.table,
        "row": row.label,
        "status": row.status,
        "source": row.source,
        "where": row.where,
        "note": row.note,
        "outcome": inquiry.outcome,
        "verdict": list(verdict(inquiry)),
        "published": {column: str(figure) for column, figure in row.scores.items()},
        "published_average": row.average,
        "not_compared": {**inquiry.quotation.left_out, **failed},
        "documented": None if measured is None else _trial(measured),
        "fits": [_setting(trial.setting) for trial in inquiry.fits],
        "closest": None if inquiry.closest is None else _setting(inquiry.closest.setting),
        "trials": _trials(inquiry.trials),
    }


def _trials(trials: Iterable[Trial]) -> list[dict[str, Any]]:
    return [_trial(trial) for trial in sorted(trials, key=lambda trial: trial.distance)]


def _trial(trial: Trial) -> dict[str, Any]:
    return _setting(trial.setting) | {
        "fits": trial.fits,
        "largest_difference": float(trial.largest),
        "mean_difference": float(trial.mean),
        "scores": {column: 100 * score for column, score in trial.scores.items()},
        "average": trial.measured_average,
        "differences": {column: _said(one) for column, one in trial.differences.items()},
        "average_difference": None if trial.average is None else _said(trial.average),
    }


def _setting(setting: Setting) -> dict[str, str | None]:
    return {
        "pooler": setting.pooler,
        "aggregation": setting.aggregation or None,
        "metric": setting.metric or None,
    }


def _said(one: Difference) -> dict[str, Any]:
    return {
        "points": float(one.value),
        "text": one.text,
        "tolerance": float(one.tolerance),
        "within": one.within,
    }
