"""Footnotes of quoted rows, numbered in the order of the page."""

from __future__ import annotations

from collections.abc import Mapping

from benchmark.leaderboard.bibliography import source_of
from benchmark.leaderboard.board import Footnote
from benchmark.results import PublishedRow


class Footnotes:
    """One for each place that figures were read in."""

    def __init__(self, entries: Mapping[str, str]) -> None:
        """Begin with none; ``entries`` are BibTeX by key."""
        self._entries = entries
        self._numbers: dict[tuple[str, str, str], int] = {}

    def number(self, row: PublishedRow) -> int:
        """Return the number of a row's place, a new one for a new place."""
        place = row.source, row.where, row.status
        return self._numbers.setdefault(place, len(self._numbers) + 1)

    def listed(self) -> tuple[Footnote, ...]:
        """Return all that were numbered."""
        return tuple(
            Footnote(number, source_of(source, self._entries), where, status)
            for (source, where, status), number in self._numbers.items()
        )
