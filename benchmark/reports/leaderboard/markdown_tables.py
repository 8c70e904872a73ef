"""Tables of a leaderboard in Markdown: rows, numbers, marks, references to sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmark.escaping import markdown_text
from benchmark.leaderboard import (
    BoardSection,
    Cell,
    Difference,
    Footnote,
    Leaderboard,
    MeasuredRow,
    QuotedRow,
    TableRow,
)
from benchmark.one_line import one_line
from benchmark.reports.leaderboard import wording
from benchmark.reports.spreads import DASH, PLUS_MINUS, least_to_most

MISSING = DASH
DAGGER = "†"
_UNBROKEN = "\N{NON-BREAKING HYPHEN}"


def inline(text: str) -> str:
    """Return a text of unknown origin as Markdown that shows it, on one line."""
    return markdown_text(one_line(text))


def quoted_name(label: str, footnote: Footnote) -> str:
    """Return the name of a quoted row, with a mark that links to the source; `links` says where."""
    mark = f"{DAGGER}{footnote.number}"
    reference = f"[{mark}]" if footnote.source.url else mark
    return f"*{inline(label)}*<sup>{reference}</sup>"


def links(footnotes: Iterable[Footnote]) -> Iterator[str]:
    """Yield the targets of references to these, if there are any."""
    linked = [footnote for footnote in footnotes if footnote.source.url]
    if linked:
        yield "\n".join(f"[{DAGGER}{n.number}]: {n.source.url}" for n in linked)


def section_table(section: BoardSection, footnotes: Sequence[Footnote]) -> str:
    """Return the table of a section; ranks if it has them.

    Args:
        section: the rows.
        footnotes: of the whole leaderboard, in the order of their numbers.
    """
    head = ["Model", *(inline(column.heading) for column in section.columns), "Avg."]
    below = ["---", *["---:"] * (len(head) - 1)]
    lines = [["#", *head], ["---:", *below]] if section.ranked else [head, below]
    for row in section.rows:
        shown = _cells(row, section, footnotes)
        lines.append([_rank(row), *shown] if section.ranked else shown)
    return table(lines)


def members_table(row: MeasuredRow, section: BoardSection) -> str:
    """Return the members of a family, below their ends."""
    head = ["Model", *(inline(column.heading) for column in section.columns), "Avg."]
    ends = [row.spreads.get(column.id) for column in section.columns] + [row.spreads.get("")]
    lines = [
        head,
        ["---", *["---:"] * (len(head) - 1)],
        ["Least to greatest", *(least_to_most(found) if found else MISSING for found in ends)],
        *(_cells(member, section, ()) for member in row.members),
    ]
    return table(lines)


def difference_table(board: Leaderboard) -> str:
    """Return measured minus published, a line for each pair of rows."""
    head = ["Model", "Published", *(inline(column.heading) for column in board.columns), "Avg."]
    lines = [head, ["---", "---", *["---:"] * (len(board.columns) + 1)]]
    for made in board.reproductions:
        published = quoted_name(made.published, board.footnotes[made.footnote - 1])
        cells = [_difference(made.differences.get(column.id)) for column in board.columns]
        lines.append([inline(made.measured), published, *cells, _difference(made.average)])
    return table(lines)


def table(lines: Iterable[Iterable[str]]) -> str:
    """Return lines of cells as a table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(row: TableRow, section: BoardSection, footnotes: Sequence[Footnote]) -> list[str]:
    cells = [_cell(row, row.cells.get(column.id)) for column in section.columns]
    return [_name(row, footnotes), *cells, _cell(row, row.average, _letters(row))]


def _rank(row: TableRow) -> str:
    return MISSING if row.rank is None else str(row.rank)


def _letters(row: TableRow) -> str:
    letters = row.letters if isinstance(row, MeasuredRow) else ""
    return f"<sup>{letters}</sup>" if letters else ""


def _name(row: TableRow, footnotes: Sequence[Footnote]) -> str:
    if isinstance(row, QuotedRow):
        name, kind = quoted_name(row.label, footnotes[row.footnote - 1]), []
    else:
        name = inline(row.label)
        kind = [f"family, {inline(row.varied)} varied" if row.members else "measured"]
    below = [*kind, *map(inline, wording.kind(row)), *(f"**{m}**" for m in wording.marks(row))]
    return f"{name}<br><sub>{', '.join(below)}</sub>" if below else name


def _cell(row: TableRow, cell: Cell | None, letters: str = "") -> str:
    if cell is None:
        return MISSING
    number = {"best": f"**{cell.text}**", "second": f"<ins>{cell.text}</ins>"}.get(
        cell.mark, cell.text
    )
    deviation = f" {PLUS_MINUS} {cell.deviation}" if cell.deviation else ""
    if isinstance(row, QuotedRow):
        return f"*{number}{deviation}*"
    number += deviation
    if cell.tested and cell.tested.verdict:
        number += f"<sup>{inline(wording.AGAINST[cell.tested.verdict])}</sup>"
    if cell.interval is None:
        return number + letters
    interval = wording.points(cell.interval).replace(DASH, _UNBROKEN)
    return f"{number}{letters}<br><sub>{interval}</sub>"


def _difference(difference: Difference | None) -> str:
    if difference is None:
        return ""
    return difference.text if difference.within else f"**{difference.text} ⚠**"
