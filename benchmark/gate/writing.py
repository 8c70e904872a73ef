"""Writing a baseline file: the same scores make the same bytes."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec

from benchmark.atomic import write_atomically
from benchmark.errors import UsageError
from benchmark.gate.baseline import Baseline, Entry
from benchmark.gate.layout import BASELINE_VERSION, WrittenEntry
from benchmark.gate.measured import in_order

_HEADER = """\
# The baseline of the regression gate: docs/regression-gate.md explains it.
# Scores are fractions of 1. Tolerances are points of the scale from 0 to 100, or "N samples" of
# the test set; `tolerance` and `reason` of an entry are for you to write. --update keeps them,
# and writes everything else anew, comments included.
"""


def encode_baseline(baseline: Baseline) -> bytes:
    """Return a baseline as TOML: sorted by model and by order of the papers, floats in full."""
    import tomli_w

    tolerances = {group: t.written() for group, t in sorted(baseline.tolerances.items())}
    models = {
        model: {task: _written(baseline.entries[model][task]) for task in in_order(tasks)}
        for model, tasks in sorted(baseline.entries.items())
    }
    document = {
        "schema_version": BASELINE_VERSION,
        **({"tolerances": tolerances} if tolerances else {}),
        "models": models,
    }
    return (_HEADER + tomli_w.dumps(document)).encode()


def write_baseline(baseline: Baseline) -> None:
    """Write a baseline file, whole or not at all.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        write_atomically(baseline.path.resolve(), encode_baseline(baseline))
    except OSError as error:
        raise UsageError(
            f"`baseline` {baseline.path}: cannot be written ({error.strerror or error}); choose "
            "another place"
        ) from error


def _written(entry: Entry) -> dict[str, Any]:
    written = WrittenEntry(
        score=entry.score,
        **dataclasses.asdict(entry.identity),
        tolerance=None if entry.tolerance is None else entry.tolerance.written(),
        reason=entry.reason,
    )
    found: dict[str, Any] = msgspec.to_builtins(written)
    return found
