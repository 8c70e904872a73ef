"""Give every asked task its data: find, download what is missing, verify, read."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.datasets import Dataset, LoadedData, Part, load_catalogue
from benchmark.datasets.catalogue import content_hash
from benchmark.datasets.files import (
    Folder,
    candidate_folders,
    download_folder,
    find_folder,
    load_parts,
)
from benchmark.errors import BenchmarkError, DataError
from benchmark.options import DataOptions
from benchmark.tasks.catalogue import Task

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TaskData:
    """A task with its data."""

    task: Task
    data: LoadedData


@dataclass(frozen=True, slots=True)
class Located:
    """Where a task's data lies: a folder, or None when it would have to be downloaded."""

    task: Task
    dataset: Dataset
    parts: tuple[Part, ...]
    folder: Folder | None


def published_sha256(task: Task) -> str:
    """Return the hash of a task's data as it was published: that of verified data."""
    return content_hash(load_catalogue().datasets[task.dataset].select(task.parts))


def locate_data(tasks: Iterable[Task], options: DataOptions) -> list[Located]:
    """Look where the data of each task is, without reading or downloading it.

    Raises:
        DataError: a folder that was named does not exist; the one of the environment matters
            only where a task has no embedded data.
    """
    datasets = [(task, load_catalogue().datasets[task.dataset]) for task in tasks]
    elsewhere = any(not dataset.embedded for _, dataset in datasets)
    folders = candidate_folders(options.data_dir, with_environment=elsewhere)
    located = []
    for task, dataset in datasets:
        parts = dataset.select(task.parts)
        located.append(Located(task, dataset, parts, find_folder(dataset, parts, folders)))
    _mention_empty_folder(located, options)
    return located


def _mention_empty_folder(located: Sequence[Located], options: DataOptions) -> None:
    """A folder that was named and has nothing that is asked for is most likely a mistake."""
    asked = [place for place in located if not place.dataset.embedded]
    named = Path(options.data_dir).resolve() if options.data_dir is not None else None
    if not asked or named is None:
        return
    found = [place.folder.root.resolve() for place in asked if place.folder is not None]
    if not any(root.is_relative_to(named) for root in found):
        logger.warning(
            "`data_dir` %s holds none of the data of %s; looking elsewhere",
            options.data_dir,
            ", ".join(place.task.id for place in asked),
        )


def load_data(
    located: Sequence[Located], options: DataOptions
) -> tuple[list[TaskData], dict[str, BenchmarkError]]:
    """Read the data of each task; download first what is nowhere.

    Returns:
        The tasks that have data, and the error of each task (by id) that has none.
    """
    unavailable = _fetch_missing(located, options)
    here = [place for place in located if place.task.id not in unavailable]
    loaded, failures = read_data(here, options)
    return loaded, unavailable | failures


def read_data(
    located: Sequence[Located], options: DataOptions
) -> tuple[list[TaskData], dict[str, BenchmarkError]]:
    """Read the data of each task where it is, and do nothing else.

    Returns:
        As `load_data`.
    """
    failures: dict[str, BenchmarkError] = {}
    loaded = []
    for place in located:
        folder = place.folder or Folder(download_folder(), "downloaded")
        try:
            unverified = options.unverified_data
            data = load_parts(place.dataset, place.parts, folder, unverified=unverified)
            loaded.append(TaskData(place.task, data))
        except DataError as error:
            failures[place.task.id] = error
    return loaded, failures


def _fetch_missing(located: Sequence[Located], options: DataOptions) -> dict[str, BenchmarkError]:
    """Download what is nowhere; return the error of each task (by id) that still has no data."""
    archive = load_catalogue().archive
    absent = [place for place in located if _is_ours_to_fetch(place, options)]
    wanted = {entry.path: entry for place in absent for part in place.parts for entry in part.files}
    if not wanted:
        return {}
    from benchmark.datasets.fetch import fetch_files

    try:
        fetch_files(
            archive,
            list(wanted.values()),
            download_folder(),
            offline=options.offline,
            progress_bar=options.progress_bar,
        )
    except DataError as error:
        return {place.task.id: error for place in absent if not _is_kept(place)}
    return {}


def _is_kept(place: Located) -> bool:
    """All its files lie in the download folder: whether they are good, reading will tell."""
    root = download_folder()
    return all((root / entry.path).is_file() for part in place.parts for entry in part.files)


def _is_ours_to_fetch(place: Located, options: DataOptions) -> bool:
    """Data that is nowhere; and what we downloaded ourselves, which may have been damaged."""
    if place.folder is None:
        return True
    ours = place.folder.root == download_folder() and not options.unverified_data
    if not ours:
        return False
    from benchmark.datasets.fetch import was_fetched

    return was_fetched(download_folder(), load_catalogue().archive)
