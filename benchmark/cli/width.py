"""Tables that are wider than the terminal they are printed on.

In a pipe nothing is changed: who reads there is a program, or a file. Nothing is ever cut: gaps
become narrower, then headings and names are folded onto several lines, and a table of numbers that
are too many for the width stays as wide as they are.
"""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

_RULE = re.compile(r"-+(?:  -+)+")
_LEAST = 8
"""Columns of folded text, unless it is shorter."""

Cells = list[str]


def terminal_width() -> int | None:
    """Return the columns of the terminal behind standard output, None if there is none."""
    try:
        watched = sys.stdout.isatty()
    except ValueError:  # closed
        return None
    return shutil.get_terminal_size().columns if watched else None


def fitted(text: str, width: int | None) -> str:
    """Return a text whose tables fit a width, as far as their numbers allow.

    Args:
        text: with tables in the style ``simple`` of tabulate: headings above a rule of hyphens.
        width: in columns; None leaves the text as it is.
    """
    if width is None or all(len(line) <= width for line in text.splitlines()):
        return text
    lines = text.split("\n")
    rules = [place for place, line in enumerate(lines) if place and _RULE.fullmatch(line)]
    shown: list[str] = []
    done = 0
    for rule in rules:
        end = rule + 1
        while end < len(lines) and lines[end].strip():
            end += 1
        shown += lines[done : rule - 1]
        shown += _table(lines[rule - 1 : end], width)
        done = end
    return "\n".join([*shown, *lines[done:]])


def _table(lines: Sequence[str], width: int) -> list[str]:
    """Return a table, headings and rule first; lines that are no rows stay between them."""
    spans = [(found.start(), found.end()) for found in re.finditer(r"-+", lines[1])]
    rows = [_row(line, spans) for line in lines]
    if rows[0] is None or max(len(line) for line, row in zip(lines, rows, strict=True) if row) <= (
        width
    ):
        return [*lines]
    headings, cells = rows[0], [row for row in rows[2:] if row is not None]
    right = [_is_right(lines, rows, span) for span in spans]
    gap, widths = _widths(headings, cells, right, width)
    shown = [*_laid_out(headings, widths, right, gap)]
    shown.append((" " * gap).join("-" * size for size in widths))
    for line, row in zip(lines[2:], rows[2:], strict=True):
        shown += [line] if row is None else _laid_out(row, widths, right, gap)
    return shown


def _row(line: str, spans: Sequence[tuple[int, int]]) -> Cells | None:
    """Return the cells of a line, None if it is another kind of line."""
    edges = [0, *(end for _, end in spans)]
    between = [line[end:start] for end, (start, _) in zip(edges, spans, strict=False)]
    if line.startswith(" " * 4) or any(map(str.strip, between)):
        return None
    last = len(spans) - 1
    return [
        line[start : None if place == last else end].strip()
        for place, (start, end) in enumerate(spans)
    ]


def _is_right(lines: Sequence[str], rows: Sequence[Cells | None], span: tuple[int, int]) -> bool:
    """Tell whether the column of numbers ends where its rule does, in every row."""
    start, end = span
    there = [line for line, row in zip(lines, rows, strict=True) if row and line[start:end].strip()]
    return all(line[end - 1 : end].strip() for line in there) and not all(
        line[start : start + 1].strip() for line in there
    )


def _widths(
    headings: Cells, rows: Sequence[Cells], right: Sequence[bool], width: int
) -> tuple[int, list[int]]:
    """Return the gap between columns and their widths: as little is folded as will do."""
    columns = [[row[place] for row in rows] for place in range(len(headings))]
    longest = [max(map(len, column), default=0) for column in columns]
    whole = [max(len(name), size) for name, size in zip(headings, longest, strict=True)]
    folded = [max(_piece(name), size) for name, size in zip(headings, longest, strict=True)]
    for gap, widths in ((2, whole), (1, whole), (2, folded), (1, folded)):
        if _total(widths, gap) <= width:
            return gap, widths
    widths = [*folded]
    text = [place for place, is_right in enumerate(right) if not is_right]
    least = [max(_LEAST, _piece(headings[place])) for place in range(len(headings))]
    while _total(widths, 1) > width:
        wide = [place for place in text if widths[place] > least[place]]
        # Names in the first column are there to be copied: they are folded when nothing else helps.
        wide = [place for place in wide if place] or wide
        if not wide:
            break
        widths[max(wide, key=widths.__getitem__)] -= 1
    return 1, widths


def _total(widths: Sequence[int], gap: int) -> int:
    return sum(widths) + gap * (len(widths) - 1)


def _piece(name: str) -> int:
    return max(map(len, name.split()), default=0)


def _laid_out(
    cells: Cells, widths: Sequence[int], right: Sequence[bool], gap: int
) -> Iterator[str]:
    """Yield the lines of one row."""
    parts = [_fold(cell, size) for cell, size in zip(cells, widths, strict=True)]
    for place in range(max(map(len, parts))):
        line = [
            (part[place] if place < len(part) else "").rjust(size)
            if is_right
            else (part[place] if place < len(part) else "").ljust(size)
            for part, size, is_right in zip(parts, widths, right, strict=True)
        ]
        yield (" " * gap).join(line).rstrip()


def _fold(text: str, size: int) -> list[str]:
    if len(text) <= size:
        return [text]
    # A name breaks behind what stands between its parts, before it breaks within one.
    parted = re.sub(r"(?<=[/_])(?=\w)", "\x00", text)
    pieces = textwrap.wrap(parted.replace("\x00", " \x00"), size + 2) if "\x00" in parted else []
    joined = [piece.replace(" \x00", "").replace("\x00", "") for piece in pieces]
    if joined and all(len(piece) <= size for piece in joined):
        return joined
    return textwrap.wrap(text, size) or [""]
