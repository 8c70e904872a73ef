"""What all plots share: their form, and how they look.

Colours are the variables of the page's style sheet, so that a plot follows the page between
light and dark without being drawn again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmark.one_line import one_line

Spec = dict[str, Any]
"""JSON of Vega-Lite."""

KINDS = ("measured", "quoted")
LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class Option:
    """A value to choose, and what stands for it in the list."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A list to choose from, which sets a parameter of the plot.

    Attributes:
        parameter: of the specification.
        label: of the list.
        options: in order.
        chosen: value at the beginning.
    """

    parameter: str
    label: str
    options: tuple[Option, ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot.

    Attributes:
        id: an anchor.
        title: above it.
        text: what it shows, and what not to read into it.
        spec: its form and its data.
        choices: lists above it.
        headings: of its numbers as a table, for those who cannot see the plot; the first column
            holds names. Empty where the numbers stand elsewhere on the page.
        numbers: lines of that table.
    """

    id: str
    title: str
    text: str
    spec: Spec
    choices: tuple[Choice, ...] = ()
    headings: tuple[str, ...] = ()
    numbers: tuple[tuple[str, ...], ...] = ()


def label(text: str) -> str:
    """Return a name fit for a plot: on one line, and not endless."""
    line = one_line(text)
    return line if len(line) <= LONGEST_LABEL else f"{line[: LONGEST_LABEL - 1]}…"


def figure(description: str, height: int | Mapping[str, int], **parts: Any) -> Spec:
    """Return a specification as wide as its place, in the style of the page.

    Args:
        description: for those who cannot see it.
        height: in pixels, or of a step.
        parts: what is special about it.
    """
    return {
        "description": description,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "background": None,
        "padding": 4,
        "config": _STYLE,
        **parts,
    }


def kind_colour() -> Spec:
    """Return the encoding of colour: measured or quoted."""
    colours = ["var(--accent)", "var(--quoted)"]
    return {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": list(KINDS), "range": colours},
        "legend": _LEGEND,
    }


def kind_shape() -> Spec:
    """Return the encoding of shape: measured or quoted, told apart without colour too."""
    return {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": list(KINDS), "range": ["circle", "diamond"]},
        "legend": _LEGEND,
    }


_LEGEND = {"title": None, "orient": "top", "direction": "horizontal", "offset": 8}

_FONT = "system-ui, sans-serif"

_STYLE: Spec = {
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--ink)",
        "labelFontSize": 12,
        "titleColor": "var(--muted)",
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 10,
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelPadding": 6,
    },
    "legend": {
        "labelColor": "var(--ink)",
        "labelFontSize": 12,
        "titleColor": "var(--muted)",
        "symbolStrokeWidth": 0,
    },
    "text": {"color": "var(--ink)", "fontSize": 12},
    "rule": {"color": "var(--accent)"},
}
