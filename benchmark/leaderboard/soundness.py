"""Records that contradict themselves are not ranked: they were edited, or something broke."""

from __future__ import annotations

from benchmark.errors import UnreadableRecord, UsageError
from benchmark.one_line import one_line
from benchmark.results import StoredRecord, TaskResult
from benchmark.results.signature import fields_of, question
from benchmark.tasks import KINDS, Task, task_by_id

_AGAIN = "score it again with --overwrite"


def task_of(record: StoredRecord) -> Task:
    """Return the task of a record, after looking whether the record agrees with itself.

    Raises:
        UnreadableRecord: its task is unknown, or its score, data or signature contradict each
            other.
    """
    result = record.result
    try:
        task = task_by_id(result.task)
    except UsageError as error:
        raise UnreadableRecord(f"{record.path}: {one_line(str(error))}; {_AGAIN}") from error
    for wrong in (_wrong_signature(result), _wrong_score(result, task)):
        if wrong:
            raise UnreadableRecord(f"{record.path}: {one_line(wrong)}; {_AGAIN}")
    return task


def _wrong_signature(result: TaskResult) -> str:
    said = fields_of(question(result.signature))
    data = result.data.sha256[:12] + ("" if result.data.verified else "(unverified)")
    for field, value in {"task": result.task, "data": data, "metric": result.metric}.items():
        if said.get(field) != value:
            return f"signed for {field} {said.get(field)}, but it holds {value}"
    return ""


def _wrong_score(result: TaskResult, task: Task) -> str:
    if result.metric != KINDS[task.kind].measure.name:
        return f"a score of {result.task} is {KINDS[task.kind].measure.name}, not {result.metric}"
    # Similarity has scores by aggregation, classification by split.
    where = "test" if KINDS[task.kind].trains else result.aggregation
    found = result.scores.get(where, {}).get(result.metric)
    if found is not None and found != result.main_score:
        return f"its score is {result.main_score}, but {found} in its list of scores"
    return ""
