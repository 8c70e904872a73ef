"""A leaderboard for programs: JSON with all that is known, CSV with a line for each number."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import msgspec

from benchmark.escaping import csv_text, json_text
from benchmark.leaderboard import (
    BoardSection,
    Cell,
    Difference,
    Leaderboard,
    MeasuredRow,
    MethodRows,
    QuotedRow,
    Reproduction,
    TableRow,
)
from benchmark.metrics.spread import Spread
from benchmark.one_line import one_line

VERSION = 1


def as_json(board: Leaderboard) -> str:
    """Return a JSON object.

    Scores are ``text`` as tables show them, ``score`` at full precision as a fraction of 1
    (measured rows), or ``printed`` with every digit of the source (quoted rows). Intervals are
    fractions of 1; deviations are on the scale from 0 to 100, as are the ``methods``: all numbers
    of one method on one backbone, and how far they lie apart. A family has its ``members`` as rows
    without a rank, and ``spreads`` of their scores on that scale.
    """
    document = {
        "version": VERSION,
        "group": board.board.group,
        "title": board.board.title,
        "measure": board.board.measure,
        "method": msgspec.to_builtins(board.method),
        "sections": [_section(section) for section in board.sections],
        "methods": {name: _method(found) for name, found in board.methods.items()},
        "measured_minus_published": [_reproduction(made) for made in board.reproductions],
        "sources": [msgspec.to_builtins(footnote) for footnote in board.footnotes],
        "bibliography": dict(board.bibliography),
    }
    return json_text(document, indent=1) + "\n"


def _section(section: BoardSection) -> dict[str, Any]:
    return {
        "title": section.title,
        "note": section.note,
        "ranked": section.ranked,
        "columns": [msgspec.to_builtins(column) for column in section.columns],
        "pairs_tested": section.tests,
        "pairs": section.pairs,
        "rows": [_row(row) for row in section.rows],
        **({"baseline": msgspec.to_builtins(section.against)} if section.against else {}),
    }


def _row(row: TableRow) -> dict[str, Any]:
    shown = {
        "id": row.id,
        "label": row.label,
        "rank": row.rank,
        "scores": {name: _cell(cell) for name, cell in row.cells.items()},
        "average": _cell(row.average) if row.average else None,
        "traits": msgspec.to_builtins(row.traits),
    }
    return shown | (_measured(row) if isinstance(row, MeasuredRow) else _quoted(row))


def _measured(row: MeasuredRow) -> dict[str, Any]:
    known = {
        "kind": "family" if row.members else "measured",
        "model": row.model,
        "group": row.letters or None,
        "ranks_among_measured": msgspec.to_builtins(row.ranks),
        "units": row.units,
        "signature": row.signature,
        "cautions": row.cautions,
        "citation": row.traits.citation or None,
        "records": {name: msgspec.to_builtins(result) for name, result in row.results.items()},
    }
    if row.members:
        spreads = {name or AVERAGE: msgspec.to_builtins(s) for name, s in row.spreads.items()}
        members = [_row(member) for member in row.members]
        known |= {"varied": row.varied, "spreads": spreads, "members": members}
    return known


def _quoted(row: QuotedRow) -> dict[str, Any]:
    published = {
        name: value
        for name, value in msgspec.to_builtins(row.published).items()
        if name not in ("scores", "average", "group")
    }
    return {"kind": "quoted", "source_number": row.footnote, "published": published}


def _cell(cell: Cell) -> dict[str, Any]:
    shown: dict[str, Any] = {"text": cell.text, "mark": cell.mark or None}
    shown |= {"printed": cell.printed} if cell.exact is None else {"score": cell.exact}
    if cell.deviation:
        shown["deviation"] = cell.deviation
    if cell.tested is not None:
        found = cell.tested
        shown["against_baseline"] = {
            "difference": found.difference,
            "adjusted_p_value": found.p_value,
            "verdict": found.verdict or "unclear",
        }
    if cell.interval is not None:
        shown["interval"] = [cell.interval.low, cell.interval.high]
    return shown


def _method(found: MethodRows) -> dict[str, Any]:
    """Rows that stand in a section are named by their ids, others are given whole."""
    return {
        "average": msgspec.to_builtins(found.average),
        "columns": msgspec.to_builtins(found.columns),
        "rows": [row.id for row in found.alike],
        "not_averaged": [{"id": other.row.id, "place": other.place} for other in found.apart],
        "in_other_tables": [_row(row) for row in found.beside],
    }


def _reproduction(made: Reproduction) -> dict[str, Any]:
    return {
        "measured": made.measured,
        "published": made.published,
        "source_number": made.footnote,
        "differences": {name: _difference(found) for name, found in made.differences.items()},
        "average": _difference(made.average) if made.average else None,
    }


def _difference(found: Difference) -> dict[str, Any]:
    return {
        "points": found.text,
        "tolerance": f"{found.tolerance:f}",
        "within": found.within,
    }


# --- a line for each number, so that rows of several tables fit one file -------------------------

AVERAGE = "average"
HEADINGS = (
    "section",
    "rank",
    "kind",
    "model",
    "column",
    "score",
    "low",
    "high",
    "mark",
    "group",
    "status",
    "source",
    "where",
    "signature",
    "deviation",
    "marks",
    "year",
    "backbone",
    "family",
    "parameters",
    "training",
    "method",
)


FAMILY_HEADINGS = ("least", "greatest", "count", "member_of")
"""Of the spread of a family, and for a member the family; only where there is one."""


BASELINE_HEADINGS = ("difference_from_baseline", "adjusted_p")
"""Of the tests against a baseline; only where there is one."""


def as_csv(board: Leaderboard) -> str:
    """Return all numbers; scores, spreads and intervals on the scale from 0 to 100.

    Measured scores have every digit of the record, quoted ones those of their source, as have
    their deviations over training runs. The ``section`` is empty for the first ranking; only rows
    of one section may be compared, and only where they have a rank or a mark.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    families = any(row.members for row in board.measured)
    tested = any(section.against for section in board.sections)
    more = (*(FAMILY_HEADINGS if families else ()), *(BASELINE_HEADINGS if tested else ()))
    writer.writerow([*HEADINGS, *more])
    for section in board.sections:
        for row in section.rows:
            writer.writerows(_lines(section, row, families, tested))
    return text.getvalue()


