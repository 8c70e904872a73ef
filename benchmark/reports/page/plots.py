"""Plots of the page: points put into specifications of Vega-Lite, which the page's script draws.

The specifications are the files in ``specifications/``. Colours in them are variables of the
page's style sheet, so that a plot follows the page between light and dark without being drawn
again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmark.leaderboard import Cell, Leaderboard, MeasuredRow, TableRow
from benchmark.metrics.resampling import Interval
from benchmark.one_line import one_line
from benchmark.reports.leaderboard.wording import points
from benchmark.reports.page.assets import specification
from benchmark.reports.page.details import speed_of
from benchmark.results import PublishedRow

AVERAGE = "average"
LONGEST_LABEL = 40
MOST_ROWS = 60
"""Rows that are drawn; more cannot be told apart by eye."""

ROW_HEIGHT = 20
"""In pixels."""

VECTORS_TASK = "STSBenchmark"
"""The task on whose sentences Wang and Isola's (2020) figures are measured, as in SimCSE's figure 3
and by DiffCSE."""

_GEOMETRY = ("alignment", "uniformity")

Point = dict[str, Any]
"""What the plot draws of one row, by the fields that its specification names."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A list to choose from, which sets a parameter of the plot.

    Attributes:
        parameter: of the specification.
        label: of the list.
        options: values, each with what stands for it in the list.
        chosen: value at the beginning.
    """

    parameter: str
    label: str
    options: Mapping[str, str]
    chosen: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot.

    Attributes:
        id: an anchor.
        title: above it.
        text: what it shows, and what not to read into it.
        spec: JSON of Vega-Lite, its data within.
        choices: lists above it.
        headings: of its numbers as a table, for those who cannot see the plot; the first column
            holds names. Empty where the numbers stand elsewhere on the page.
        numbers: lines of that table.
        data: for the page's script, where a choice loads other points; None where none does.
        note: above the list of pairs beside it, where it has one.
    """

    id: str
    title: str
    text: str
    spec: Mapping[str, Any]
    choices: tuple[Choice, ...] = ()
    headings: tuple[str, ...] = ()
    numbers: tuple[tuple[str, ...], ...] = ()
    data: Mapping[str, Any] | None = None
    note: str = ""


def plot_of(
    board: Leaderboard,
    name: str,
    parameters: Mapping[str, Any],
    *,
    words: str = "",
    **parts: Any,
) -> Plot:
    """Return a plot of a leaderboard, see `filled_plot`.

    Args:
        board: that it is of; what it shows makes its id.
        name: of the specification.
        parameters: what stands for ``$name`` in it.
        words: as there.
        **parts: what else it takes.
    """
    anchor = f"{board.board.group}-{words or name}"
    return filled_plot(anchor, name, parameters, words=words, **parts)


def filled_plot(
    anchor: str,
    name: str,
    parameters: Mapping[str, Any],
    *,
    said: str = "",
    words: str = "",
    **parts: Any,
) -> Plot:
    """Return a plot: a specification, filled, in the style of the page.

    Args:
        anchor: its id.
        name: of the specification.
        parameters: what stands for ``$name`` in it.
        said: at the end of its text.
        words: name of a file whose words take the place of those of the specification.
        **parts: other attributes of the plot; a title or a text takes the place of that of the
            specification.
    """
    style, form = specification("style"), specification(name)
    form |= specification(words) if words else {}
    told = {
        "title": form["title"],
        "text": form["text"] + said,
        "headings": tuple(form.get("headings", ())),
        "note": form.get("note", ""),
    }
    spec = style["figure"] | _filled(form["spec"], {**style, **parameters})
    return Plot(id=anchor, spec=spec, **(told | parts))


def _filled(form: Any, parameters: Mapping[str, Any]) -> Any:
    """What is put in is not looked into: a name that begins with a dollar stays one."""
    if isinstance(form, dict):
        return {key: _filled(value, parameters) for key, value in form.items()}
    if isinstance(form, list):
        return [_filled(value, parameters) for value in form]
    if isinstance(form, str) and form.startswith("$"):
        return parameters[form[1:]]
    return form


def label(text: str, note: str = "") -> str:
    """Return a name fit for a plot: on one line, cut in its middle; the note is never cut off."""
    line, longest = one_line(text), LONGEST_LABEL - len(note)
    if len(line) > longest:
        tail = (longest - 1) // 2
        line = f"{line[: longest - 1 - tail]}…{line[len(line) - tail :]}"
    return f"{line}{note}"


def _ends(interval: Interval | None) -> Point:
    if interval is None:
        return {}
    return {"low": round(100 * interval.low, 3), "high": round(100 * interval.high, 3)}


