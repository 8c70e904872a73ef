r"""Tables for a paper in LaTeX: floats with a caption, a label and the rules of booktabs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from benchmark.escaping import latex_text
from benchmark.one_line import one_line

_SIGNED = re.compile(r"([+-]?\d+(?:\.\d+)?(?: ± \d+\.\d+)?)([*°]?)")
_SIGNS = {"": "", "*": "$^{*}$", "°": r"$^{\circ}$"}
_SET = {"best": r"\textbf{%s}", "second": r"\underline{%s}", "": "%s"}
_IN_TEXT = {"°": r"$^{\circ}$", "±": r"$\pm$", "\N{EN DASH}": "--", "\N{EM DASH}": "---"}


def latex_float(caption: str, label: str, content: Iterable[str]) -> str:
    """Return a float that spans the columns of a page, with its caption above.

    Args:
        caption: in LaTeX.
        label: of any characters; ``tab:`` stands before it.
        content: lines of LaTeX.
    """
    name = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
    return "\n".join(
        [
            r"\begin{table*}",
            r"\centering\small\setlength{\tabcolsep}{4pt}",
            rf"\caption{{{caption}}}",
            rf"\label{{tab:{name}}}",
            *content,
            r"\end{table*}",
        ]
    )


def floating(
    caption: str,
    label: str,
    headings: Sequence[str],
    columns: str,
    rows: Sequence[Sequence[str]],
    *,
    marked: bool,
) -> str:
    """Return a table of plain text as such a float.

    Args:
        caption: of the float.
        label: of the float.
        headings: of the columns.
        columns: for each ``l`` or ``r``; signs behind numbers of the latter stand high.
        rows: cells.
        marked: whether the greatest number of a column is bold, and the second underlined.
    """
    marks = _marks(rows, columns) if marked else {}
    lines = [
        [
            _cell(cell, kind, marks.get((place, column), ""))
            for column, (cell, kind) in enumerate(zip(cells, columns, strict=True))
        ]
        for place, cells in enumerate(rows)
    ]
    return latex_float(
        _text(caption),
        label,
        [
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            _line(map(_text, headings)),
            r"\midrule",
            *map(_line, lines),
            r"\bottomrule",
            r"\end{tabular}",
        ],
    )


def _line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _cell(text: str, kind: str, mark: str) -> str:
    signed = _SIGNED.fullmatch(text) if kind == "r" else None
    if signed is None:
        return _text(text)
    return _SET[mark] % _text(signed[1]).replace("-", "$-$") + _SIGNS[signed[2]]


def _text(text: str) -> str:
    escaped = latex_text(one_line(text))
    for character, written in _IN_TEXT.items():
        escaped = escaped.replace(character, written)
    return escaped


def _marks(rows: Sequence[Sequence[str]], columns: str) -> dict[tuple[int, int], str]:
    """Return which cells are best and second best of their column, as printed; equal ones both."""
    found: dict[tuple[int, int], str] = {}
    for column, kind in enumerate(columns):
        cells = enumerate(row[column] for row in rows)
        numbers = {
            place: Decimal(text)
            for place, text in cells
            if kind == "r" and re.fullmatch(r"-?\d+(\.\d+)?", text)
        }
        ranked = sorted(set(numbers.values()), reverse=True) if len(numbers) > 1 else []
        names = dict(zip(ranked, ("best", "second"), strict=False))
        found |= {(place, column): names.get(number, "") for place, number in numbers.items()}
    return found
