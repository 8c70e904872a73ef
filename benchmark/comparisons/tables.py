"""The rows of some models, table by table: what is averaged and resampled together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmark.comparisons.paired import PairedTask, pair_up
from benchmark.comparisons.rows import read_rows
from benchmark.measures import Measure
from benchmark.results import StoredRecord
from benchmark.tasks.loading import DataOptions


@dataclass(frozen=True, slots=True)
class PairedTable:
    """The tasks of one table.

    Attributes:
        group: of tasks.
        protocol: by which classifiers are trained, if it is another than that of the table.
        measure: what is scored.
        tasks: in the order of the table.
    """

    group: str
    protocol: str
    measure: Measure
    tasks: tuple[PairedTask, ...]

    @property
    def name(self) -> str:
        """Of the table, for messages."""
        return f"{self.group} ({self.protocol})" if self.protocol else self.group


def paired_tables(
    records: Mapping[str, tuple[StoredRecord, ...]], sources: DataOptions | None = None
) -> list[PairedTable]:
    """Read what some models gave, and put it beside gold and sentences.

    Args:
        records: for each task the record of each model, as `match_tasks` returns them.
        sources: where the data may be; nothing is downloaded.

    Raises:
        UnreadableRecord: predictions or gold are missing or damaged, or contradict a record.
        DataError: a folder that was named does not exist.
    """
    rows = read_rows([record for one in records.values() for record in one], sources)
    found: dict[tuple[str, str, str], list[PairedTask]] = {}
    for of_models in records.values():
        paired, asked = pair_up(of_models, rows), of_models[0].result.asked
        # Tasks of no known table are no table together.
        group = asked.group or asked.id
        protocol = asked.protocol if asked.is_variant else ""
        found.setdefault((group, protocol, paired.measure.name), []).append(paired)
    return [
        PairedTable(group, protocol, tasks[0].measure, tuple(tasks))
        for (group, protocol, _), tasks in found.items()
    ]
