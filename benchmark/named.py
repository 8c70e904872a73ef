"""What the words of a verb name: results, models, tasks, and where the data may be."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.errors import UsageError
from benchmark.globs import is_glob, matches
from benchmark.invocation import page
from benchmark.options import OwnKind
from benchmark.places import folders_of
from benchmark.results import (
    Family,
    Results,
    Run,
    Runs,
    ScoredFamily,
    StoredRun,
    as_stored,
    collect,
    joined_by_model,
    read_families,
)
from benchmark.results.families import merged
from benchmark.results.history import (
    History,
    HistoryFamily,
    families_of_histories,
    read_histories,
)
from benchmark.suggestions import did_you_mean
from benchmark.tasks import OwnTask, Task, known_task, select_tasks
from benchmark.tasks.asked import with_files_read
from benchmark.tasks.loading import Sources

if TYPE_CHECKING:
    from benchmark.comparisons import RunFamily

Location = str | os.PathLike[str]
Folders = Location | Sequence[Location]
Place = Results | Sequence[Results] | Location
"""Where results are: in memory (one model or several), or below a folder of records."""


def collected(places: Iterable[Any]) -> list[StoredRun]:
    """Return the runs of all places, folders read together."""
    flat = [part for place in places for part in _parts(place)]
    folders = [Path(part) for part in flat if not isinstance(part, Results)]
    stored = [as_stored(part) for part in flat if isinstance(part, Results)]
    return stored + (collect(folders) if folders or not stored else [])


def _parts(place: Any) -> Sequence[Results | Location]:
    """Return what a place consists of."""
    if isinstance(place, Results | str | os.PathLike):
        return [place]
    if isinstance(place, Sequence):
        return [part for each in place for part in _parts(each)]
    raise UsageError(
        f"{type(place).__name__}: neither results nor a folder of records; give what `evaluate` or "
        "`records` returned, or a path"
    )


def paths_named(places: Iterable[Any]) -> list[Path]:
    """Return the paths that are named, and those of the records of results that are given alone."""
    found = [Path(place) for place in places if isinstance(place, str | os.PathLike)]
    alone = [as_stored(place) for place in places if isinstance(place, Results)]
    return [*found, *(record.path for run in alone for record in run.records.values())]


def sources_of(
    places: Iterable[Any], data_dir: Folders | None, own: Iterable[OwnTask] = ()
) -> Sources:
    """Return where the data may be: in the folder that is named, or where a run had found it."""
    runs = [part for place in places for part in _parts(place) if isinstance(part, Run)]
    known = [run.sources for run in runs if run.sources]
    brought = (*own, *(task for sources in known for task in sources.own))
    there = [
        one for one in known if one.data_dir and all(map(Path.is_dir, folders_of(one.data_dir)))
    ]
    if data_dir is None and there:
        return replace(there[0], own=brought)
    return Sources(data_dir=data_dir, offline=True, own=brought)


def two_at_most(
    verb: str, places: Sequence[Place], names: Sequence[str] | None
) -> tuple[StoredRun, ...]:
    """Return the models that are meant by places of results and by names.

    Raises:
        UsageError: no place is named, or it is not clear which models are meant.
        UnreadableRecord: a place holds no record, or a damaged one.
    """
    from benchmark.comparisons import choose_models

    if not places:
        raise UsageError(f"{verb}: name records, or folders of them")
    collections = [(_called(place), collected([place])) for place in places]
    return choose_models(collections, split_models(names))


def split_models(names: str | Sequence[str] | None) -> list[str]:
    """Return the names of models in a list, or in several with commas between them."""
    listed = [names] if isinstance(names, str) else names or ()
    return [part.strip() for name in listed for part in name.split(",") if part.strip()]


def two_sides(
    verb: str, places: Sequence[Place], names: Sequence[str] | None
) -> tuple[RunFamily, ...]:
    """Return the sides of a comparison: families of runs, a single model being one of one run.

    Raises:
        UsageError: as `two_at_most`.
        UnreadableRecord: likewise; or the file of a family is damaged.
    """
    from benchmark.comparisons import choose_sides

    if not places:
        raise UsageError(f"{verb}: name records, or folders of them")
    split = split_models(names)
    collections = [(_called(place), collected([place])) for place in places]
    return choose_sides(collections, split, families_of(places) if split else ())


def sides_and_baseline(
    verb: str, places: Sequence[Place], names: Sequence[str] | None, baseline: str
) -> tuple[RunFamily, ...]:
    """Return the models that are compared with a baseline, and the baseline as the last.

    Args:
        verb: for messages.
        places: of results, taken together.
        names: of models, families or globs, each one side; none for every model but the baseline.
        baseline: name of a model or a family, or a glob.

    Raises:
        UsageError: no place is named, a name means nothing there, or the baseline is among the
            names.
        UnreadableRecord: as `two_sides`.
    """
    from benchmark.comparisons import choose_sides

    if not places:
        raise UsageError(f"{verb}: name records, or folders of them")
    collection = (" and ".join(map(_called, places)), collected(places))
    families = families_of(places)

    def side(name: str) -> RunFamily:
        [found] = choose_sides([collection], [name], families)
        return found

    against = side(baseline)
    split = split_models(names)
    if not split:
        ours = [run.records for run in against.runs]
        split = [run.label for run in joined_by_model(collection[1]) if run.records not in ours]
    if len(set(split)) < len(split):
        raise UsageError("`models` names one model twice; name each once")
    sides = tuple(map(side, split))
    if any(one.runs == against.runs for one in sides):
        raise UsageError(f"`models` names the baseline {baseline} as well; leave it out there")
    return (*sides, against)


def families_named(
    verb: str, places: Sequence[Place], names: Sequence[str] | None
) -> tuple[ScoredFamily, ...]:
    """Return the families that are meant by places of results and by names, as they were named.

    Args:
        verb: for messages.
        places: of results, taken together; families are read where records are, or stand in what
            `evaluate` and `records` returned.
        names: of families; of models, each the only member of a family; globs of models' names,
            whose models are members of one. None or none at all: every family that is there.

    Raises:
        UsageError: no place is named, or a name means nothing there.
        UnreadableRecord: a place holds no record, or a record or the file of a family is damaged.
    """
    from benchmark.comparisons import choose_families

    if not places:
        raise UsageError(f"{verb}: name records, or folders of them")
    called = " and ".join(map(_called, places))
    return choose_families(called, collected(places), families_of(places), split_models(names))


def histories_named(
    verb: str, places: Sequence[Place], names: Sequence[str] | None
) -> tuple[list[History], list[HistoryFamily]]:
    """Return the training runs that are meant, in the order they were named, and their families.

    Args:
        verb: for messages.
        places: of results, taken together.
        names: of runs or of families of runs, or globs of names of runs. None or none at all: all.

    Raises:
        UsageError: no place is named, it holds no history, or a name means nothing there.
        UnreadableRecord: a place holds no record, or a record or the file of a family is damaged.
    """
    if not places:
        raise UsageError(f"{verb}: name folders of training runs, or of the records of their steps")
    flat = [part for place in places for part in _parts(place)]
    folders = [Path(part) for part in flat if not isinstance(part, Results)]
    found = read_histories(folders, [part for part in flat if isinstance(part, Results)])
    if not found:
        raise UsageError(
            f"{' and '.join(map(_called, places))}: no record says of which step of a training run "
            f"it is; {page('curves')} explains how such records are made"
        )
    families = families_of_histories(found, families_of(places))
    split = split_models(names)
    if split:
        chosen = [run for name in split for run in _runs_called(name, found, families)]
        found = list({run.label: run for run in chosen}.values())
        families = families_of_histories(found, families_of(places))
    return found, families


def _runs_called(
    name: str, runs: Sequence[History], families: Sequence[HistoryFamily]
) -> Sequence[History]:
    called = [run for run in runs if run.is_called(name)]
    called = called or [run for run in runs if is_glob(name) and matches(run.run, name)]
    called = called or [run for one in families if one.name == name for run in one.histories]
    if not called:
        known = [*(run.label for run in runs), *(family.name for family in families)]
        raise UsageError(
            f"`runs` {name}: there is no such training run{did_you_mean(name, known)}; there are "
            f"{', '.join(known)}"
        )
    return called


def families_of(places: Iterable[Any]) -> list[Family]:
    """Return the families of all places, by name.

    Raises:
        UnreadableRecord: a file is damaged, or one name is given to different members.
        UsageError: one name is given to what varies in different ways.
    """
    parts = [part for place in places for part in _with_families(place)]
    folders = [Path(part) for part in parts if isinstance(part, str | os.PathLike)]
    found = {family.name: family for family in read_families(folders)}
    for family in (family for part in parts if isinstance(part, Runs) for family in part.families):
        found[family.name] = merged(found[family.name], family) if family.name in found else family
    return [found[name] for name in sorted(found)]


def _with_families(place: Any) -> Sequence[Any]:
    """Return what a place consists of; what `evaluate` returned for several models is one part."""
    if isinstance(place, Sequence) and not isinstance(place, Results | Runs | str):
        return [part for each in place for part in _with_families(each)]
    return [place]


def _called(place: Place) -> str:
    if isinstance(place, Results):
        return place.label
    return str(place) if isinstance(place, str | os.PathLike) else "the list of runs"


def chosen_tasks(
    wanted: str | Task | Iterable[str | Task] | None,
    models: Sequence[StoredRun],
    columns: str | None = None,
    kind: OwnKind = "auto",
) -> tuple[frozenset[str] | None, tuple[OwnTask, ...]]:
    """Return the ids of the tasks that are asked for, None for all, and those that brought data.

    Args:
        wanted: of the catalogue or of the records, or files of one's own.
        models: their records.
        columns: of these files.
        kind: what they are scored as.

    Raises:
        UsageError: an unknown name, or nothing left.
    """
    if wanted is None:
        return None, ()
    asked = {task: one for model in models for task, one in model.asked.items()}
    others = [
        Task(one.id, one.heading, one.group, dataset="", aliases=one.aliases)
        for one in asked.values()
        if known_task(one.id) is None
    ]
    named = with_files_read(wanted, columns, kind)
    own = tuple(task for task in named if isinstance(task, OwnTask))
    _require_same_content(own, models)
    names = [entry.id if isinstance(entry, OwnTask) else entry for entry in named]
    return frozenset(task.id for task in select_tasks(names, others)), own


def _require_same_content(own: Iterable[OwnTask], models: Sequence[StoredRun]) -> None:
    for task in own:
        scored = {
            result.data.sha256
            for model in models
            for result in model.results.values()
            if (result.asked.column or result.task) == task.id
        }
        if scored and task.content not in scored:
            raise UsageError(
                f"`tasks`: what was read as {task.id} is not what the records were scored on; "
                "give the file as it was, or only the name"
            )
