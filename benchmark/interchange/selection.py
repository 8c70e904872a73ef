"""Which records another project may have: only answers to exactly its own questions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from benchmark.errors import UnreadableRecord
from benchmark.interchange.mteb_tasks import difference, same_question
from benchmark.results import StoredRecord, StoredRun, TaskResult

_ASKED = "task:{task}|split:test|agg:all|metric:spearman|sim:cos|"
"""How the signature begins of a score that MTEB calls ``cosine_spearman`` of the test split."""


@dataclass(frozen=True, slots=True)
class Omission:
    """Something that is left out.

    Attributes:
        what: model and task, or file.
        why: the reason, for a reader who expected it.
    """

    what: str
    why: str


def same_as_mteb(run: StoredRun) -> tuple[dict[str, StoredRecord], list[Omission]]:
    """Choose the records that answer exactly a question of MTEB's.

    Returns:
        The records by MTEB's name of the task, and what was left out.
    """
    chosen: dict[str, StoredRecord] = {}
    omissions: list[Omission] = []
    for task_id, record in run.records.items():
        name = same_question(task_id)
        reason = difference(task_id) if name is None else _other_question(record.result)
        if name is None or reason:
            omissions.append(Omission(f"{run.label} on {task_id}", reason))
        else:
            chosen[name] = record
    return chosen, omissions


def created(record: StoredRecord) -> dt.datetime:
    """Return when a record was written.

    Raises:
        UnreadableRecord: it does not say so in the form it was written in.
    """
    try:
        written = dt.datetime.fromisoformat(record.result.created)
    except ValueError as error:
        raise UnreadableRecord(
            f"{record.path}: created is no time ({error}); changed by hand? score "
            f"{record.result.task} again with `overwrite`"
        ) from error
    return written if written.tzinfo else written.replace(tzinfo=dt.UTC)


def _other_question(result: TaskResult) -> str:
    if not result.data.verified:
        return "scored on unverified data"
    if not result.signature.startswith(_ASKED.format(task=result.task)):
        return "its signature is not that of one Spearman over all test pairs"
    return ""
