"""Curves of cost, side by side, for a page that may be light or dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from performance.tools.curves import Measured
from performance.tools.plot import INK, OURS, STYLE, quiet

_ROOM = 3
"""Letters of a label that fit below a point; longer ones are slanted."""


def draw(curves: Mapping[str, Sequence[Measured]], path: Path) -> None:
    """Write an SVG: seconds over the quantity of each curve, both in logarithms.

    The dashed line is the machine's limit: the least work at the rate of its products.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        OSError: the file cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    shown = {name: curve for name, curve in curves.items() if curve}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(2.6 * len(shown) + 0.4, 2.6), layout="constrained")
        panels = figure.subplots(1, len(shown), squeeze=False, sharey=True)[0]
        for axes, (name, curve) in zip(panels, shown.items(), strict=True):
            _draw_curve(axes, name, curve)
        panels[0].set_ylabel("seconds to encode", color=INK)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})


def _draw_curve(axes: Any, name: str, curve: Sequence[Measured]) -> None:
    x = [found.point.quantity for found in curve]
    least = [found.operations / found.rate for found in curve]
    axes.loglog(x, [found.encode_seconds for found in curve], "o-", color=OURS, markersize=4)
    axes.loglog(x, least, linestyle=(0, (4, 3)), color=INK, linewidth=1)
    axes.set_xticks(x, [_short(found) for found in curve], fontsize="small")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.set_xlabel(name, color=INK)
    quiet(axes)
    if any(len(_short(found)) > _ROOM for found in curve):
        axes.tick_params(axis="x", labelrotation=30)


def _short(found: Measured) -> str:
    return found.point.label.partition(",")[0]
