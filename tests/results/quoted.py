"""The published rows, and how tests pick some of them."""

from __future__ import annotations

from benchmark.results import PublishedRow, published_table, published_tables
from benchmark.tasks import all_tasks

TABLES = published_tables()
ROWS = [row for table in TABLES for row in table.rows]
STS = [task.id for task in all_tasks() if task.group == "sts"]
TRANSFER = [task.id for task in all_tasks() if task.group == "transfer"]
YEARS = STS[:5]


def rows_of(table: str, **wanted: str) -> list[PublishedRow]:
    """The rows of a table with these values, of their own or of their protocol."""

    def value(row: PublishedRow, name: str) -> str:
        return str(getattr(row, name, None) or getattr(row.protocol, name, ""))

    rows = published_table(table).rows
    return [row for row in rows if all(value(row, name) == wanted[name] for name in wanted)]
