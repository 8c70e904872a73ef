"""Leaderboards as pages and files. Each format takes a `benchmark.leaderboard.Leaderboard`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmark.leaderboard import Leaderboard
from benchmark.reports.leaderboard.data import as_csv, as_json
from benchmark.reports.leaderboard.latex import as_latex
from benchmark.reports.leaderboard.markdown import as_markdown, is_year_page, markdown_files
from benchmark.sheet import require_format

__all__ = [
    "LEADERBOARD_FORMATS",
    "LeaderboardFormat",
    "is_year_page",
    "leaderboard_format",
    "render_leaderboard",
]


@dataclass(frozen=True, slots=True)
class LeaderboardFormat:
    """A form of a leaderboard.

    Attributes:
        suffix: of its file.
        render: makes the whole of one file.
        split: makes several files, by name, where one would be too long to read.
    """

    suffix: str
    render: Callable[[Leaderboard], str]
    split: Callable[[Leaderboard], Mapping[str, str]] | None = None

    def files(self, board: Leaderboard) -> Mapping[str, str]:
        """Return what belongs into a folder, by name."""
        if self.split is not None:
            return self.split(board)
        return {f"{board.board.name}{self.suffix}": self.render(board)}


LEADERBOARD_FORMATS: Mapping[str, LeaderboardFormat] = {
    "markdown": LeaderboardFormat(".md", as_markdown, markdown_files),
    "latex": LeaderboardFormat(".tex", as_latex),
    "csv": LeaderboardFormat(".csv", as_csv),
    "json": LeaderboardFormat(".json", as_json),
}


def leaderboard_format(name: str) -> LeaderboardFormat:
    """Return a format by its name.

    Raises:
        UsageError: there is none of that name.
    """
    return LEADERBOARD_FORMATS[require_format(name, LEADERBOARD_FORMATS)]


def render_leaderboard(board: Leaderboard, form: str) -> str:
    """Return a leaderboard in a format.

    Raises:
        UsageError: there is none of that name.
    """
    return leaderboard_format(form).render(board)
