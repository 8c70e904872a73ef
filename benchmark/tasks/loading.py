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
from benchmark.places import absolute
from benchmark.tasks.catalogue import Task
from benchmark.tasks.own import OwnTask

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TaskData:
    """A task with its data."""

    task: Task
    data: LoadedData


@dataclass(frozen=True, slots=True)
class Located:
    """Where the data of a task of the catalogue lies.

    Attributes:
        task: that task.
        dataset: of the catalogue of data.
        parts: of it, those that are scored.
        folder: that holds them, None when they would have to be downloaded.
    """

    task: Task
    dataset: Dataset
    parts: tuple[Part, ...]
    folder: Folder | None

    @property
    def scored(self) -> int:
        """How many samples are scored."""
        return sum(part.scored for part in self.parts)

    def read(self, options: DataOptions) -> LoadedData:
        """Return the data, verified.

        Raises:
            DataError: it is not what was published, or cannot be read.
        """
        folder = self.folder or Folder(download_folder(), "downloaded")
        return load_parts(self.dataset, self.parts, folder, unverified=options.unverified_data)


@dataclass(frozen=True, slots=True)
class Brought:
    """A task of one's own, which brings its data along."""

    task: OwnTask

    @property
    def scored(self) -> int:
        """How many samples are scored."""
        return sum(map(len, self.task.data.parts))

    def read(self, options: DataOptions) -> LoadedData:  # noqa: ARG002 - it is here
        """Return the data."""
        return self.task.data


@dataclass(frozen=True, kw_only=True)
class Sources(DataOptions):
    """Where data may be, for who reads results: that of the catalogue, and one's own.

    Attributes:
        own: tasks that bring their data along, whatever they were called when they were scored.
    """

    own: tuple[OwnTask, ...] = ()


def sources_of(options: DataOptions, tasks: Iterable[Task]) -> Sources:
    """Return where the data of tasks is, though the working directory may change.

    Nothing more is fetched.
    """
    folder = None if options.data_dir is None else absolute(Path(options.data_dir))
    own = tuple(task for task in tasks if isinstance(task, OwnTask))
    return Sources(data_dir=folder, unverified_data=options.unverified_data, offline=True, own=own)


Place = Located | Brought
"""Where a task has its data from."""


def is_here(place: Place) -> bool:
    """Tell whether the data of a task is at hand without a download."""
    return isinstance(place, Brought) or place.folder is not None


def published_sha256(task: Task) -> str:
    """Return the hash of a task's data as it was published: that of verified data."""
    return content_hash(load_catalogue().datasets[task.dataset].select(task.parts))


def locate_data(tasks: Iterable[Task], options: DataOptions) -> list[Place]:
    """Look where the data of each task is, without reading or downloading it.

    Raises:
        DataError: a folder that was named does not exist; the one of the environment matters
            only where a task has no embedded data.
    """
    tasks = list(tasks)
    datasets = {
        task.id: load_catalogue().datasets[task.dataset]
        for task in tasks
        if not isinstance(task, OwnTask)
    }
    elsewhere = any(not dataset.embedded for dataset in datasets.values())
    folders = candidate_folders(options.data_dir, with_environment=elsewhere)

    def located(task: Task, dataset: Dataset) -> Located:
        parts = dataset.select(task.parts)
        return Located(task, dataset, parts, find_folder(dataset, parts, folders))

    places: list[Place] = [
        Brought(task) if isinstance(task, OwnTask) else located(task, datasets[task.id])
        for task in tasks
    ]
    _mention_empty_folder(places, options)
    return places


def _mention_empty_folder(places: Sequence[Place], options: DataOptions) -> None:
    """A folder that was named and has nothing that is asked for is most likely a mistake."""
    asked = [place for place in places if isinstance(place, Located)]
    asked = [place for place in asked if not place.dataset.embedded]
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
    places: Sequence[Place], options: DataOptions
) -> tuple[list[TaskData], dict[str, BenchmarkError]]:
    """Read the data of each task; download first what is nowhere.

    Returns:
        The tasks that have data, and the error of each task (by id) that has none.
    """
    unavailable = _fetch_missing(places, options)
    here = [place for place in places if place.task.id not in unavailable]
    loaded, failures = read_data(here, options)
    return loaded, unavailable | failures


def read_data(
    places: Sequence[Place], options: DataOptions
) -> tuple[list[TaskData], dict[str, BenchmarkError]]:
    """Read the data of each task where it is, and do nothing else.

    Returns:
        As `load_data`.
    """
    failures: dict[str, BenchmarkError] = {}
    loaded = []
    for place in places:
        try:
            loaded.append(TaskData(place.task, place.read(options)))
        except DataError as error:
            failures[place.task.id] = error
    return loaded, failures


def download_bytes(places: Sequence[Place]) -> int:
    """Return about how much would be downloaded for these tasks."""
    catalogue = load_catalogue()
    absent = [place for place in places if isinstance(place, Located) and place.folder is None]
    archived = any(place.dataset.source == "archive" for place in absent)
    single = {
        entry.path
        for place in absent
        if place.dataset.source == "repository"
        for part in place.parts
        for entry in part.files
    }
    size = catalogue.repository.bytes_a_file if catalogue.repository else 0
    return catalogue.archive.bytes * archived + size * len(single)


def _fetch_missing(places: Sequence[Place], options: DataOptions) -> dict[str, BenchmarkError]:
    """Download what is nowhere; return the error of each task (by id) that still has no data."""
    located = [place for place in places if isinstance(place, Located)]
    absent = [place for place in located if _is_ours_to_fetch(place, options)]
    failures: dict[str, BenchmarkError] = {}
    for source in dict.fromkeys(place.dataset.source for place in absent):
        group = [place for place in absent if place.dataset.source == source]
        try:
            _fetch(group, source, options)
        except DataError as error:
            failures |= {place.task.id: error for place in group if not _is_kept(place)}
    return failures


def _fetch(places: Sequence[Located], source: str, options: DataOptions) -> None:
    catalogue = load_catalogue()
    wanted = {entry.path: entry for place in places for part in place.parts for entry in part.files}
    files, kept = list(wanted.values()), download_folder()
    offline, progress_bar = options.offline, options.progress_bar
    if source == "archive":
        from benchmark.datasets.fetch import fetch_files

        archive = catalogue.archive
        fetch_files(archive, files, kept, offline=offline, progress_bar=progress_bar)
    elif source == "repository" and catalogue.repository is not None:
        from benchmark.datasets.repository import fetch_one_by_one

        repository = catalogue.repository
        fetch_one_by_one(repository, files, kept, offline=offline, progress_bar=progress_bar)
    else:
        raise DataError(
            f"the data of {', '.join(place.task.id for place in places)} is not downloaded: make "
            "it with SentEval's get_transfer_data.bash, name its folder with `data_dir`, and pass "
            "`unverified_data`, for no hash of it is known"
        )


def _is_kept(place: Located) -> bool:
    """All its files lie in the download folder: whether they are good, reading will tell."""
    root = download_folder()
    return all((root / entry.path).is_file() for part in place.parts for entry in part.files)


def _is_ours_to_fetch(place: Located, options: DataOptions) -> bool:
    """Data that is nowhere; and what we downloaded ourselves, which may have been damaged."""
    if place.folder is None:
        return True
    archived = place.dataset.source == "archive" and not options.unverified_data
    ours = archived and place.folder.root == download_folder()
    if not ours:
        return False
    from benchmark.datasets.fetch import was_fetched

    return was_fetched(download_folder(), load_catalogue().archive)
