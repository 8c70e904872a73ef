"""The form that every report on one model or two is made from: sections of rows, and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tabulate import tabulate

from benchmark.one_line import one_line
from benchmark.reports.escaping import markdown_text

WIDTH = 100
"""Columns of a terminal, where nobody says how many it has."""

_INDENT = 4


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
        title: above it.
        headings: of its columns.
        columns: for each ``l`` (left) or ``r`` (right).
        rows: in order.
        notes: below it.
    """

    title: str
    headings: tuple[str, ...] = ()
    columns: str = ""
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report.

    Attributes:
        opening: lines above all tables: who is who.
        sections: the tables.
        closing: lines below all tables: how to read them, what is not in them.
    """

    opening: tuple[str, ...]
    sections: tuple[Section, ...]
    closing: tuple[str, ...] = ()


def as_text(sheet: Sheet, width: int = WIDTH) -> str:
    """Return a report for a terminal; long sentences are cut to its width."""
    blocks = [_lines(sheet.opening)]
    blocks += [_text_section(section, width) for section in sheet.sections]
    blocks += [_lines(sheet.closing)]
    return "\n\n".join(block for block in blocks if block)


def as_markdown(sheet: Sheet) -> str:
    """Return a report as Markdown, sentences in full."""
    blocks = [_bullets(sheet.opening)]
    for section in sheet.sections:
        blocks += [f"### {_escaped(section.title)}", _markdown_table(section)]
        blocks += [_bullets(section.notes)]
    blocks += [_bullets(sheet.closing)]
    return "\n\n".join(block for block in blocks if block)


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(map(one_line, lines))


def _text_section(section: Section, width: int) -> str:
    parts = [one_line(section.title)]
    if section.rows:
        cells = [tuple(map(one_line, row.cells)) for row in section.rows]
        table = _tabulated(tuple(map(one_line, section.headings)), cells, section.columns, "simple")
        head, body = table.splitlines()[:2], table.splitlines()[2:]
        parts += [line.rstrip() for line in head]
        for line, row in zip(body, section.rows, strict=True):
            parts.append(line.rstrip())
            parts += [" " * _INDENT + _cut(one_line(s), width - _INDENT) for s in row.sentences]
    return "\n".join([*parts, *map(one_line, section.notes)])


def _markdown_table(section: Section) -> str:
    if not section.rows:
        return ""
    told = any(row.sentences for row in section.rows)
    headings = (*map(_escaped, section.headings), *(("Sentences",) if told else ()))
    rows = [
        (*map(_escaped, row.cells), *((_stacked(row.sentences),) if told else ()))
        for row in section.rows
    ]
    return _tabulated(headings, rows, section.columns + "l" * told, "pipe")


def _tabulated(
    headings: Sequence[str], rows: Sequence[Sequence[str]], columns: str, style: str
) -> str:
    align = [{"l": "left", "r": "right"}[column] for column in columns]
    return tabulate(rows, headers=headings, tablefmt=style, disable_numparse=True, colalign=align)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: max(most - 3, 0)]}..."


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {_escaped(line)}" for line in lines)


def _stacked(sentences: Sequence[str]) -> str:
    return "<br>".join(map(_escaped, sentences))


def _escaped(text: str) -> str:
    return markdown_text(one_line(text))
