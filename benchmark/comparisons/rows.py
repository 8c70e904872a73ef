"""What a task asks of each row: gold, and the sentences where the data is at hand."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.datasets import SentencePairs
from benchmark.datasets.splits import Labelled
from benchmark.results import StoredRecord
from benchmark.results.predictions import kept_gold
from benchmark.tasks import KINDS, Gold, Task, known_task
from benchmark.tasks.loading import DataOptions, TaskData, locate_data, read_data

logger = logging.getLogger(__name__)

Identity = tuple[str, str]
"""Id of a task and hash of its data: the same rows in the same order."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The n rows of a task, whoever answers.

    Attributes:
        gold: (n,) values in the order of scoring, and their subsets.
        sentences: for each row the two sentences of its pair, or its one sentence; None where
            gold was kept beside records and the data is not at hand.
    """

    gold: Gold
    sentences: tuple[tuple[str, ...], ...] | None


def identity(record: StoredRecord) -> Identity:
    """Return which rows a record answers."""
    return record.result.task, record.result.data.sha256


def read_rows(
    records: Iterable[StoredRecord], sources: DataOptions | None = None
) -> dict[Identity, Rows]:
    """Return the rows that these records answer, each set of rows read once.

    They come from the data, if it is at hand and is what the records were scored on, else from
    the gold kept beside the records. Rows that are in neither place are left out. Nothing is
    downloaded.

    Args:
        records: of any models and tasks.
        sources: where the data may be; by default where a run would look.

    Raises:
        DataError: a folder that was named does not exist.
        UnreadableRecord: kept gold is damaged.
    """
    wanted: dict[Identity, list[StoredRecord]] = {}
    for record in records:
        wanted.setdefault(identity(record), []).append(record)
    tasks = map(known_task, dict.fromkeys(task for task, _ in wanted))
    at_hand = _at_hand([task for task in tasks if task], sources or DataOptions())
    found: dict[Identity, Rows] = {}
    for key, answering in wanted.items():
        rows = _of_data(at_hand[key]) if key in at_hand else _kept(answering)
        if rows is not None:
            found[key] = rows
    return found


def _at_hand(tasks: Sequence[Task], sources: DataOptions) -> Mapping[Identity, TaskData]:
    here = [place for place in locate_data(tasks, sources) if place.folder is not None]
    loaded, failures = read_data(here, sources)
    for error in failures.values():
        logger.warning("%s", error)
    return {(entry.task.id, entry.data.sha256): entry for entry in loaded}


def _of_data(entry: TaskData) -> Rows:
    parts = entry.data.parts
    gold = KINDS[entry.task.kind].gold(parts)
    pairs = [part for part in parts if isinstance(part, SentencePairs)]
    if pairs:
        return Rows(gold, tuple(row for part in pairs for row in _side_by_side(part)))
    # Gold of a classification is that of the tested samples, in the order of folding.
    tested = next(part for part in reversed(parts) if isinstance(part, Labelled))
    return Rows(gold, _side_by_side(tested.by_length()))


def _side_by_side(part: SentencePairs | Labelled) -> tuple[tuple[str, ...], ...]:
    columns = [part.first] if part.second is None else [part.first, part.second]
    return tuple(zip(*columns, strict=True))


def _kept(records: Sequence[StoredRecord]) -> Rows | None:
    for record in records:
        gold = kept_gold(record.path, record.result)
        if gold is not None:
            return Rows(gold, None)
    return None
