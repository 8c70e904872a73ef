"""A leaderboard as Markdown, with tables and the few tags that GitHub lets through."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from benchmark.escaping import code_span, markdown_text
from benchmark.leaderboard import (
    BoardSection,
    Cell,
    Difference,
    Footnote,
    Leaderboard,
    MeasuredRow,
    QuotedRow,
    Reproduction,
    TableRow,
)
from benchmark.one_line import one_line
from benchmark.reports.leaderboard import wording
from benchmark.reports.spreads import PLUS_MINUS, least_to_most

MISSING = wording.DASH
DAGGER = "†"
_UNBROKEN = "\N{NON-BREAKING HYPHEN}"

_MEASURED = (
    "Upright rows are **measured** by this program, each with a record; below a score stands its "
    "{level} confidence interval."
)
_QUOTED = (
    f"*Rows in italics with a dagger*{DAGGER} are **quoted**: others printed these numbers, "
    "nobody here has checked them (see [sources](#sources))."
)
_MARKS = "In each column the **best** and the <ins>second best</ins> number."
_LETTERS = "Measured rows with a letter in common, beside their averages, cannot be told apart."


def as_markdown(board: Leaderboard) -> str:
    """Return the page."""
    rankings = [section for section in board.sections if section.ranked]
    listings = [section for section in board.sections if not section.ranked]
    blocks = [
        f"# {board.board.name} leaderboard",
        f"{board.board.title}. {board.board.measure}.",
        _legend(board),
        *(block for section in rankings for block in _ranking(section, board)),
        *_reproductions(board),
        *_sources(board),
        *_listings(listings, board),
        *_method(board),
        *_links(board),
        "<sub>Made by `python -m benchmark leaderboard`; do not edit.</sub>",
    ]
    return "\n\n".join(blocks) + "\n"


def _legend(board: Leaderboard) -> str:
    quoted = [_QUOTED] if board.footnotes else []
    tested = [_LETTERS] if any(section.tests for section in board.sections) else []
    measured = _MEASURED.format(level=wording.percent(board.method.level))
    families = [wording.FAMILY] if any(row.members for row in board.measured) else []
    return " ".join([measured, *quoted, _MARKS, *tested, *families])


def _ranking(section: BoardSection, board: Leaderboard) -> Iterator[str]:
    if section.title:
        yield f"## {_inline(section.title)}"
        yield "Compared among themselves only: they answer other questions than the first table."
    yield _section_table(section, board.footnotes)
    if section.measured:
        yield "\n".join(map(_description, section.measured))
    for row in section.measured:
        if row.members:
            yield _folded(f"Members of {row.label}", _members(row, section, board))


def _description(row: MeasuredRow) -> str:
    said = " ".join(filter(None, [f"{wording.encoder(row)}.", wording.cautions(row)]))
    signature = code_span(one_line(row.signature))
    return f"- **{_inline(row.label)}**: {_inline(said)} <br><sub>{signature}</sub>"


def _members(row: MeasuredRow, section: BoardSection, board: Leaderboard) -> str:
    """Return the members of a family as a table, how far they lie apart, and who they are."""
    table = _section_table(replace(section, ranked=False, rows=row.members), board.footnotes)
    named = [*((column.id, column.heading) for column in section.columns), ("", "average")]
    ends = [f"{name} {least_to_most(row.spreads[c])}" for c, name in named if c in row.spreads]
    told = "\n".join(map(_description, row.members))
    return f"{table}\n\nLeast to greatest: {_inline(', '.join(ends))}.\n\n{told}"


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
        f"blank. {_count(len(found))}, {verdict} ({allowed} points)."
    )
    yield _difference_table(board)


def _differences(made: Reproduction) -> Iterator[Difference]:
    yield from made.differences.values()
    if made.average is not None:
        yield made.average


def _count(differences: int) -> str:
    return "1 difference" if differences == 1 else f"{differences:,} differences"


def _sources(board: Leaderboard) -> Iterator[str]:
    if not board.footnotes:
        return
    yield "## Sources"
    yield "\n".join(f"- {_source(footnote)}" for footnote in board.footnotes)
    notes = [
        f"- {_quoted_name(row.label, board.footnotes[row.footnote - 1])}: {_inline(said)}"
        for row in board.quoted
        if (said := wording.note(row))
    ]
    if notes:
        yield _folded("Notes on quoted rows", "\n".join(notes))


def _source(footnote: Footnote) -> str:
    title = _inline(footnote.source.title) or "not known"
    link = f"[{title}]({footnote.source.url})" if footnote.source.url else title
    return f"{DAGGER}{footnote.number} {link}: {_inline(wording.place(footnote))}"


def _listings(sections: Sequence[BoardSection], board: Leaderboard) -> Iterator[str]:
    if not sections:
        return
    yield "## Not ranked"
    yield _inline(wording.NOT_RANKED)
    for section in sections:
        note = f"{_inline(wording.sentence(section.note))}\n\n" if section.note else ""
        yield _folded(section.title, note + _section_table(section, board.footnotes))


def _method(board: Leaderboard) -> Iterator[str]:
    said = list(wording.method(board))
    if said:
        yield "## Method"
        yield "\n".join(f"- {_inline(sentence)}" for sentence in said)


def _folded(title: str, content: str) -> str:
    # A summary is plain HTML: Markdown's escapes would show in it. $ starts a formula on GitHub.
    summary = html.escape(one_line(title), quote=False).replace("$", "&#36;")
    return f"<details>\n<summary>{summary}</summary>\n\n{content}\n\n</details>"


# --- tables: rows, numbers, marks, references to sources -----------------------------------------


def _inline(text: str) -> str:
    """Return a text of unknown origin as Markdown that shows it, on one line."""
    return markdown_text(one_line(text))


def _reference(footnote: Footnote) -> str:
    """Return a mark that links to the source; `links` says where."""
    mark = f"{DAGGER}{footnote.number}"
    return f"<sup>[{mark}]</sup>" if footnote.source.url else f"<sup>{mark}</sup>"


def _links(board: Leaderboard) -> Iterator[str]:
    """Yield the targets of all references, if there are any."""
    linked = [footnote for footnote in board.footnotes if footnote.source.url]
    if linked:
        yield "\n".join(f"[{DAGGER}{n.number}]: {n.source.url}" for n in linked)


def _quoted_name(label: str, footnote: Footnote) -> str:
    """Return the name of a quoted row, with its mark."""
    return f"*{_inline(label)}*{_reference(footnote)}"


def _section_table(section: BoardSection, footnotes: Sequence[Footnote]) -> str:
    """Return the table of a section; ranks if it has them."""
    head = ["Model", *(_inline(column.heading) for column in section.columns), "Avg."]
    below = ["---", *["---:"] * (len(head) - 1)]
    lines = [["#", *head], ["---:", *below]] if section.ranked else [head, below]
    for row in section.rows:
        cells = [_cell(row, row.cells.get(column.id)) for column in section.columns]
        shown = [_name(row, footnotes), *cells, _cell(row, row.average, _letters(row))]
        lines.append([_rank(row), *shown] if section.ranked else shown)
    return "\n".join(map(_line, lines))


def _difference_table(board: Leaderboard) -> str:
    """Return measured minus published, a line for each pair of rows."""
    head = ["Model", "Published", *(_inline(column.heading) for column in board.columns), "Avg."]
    lines = [head, ["---", "---", *["---:"] * (len(board.columns) + 1)]]
    for made in board.reproductions:
        published = _quoted_name(made.published, board.footnotes[made.footnote - 1])
        cells = [_difference(made.differences.get(column.id)) for column in board.columns]
        lines.append([_inline(made.measured), published, *cells, _difference(made.average)])
    return "\n".join(map(_line, lines))


def _rank(row: TableRow) -> str:
    return MISSING if row.rank is None else str(row.rank)


def _letters(row: TableRow) -> str:
    letters = row.letters if isinstance(row, MeasuredRow) else ""
    return f"<sup>{letters}</sup>" if letters else ""


def _name(row: TableRow, footnotes: Sequence[Footnote]) -> str:
    if isinstance(row, MeasuredRow):
        kind = f"family, {_inline(row.varied)} varied" if row.members else "measured"
        return f"{_inline(row.label)}<br><sub>{kind}</sub>"
    return _quoted_name(row.label, footnotes[row.footnote - 1])


def _cell(row: TableRow, cell: Cell | None, letters: str = "") -> str:
    if cell is None:
        return MISSING
    number = {"best": f"**{cell.text}**", "second": f"<ins>{cell.text}</ins>"}.get(
        cell.mark, cell.text
    )
    if isinstance(row, QuotedRow):
        return f"*{number}*"
    if cell.deviation:
        number += f" {PLUS_MINUS} {cell.deviation}"
    if cell.interval is None:
        return number + letters
    interval = wording.points(cell.interval).replace(wording.DASH, _UNBROKEN)
    return f"{number}{letters}<br><sub>{interval}</sub>"


def _difference(difference: Difference | None) -> str:
    if difference is None:
        return ""
    return difference.text if difference.within else f"**{difference.text} ⚠**"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
