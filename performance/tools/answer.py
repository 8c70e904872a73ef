"""What a contender says when it is done: one JSON line, the last of its standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

from performance.tools.workload import Workload, read_workload


@dataclass(frozen=True, slots=True)
class Answer:
    """A contender's result.

    Attributes:
        scores: Spearman's correlation of each task, as a fraction of 1.
        padded_tokens: that went through the model, padding included.
        versions: of the libraries that made it.
    """

    scores: dict[str, float]
    padded_tokens: int
    versions: dict[str, str] = field(default_factory=dict)


def run(evaluate: Callable[[Workload], Answer], packages: Sequence[str]) -> int:
    """Answer the workload whose file is the only argument; return the exit code."""
    answer = evaluate(read_workload(Path(sys.argv[1])))
    versions = {package: metadata.version(package) for package in packages}
    print(f"\n{json.dumps(asdict(answer) | {'versions': versions})}")
    return 0


def read_answer(output: str) -> Answer:
    """Return what a contender printed.

    Raises:
        ValueError: the last line is no answer.
    """
    lines = output.strip().splitlines()
    try:
        return Answer(**json.loads(lines[-1]))
    except (IndexError, TypeError, ValueError) as error:
        raise ValueError(f"printed no answer, but {lines[-1] if lines else 'nothing'!r}") from error
