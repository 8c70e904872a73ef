"""Leaderboards and their plots, put into one HTML file by templates that walk them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmark.escaping import page_text, script_json
from benchmark.leaderboard import Leaderboard, MeasuredRow
from benchmark.reports.leaderboard import wording
from benchmark.reports.page.assets import jinja2, page_assets, plot_library
from benchmark.reports.page.details import copyable, facts, score_lines
from benchmark.reports.page.facets import facets, marks, trait_columns
from benchmark.reports.page.heat import heat_map
from benchmark.reports.page.members import member_lines
from benchmark.reports.page.pairs import label_plot, pair_plot
from benchmark.reports.page.plots import Plot, interval_plot, speed_plot, vector_plot
from benchmark.reports.page.progress import size_plot, year_plot
from benchmark.reports.page.quoted_details import quoted_details
from benchmark.reports.spreads import least_to_most
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
    template = templates().get_template("page.html")
    plots = [_plots(board, vectors, options or PageOptions()) for board in boards]
    assets = page_assets(plot_library() if any(plots) else "")
    text: str = template.render(boards=list(zip(boards, plots, strict=True)), assets=assets)
    return text.encode("utf-8")


def _plots(board: Leaderboard, vectors: Sequence[PublishedRow], options: PageOptions) -> list[Plot]:
    """Return those there is data for."""
    of_pairs = (pair_plot, label_plot) if options.pairs else ()
    pairs = (plot(board, sentences=options.sentences) for plot in of_pairs)
    of_field = (year_plot(board), interval_plot(board), size_plot(board))
    plots = (*of_field, speed_plot(board), vector_plot(board, vectors), *pairs)
    return [plot for plot in plots if plot is not None]


def templates() -> Any:
    """Return the templates: everything they print is escaped and cleaned."""
    library = jinja2()
    environment = library.Environment(
        loader=library.PackageLoader("benchmark.reports.page", "templates"),
        autoescape=True,
        finalize=finalize,
        undefined=library.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["measured"] = lambda row: isinstance(row, MeasuredRow)
    environment.tests["deviating"] = wording.deviates
    environment.filters |= {
        "least_to_most": least_to_most,
        "counted": wording.counted,
        "place": wording.place,
        "points": wording.points,
        "script_json": script_json,
        "sentence": wording.sentence,
    }
    environment.globals |= {
        "DEVIATION": wording.DEVIATION,
        "NOT_RANKED": wording.NOT_RANKED,
        "STATUS": wording.STATUS,
        "copyable": copyable,
        "facets": facets,
        "facts": facts,
        "heat_map": heat_map,
        "marks_of_row": wording.marks,
        "member_lines": member_lines,
        "marks": marks,
        "method": wording.method,
        "quoted_details": quoted_details,
        "score_lines": score_lines,
        "trait_columns": trait_columns,
    }
    return environment


def finalize(value: Any) -> Any:
    """Clean whatever a template prints, unless the template made it; nothing is an empty text."""
    if value is None:
        return ""
    made_here = hasattr(value, "__html__")
    return page_text(value) if isinstance(value, str) and not made_here else value
