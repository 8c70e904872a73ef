"""A leaderboard as JSON, for programs: everything that the other formats show, and more."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from benchmark.leaderboard import (
    Cell,
    Difference,
    Leaderboard,
    MeasuredRow,
    QuotedRow,
    Reproduction,
    Row,
    Section,
)

VERSION = 1


def as_json(board: Leaderboard) -> str:
    """Return a JSON object.

    Scores are ``text`` as tables show them, ``score`` at full precision as a fraction of 1
    (measured rows), or ``printed`` with every digit of the source (quoted rows). Intervals are
    fractions of 1.
    """
    document = {
        "version": VERSION,
        "group": board.board.group,
        "title": board.board.title,
        "measure": board.board.measure,
        "method": msgspec.to_builtins(board.method),
        "sections": [_section(section) for section in board.sections],
        "measured_minus_published": [_reproduction(made) for made in board.reproductions],
        "sources": [msgspec.to_builtins(footnote) for footnote in board.footnotes],
        "bibliography": dict(board.bibliography),
    }
    # The standard library's encoder spells out whatever is not ASCII: safe on any terminal.
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "note": section.note,
        "ranked": section.ranked,
        "columns": [msgspec.to_builtins(column) for column in section.columns],
        "pairs_tested": section.tests,
        "pairs": section.pairs,
        "rows": [_row(row) for row in section.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    shown = {
        "id": row.id,
        "label": row.label,
        "rank": row.rank,
        "scores": {name: _cell(cell) for name, cell in row.cells.items()},
        "average": _cell(row.average) if row.average else None,
    }
    return shown | (_measured(row) if isinstance(row, MeasuredRow) else _quoted(row))


def _measured(row: MeasuredRow) -> dict[str, Any]:
    return {
        "kind": "measured",
        "model": row.model,
        "group": row.letters or None,
        "ranks_among_measured": msgspec.to_builtins(row.ranks),
        "units": row.units,
        "signature": row.signature,
        "cautions": row.cautions,
        "citation": row.citation or None,
        "records": {name: msgspec.to_builtins(result) for name, result in row.results.items()},
    }


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
    if cell.interval is not None:
        shown["interval"] = [cell.interval.low, cell.interval.high]
    return shown


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
