"""Details of quoted rows as data: hundreds of rows repeat the same rules, sources and papers.

Each fact and each text stands once, and rows name them by their places. A script puts the details
of a row together when it is unfolded; without one, its name leads to its source.
"""

from __future__ import annotations

from typing import Any

from benchmark.escaping import page_text
from benchmark.leaderboard import Leaderboard, QuotedRow
from benchmark.reports.leaderboard.wording import MARKS, sentence
from benchmark.reports.page.details import copyable, facts


class _Places(dict[tuple[str, ...], int]):
    """Gives the same thing the same number, new things the next one."""

    def of(self, *parts: str) -> int:
        return self.setdefault(tuple(page_text(part) for part in parts), len(self))


def quoted_details(board: Leaderboard) -> dict[str, Any]:
    """Return the details of all quoted rows of a board; every text is cleaned.

    Returns:
        ``facts``: term, value, meaning and address of each (see `Fact`); ``texts``: heading and
        text of what can be copied; ``rows``: by id, the caution, blocks of a heading and places of
        facts, and places of texts.
    """
    known, texts = _Places(), _Places()
    rows = {
        row.id: [
            page_text(sentence("; ".join([*filter(None, [row.published.note]), *traps(row)]))),
            [
                [page_text(heading), [known.of(*fact) for fact in found]]
                for heading, found in facts(row, section, board).items()
            ],
            [texts.of(*text) for text in copyable(row, board).items()],
        ]
        for section in board.sections
        for row in section.quoted
    }
    return {"facts": [*known], "texts": [*texts], "rows": rows}


def traps(row: QuotedRow) -> list[str]:
    """Return the traps of a row, each with what it means."""
    return [
        f"{short} ({meaning})" for short, meaning in map(MARKS.__getitem__, row.published.marks)
    ]
