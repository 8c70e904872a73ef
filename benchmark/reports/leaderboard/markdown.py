"""A leaderboard as Markdown, with tables and the few tags that GitHub lets through.

Hundreds of quoted rows are too many for one page: it shows the best of each kind, and the rest is
folded (`as_markdown`) or in files by year (`markdown_files`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping

from benchmark.escaping import code_span
from benchmark.leaderboard import (
    BoardSection,
    Difference,
    Footnote,
    Leaderboard,
    MeasuredRow,
    QuotedRow,
    Reproduction,
    TableRow,
)
from benchmark.leaderboard.shortlist import of_year, shortlist, years_of
from benchmark.one_line import one_line
from benchmark.reports.leaderboard import wording
from benchmark.reports.leaderboard.markdown_tables import (
    DAGGER,
    difference_table,
    inline,
    links,
    members_table,
    quoted_name,
    section_table,
    table,
)

_MEASURED = (
    "Upright rows are **measured** by this program, each with a record; below a score stands its "
    "{level} confidence interval."
)
_QUOTED = (
    f"*Rows in italics with a dagger*{DAGGER} are **quoted**: others printed these numbers, "
    "nobody here has checked them (see [sources](#sources))."
)
_MARKS = "In each column the **best** and the <ins>second best</ins> number."
_MARKS_OF_ALL = (
    f"{_MARKS[:-1]} of the whole table, whose ranks these are; a row with a trap has a rank only."
)
_LETTERS = "Measured rows with a letter in common, beside their averages, cannot be told apart."
_SHORT = (
    "Of the quoted rows, the best of each backbone and kind of training, those with a trap left "
    "out: {shown:,} of {all:,}. "
    "[All of them](#all-quoted-rows) are below, by year."
)
MADE = "<sub>Made by `sebench leaderboard`; do not edit.</sub>"
"""The last line of every page."""

_UNDATED = "undated"
_YEAR_PAGE = re.compile(rf"(?:\d{{4}}|{_UNDATED})\.md", re.ASCII)


# --- the pages ------------------------------------------------------------------------------------


def as_markdown(board: Leaderboard) -> str:
    """Return everything as one page."""
    listings = [section for section in board.sections if not section.ranked]
    years = [of_year(board, year) for year in years_of(board)] if _is_short(board) else []
    folded = [(year, rows) for rows in years for year in [_title(rows)] if _rankings(rows)]
    return _page(
        _head(board),
        *(["## All quoted rows"] if folded else []),
        *(_folded(title, _tables(rows, board)) for title, rows in folded),
        *_sources(board, [*board.quoted]),
        *_listings(listings, board),
        *_method(board),
        *links(board.footnotes),
    )


def markdown_files(board: Leaderboard) -> dict[str, str]:
    """Return a short page, and all quoted rows by year if it leaves out some, by name of file."""
    first, folder = f"{board.board.name}.md", board.board.name
    chosen = any(section.chosen for section in board.sections)
    if not _is_short(board) and (chosen or all(section.ranked for section in board.sections)):
        return {first: as_markdown(board)}
    parts = {f"{folder}/{_stem(year)}.md": of_year(board, year) for year in years_of(board)}
    shown = [row for section in _rankings(board) for row in shortlist(section).quoted]
    page = _page(
        _head(board),
        "## All quoted rows",
        _contents(parts),
        *_sources(board, shown),
        *_method(board),
        *links(_footnotes(board, shown)),
    )
    return {first: page} | {name: _year_page(part) for name, part in parts.items()}


def is_year_page(name: str, text: str) -> bool:
    """Tell whether a file in the folder of a leaderboard was made by `markdown_files`."""
    return bool(_YEAR_PAGE.fullmatch(name)) and text.endswith(f"\n{MADE}\n")


def _page(*blocks: str) -> str:
    return "\n\n".join([*blocks, MADE]) + "\n"


def _year_page(part: Leaderboard) -> str:
    """Return quoted rows of one year with sources of their own."""
    name, rows = part.board.name, part.quoted
    listings = [section for section in part.sections if not section.ranked]
    return _page(
        f"# {name} leaderboard: {_title(part)}",
        f"{part.board.title}. {part.board.measure}. [The best of each kind and measured rows]"
        f"(../{name}.md).",
        " ".join([_QUOTED, _MARKS_OF_ALL, *_remarks(rows)]),
        *([_tables(part, part)] if _rankings(part) else []),
        *_listings(listings, part),
        *_sources(part, rows),
        *links(_footnotes(part, rows)),
    )


def _contents(parts: Mapping[str, Leaderboard]) -> str:
    """Return what the files of years hold, with links to them."""
    lines = [["Year", "Ranked", "Not ranked"], ["---", "---:", "---:"]]
    for name, part in parts.items():
        ranked = sum(len(section.rows) for section in _rankings(part))
        year = part.quoted[0].traits.year
        lines.append(
            [f"[{year or 'not stated'}]({name})", f"{ranked:,}", f"{len(part.quoted) - ranked:,}"]
        )
    return f"{table(lines)}\n\nWhat is not ranked: {inline(wording.NOT_RANKED)}"


def _stem(year: int | None) -> str:
    return _UNDATED if year is None else f"{year:04}"


def _title(part: Leaderboard) -> str:
    year = part.quoted[0].traits.year
    return "quoted rows without a year" if year is None else f"quoted rows of {year}"


def _rankings(board: Leaderboard) -> list[BoardSection]:
    return [section for section in board.sections if section.ranked]


def _is_short(board: Leaderboard) -> bool:
    """Tell whether quoted rows that are ranked are left out of the first table."""
    return any(len(shortlist(part).rows) < len(part.rows) for part in _rankings(board))


# --- blocks ---------------------------------------------------------------------------------------


def _head(board: Leaderboard) -> str:
    """Return all that stands above the sources: the tables of rankings, what was reproduced."""
    blocks = [
        f"# {board.board.name} leaderboard",
        f"{board.board.title}. {board.board.measure}.",
        _legend(board),
        *(block for section in _rankings(board) for block in _ranking(section, board)),
        *_reproductions(board),
    ]
    return "\n\n".join(blocks)


def _legend(board: Leaderboard) -> str:
    shown = [row for section in _rankings(board) for row in shortlist(section).rows]
    quoted = [_QUOTED] if board.footnotes else []
    tested = [_LETTERS] if any(section.tests for section in board.sections) else []
    measured = _MEASURED.format(level=wording.percent(board.method.level))
    families = [wording.FAMILY] if any(row.members for row in board.measured) else []
    marks = _MARKS_OF_ALL if _is_short(board) else _MARKS
    return " ".join([measured, *quoted, marks, *tested, *families, *_remarks(shown)])


def _remarks(rows: Iterable[TableRow]) -> Iterator[str]:
    """Yield what must be known of what some of these rows bear."""
    rows = [*rows]
    if any(map(wording.deviates, rows)):
        yield wording.DEVIATION
    marks = wording.marks_of(rows)
    if marks:
        yield f"In bold below a name: {inline('; '.join(marks))}."


def _ranking(section: BoardSection, board: Leaderboard) -> Iterator[str]:
    if section.title:
        yield f"## {inline(section.title)}"
        yield "Compared among themselves only: they answer other questions than the first table."
    first = shortlist(section)
    if len(first.rows) < len(section.rows):
        yield _SHORT.format(shown=len(first.quoted), all=len(section.quoted))
    yield section_table(first, board.footnotes)
    if section.measured:
        yield "\n".join(map(_description, section.measured))
    for row in section.measured:
        if row.members:
            yield _folded(f"Members of {row.label}", _members(row, section))


def _description(row: MeasuredRow) -> str:
    said = " ".join(filter(None, [f"{wording.encoder(row)}.", wording.cautions(row)]))
    signature = code_span(one_line(row.signature))
    return f"- **{inline(row.label)}**: {inline(said)} <br><sub>{signature}</sub>"


def _tables(part: Leaderboard, board: Leaderboard) -> str:
    return "\n\n".join(section_table(section, board.footnotes) for section in _rankings(part))


def _members(row: MeasuredRow, section: BoardSection) -> str:
    """Return the members of a family as a table, and who they are."""
    told = "\n".join(map(_description, row.members))
    return f"{members_table(row, section)}\n\n{told}"


def _reproductions(board: Leaderboard) -> Iterator[str]:
    if not board.footnotes:
        return
    yield "## Measured minus published"
    if not board.reproductions:
        yield "No model has both a measured row and a published one."
        return
    found = [difference for made in board.reproductions for difference in _differences(made)]
    outside = sum(not difference.within for difference in found)
    verdict = f"**{outside} of them outside ⚠**" if outside else "all of them within tolerance"
    allowed = ", ".join(f"±{tolerance:f}" for tolerance in sorted({d.tolerance for d in found}))
    yield (
        "In points; only figures that answer the same question are compared, others are left "
        f"blank. {wording.counted(len(found), 'difference')}, {verdict} ({allowed} points)."
    )
    yield difference_table(board)


def _differences(made: Reproduction) -> Iterator[Difference]:
    yield from made.differences.values()
    if made.average is not None:
        yield made.average


def _footnotes(board: Leaderboard, rows: Iterable[QuotedRow]) -> list[Footnote]:
    """Return the footnotes of these rows and of what was reproduced."""
    shown = {row.footnote for row in rows} | {made.footnote for made in board.reproductions}
    return [footnote for footnote in board.footnotes if footnote.number in shown]


def _sources(board: Leaderboard, rows: Iterable[QuotedRow]) -> Iterator[str]:
    rows = [*rows]
    shown = _footnotes(board, rows)
    if not shown:
        return
    yield "## Sources"
    yield "\n".join(f"- {_source(footnote)}" for footnote in shown)
    notes = [
        f"- {quoted_name(row.label, board.footnotes[row.footnote - 1])}: {inline(said)}"
        for row in rows
        if (said := wording.note(row))
    ]
    if notes:
        yield _folded("Notes on quoted rows", "\n".join(notes))


def _source(footnote: Footnote) -> str:
    title = inline(footnote.source.title) or "not known"
    link = f"[{title}]({footnote.source.url})" if footnote.source.url else title
    return f"{DAGGER}{footnote.number} {link}: {inline(wording.place(footnote))}"


def _listings(sections: Iterable[BoardSection], board: Leaderboard) -> Iterator[str]:
    sections = [*sections]
    if not sections:
        return
    yield "## Not ranked"
    yield inline(wording.NOT_RANKED)
    for section in sections:
        note = f"{inline(wording.sentence(section.note))}\n\n" if section.note else ""
        yield _folded(section.title, note + section_table(section, board.footnotes))


def _method(board: Leaderboard) -> Iterator[str]:
    said = list(wording.method(board))
    if said:
        yield "## Method"
        yield "\n".join(f"- {inline(sentence)}" for sentence in said)


def _folded(title: str, content: str) -> str:
    # A summary is plain HTML: Markdown's escapes would show in it. $ starts a formula on GitHub.
    summary = html.escape(one_line(title), quote=False).replace("$", "&#36;")
    return f"<details>\n<summary>{summary}</summary>\n\n{content}\n\n</details>"
