"""A leaderboard as Markdown, with tables and the few tags that GitHub lets through."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from benchmark.escaping import code_span
from benchmark.leaderboard import (
    Difference,
    Footnote,
    Leaderboard,
    MeasuredRow,
    QuotedRow,
    Reproduction,
    Section,
)
from benchmark.one_line import one_line
from benchmark.reports.leaderboard import wording
from benchmark.reports.leaderboard.markdown_tables import (
    DAGGER,
    difference_table,
    inline,
    links,
    quoted_name,
    section_table,
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
        *links(board),
        "<sub>Made by `python -m benchmark leaderboard`; do not edit.</sub>",
    ]
    return "\n\n".join(blocks) + "\n"


def _legend(board: Leaderboard) -> str:
    quoted = [_QUOTED] if board.footnotes else []
    tested = [_LETTERS] if any(section.tests for section in board.sections) else []
    measured = _MEASURED.format(level=wording.percent(board.method.level))
    return " ".join([measured, *quoted, _MARKS, *tested])


def _ranking(section: Section, board: Leaderboard) -> Iterator[str]:
    if section.title:
        yield f"## {inline(section.title)}"
        yield "Compared among themselves only: they answer other questions than the first table."
    yield section_table(section, board.footnotes)
    measured = [row for row in section.rows if isinstance(row, MeasuredRow)]
    if measured:
        yield "\n".join(_description(row) for row in measured)


def _description(row: MeasuredRow) -> str:
    said = " ".join(filter(None, [f"{wording.encoder(row)}.", wording.cautions(row)]))
    signature = code_span(one_line(row.signature))
    return f"- **{inline(row.label)}**: {inline(said)} <br><sub>{signature}</sub>"


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
    yield difference_table(board)


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
    quoted = [r for s in board.sections for r in s.rows if isinstance(r, QuotedRow)]
    notes = [
        f"- {quoted_name(row.label, board.footnotes[row.footnote - 1])}: {inline(said)}"
        for row in quoted
        if (said := wording.note(row))
    ]
    if notes:
        yield _folded("Notes on quoted rows", "\n".join(notes))


def _source(footnote: Footnote) -> str:
    title = inline(footnote.source.title) or "not known"
    link = f"[{title}]({footnote.source.url})" if footnote.source.url else title
    return f"{DAGGER}{footnote.number} {link}: {inline(wording.place(footnote))}"


def _listings(sections: Sequence[Section], board: Leaderboard) -> Iterator[str]:
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
