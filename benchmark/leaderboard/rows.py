"""Rows of a table from records and from published figures."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from benchmark.leaderboard.board import Cell, MeasuredRow, QuotedRow
from benchmark.leaderboard.measured import Measured
from benchmark.leaderboard.ranking import to_two_decimals
from benchmark.leaderboard.statistics import (
    Method,
    RowStatistics,
    Statistics,
    Sure,
    row_key,
    testable,
)
from benchmark.metrics.resampling import Interval
from benchmark.results import PublishedRow, printed, shorten

NO_PREDICTIONS = "no intervals: its records keep no predictions"
NO_GOLD = "no intervals: neither the gold scores are at hand nor what was computed with them before"


def row_id(row: Measured) -> str:
    """Return what tells a row of ours apart by what it is, not by where it stands."""
    content = "\0".join([row.model, str(row.fingerprint), *row.questions.values()])
    return f"measured-{hashlib.sha256(content.encode(errors='surrogatepass')).hexdigest()[:12]}"


def measured_row(
    row: Measured, columns: Sequence[str], known: Statistics, method: Method, citation: str
) -> MeasuredRow:
    """Return a row of ours, without rank, marks and letters."""
    found = known.rows.get(row_key(row, method))
    results = {column: stored.result for column, stored in row.records.items()}
    return MeasuredRow(
        id=row_id(row),
        label=row.label,
        model=row.model,
        cells={
            column: Cell(
                printed(result.main_score),
                exact=result.main_score,
                interval=_interval(found.scores.get(column) if found else None, method),
            )
            for column, result in results.items()
        },
        average=_average(row, columns, found, method),
        rank=None,
        letters="",
        ranks=None,
        results=results,
        signature=shorten(list(results.values())),
        units=found.units if found else None,
        cautions=_cautions(row, found),
        citation=citation,
    )


def quoted_row(row: PublishedRow, place: int, footnote: int) -> QuotedRow:
    """Return a row of others, without rank and marks.

    Args:
        row: as published.
        place: in its table, from 0.
        footnote: its number.
    """
    status = "" if row.status in ("paper", "repository") else f" ({row.status})"
    return QuotedRow(
        id=f"quoted-{re.sub(r'[^A-Za-z0-9-]', '-', row.table)}-{place + 1}",
        label=f"{row.label}{status}",
        cells={
            column: Cell(to_two_decimals(figure), printed=f"{figure:f}")
            for column, figure in row.scores.items()
        },
        average=None if row.average is None else Cell(row.average, printed=row.average),
        rank=None,
        published=row,
        footnote=footnote,
    )


def _average(
    row: Measured, columns: Sequence[str], found: RowStatistics | None, method: Method
) -> Cell | None:
    average = row.average(columns)
    if average is None:
        return None
    scores = [row.records[column].result.main_score for column in columns]
    interval = _interval(found.average if found else None, method)
    return Cell(f"{average:.2f}", exact=sum(scores) / len(scores), interval=interval)


def _interval(sure: Sure | None, method: Method) -> Interval | None:
    return None if sure is None else Interval(sure.low, sure.high, method.level)


def _cautions(row: Measured, found: RowStatistics | None) -> tuple[str, ...]:
    notes = [note for stored in row.records.values() for note in stored.result.notes]
    if found is None:
        notes.append(NO_GOLD if testable(row) else NO_PREDICTIONS)
    elif len(found.scores) < len(row.records):
        missing = [column for column in row.records if column not in found.scores]
        notes.append(f"{NO_PREDICTIONS} on {', '.join(missing)}")
    return tuple(dict.fromkeys(notes))
