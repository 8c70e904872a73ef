"""Leaderboards for tests of the page: full, of any number of rows, hostile, and empty."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmark.leaderboard import Leaderboard, MeasuredRow, QuotedRow, Traits, make_leaderboard
from benchmark.results import collect, published_sources, published_tables
from tests.leaderboard.samples import QUICK, STS, TRANSFER, card_number, write_model
from tests.reports.leaderboard_samples import HOSTILE, hostile_board

EFFORT = {"encoded_sentences": 50, "stored_sentences": 0, "run_encoded_sentences": 3_000}
VECTORS = {"alignment": 0.25, "uniformity": -2.5}
SUBSETS = {
    "first": {"spearman": 0.25, "pairs": 300},
    "second": {"spearman": 0.75, "pairs": 100},
}
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(1)</script>",
    "{{7*7}}{% raw %}${7*7}",
    "\u202egnp.exe\u200f\u2066",
    "x" * 2_000,
    HOSTILE,
)
"""Names that try to run, to close what they stand in, or to look like another name."""


def full_boards() -> list[Leaderboard]:
    """STS with everything there is to draw, and transfer tasks; all published rows."""
    return [_full("sts"), _full("transfer")]


def short_boards() -> list[Leaderboard]:
    """The same with few quoted rows, for what looks at every part of a page."""
    return [
        replace(
            board,
            sections=tuple(
                replace(section, rows=(*section.measured, *section.quoted[:8]))
                for section in board.sections[:5]
            ),
            methods=dict(list(board.methods.items())[:8]),
        )
        for board in full_boards()
    ]


def one_row() -> Leaderboard:
    """Nothing but one measured row."""
    board = _full("sts")
    section = board.sections[0]
    ours = next(row for row in section.rows if isinstance(row, MeasuredRow))
    alone = replace(section, rows=(ours,), tests=0, pairs=0)
    return replace(board, sections=(alone,), reproductions=(), footnotes=(), evidence={})


def no_rows() -> Leaderboard:
    """A board whose records were lost."""
    board = _full("sts")
    return replace(board, sections=(), reproductions=(), footnotes=(), evidence={})


def many_rows(count: int = 200) -> Leaderboard:
    """Half measured, half quoted; every row has its own name and its own average."""
    board = _full("sts")
    section = board.sections[0]
    ours = next(row for row in section.rows if isinstance(row, MeasuredRow))
    theirs = next(row for row in section.rows if isinstance(row, QuotedRow) and row.average)
    rows = [
        _renamed(theirs if place % 2 else ours, place, f"{90 - place / 10:.2f}")
        for place in range(count)
    ]
    return replace(board, sections=(replace(section, rows=tuple(rows)),))


def named(name: str) -> Leaderboard:
    """Hostile in every field, gold and cosines included."""
    return _with_hostile_evidence(hostile_board(name), name)


@functools.cache
def _full(group: str) -> Leaderboard:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place, quality in enumerate([0.9, 0.85, 0.3]):
            fields = {"card": card_number(place), "effort": EFFORT}
            if group == "transfer":
                write_model(folder, f"model-{place}", quality, TRANSFER, rows=400, **fields)
            else:
                fields["timings"] = {"encode_seconds": 1.5 * 4**place, "score_seconds": 0.125}
                geometry = {"alignment": 0.1 + place / 10, "uniformity": -1.0 - place}
                write_model(
                    folder, f"model-{place}", quality, STS, rows=400, subsets=SUBSETS,
                    analysis=geometry, **fields,
                )  # fmt: skip
        return make_leaderboard(
            group,
            collect([folder]),
            published_tables(),
            method=QUICK,
            bibliography=published_sources(),
            described={"model-0": Traits(citation="diffcse")},
            with_evidence=True,
        )[0]


def _renamed(row: MeasuredRow | QuotedRow, place: int, average: str) -> MeasuredRow | QuotedRow:
    cell = replace(row.average, text=average)
    return replace(row, id=f"row-{place}", label=f"row {place}", rank=place + 1, average=cell)


def _with_hostile_evidence(board: Leaderboard, name: str) -> Leaderboard:
    evidence = next(iter(_full("sts").evidence.values()))
    gold = replace(evidence.rows.gold, subsets=((name, len(evidence.predicted)),))
    sentences = tuple((name, f"{name} said {place}") for place in range(len(evidence.predicted)))
    hostile = replace(evidence, rows=replace(evidence.rows, gold=gold, sentences=sentences))
    ours = [row for part in board.sections for row in part.rows if isinstance(row, MeasuredRow)]
    return replace(board, evidence={(row.id, "STS12"): hostile for row in ours})
