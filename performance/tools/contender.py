"""Who takes part in the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contender:
    """A way to the same scores.

    Attributes:
        name: in options and files.
        title: in the table and the plot.
        module: program that answers a workload; None for ``run_eval.py`` itself.
        package: distribution that its interpreter must have.
    """

    name: str
    title: str
    module: str | None = None
    package: str = "torch"


COLD = "ours-cold"
WARM = "ours-warm"
AUTO = "ours-auto"
"""In 16 bits where the machine has instructions for them; how far its scores move is shown."""
MTEB = "mteb"

_HERE = "performance.tools"

CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender(COLD, "run_eval.py, empty store"),
        Contender(WARM, "run_eval.py, again"),
        Contender(AUTO, "run_eval.py --precision auto, empty store"),
        Contender("simcse", "SimCSE's way", f"{_HERE}.simcse"),
        Contender(
            "sentence-transformers",
            "sentence-transformers' evaluator",
            f"{_HERE}.sentence_transformers_evaluator",
            "sentence-transformers",
        ),
        Contender(MTEB, "MTEB", f"{_HERE}.mteb_evaluate", "mteb"),
    )
}
"""In the order of the table."""


def rotated(names: Sequence[str], turn: int) -> list[str]:
    """Return the names from another one on: nobody shall always run first, or after the same."""
    start = turn % len(names)
    return [*names[start:], *names[:start]]
