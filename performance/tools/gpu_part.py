"""A part of what is asked of a GPU, in a process of its own: one that crashes ends no other."""

from __future__ import annotations

import argparse
import faulthandler
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from performance.tools.findings import Findings


@dataclass(frozen=True, slots=True)
class Asked:
    """What all parts are told.

    Attributes:
        device: of torch.
        folder: for what is written on the way.
        model: a checkpoint's folder; None for random weights alone.
        data_dir: of the STS data; None for sentences of our own.
        tiny: whether sizes shall suit a dry run.
    """

    device: str
    folder: Path
    model: str | None = None
    data_dir: str | None = None
    tiny: bool = False


def run_part(measure: Callable[[Findings, Asked], None]) -> int:
    """Measure what the command line asks for; return the exit code."""
    faulthandler.enable()
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--data-dir")
    parser.add_argument("--tiny", action="store_true")
    given = parser.parse_args()
    findings = Findings(given.json, given.seconds)
    with tempfile.TemporaryDirectory(prefix="gpu-") as scratch:
        folder = given.folder or Path(scratch)
        measure(findings, Asked(given.device, folder, given.model, given.data_dir, given.tiny))
    return 0
