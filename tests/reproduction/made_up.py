"""A checkpoint with random weights, made-up data, and tables that "publish" what a run gave."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmark import Run, evaluate
from benchmark.results.published_files import published_folder
from benchmark.tasks import table
from tests.checkpoints import SENTENCES
from tests.made_up_data import write_senteval

WORDS = tuple(sorted({word.lower() for text in SENTENCES for word in re.findall(r"\w\w+", text)}))
"""Those that the tokenizers of the tests know, or make of known pieces."""

MODEL = "unsup-simcse-bert-base"
"""Of the catalogue: its weights have no hash there, so that the tests' hub may hold others."""

REPOSITORY = "princeton-nlp/unsup-simcse-bert-base-uncased"
DOCUMENTED = "cls_before_pooler"

STS = tuple(task.id for task in table("sts"))


def write_data(folder: Path) -> Path:
    """Write similarity data of these words, each part of another size."""
    return write_senteval(folder, pairs=9, words=WORDS, uneven=True)


@dataclass
class Place:
    """Where a checkpoint and the data lie."""

    checkpoint: Path
    data: Path
    options: dict[str, Any] = field(default_factory=lambda: {"device": "cpu"})

    @property
    def of_data(self) -> dict[str, Any]:
        """Options that every run has."""
        return {"data_dir": self.data, "unverified_data": True, **self.options}

    def run(self, pooler: str, tasks: str = "sts", model: Any = None) -> Run:
        """Score the checkpoint by one pooler, as anybody would."""
        name = str(model or self.checkpoint)
        return evaluate(name, tasks, pooler=pooler, cache=False, **self.of_data)


def figures(
    run: Run, aggregation: str = "all", metric: str = "spearman", decimals: int = 2
) -> dict[str, float]:
    """Return the scores of a run, in points, as somebody who aggregates so would print them."""
    return {
        task: round(100 * result.scores[aggregation][metric], decimals)
        for task, result in run.items()
    }


def average(printed: Mapping[str, float]) -> str:
    """Return the mean of printed figures, printed."""
    return f"{round(sum(printed.values()) / len(printed), 2):.2f}"


def quoted(printed: Mapping[str, float], model: str = "Paper", **more: Any) -> dict[str, Any]:
    """Return a row of a table."""
    return {"model": model, "columns": list(printed), "scores": list(printed.values()), **more}


PROTOCOL = {"aggregation": "all", "metric": "spearman", "similarity": "cos", "data": "senteval"}


def write_published(
    folder: Path,
    rows: Sequence[Mapping[str, Any]],
    *,
    group: str = "sts",
    protocol: Mapping[str, str] | None = None,
    table_id: str = "paper",
) -> Path:
    """Write a folder of published tables with one table."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in published_folder().iterdir():
        if path.is_file() and "[[rows]]" not in path.read_text("utf-8"):
            shutil.copy(path, folder)
    lines = [
        'title = "A table"',
        f'group = "{group}"',
        'source = "simcse"',
        f"columns = {json.dumps(STS)}",
        "[protocol]",
        *_lines(PROTOCOL if protocol is None else protocol),
    ]
    for row in rows:
        lines += ["[[rows]]", *_lines(row)]
    (folder / f"{table_id}.toml").write_text("\n".join(lines), "utf-8")
    return folder


def _lines(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in values.items()]


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f"{value:.2f}" if isinstance(value, float) else json.dumps(value)
