"""Published tables for comparisons of quoted rows, as their files would say it."""

from __future__ import annotations

from decimal import Decimal

from benchmark.results import PublishedTable
from benchmark.results.published import Backbone
from benchmark.results.published_files import Names, PublishedColumn, parse_table
from benchmark.tasks import all_tasks

TASKS = ("STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark", "SICKRelatedness")
BERT = Backbone("bert-base-uncased", "BERT-base", "BERT")
NAMES = Names(
    {task.id: PublishedColumn(task.heading) for task in all_tasks()},
    ("paper",),
    {BERT.id: BERT},
)
HEAD = f"""
title = "A table"
group = "sts"
source = "paper"
columns = {list(TASKS)!r}

[protocol]
metric = "spearman"
aggregation = "all"
similarity = "cos"
data = "senteval"
"""


def row(model: str, level: float, **said: object) -> str:
    """A row whose tasks score ``level``, and half a point more from task to task."""
    scores = [round(level + 0.5 * place, 2) for place in range(len(TASKS))]
    average = f"{sum(map(Decimal, map(str, scores))) / len(TASKS):.2f}"
    fields = {"model": model, "scores": scores, "average": average, **said}
    return "\n[[rows]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in fields.items())


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    return repr(value) if not isinstance(value, str) else f'"{value}"'


def table_of(*rows: str, name: str = "one") -> PublishedTable:
    """The table that a file of these rows holds."""
    return parse_table(HEAD + "".join(rows), name, NAMES)
