"""Leaderboards, plots and details put together: one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.leaderboard import Footnote, Leaderboard, MeasuredRow
from benchmark.reports.leaderboard.wording import method, place, sentence
from benchmark.reports.page.assets import page_assets
from benchmark.reports.page.heat import HeatMap, heat_map
from benchmark.reports.page.library import plot_library, templates
from benchmark.reports.page.plots import (
    PairPlot,
    Plot,
    interval_plot,
    pair_plot,
    speed_plot,
    vector_plot,
)
from benchmark.reports.page.shown import script_json
from benchmark.reports.page.tables import ShownTable, tables_of
from benchmark.results import PublishedRow

PAGE_FILE = "leaderboard.html"
"""Name of the file; it holds code of other projects, so it is not kept in the repository."""


@dataclass(frozen=True, slots=True)
class PageOptions:
    """What may stand in the page.

    Attributes:
        pairs: gold against cosine, where gold is at hand. Gold scores are evaluation data: leave
            them out of a page that is given to others.
        sentences: with ``pairs``, also the sentences of the pairs farthest from gold.
    """

    pairs: bool = True
    sentences: bool = False


@dataclass(frozen=True, slots=True)
class ShownBoard:
    """A leaderboard as the templates print it.

    Attributes:
        board: as it was built.
        tables: its sections.
        heat: scores by subset, None if there are no subsets.
        plots: those there is data for.
        pairs: gold against cosine, None without gold.
        method: how intervals and groups were computed, in sentences.
        sources: what the numbers in brackets stand for, and where in the source.
        measured: number of rows of ours.
        quoted: number of rows of others.
    """

    board: Leaderboard
    tables: tuple[ShownTable, ...]
    heat: HeatMap | None
    plots: tuple[Plot, ...]
    pairs: PairPlot | None
    method: tuple[str, ...]
    sources: tuple[tuple[Footnote, str], ...]
    measured: int
    quoted: int


def render_page(
    boards: Sequence[Leaderboard],
    vectors: Sequence[PublishedRow] = (),
    options: PageOptions | None = None,
) -> bytes:
    """Return a page that works from disk and without a network; the same input gives the same.

    Args:
        boards: in the order of the page. Gold against cosine is drawn for those that carry
            ``evidence``.
        vectors: published alignment and uniformity (rows of the group ``geometry``).
        options: what may stand in it.

    Raises:
        UsageError: a library that the page is made with is not installed.
    """
    environment = templates()
    wanted = options or PageOptions()
    shown = [_shown(board, vectors, wanted) for board in boards]
    draws = any(board.plots or board.pairs for board in shown)
    assets = page_assets(plot_library() if draws else "")
    environment.filters["script_json"] = script_json
    text = environment.get_template("page.html").render(boards=shown, assets=assets)
    return text.encode("utf-8")


def _shown(board: Leaderboard, vectors: Sequence[PublishedRow], options: PageOptions) -> ShownBoard:
    plots = (interval_plot(board), vector_plot(board, vectors), speed_plot(board))
    rows = [row for section in board.sections for row in section.rows]
    measured = sum(isinstance(row, MeasuredRow) for row in rows)
    return ShownBoard(
        board=board,
        tables=tuple(tables_of(board)),
        heat=heat_map(board),
        plots=tuple(plot for plot in plots if plot is not None),
        pairs=pair_plot(board, sentences=options.sentences) if options.pairs else None,
        method=tuple(method(board)),
        sources=tuple((note, sentence(place(note))) for note in board.footnotes),
        measured=measured,
        quoted=len(rows) - measured,
    )
