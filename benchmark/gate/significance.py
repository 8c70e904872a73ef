"""Whether differences beyond tolerance are significant: asked of `benchmark.comparisons`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmark.errors import UsageError
from benchmark.gate.baseline import Baseline
from benchmark.results import Run, StoredRecord, StoredRun, comparable
from benchmark.tasks.loading import DataOptions

LEVEL = 0.05
"""A p-value below this, after Holm's correction over the tasks of a model, is significant."""

PValues = Mapping[tuple[str, str], float]
"""By name of the model and id of the task."""

Records = Mapping[str, StoredRecord]
"""Of one model, by id of the task."""


def p_values(
    baseline: Baseline, runs: Sequence[Run | StoredRun], sources: DataOptions | None = None
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
    before = _by_model(_require_folder(baseline))
    after = _by_model(_require_stored(runs))
    found: dict[tuple[str, str], float] = {}
    for model in sorted({*before} & {*after}):
        shared = _shared(before[model], after[model])
        if shared:
            first, second = (_run(model, side[model], shared) for side in (before, after))
            tested = paired_tests(first, second, sources)
            found |= {(model, task): tested[task] for task in shared}
    return found


def paired_tests(
    before: StoredRun, after: StoredRun, sources: DataOptions | None
) -> Mapping[str, float]:
    """Return the two-sided p-value of each task, with Holm's correction over them."""
    # Most checks need no statistics, and loading them takes longer than a check.
    from benchmark.comparisons.compare import task_p_values

    return task_p_values(before, after, sources=sources)


def _shared(before: Records, after: Records) -> list[str]:
    return [
        task
        for task, record in after.items()
        if task in before and comparable(record.result.signature, before[task].result.signature)
    ]


def _run(model: str, records: Records, tasks: Sequence[str]) -> StoredRun:
    kept = {task: records[task] for task in tasks}
    return StoredRun(model, kept[tasks[0]].result.model.fingerprint, model, kept)


def _require_folder(baseline: Baseline) -> Sequence[StoredRun]:
    if not baseline.runs:
        raise UsageError(
            f"`significant` compares predictions: {baseline.path} holds scores only; give "
            "`baseline` a folder of records"
        )
    return baseline.runs


def _require_stored(runs: Sequence[Run | StoredRun]) -> Sequence[StoredRun]:
    stored = [run for run in runs if isinstance(run, StoredRun)]
    if len(stored) < len(runs):
        raise UsageError("`significant` compares predictions: give records, not a run in memory")
    return stored


def _by_model(runs: Sequence[StoredRun]) -> dict[str, dict[str, StoredRecord]]:
    found: dict[str, dict[str, StoredRecord]] = {}
    for run in runs:
        found.setdefault(run.model, {}).update(run.records)
    return found
