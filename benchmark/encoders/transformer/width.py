"""How long the vectors of a checkpoint will be, from its configuration alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmark.encoders.transformer.dense import DenseFolder, LayerFolder
from benchmark.encoders.transformer.poolers import Pooler
from benchmark.steps import Normalize, Truncate

_WIDTHS = {
    **dict.fromkeys(("albert", "bert", "camembert", "electra", "modernbert"), "hidden_size"),
    **dict.fromkeys(("mpnet", "roberta", "xlm-roberta"), "hidden_size"),
    "distilbert": "dim",
}
"""Where architectures whose last layer is as wide as all others say how wide that is."""


def width_of(
    config: Mapping[str, Any],
    pooler: Pooler,
    steps: Sequence[LayerFolder | Normalize | Truncate],
) -> int | None:
    """Return the length of vectors after the encoder's own steps; None where it is not known.

    Args:
        config: the checkpoint's ``config.json``.
        pooler: one of several parts is not looked into.
        steps: the encoder's own.
    """
    width = config.get(_WIDTHS.get(str(config.get("model_type")), ""))
    if not isinstance(width, int) or pooler.parts:
        return None
    for step in steps:
        if isinstance(step, DenseFolder):
            width = step.width
        elif isinstance(step, Truncate):
            width = min(width, step.dimensions)
    return width
