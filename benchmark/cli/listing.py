"""``--list-models`` and ``--list-tasks``: what there is, from the catalogues alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import msgspec
from tabulate import tabulate

from benchmark.datasets import load_catalogue
from benchmark.encoders.asked.catalogue import named_models
from benchmark.tasks import all_tasks, groups

_STYLES = {"markdown": "pipe", "latex": "latex_booktabs"}


def list_models(form: str) -> str:
    """Return the model catalogue in a format."""
    rows = [
        {
            "model": name,
            "title": model.title,
            "pooler": model.pooler,
            "source": ", ".join(
                source.id if kind == "any" else f"{source.id} ({kind})"
                for kind, source in model.checkpoints.items()
            ),
        }
        for name, model in named_models().items()
    ]
    return _rendered(rows, form)


def list_tasks(form: str) -> str:
    """Return the task catalogue in a format."""
    rows = []
    for task in all_tasks():
        dataset = load_catalogue().datasets[task.dataset]
        member = [name for name, members in groups().items() if task in members]
        rows.append(
            {
                "task": task.id,
                "also": ", ".join(task.aliases),
                "groups": ", ".join(member),
                "pairs": sum(part.scored for part in dataset.select(task.parts)),
                "data set": dataset.title,
                "terms": dataset.terms,
            }
        )
    return _rendered(rows, form)


def _rendered(rows: Sequence[dict[str, Any]], form: str) -> str:
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode()
    if form == "csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().rstrip("\n")
    return tabulate(rows, headers="keys", tablefmt=_STYLES.get(form, "simple"))
