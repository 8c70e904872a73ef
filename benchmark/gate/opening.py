"""A baseline by its path: a file, or a folder of records."""

from __future__ import annotations

import os
from pathlib import Path

from benchmark.errors import UsageError
from benchmark.gate.baseline import Baseline, baseline_of_records
from benchmark.gate.reading import read_baseline
from benchmark.results import collect


def open_baseline(path: Path) -> Baseline:
    """Read a baseline file, or the records below a folder.

    Raises:
        UsageError: there is nothing, or a model has two records of one task.
        UnreadableRecord: the file or a record is damaged.
    """
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises of what is locked
        return baseline_of_records(path, collect([path]))
    if not os.path.lexists(path):
        raise UsageError(f"`baseline` {path}: no such file; `update` writes it")
    return read_baseline(path)
