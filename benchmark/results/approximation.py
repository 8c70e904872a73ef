"""Scores that are called approximate wherever they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from benchmark.results.record import TaskResult

LARGEST_CHANGE: Mapping[tuple[str, str], str] = {
    ("int8", "onnx"): "0.31",
    ("int8", "openvino"): "0.31",
}
"""By precision and backend: how far a main score of the seven STS tasks moved from that of the
reference, float32 in torch, in points; settings that moved none by more than 0.1 are not here.
Measured with ``performance/precision_speed.py``, see docs/precision.md."""

_NOT_MEASURED = {("8bit", "torch"), ("4bit", "torch")}
"""Weights in fewer bits, on devices that were not at hand."""

_MEASURED_ON = "all-minilm-l6-v2"

_MARK = " (approximate)"


def approximation_note(precision: str, backend: str | None) -> str:
    """Return the caution that goes with scores computed so; empty if none is due."""
    if (precision, backend) in _NOT_MEASURED:
        return (
            f"approximate: {precision} in {backend} keeps weights in so few bits that scores "
            "are not those of the model; by how much was not measured"
        )
    change = LARGEST_CHANGE.get((precision, str(backend)))
    if change is None:
        return ""
    return (
        f"approximate: {precision} in {backend} moved main scores of {_MEASURED_ON} by up to "
        f"{change} points from those of float32 in torch"
    )


def is_approximate(result: TaskResult) -> bool:
    """Tell whether a score is called approximate."""
    card = result.model.card
    return bool(approximation_note(str(card.get("precision")), str(card.get("backend"))))


def shown_name(name: str, results: Iterable[TaskResult]) -> str:
    """Return the name of who gave these results as tables show it, `marked` if one needs it."""
    return marked(name, approximate=any(map(is_approximate, results)))


def marked(name: str, *, approximate: bool) -> str:
    """Return a name as tables show it: one whose scores are approximate says so."""
    return name + _MARK if approximate else name
