"""Training runs on a leaderboard: of the steps of a run, the last one has a row.

Not the best one: whoever chooses a step by the scores of a leaderboard chooses on test data. A step
that is named by itself, or is a member of a family, has a row as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmark.invocation import page
from benchmark.one_line import one_line
from benchmark.results import Family, StoredRun
from benchmark.results.history import histories_of

State = tuple[str, str | None]
"""The name of a model, and its fingerprint."""


def last_steps(
    group: str,
    runs: Iterable[StoredRun],
    families: Sequence[Family] = (),
    named: Iterable[Path] = (),
) -> tuple[list[StoredRun], Mapping[State, str]]:
    """Leave out all steps of each training run but the last one that has scores of a group.

    Args:
        group: of tasks.
        runs: of `benchmark.results.collect`.
        families: whose members stay.
        named: paths that somebody named: a record, a state or a model is meant to stay, a folder
            of several models says nothing of any of them.

    Returns:
        The runs that stay, and what is to be said of those last steps.
    """
    all_runs = list(runs)
    scored = [
        run
        for run in all_runs
        if any(result.asked.group == group for result in run.results.values())
    ]
    kept = {path.resolve() if path.exists() else path for path in named}
    histories = {(one.run, one.folder): one for one in histories_of(scored)}
    left_out: set[State] = set()
    for run in scored:
        last = [histories[own.run, own.folder].steps[-1].scored for own in histories_of([run])]
        is_last = any(_state(run) == _state(one) for one in last)
        if last and not is_last and not _stays(run, families, kept):
            left_out.add(_state(run))
    said = {
        _state(history.steps[-1].scored): (
            f"the last of {len(history.steps)} steps of the training run "
            f"{one_line(history.run)} that have scores; the others are no rows unless they are "
            f"named ({page('curves')})"
        )
        for history in histories.values()
        if any(_state(step.scored) in left_out for step in history.steps)
    }
    return [run for run in all_runs if _state(run) not in left_out], said


def _state(run: StoredRun) -> State:
    return run.model, run.fingerprint


def _stays(run: StoredRun, families: Sequence[Family], named: set[Path]) -> bool:
    if any(family.member(run.model, run.fingerprint) for family in families):
        return True
    paths = [record.path for record in run.records.values()]
    return any(path in named or named & {*path.parents[:2]} for path in paths)
