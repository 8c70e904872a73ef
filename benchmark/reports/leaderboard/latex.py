r"""A leaderboard as LaTeX with booktabs: the rankings, ready for ``\input``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmark.escaping import latex_text
from benchmark.leaderboard import BoardSection, Cell, Leaderboard, MeasuredRow, QuotedRow, TableRow
from benchmark.leaderboard.shortlist import shortlist
from benchmark.one_line import one_line
from benchmark.reports.leaderboard import wording
from benchmark.reports.spreads import DASH, least_to_most

MISSING = "--"
_HEAD = (
    "% Made by: sebench leaderboard --format latex\n"
    r"% Needs \usepackage{booktabs}. Measured rows are upright, with their confidence intervals"
    "\n% below; those with a letter in common, beside their averages, cannot be told apart. Quoted"
    "\n% rows are in italics with a dagger, their sources below the table."
)

_LEFT_OUT = (
    "\n% Of the quoted rows only the best of each backbone and kind of training; {:,} are left out,"
    "\n% all are in the CSV and JSON files. Ranks and marks are those among all rows."
)


def as_latex(board: Leaderboard) -> str:
    """Return one tabular for each ranking, and the sources as a list below.

    Hundreds of quoted rows fit no page: they are those that the Markdown page shows first.
    """
    rankings = [section for section in board.sections if section.ranked]
    short = [shortlist(section) for section in rankings]
    left_out = sum(map(_rows, rankings)) - sum(map(_rows, short))
    head = _HEAD + (_LEFT_OUT.format(left_out) if left_out else "")
    tables = [_tabular(section, board) for section in short]
    return "\n\n".join([head, *tables, *_sources(board, short)]) + "\n"


def _rows(section: BoardSection) -> int:
    return len(section.rows)


def _tabular(section: BoardSection, board: Leaderboard) -> str:
    columns = "rl" + "r" * (len(section.columns) + 1)
    headings = [_inline(column.heading) for column in section.columns]
    head = [r"\#", "Model", *headings, "Avg."]
    lines = [
        *([f"% {one_line(section.title)}"] if section.title else []),
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _line(head),
        r"\midrule",
        *(line for row in section.rows for line in _lines(row, section, board)),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines)


def _lines(row: TableRow, section: BoardSection, board: Leaderboard) -> Iterator[str]:
    cells = [*(row.cells.get(column.id) for column in section.columns), row.average]
    letters = rf"$^{{{row.letters}}}$" if isinstance(row, MeasuredRow) and row.letters else ""
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
    return rf"{shown} $\pm$ {cell.deviation}" if cell.deviation else shown


def _interval(cell: Cell | None) -> str:
    if cell is None or cell.interval is None:
        return ""
    text = wording.points(cell.interval).replace(DASH, "--")
    return rf"\scriptsize {text.replace(' to -', ' to $-$')}"


def _sources(board: Leaderboard, rankings: Sequence[BoardSection]) -> Iterator[str]:
    ranked = {row.footnote for section in rankings for row in section.quoted}
    lines = [
        rf"$^{{\dagger {note.number}}}$ "
        rf"{_inline(note.source.title) or 'not known'}: {_inline(wording.place(note))}."
        for note in board.footnotes
        if note.number in ranked
    ]
    if lines:
        yield "\n".join([r"{\footnotesize", "\\\\\n".join(lines), r"\par}"])


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _inline(text: str) -> str:
    return latex_text(one_line(text))
