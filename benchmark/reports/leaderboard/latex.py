r"""A leaderboard as LaTeX with booktabs: tables with captions, ready for ``\input``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmark.escaping import latex_text
from benchmark.latex_floats import latex_float
from benchmark.leaderboard import (
    BoardSection,
    Cell,
    Leaderboard,
    MeasuredRow,
    QuotedRow,
    TableRow,
    has_trap,
)
from benchmark.leaderboard.shortlist import shortlist
from benchmark.one_line import one_line
from benchmark.reports.leaderboard import wording
from benchmark.reports.spreads import DASH, least_to_most
from benchmark.results.signature import asked_alike

MISSING = "--"
_HEAD = (
    "% Made by: sebench leaderboard --format latex\n"
    r"% Needs \usepackage{booktabs}. A table* spans both columns of a page: in a text of one column"
    "\n% it is as wide as the text."
)
_LEFT_OUT = (
    "\n% Of the quoted rows only the best of each backbone and kind of training; {:,} are left out,"
    "\n% all are in the CSV and JSON files. Ranks and marks are those among all rows. The"
    "\n% option rows chooses others."
)
_SIGNS = {"better": "*", "worse": r"\circ", "": ""}


def as_latex(board: Leaderboard) -> str:
    """Return one table for each ranking, with its caption, label and sources.

    Hundreds of quoted rows fit no page: they are those that the Markdown page shows first. Of rows
    that somebody chose, those that are not ranked have tables as well.
    """
    asked = [section for section in board.sections if section.ranked or section.chosen]
    short = [shortlist(section) for section in asked]
    left_out = sum(map(_rows, asked)) - sum(map(_rows, short))
    head = _HEAD + (_LEFT_OUT.format(left_out) if left_out else "")
    return "\n\n".join([head, *(_table(place, short, board) for place in range(len(short)))]) + "\n"


def _rows(section: BoardSection) -> int:
    return len(section.rows)


def _table(place: int, sections: Sequence[BoardSection], board: Leaderboard) -> str:
    section = sections[place]
    label = f"{board.board.name}-{place + 1}" if place else board.board.name
    lines = [*_tabular(section, board), *_sources(board, section)]
    return latex_float(" ".join(_caption(section, board)), label, lines)


def _caption(section: BoardSection, board: Leaderboard) -> Iterator[str]:
    """Yield sentences: what is measured and how, what marks mean, what was tested."""
    yield f"{_inline(board.board.title)}. {_inline(board.board.measure)}."
    records = [result for row in section.measured for result in row.results.values()]
    if protocol := asked_alike(result.signature for result in records):
        yield f"Protocol: {_inline(', '.join(map(' '.join, protocol.items())))}."
    if section.title:
        yield f"{_inline(section.title)}."
    if section.note:
        yield _inline(wording.sentence(section.note))
    if not section.ranked:
        yield "Not ranked: compared with nothing."
    else:
        trap = " among rows without a trap" if any(map(has_trap, section.rows)) else ""
        yield rf"Bold is the best, \underline{{underlined}} the second best of a column{trap}."
    if section.quoted:
        yield r"Rows in italics ($\dagger$) are quoted, measured ones upright."
    if any(row.units for row in section.measured):
        yield (
            f"Below: {_inline(wording.percent(board.method.level))} intervals of the percentile "
            f"bootstrap, {_grouped(board.method.resamples)} resamples."
        )
    if section.against is not None:
        better, worse = (rf"$^{{{_SIGNS[verdict]}}}$" for verdict in ("better", "worse"))
        yield f"{better}~better, {worse}~worse {_inline(wording.against(section.against, board))}"
    elif section.tests:
        yield _inline(wording.groups(section, board))


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", "{,}")


def _tabular(section: BoardSection, board: Leaderboard) -> Iterator[str]:
    columns = "rl" + "r" * (len(section.columns) + 1)
    headings = [_inline(column.heading) for column in section.columns]
    yield rf"\begin{{tabular}}{{{columns}}}"
    yield r"\toprule"
    yield _line([r"\#", "Model", *headings, "Avg."])
    yield r"\midrule"
    before: TableRow | None = None
    own_last = section.rows[-len(section.measured) :] == tuple(section.measured)
    for row in section.rows:
        if own_last and isinstance(before, QuotedRow) and isinstance(row, MeasuredRow):
            yield r"\midrule"
        yield from _lines(row, section, board)
        before = row
    yield r"\bottomrule"
    yield r"\end{tabular}"


def _lines(row: TableRow, section: BoardSection, board: Leaderboard) -> Iterator[str]:
    cells = [*(row.cells.get(column.id) for column in section.columns), row.average]
    told = row.letters if isinstance(row, MeasuredRow) and section.against is None else ""
    letters = rf"$^{{{told}}}$" if told else ""
    rank = MISSING if row.rank is None else str(row.rank)
    numbers = [_cell(row, cell) for cell in cells]
    yield _line([rank, _name(row), *numbers[:-1], numbers[-1] + letters])
    if any(cell.interval for cell in cells if cell):
        level = rf"\scriptsize {_inline(wording.percent(board.method.level))} interval"
        below = [_interval(cell) for cell in cells]
        yield _line(["", level, *below])
    if isinstance(row, MeasuredRow) and row.members:
        yield from _members(row, section)


def _members(row: MeasuredRow, section: BoardSection) -> Iterator[str]:
    """Yield the ends of a family, and its members as comments."""
    columns = [*(column.id for column in section.columns), ""]
    found = [row.spreads.get(column) for column in columns]
    ends = ["" if one is None else least_to_most(one).replace(DASH, "--") for one in found]
    texts = [end.replace(" to -", " to $-$") for end in ends]
    yield _line(["", r"\scriptsize least to greatest", *(rf"\scriptsize {t}" for t in texts)])
    for member in row.members:
        cells = [*(member.cells.get(column.id) for column in section.columns), member.average]
        shown = ", ".join(cell.text if cell else DASH for cell in cells)
        yield f"% {one_line(member.label)}: {shown}"


def _name(row: TableRow) -> str:
    if isinstance(row, QuotedRow):
        return rf"\textit{{{_inline(row.label)}}}$^{{\dagger {row.footnote}}}$"
    return _inline(row.label)


def _cell(row: TableRow, cell: Cell | None) -> str:
    if cell is None:
        return MISSING
    text = cell.text.replace("-", "$-$")
    number = {"best": rf"\textbf{{{text}}}", "second": rf"\underline{{{text}}}"}.get(
        cell.mark, text
    )
    shown = rf"\textit{{{number}}}" if isinstance(row, QuotedRow) else number
    if cell.tested and cell.tested.verdict:
        shown += rf"$^{{{_SIGNS[cell.tested.verdict]}}}$"
    return rf"{shown} $\pm$ {cell.deviation}" if cell.deviation else shown


def _interval(cell: Cell | None) -> str:
    if cell is None or cell.interval is None:
        return ""
    text = wording.points(cell.interval).replace(DASH, "--")
    return rf"\scriptsize {text.replace(' to -', ' to $-$')}"


def _sources(board: Leaderboard, section: BoardSection) -> Iterator[str]:
    quoted = {row.footnote for row in section.quoted}
    lines = [
        rf"$^{{\dagger {note.number}}}$ "
        rf"{_inline(note.source.title) or 'not known'}: {_inline(wording.place(note))}."
        for note in board.footnotes
        if note.number in quoted
    ]
    if lines:
        yield "\n".join([r"\par\smallskip", r"{\footnotesize", "\\\\\n".join(lines), r"\par}"])


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _inline(text: str) -> str:
    return latex_text(one_line(text))
