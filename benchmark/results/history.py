"""Histories of training runs: the records of a run's steps, in the order of the steps.

Whoever evaluates while a model is trained records each evaluation as that of a model of its own,
``RUN/step-125``, in one output folder; the record says run, step and epoch
(`benchmark.results.record.TrainingRecord`).
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from pathlib import Path

from benchmark.errors import UsageError
from benchmark.globs import SEED, natural
from benchmark.one_line import one_line
from benchmark.results.collection import (
    EVALUATION,
    StoredRun,
    as_stored,
    collect,
    record_files,
    sorted_records,
)
from benchmark.results.families import TRAINED_AGAIN, Family
from benchmark.results.predictions import StoredRecord
from benchmark.results.record import TrainingRecord
from benchmark.results.run import Results

_SEED = re.compile(rf"(?:(.*)/)?{SEED}\d+")


@dataclass(frozen=True)
class HistoryStep:
    """What one step of a run scored.

    Attributes:
        step: updates of the weights so far.
        epoch: passes over the training data so far, None where nobody counted.
        scored: the records of the state that was scored last.
    """

    step: int
    epoch: float | None
    scored: StoredRun


@dataclass(frozen=True)
class History:
    """The steps of one training run.

    Attributes:
        run: what its records call it.
        folder: the output folder that these lie in; None for results in memory.
        label: the name; where another run has that name, the end of the path of its folder.
        steps: by number, each once.
        remarks: what is odd about its records, in words.
    """

    run: str
    folder: Path | None
    label: str
    steps: tuple[HistoryStep, ...]
    remarks: tuple[str, ...] = ()

    @functools.cached_property
    def trained_in(self) -> Path | None:
        """The folder of the training run."""
        return None if self.folder is None else _trained_in(self.folder)

    def is_called(self, name: str) -> bool:
        """Tell whether a name is that of the run, or the end of the path of its folder."""
        parts = Path(name).parts
        folder = self.trained_in.parts if self.trained_in else ()
        return name in (self.run, self.label) or (bool(parts) and folder[-len(parts) :] == parts)


@dataclass(frozen=True)
class HistoryFamily:
    """Runs that are one thing, trained again with other seeds.

    Attributes:
        name: for a table.
        histories: at least two.
    """

    name: str
    histories: tuple[History, ...]


# --- the runs there are ---------------------------------------------------------------------------


def read_histories(paths: Iterable[Path], results: Iterable[Results] = ()) -> list[History]:
    """Return the histories that lie below some folders, and those of results in memory.

    Runs of one name in two output folders are two runs. Records that say nothing of a training are
    passed over.

    Args:
        paths: record files, output folders, or folders of training runs.
        results: of steps.

    Raises:
        UnreadableRecord: as `benchmark.results.collect`.
    """
    by_folder: dict[Path | None, list[Path]] = {}
    for path in record_files(paths):
        by_folder.setdefault(_output_folder(path), []).append(path)
    read = [run for files in by_folder.values() for run in collect(files)]
    return histories_of([*read, *map(as_stored, results)])


def histories_of(runs: Iterable[StoredRun]) -> list[History]:
    """Return the histories that records belong to, by name.

    Args:
        runs: a state of a model each.
    """
    states: dict[tuple[str, Path | None], dict[int, list[StoredRun]]] = {}
    for run in runs:
        for (name, folder, step), state in _by_step(run).items():
            states.setdefault((name, folder), {}).setdefault(step, []).append(state)
    labels = _labels(list(states))
    found = []
    for (name, folder), by_number in states.items():
        label = labels[name, folder]
        steps = tuple(_newest(by_number[number]) for number in sorted(by_number))
        remarks = (*_several_states(label, by_number), *_gaps(label, steps), *_order(label, steps))
        found.append(History(name, folder, label, steps, remarks))
    return sorted(found, key=lambda history: (natural(history.run), history.label))


def _labels(runs: Sequence[tuple[str, Path | None]]) -> dict[tuple[str, Path | None], str]:
    found = {}
    for name, folder in runs:
        others = [_trained_in(other).parts for same, other in runs if same == name]
        parts = _trained_in(folder).parts
        # As many folders as it takes to tell the runs of this name apart.
        count = next(n for n in range(1, len(parts) + 2) if _ends(others, n).count(parts[-n:]) == 1)
        place = "/".join(parts[-count:]) or "in memory"
        found[name, folder] = (
            name
            if len(others) == 1
            else place
            if parts[-1:] == (name,) and count > 1
            else f"{name} ({place})"
        )
    return found


def _ends(paths: Iterable[tuple[str, ...]], count: int) -> list[tuple[str, ...]]:
    return [parts[-count:] for parts in paths]


def _trained_in(folder: Path | None) -> Path:
    """Return the folder of a training run, of its output folder; none for results in memory."""
    if folder is None:
        return Path()
    return folder.parent if folder.name == EVALUATION else folder


def _output_folder(record: Path) -> Path | None:
    """Return the folder that a `ResultStore` put a record into; None if it is on no disk."""
    return record.parents[2] if record.is_absolute() and len(record.parents) > 2 else None


def _by_step(run: StoredRun) -> Mapping[tuple[str, Path | None, int], StoredRun]:
    found: dict[tuple[str, Path | None, int], dict[str, StoredRecord]] = {}
    for task, record in run.records.items():
        training = record.result.training
        if training is not None:
            key = training.run, _output_folder(record.path), training.step
            found.setdefault(key, {})[task] = record
    return {key: replace(run, records=sorted_records(own)) for key, own in found.items()}


def _created(state: StoredRun) -> str:
    return max(result.created for result in state.results.values())


def _newest(states: Sequence[StoredRun]) -> HistoryStep:
    state = max(states, key=lambda state: (_created(state), state.fingerprint or ""))
    training = [r.training for r in state.results.values() if r.training is not None]
    epochs = [one.epoch for one in training if one.epoch is not None]
    return HistoryStep(training[0].step, max(epochs, default=None), state)


# --- what is odd ----------------------------------------------------------------------------------


def _several_states(label: str, by_number: Mapping[int, Sequence[StoredRun]]) -> Iterator[str]:
    for number, states in sorted(by_number.items()):
        if len(states) > 1:
            newest = _newest(states).scored
            others = ", ".join(_state(one) for one in states if one is not newest)
            yield (
                f"{one_line(label)}, step {number}: {len(states)} states were scored; shown is the "
                f"newest, {_state(newest)} of {_created(newest)}, and not {others}"
            )


def _state(run: StoredRun) -> str:
    return run.fingerprint[:8] if run.fingerprint else "unidentified"


def _gaps(label: str, steps: Sequence[HistoryStep]) -> Iterator[str]:
    """Say between which steps some are missing, if most are equally far apart."""
    apart = [later.step - step.step for step, later in pairwise(steps)]
    if len(apart) < 3:
        return
    usual, times = Counter(apart).most_common(1)[0]
    # The last step is where training ended, wherever that is.
    wide = [pair for pair, gap in zip(pairwise(steps), apart, strict=True) if gap > usual]
    if wide and 2 * times > len(apart):
        places = ", ".join(f"{step.step} and {later.step}" for step, later in wide)
        yield f"{one_line(label)}: no record between steps {places}; others are {usual} apart"


def _order(label: str, steps: Sequence[HistoryStep]) -> Iterator[str]:
    """Say where a later step was scored before an earlier one, as where two trainings are mixed."""
    for step, later in pairwise(steps):
        if min(result.created for result in step.scored.values()) > _created(later.scored):
            yield (
                f"{one_line(label)}: step {later.step} was scored before step {step.step}; if the "
                "run was started anew, its later steps may be those of the run before"
            )
            return


# --- several runs ---------------------------------------------------------------------------------


def families_of_histories(
    histories: Sequence[History], families: Iterable[Family] = ()
) -> list[HistoryFamily]:
    """Return the families that training runs are members of.

    These are families beside the records whose members are called like the runs, and otherwise
    runs called ``seed-0``, ``seed-1`` ... in one folder or below one name.

    Raises:
        UsageError: two members have the same weights at a step: one run under two names.
    """
    found: dict[str, list[History]] = {}
    for family in families:
        if family.varied == TRAINED_AGAIN:
            members = [h for h in histories if any(h.is_called(m.model) for m in family.members)]
            found[family.name] = members
    alone = [h for h in histories if not any(h in members for members in found.values())]
    by_place: dict[tuple[str, Path | None], list[History]] = {}
    for history in alone:
        seed = _SEED.fullmatch(history.run)
        if seed:
            parent = history.trained_in.parent if history.trained_in else None
            name = seed[1] or (parent.name if parent else "") or "seeds"
            by_place.setdefault((name, parent), []).append(history)
    for (name, parent), members in by_place.items():
        found[f"{name} ({parent})" if name in found else name] = members
    several = [HistoryFamily(name, tuple(of)) for name, of in found.items() if len(of) > 1]
    for one in several:
        _require_different(one)
    return several


def _require_different(family: HistoryFamily) -> None:
    for first, other in combinations(family.histories, 2):
        states = {step.step: step.scored.fingerprint for step in first.steps if step.step}
        for step in other.steps:
            known = states.get(step.step)
            if known is not None and known == step.scored.fingerprint:
                raise UsageError(
                    f"family {one_line(family.name)}: {one_line(first.label)} and "
                    f"{one_line(other.label)} have the same weights at step {step.step}, one run "
                    "under two names; name one of them with `runs`"
                )


# --- where steps are no runs ----------------------------------------------------------------------


def training_of(run: Results) -> TrainingRecord | None:
    """Return where in a training run a model stood, None for one that is not being trained."""
    return next((result.training for result in run.results.values() if result.training), None)


def steps_of_one_run(runs: Iterable[Results]) -> tuple[str, list[int]] | None:
    """Return a training run of which several steps are among these models, and the steps."""
    steps: dict[tuple[str, Path | None], list[int]] = {}
    for run in runs:
        for name, folder, step in _by_step(as_stored(run)):
            steps.setdefault((name, folder), []).append(step)
    several = [(name, sorted(set(of))) for (name, _), of in steps.items() if len(set(of)) > 1]
    return several[0] if several else None
