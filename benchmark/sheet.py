"""The form that reports are made from, lines and tables, and the formats it is written in.

Text is escaped here and nowhere else: what makes a sheet puts plain text into it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from benchmark.errors import UsageError
from benchmark.escaping import code_span, csv_text, markdown_text
from benchmark.latex_floats import floating
from benchmark.one_line import one_line
from benchmark.suggestions import did_you_mean

WIDTH = 100
"""Columns of a terminal, where nobody says how many it has."""

_INDENT = 4
_NUMBER = re.compile(r"-|[+-]?\d+(\.\d+)?")
_ALIGN = {"l": "left", "r": "right"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    Attributes:
        cells: as text, nothing escaped.
        sentences: shown below the line, or in a column of their own.
    """

    cells: tuple[str, ...]
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One table.

    Attributes:
        title: above it; empty for none.
        headings: of its columns.
        columns: for each ``l`` (left) or ``r`` (right).
        rows: in order.
        notes: below it.
        caption: of a table for a paper: in LaTeX it then floats, with booktabs, and signs behind
            numbers stand high. Empty for a bare tabular.
        label: of such a table.
        marked: whether the greatest number of each column is bold in such a table, and the second
            underlined; what bears a sign is neither.
    """

    title: str
    headings: tuple[str, ...] = ()
    columns: str = ""
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    caption: str = ""
    label: str = ""
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report.

    Attributes:
        opening: lines above all tables: who is who.
        sections: the tables.
        closing: lines below all tables: how to read them, what is not in them.
        verbatim: whether these lines are signatures and the like, shown as code in Markdown.
        width: columns of the terminal, which long sentences of a table of text are cut to.
    """

    opening: tuple[str, ...]
    sections: tuple[Section, ...]
    closing: tuple[str, ...] = ()
    verbatim: bool = False
    width: int = WIDTH


def as_text(sheet: Sheet) -> str:
    """Return a report for a terminal; long sentences are cut to its width."""
    tables = (_text_section(section, sheet.width) for section in sheet.sections)
    return _blocks(_lines(sheet.opening), *tables, _lines(sheet.closing))


def as_markdown(sheet: Sheet) -> str:
    """Return a report as Markdown, sentences in full."""
    blocks = [_bullets(sheet.opening, sheet.verbatim)]
    for section in sheet.sections:
        title = f"### {_in_markdown(section.title)}" if section.title else ""
        table = _tabulated(section, "pipe", _in_markdown, "<br>")
        blocks += [title, table, _bullets(section.notes)]
    return _blocks(*blocks, _bullets(sheet.closing, sheet.verbatim))


def as_latex(sheet: Sheet) -> str:
    r"""Return a report as tables with booktabs, everything else as comments."""
    blocks = [_comments(sheet.opening)]
    for section in sheet.sections:
        title = _comments((section.title,) if section.title else ())
        if section.caption:
            named = section.caption, section.label, section.headings, section.columns
            cells = [row.cells for row in section.rows]
            blocks += [title, floating(*named, cells, marked=section.marked)]
            blocks.append(_comments(section.notes))
            continue
        # This style of tabulate's escapes what LaTeX would act on.
        table = _tabulated(section, "latex_booktabs", one_line, " / ")
        blocks += [title, table, _comments(section.notes)]
    return _blocks(*blocks, _comments(sheet.closing))


def as_csv(sheet: Sheet) -> str:
    """Return the tables as CSV, a blank line between them; a title is the first column."""
    return "\n".join(map(_csv_section, sheet.sections)).rstrip("\n")


SHEET_FORMATS: Mapping[str, Callable[[Sheet], str]] = {
    "table": as_text,
    "markdown": as_markdown,
    "latex": as_latex,
    "csv": as_csv,
    "csv-table": as_csv,
}
"""A format that is put here is offered by every verb that prints a sheet (docs/add-a-format.md)."""

FORMATS = (*SHEET_FORMATS, "json")
"""What these verbs offer: forms of the sheet, and a document of their own for programs."""

