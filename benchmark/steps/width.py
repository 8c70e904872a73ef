"""How many dimensions steps need, and leave, as far as that is known before there are vectors."""

from __future__ import annotations

from collections.abc import Iterable

from benchmark.errors import UsageError
from benchmark.steps.built_in import Normalize, Truncate
from benchmark.steps.fitted import Center, Int8, RemoveTop, Whitening
from benchmark.steps.step import AnyStep

_KEEP = (Normalize, Center, RemoveTop, Int8)
"""Steps that leave as many dimensions as there are."""


def require_width(steps: Iterable[AnyStep], width: int) -> None:
    """Refuse steps that keep more dimensions than vectors have.

    What comes after a step that is not ours is not known, and not looked at.

    Args:
        steps: in order.
        width: of the vectors before the first.

    Raises:
        UsageError: as applying them would.
    """
    for step in steps:
        if isinstance(step, (Truncate, Whitening)):
            kept = step.dimensions or width
            if kept > width and not (isinstance(step, Truncate) and step.or_fewer):
                raise UsageError(f"step {step.name}: the vectors have only {width} dimensions")
            width = min(kept, width)
        elif not isinstance(step, _KEEP):
            return
