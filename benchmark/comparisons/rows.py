"""What a task asks of each row, and what several models gave for it: where all tests begin."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from benchmark.errors import UnreadableRecord, UsageError
from benchmark.measures import MEASURES, Measure
from benchmark.metrics import UndefinedCorrelation
from benchmark.metrics.resampling import Observations, observations, sentence_units
from benchmark.one_line import one_line
from benchmark.options import DataOptions
from benchmark.results import StoredRecord, TaskResult
from benchmark.results.signature import Signature
from benchmark.tasks import KINDS, Gold, known_task
from benchmark.tasks.loading import Sources, TaskData, is_here, locate_data, read_data

logger = logging.getLogger(__name__)

Identity = tuple[str, str]
"""Id of a task and hash of its data: the same rows in the same order."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The n rows of a task, whoever answers.

    Attributes:
        gold: (n,) values in the order of scoring, their subsets, and hashes of the sentences.
        sentences: for each row the two sentences of its pair, its one sentence, or what its
            kind says; None where that says nothing, and where gold was kept beside records and
            the data is not at hand.
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
    at_hand = _at_hand(list(wanted), sources or DataOptions())
    found: dict[Identity, Rows] = {}
    for key, answering in wanted.items():
        rows = _of_data(at_hand[key]) if key in at_hand else _kept(answering)
        if rows is not None:
            found[key] = rows
    return found


def _at_hand(wanted: Sequence[Identity], sources: DataOptions) -> Mapping[Identity, TaskData]:
    own = {task.content: task for task in sources.own} if isinstance(sources, Sources) else {}
    brought = {
        (task, content): TaskData(own[content], own[content].data)
        for task, content in wanted
        if content in own
    }
    return {**brought, **_catalogued([task for task, _ in wanted], sources)}


def _catalogued(names: Sequence[str], sources: DataOptions) -> Mapping[Identity, TaskData]:
    tasks = [task for task in map(known_task, dict.fromkeys(names)) if task]
    here = [place for place in locate_data(tasks, sources) if is_here(place)]
    loaded, failures = read_data(here, sources)
    for error in failures.values():
        logger.warning("%s", error)
    return {(entry.task.id, entry.data.sha256): entry for entry in loaded}


def _of_data(entry: TaskData) -> Rows:
    kind, parts = KINDS[entry.task.kind], entry.data.parts
    texts = kind.texts(parts)
    return Rows(kind.gold(parts).with_texts(texts), texts)


def _kept(records: Sequence[StoredRecord]) -> Rows | None:
    for record in records:
        gold = record.gold()
        if gold is not None:
            return Rows(gold, None)
    return None


# --- what several models gave ---------------------------------------------------------------------

Units = Literal["sentences", "rows"]
"""What is drawn: all rows around a sentence, in all tasks (`sentence_units`), or each row by
itself, where an older version kept no hashes of the sentences and the data is not at hand."""


@dataclass(frozen=True, slots=True)
class PairedTask:
    """What some models gave for the same n rows of a task.

    Attributes:
        task: its id, in the record of the first model.
        measure: what the score is, made of all rows in one step.
        rows: gold, and the sentences where they are at hand.
        given: for each model (n,) float32 cosines, int64 classes, or what a kind gives.
    """

    task: str
    measure: Measure
    rows: Rows
    given: tuple[NDArray[Any], ...]


def measure_of_rows(result: TaskResult) -> Measure | None:
    """Return the measure of all rows that is a record's main score, None if it is no such score.

    A mean over subsets (``mean``, ``wmean``) is not made of the rows in one step.
    """
    return MEASURES.get(result.metric) if result.aggregation == "all" else None


def pair_up(records: Sequence[StoredRecord], rows: Mapping[Identity, Rows]) -> PairedTask:
    """Put what several models gave for one task beside each other.

    Args:
        records: of one task, one for each model.
        rows: of `benchmark.comparisons.read_rows`.

    Raises:
        UsageError: the records answer different questions, or no single score of their rows.
        UnreadableRecord: gold is not at hand; predictions are missing, damaged, no finite
            numbers, of another number, or do not give the recorded score.
    """
    first = records[0]
    for other in records[1:]:
        _require_comparable(first.result, other.result)
    measure = measure_of_rows(first.result)
    if measure is None:
        raise UsageError(
            f"{first.result.task}: a {first.result.aggregation} over subsets is no score of "
            "single rows, and is not compared row by row"
        )
    asked = rows.get(identity(first))
    if asked is None:
        raise UnreadableRecord(
            f"{first.path}: the gold scores of {first.result.task} are neither kept beside the "
            "records nor is the data at hand; name its folder with `data_dir`"
        )
    given = tuple(_given(record, asked, measure) for record in records)
    return PairedTask(first.result.task, measure, asked, given)


def to_observations(tasks: Sequence[PairedTask]) -> tuple[list[Observations], Units]:
    """Return tasks in the form that is resampled, and what is drawn together.

    Rows that share a sentence are drawn together, within a task and across these tasks, if the
    sentences of all tasks are known, by their hashes at least.

    Args:
        tasks: of the same models, in the same order.
    """
    texts = [task.rows.gold.texts for task in tasks]
    known = [rows for rows in texts if rows is not None]
    golds = [task.rows.gold.values for task in tasks]
    if len(known) < len(tasks):
        rows_alone = zip(golds, tasks, strict=True)
        return [observations(gold, task.given) for gold, task in rows_alone], "rows"
    together = zip(golds, tasks, sentence_units(known), strict=True)
    return [observations(gold, task.given, units) for gold, task, units in together], "sentences"


def differing_questions(first: TaskResult, other: TaskResult) -> str:
    """Return in which fields two records answer different questions; empty if they do not."""
    fields = Signature.parse(first.signature).differences(Signature.parse(other.signature))
    return ", ".join(f"{key} {ours} and {theirs}" for key, (ours, theirs) in fields.items())


def _require_comparable(first: TaskResult, other: TaskResult) -> None:
    differing = differing_questions(first, other)
    if not differing:
        return
    raise UsageError(
        one_line(
            f"{first.task}: {first.model.name} and {other.model.name} answer different "
            f"questions ({differing}); score both by the same rules, on the same data"
        )
    )


def _given(record: StoredRecord, rows: Rows, measure: Measure) -> NDArray[Any]:
    given, gold = record.predicted(), rows.gold.values
    if given.shape != gold.shape:
        raise UnreadableRecord(
            f"{record.path}: {given.size:,} predictions for {gold.size:,} gold scores; score it "
            "again with `overwrite`"
        )
    score = _score(record, given, gold, measure)
    if abs(score - record.result.main_score) > measure.rounding_of(gold.size):
        raise UnreadableRecord(
            f"{record.path}: the record says {record.result.main_score:.6f}, its predictions give "
            f"{score:.6f}; one of them was changed, score it again with `overwrite`"
        )
    return given


def _score(
    record: StoredRecord, given: NDArray[Any], gold: NDArray[Any], measure: Measure
) -> float:
    try:
        return measure.of_rows(given, gold)
    except UndefinedCorrelation as error:
        raise UnreadableRecord(
            f"{record.path}: its predictions have no score beside gold ({error}); score it "
            "again with `overwrite`"
        ) from error
