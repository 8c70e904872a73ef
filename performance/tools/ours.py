"""Our own runs: ``run_eval.py`` as anybody starts it, with an empty store and with a full one.

The cold run finds no stored vector and writes the store and the records. The warm run finds
every vector and writes its records to another folder.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from performance.tools.child import PROJECT

_HEAVY = ("torch", "transformers")


@dataclass(frozen=True, slots=True)
class OurAnswer:
    """What a run of ours left behind.

    Attributes:
        scores: main score of each task, as a fraction of 1.
        table: what it printed, up to the first blank line.
        encoded: sentences that went through the encoder.
        encode_seconds: in the encoder, as its record says.
        versions: of the libraries that made the vectors.
        precision: that it computed in.
    """

    scores: dict[str, float]
    table: str
    encoded: int
    encode_seconds: float
    versions: dict[str, str]
    precision: str


def command(records: Path, asked: list[str], *, list_imports: bool = False) -> list[str]:
    """Return the command line of a run.

    Args:
        records: folder for its records.
        asked: options that name model, tasks and data.
        list_imports: let Python name each module it imports on standard error.
    """
    flags = ["-X", "importtime"] if list_imports else []
    program = str(PROJECT / "run_eval.py")
    return [sys.executable, *flags, program, *asked, "--output-dir", str(records)]


def heavy_imports(messages: str) -> list[str]:
    """Return which of torch and transformers the messages of such a run name."""
    names = {line.rpartition("|")[2].strip() for line in messages.splitlines()}
    return [name for name in _HEAVY if name in names]


def read_answer(records: Path, output: str, tasks: list[str]) -> OurAnswer:
    """Read the records of a run.

    Raises:
        ValueError: a task has no record.
    """
    found = {record["task"]: record for record in _records(records)}
    missing = [task for task in tasks if task not in found]
    if missing:
        raise ValueError(f"left no record of {', '.join(missing)}")
    first = found[tasks[0]]
    return OurAnswer(
        scores={task: found[task]["main_score"] for task in tasks},
        table=output.partition("\n\n")[0],
        # A sentence of two tasks counts for both: only whether it is zero matters.
        encoded=sum(found[task]["effort"]["encoded_sentences"] for task in tasks),
        encode_seconds=first["timings"]["encode_seconds"],
        versions={name: first["environment"][name] for name in ("benchmark", "torch", "numpy")},
        precision=dict(part.split(":", 1) for part in first["signature"].split("|"))["dtype"],
    )


def _records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*/*/*.json"))]