def _lines(
    section: BoardSection, row: TableRow, families: bool, tested: bool, of: str = ""
) -> Iterator[list[str]]:
    cells = [(column.id, row.cells.get(column.id)) for column in section.columns]
    for name, cell in [*cells, (AVERAGE, row.average)]:
        if cell is not None:
            rank = "" if row.rank is None else str(row.rank)
            answer = [_text(section.title), rank, *_answer(row, name, cell)]
            line = [*answer, *_origin(row, name), _deviation(row, name, cell), *_kind(row)]
            of_family = [*_spread(row, name), _text(of)] if families else []
            yield [*line, *of_family, *(_tested(cell) if tested else ())]
    for member in row.members if isinstance(row, MeasuredRow) else ():
        yield from _lines(section, member, families, tested, row.label)


def _tested(cell: Cell) -> list[str]:
    found = cell.tested
    return [repr(100 * found.difference), repr(found.p_value)] if found else ["", ""]


def _deviation(row: TableRow, name: str, cell: Cell) -> str:
    """Return every digit: of a family as computed, of others as printed."""
    found = _spread_of(row, name)
    return repr(found.deviation) if found and found.deviation is not None else cell.deviation


def _spread(row: TableRow, name: str) -> list[str]:
    found = _spread_of(row, name)
    return [repr(found.low), repr(found.high), str(found.count)] if found else [""] * 3


def _spread_of(row: TableRow, name: str) -> Spread | None:
    spreads = row.spreads if isinstance(row, MeasuredRow) else {}
    return spreads.get("" if name == AVERAGE else name)


def _answer(row: TableRow, name: str, cell: Cell) -> list[str]:
    kind = "quoted"
    if isinstance(row, MeasuredRow):
        kind = "family" if row.members else "measured"
    ends = [cell.interval.low, cell.interval.high] if cell.interval else []
    low, high = [f"{100 * end:.4f}" for end in ends] or ["", ""]
    return [kind, _text(row.label), name, _score(name, cell), low, high, cell.mark]


def _score(name: str, cell: Cell) -> str:
    """Return every digit there is; an average is that of the rounded scores, as papers print it."""
    if cell.exact is None:
        return cell.printed
    return cell.text if name == AVERAGE else repr(100 * cell.exact)


def _origin(row: TableRow, name: str) -> list[str]:
    if isinstance(row, MeasuredRow):
        result = row.results.get(name)
        signature = result.signature if result else row.signature
        return [row.letters, "", "", "", _text(signature)]
    published = row.published
    return ["", published.status, _text(published.source), _text(published.where), ""]


def _kind(row: TableRow) -> list[str]:
    marks = () if isinstance(row, MeasuredRow) else row.published.marks
    numbers = [row.traits.year, row.traits.parameters]
    year, parameters = ["" if number is None else str(number) for number in numbers]
    traits = row.traits
    names = map(_text, (traits.backbone, traits.family, traits.training, traits.method))
    backbone, family, training, method = names
    return [" ".join(marks), year, backbone, family, parameters, training, method]


def _text(value: str) -> str:
    return csv_text(one_line(value))
