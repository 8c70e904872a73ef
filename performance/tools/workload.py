"""The question that every contender answers: a checkpoint, and sentence pairs in one file.

Contenders read this file and nothing of `benchmark`, so that an interpreter which has only their
own library will do.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Model:
    """A checkpoint, and how its tokens become a vector.

    Attributes:
        folder: holds ``config.json``, weights and tokenizer.
        pooler: as `benchmark.encoders.transformer.poolers` calls it.
        normalize: whether vectors are scaled to length one.
        max_length: in tokens; None for the tokenizer's own.
    """

    folder: str
    pooler: str
    normalize: bool
    max_length: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """Pairs of a subset or split; ``scored`` tells whether they count for the task's score."""

    name: str
    scored: bool
    first: list[str]
    second: list[str]
    gold: list[float]


@dataclass(frozen=True, slots=True)
class TaskPairs:
    """A task: its parts, those that only SimCSE's script encodes included.

    Attributes:
        id: as `benchmark.tasks` calls it.
        sorted: whether SentEval's loader sorts the pairs of a part.
        parts: in the order of the catalogue.
    """

    id: str
    sorted: bool
    parts: list[Part]

    def scored(self) -> tuple[list[str], list[str], list[float]]:
        """Return both sides and the gold scores of all pairs that count, one after another."""
        parts = [part for part in self.parts if part.scored]
        return (
            [sentence for part in parts for sentence in part.first],
            [sentence for part in parts for sentence in part.second],
            [score for part in parts for score in part.gold],
        )


@dataclass(frozen=True, slots=True)
class Workload:
    """A model, the device it shall use, and tasks."""

    model: Model
    device: str
    tasks: list[TaskPairs]

    def cut(self, pairs: int) -> Workload:
        """Return the first task with the first pairs of each part, for warming up."""
        task = self.tasks[0]
        parts = [
            Part(p.name, p.scored, p.first[:pairs], p.second[:pairs], p.gold[:pairs])
            for p in task.parts
        ]
        return Workload(self.model, self.device, [TaskPairs(task.id, task.sorted, parts)])

    def write(self, path: Path) -> None:
        """Write the file that `read_workload` reads."""
        path.write_text(json.dumps(asdict(self)), "utf-8")


def read_workload(path: Path) -> Workload:
    """Read a file that `Workload.write` wrote."""
    content = json.loads(path.read_text("utf-8"))
    tasks = [
        TaskPairs(task["id"], task["sorted"], [Part(**part) for part in task["parts"]])
        for task in content["tasks"]
    ]
    return Workload(Model(**content["model"]), content["device"], tasks)