if TYPE_CHECKING:
    Format = str
else:
    Format = Literal[FORMATS]
    """One of them, as the command line reads it."""


def require_format(form: str, formats: Mapping[str, object] | Sequence[str]) -> str:
    """Return the name of a format.

    Raises:
        UsageError: there is none of that name.
    """
    if form not in formats:
        raise UsageError(
            f"unknown format {form!r}{did_you_mean(form, formats)}; there are {', '.join(formats)}"
        )
    return form


def written(
    form: str, sheet: Callable[[], Sheet], *, json: Callable[[], str], **own: Callable[[], str]
) -> str:
    """Return a report in a format.

    Args:
        form: one of `FORMATS`.
        sheet: makes its lines and tables.
        json: makes its document for programs.
        **own: make what it writes otherwise than its sheet, by format.

    Raises:
        UsageError: an unknown format.
    """
    makers = {"json": json, **own}
    if require_format(form, FORMATS) in makers:
        return makers[form]()
    return SHEET_FORMATS[form](sheet())


def _blocks(*blocks: str) -> str:
    return "\n\n".join(block for block in blocks if block)


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(map(_indented, lines))


def _indented(line: str) -> str:
    """Keep the blanks that a line of a sheet begins with: they say what belongs to what."""
    return line[: len(line) - len(line.lstrip(" "))] + one_line(line)


def _text_section(section: Section, width: int) -> str:
    parts = [one_line(section.title)] if section.title else []
    if section.rows:
        lines = _tabulated(section, "simple", one_line, None).splitlines()
        parts += [line.rstrip() for line in lines[:2]]
        for line, row in zip(lines[2:], section.rows, strict=True):
            parts.append(line.rstrip())
            parts += [" " * _INDENT + _cut(one_line(s), width - _INDENT) for s in row.sentences]
    return "\n".join([*parts, *map(one_line, section.notes)])


def _tabulated(
    section: Section, style: str, escape: Callable[[str], str], between: str | None
) -> str:
    """Return a table in a style of tabulate.

    Sentences make a last column, with this between two of them; None leaves them out.
    """
    if not section.rows:
        return ""
    from tabulate import tabulate

    told = between is not None and any(row.sentences for row in section.rows)
    headings = [*section.headings, *(["Sentences"] if told else [])]
    rows = [list(map(escape, row.cells)) for row in section.rows]
    if between is not None and told:
        for cells, row in zip(rows, section.rows, strict=True):
            cells.append(between.join(map(escape, row.sentences)))
    align = [_ALIGN[column] for column in section.columns + "l" * told]
    return tabulate(
        rows,
        headers=list(map(escape, headings)),
        tablefmt=style,
        disable_numparse=True,
        colalign=align,
    )


def _csv_section(section: Section) -> str:
    titled = bool(section.title)
    most = max((len(row.sentences) for row in section.rows), default=0)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    sentences = (f"sentence {number}" for number in range(1, most + 1))
    writer.writerow([*["table"] * titled, *section.headings, *sentences])
    for row in section.rows:
        cells = map(_in_csv, row.cells, section.columns)
        rest = (csv_text(one_line(text)) for text in row.sentences)
        writer.writerow([*[csv_text(one_line(section.title))] * titled, *cells, *rest])
    return text.getvalue()


def _in_csv(cell: str, column: str) -> str:
    """A signed number is no formula, and neither is the dash for no number."""
    number = column == "r" and _NUMBER.fullmatch(cell)
    return cell if number else csv_text(one_line(cell))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: max(most - 3, 0)]}..."


def _bullets(lines: Sequence[str], verbatim: bool = False) -> str:
    shown = (
        (code_span(one_line(line).strip()) if verbatim else _in_markdown(line)) for line in lines
    )
    return "\n".join(f"- {line}" for line in shown)


def _comments(lines: Sequence[str]) -> str:
    return "\n".join(f"% {_indented(line)}" for line in lines)


def _in_markdown(text: str) -> str:
    return markdown_text(one_line(text))
