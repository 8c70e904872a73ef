"""What an update changed in a baseline."""

from __future__ import annotations

from collections.abc import Iterator

from benchmark.gate import Update
from benchmark.one_line import one_line
from benchmark.reports.gate.wording import points, score


def update_text(update: Update) -> str:
    """Return a line for each entry that changed, and a summary."""
    counts = {
        "added": len(update.added),
        "changed": len(update.changed),
        "as before": len(update.unchanged),
        "kept though not run": len(update.not_run),
        "removed": len(update.removed),
    }
    said = ", ".join(f"{number:,} {what}" for what, number in counts.items() if number)
    return "\n".join([*_lines(update), f"{said}: {one_line(str(update.baseline.path))}"])


def _lines(update: Update) -> Iterator[str]:
    entries = update.baseline.entries
    for model, task in update.added:
        yield f"added    {_name(model, task)}  {score(entries[model][task].score)}"
    for (model, task), (old, new) in update.changed.items():
        scores = f"{score(old.score)} -> {score(new.score)}"
        difference = points(100 * (new.score - old.score), "+")
        yield f"changed  {_name(model, task)}  {scores} ({difference})"
    for model, task in update.removed:
        yield f"removed  {_name(model, task)}"


def _name(model: str, task: str) -> str:
    return f"{one_line(model)} {one_line(task)}"
