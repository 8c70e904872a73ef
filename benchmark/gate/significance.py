"""Whether differences beyond tolerance are significant: asked of `benchmark.comparisons`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmark.errors import UsageError
from benchmark.gate.baseline import Baseline
from benchmark.gate.records import Key
from benchmark.options import DataOptions
from benchmark.results import Results, StoredRecord, StoredRun, comparable

LEVEL = 0.05
"""A p-value below this, after Holm's correction over the tasks of a model, is significant."""

PValues = Mapping[Key, float]


def p_values(
    baseline: Baseline, runs: Sequence[Results], sources: DataOptions | None = None
) -> PValues:
    """Return the corrected p-value of every score that the baseline has too.

    Scores of different questions have none: they fail for another reason.

    Args:
        baseline: a folder of records.
        runs: what was scored now.
        sources: where the data may be; its sentences tell which rows hang together.

    Raises:
        UsageError: the baseline or a run has no predictions.
        UnreadableRecord: predictions are missing or damaged.
    """
    # Most checks need no statistics, and loading them takes longer than a check.
    from benchmark.comparisons import task_p_values

    if not baseline.runs:
        raise UsageError(
            f"`significant` compares predictions: {baseline.path} holds scores only; give "
            "`baseline` a folder of records"
        )
    before, after = _keyed(baseline.runs), _keyed(runs)
    shared: dict[str, list[str]] = {}
    for (model, task), record in after.items():
        known = before.get((model, task))
        if known and comparable(record.result.signature, known.result.signature):
            shared.setdefault(model, []).append(task)
    found: dict[Key, float] = {}
    for model, tasks in sorted(shared.items()):
        first, second = (_run(model, side, tasks) for side in (before, after))
        tested = task_p_values(first, second, sources=sources)
        found |= {(model, task): tested[task] for task in tasks}
    return found


def _keyed(runs: Sequence[Results]) -> dict[Key, StoredRecord]:
    return {(run.model, task): record for run in runs for task, record in run.records.items()}


def _run(model: str, records: Mapping[Key, StoredRecord], tasks: Sequence[str]) -> StoredRun:
    """The two checkpoints that a model may have count as one: its tasks are tested together."""
    kept = {task: records[model, task] for task in tasks}
    return StoredRun(model, kept[tasks[0]].result.model.fingerprint, model, kept)