# --- scores with their intervals, the best on top -------------------------------------------------


def interval_plot(board: Leaderboard) -> Plot | None:
    """Return the plot of the first ranking, None if it has no rows.

    Where there are too many rows, those of ours come first, then the best quoted ones.
    """
    section = board.ranking
    if section is None or not section.rows:
        return None
    rows: list[TableRow] = [*section.measured, *section.quoted]
    drawn = rows[:MOST_ROWS]
    left_out = len(section.rows) - len(drawn)
    options = {AVERAGE: "Average"} if any(row.average for row in drawn) else {}
    options |= {column.id: column.heading for column in section.columns}
    first = next(iter(options))
    description = f"{board.board.title}: score of each row, with its confidence interval"
    parameters = {
        "description": description,
        "height": ROW_HEIGHT * len(drawn),
        "chosen": first,
        "values": list(_scores(drawn, [column.id for column in section.columns])),
    }
    return plot_of(
        board,
        "intervals",
        parameters,
        said=f" The last {left_out:,} rows are not drawn." if left_out else "",
        choices=(Choice("column", "Score", options, first),),
    )


def _scores(rows: Sequence[TableRow], columns: Sequence[str]) -> Iterator[Point]:
    for row, name in zip(rows, distinct(rows), strict=True):
        kind = "measured" if isinstance(row, MeasuredRow) else "quoted"
        cells = {AVERAGE: row.average} | {column: row.cells.get(column) for column in columns}
        for column, cell in cells.items():
            if cell is not None:
                yield {"row": name, "kind": kind, "column": column, **_score(cell)}


def _score(cell: Cell) -> Point:
    shown = {"interval": points(cell.interval, 2)} if cell.interval else {}
    return {"score": float(cell.text), **_ends(cell.interval), **shown}


def distinct(rows: Sequence[TableRow]) -> list[str]:
    """Return names for a plot, no two alike.

    Rows of one name are different rows: quoted ones are told apart by their footnote.
    """
    names: list[str] = []
    for row in rows:
        note = "" if isinstance(row, MeasuredRow) else f" [{row.footnote}]"
        name = label(row.label, note)
        same = sum(other == name or other.startswith(f"{name} #") for other in names)
        names.append(f"{name} #{same + 1}" if same else name)
    return names


# --- alignment against uniformity -----------------------------------------------------------------


def vector_plot(board: Leaderboard, published: Sequence[PublishedRow]) -> Plot | None:
    """Return the plot, None for a board of other tasks or if no row of ours was measured so.

    Args:
        board: whose records hold the figures.
        published: rows of the group ``geometry``.
    """
    found = [point for row in board.measured if (point := _geometry(row))]
    if not found:
        return None
    found += [point for row in published if (point := _quoted_geometry(row))]
    numbers = tuple(
        (
            point["row"],
            point["kind"],
            *(f"{point[name]:.3f}" for name in _GEOMETRY),
            point.get("average", ""),
        )
        for point in found
    )
    return plot_of(board, "vectors", {"values": found}, numbers=numbers)


def _geometry(row: MeasuredRow) -> Point:
    result = row.results.get(VECTORS_TASK)
    if result is None or not set(_GEOMETRY) <= result.analysis.keys():
        return {}
    figures = {name: round(result.analysis[name], 4) for name in _GEOMETRY}
    average = {"average": row.average.text} if row.average else {}
    return {"kind": "measured", "row": label(row.label), **figures, **average}


def _quoted_geometry(row: PublishedRow) -> Point:
    if not set(_GEOMETRY) <= row.scores.keys():
        return {}
    figures = {name: float(row.scores[name]) for name in _GEOMETRY}
    average = row.scores.get("sts/average")
    shown = {} if average is None else {"average": f"{average:f}"}
    return {"kind": "quoted", "row": label(row.label), **figures, **shown}


# --- average score against sentences a second -----------------------------------------------------


def speed_plot(board: Leaderboard) -> Plot | None:
    """Return the plot, None if no measured row of the first ranking has average and speed."""
    rows = board.ranking.measured if board.ranking else []
    found = [point for row in rows if (point := _speed(row))]
    if not found:
        return None
    numbers = tuple(
        (point["row"], f"{point['score']:.2f}", f"{point['rate']:,.0f}", point["machine"])
        for point in found
    )
    return plot_of(board, "speed", {"values": found}, numbers=numbers)


def _speed(row: MeasuredRow) -> Point:
    speed = speed_of(row)
    if speed is None or row.average is None:
        return {}
    return {
        "row": label(row.label),
        "score": float(row.average.text),
        "rate": float(f"{speed.rate:.4g}"),
        "machine": label(speed.machine),
        **_ends(row.average.interval),
    }
