"""Scores that are called approximate wherever they are shown."""

from __future__ import annotations

from collections.abc import Mapping

from benchmark.results.record import TaskResult

LARGEST_CHANGE: Mapping[tuple[str, str], str] = {
    ("int8", "onnx"): "0.31",
    ("int8", "openvino"): "0.31",
}
"""By precision and backend: how far a main score of the seven STS tasks moved from that of the
reference, float32 in torch, in points; settings that moved none by more than 0.1 are not here.
Measured with ``performance/precision_speed.py``, see docs/precision.md."""

_MEASURED_ON = "all-minilm-l6-v2"

_MARK = " (approximate)"


def approximation_note(card: Mapping[str, object]) -> str:
    """Return the caution that goes with scores of this encoder; empty if none is due.

    Args:
        card: of the encoder, as records hold it.
    """
    precision, backend = (str(card.get(name)) for name in ("precision", "backend"))
    change = LARGEST_CHANGE.get((precision, backend))
    if change is None:
        return ""
    return (
        f"approximate: {precision} in {backend} moved main scores of {_MEASURED_ON} by up to "
        f"{change} points from those of float32 in torch"
    )


def is_approximate(result: TaskResult) -> bool:
    """Tell whether a score is called approximate."""
    return bool(approximation_note(result.model.card))


def marked(name: str, *, approximate: bool) -> str:
    """Return a name as tables show it: one whose scores are approximate says so."""
    return name + _MARK if approximate else name
