"""Give every asked task its data: find, download what is missing, verify, read."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from benchmark.datasets import Dataset, LoadedData, Part, load_catalogue
from benchmark.datasets.by_content import find_by_content
from benchmark.datasets.catalogue import content_hash
from benchmark.datasets.files import (
    Folder,
    candidate_folders,
    download_folder,
    find_folder,
    load_parts,
    named_folders,
)
from benchmark.errors import BenchmarkError, DataError
from benchmark.options import DataOptions
from benchmark.places import absolute, folders_of
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
        folder: that holds them, None when they would have to be downloaded, or are nowhere.
    """

    task: Task
    dataset: Dataset
    parts: tuple[Part, ...]
    folder: Folder | None

    @property
    def scored(self) -> int:
        """How many samples are scored."""
        return sum(part.scored for part in self.parts)

    @property
    def is_nowhere(self) -> bool:
        """Whether the data is neither here nor in any download."""
        return self.folder is None and bool(self.dataset.source) and not self.dataset.one_by_one

    def read(self, options: DataOptions) -> LoadedData:
        """Return the data, verified.

        Raises:
            DataError: it is not what was published, cannot be read, or is nowhere.
        """
        if self.is_nowhere:
            raise DataError(self._nowhere())
        folder = self.folder or Folder(download_folder(), "downloaded")
        return load_parts(self.dataset, self.parts, folder, unverified=options.unverified_data)

    def _nowhere(self) -> str:
        names = [PurePosixPath(entry.path).name for part in self.parts for entry in part.files]
        return (
            f"{self.dataset.title}: {' and '.join(names)} found below no folder, and in no "
            f"download; published at {self.dataset.source}: put the files below a folder as they "
            "are, and name it with `data_dir`"
        )


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
    folders = tuple(map(absolute, folders_of(options.data_dir)))
    own = tuple(task for task in tasks if isinstance(task, OwnTask))
    return Sources(data_dir=folders, unverified_data=options.unverified_data, offline=True, own=own)


Whereabouts = Located | Brought
"""Where a task has its data from."""


def is_here(place: Whereabouts) -> bool:
    """Tell whether the data of a task is at hand without a download."""
    return isinstance(place, Brought) or place.folder is not None


def would_be_fetched(place: Whereabouts) -> bool:
    """Tell whether the data of a task would be downloaded."""
    return isinstance(place, Located) and place.folder is None and not place.is_nowhere


def is_packed_here(place: Whereabouts) -> bool:
    """Tell whether the data of a task only has to be unpacked from what was downloaded."""
    if not isinstance(place, Located) or place.dataset.one_by_one:
        return False
    from benchmark.datasets.fetch import was_fetched

    return was_fetched(download_folder(), load_catalogue().archive)


def published_sha256(task: Task) -> str:
    """Return the hash of a task's data as it was published: that of verified data."""
    return content_hash(load_catalogue().datasets[task.dataset].select(task.parts))


def locate_data(tasks: Iterable[Task], options: DataOptions) -> list[Whereabouts]:
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
    named = named_folders(folders_of(options.data_dir), with_environment=elsewhere)
    folders = candidate_folders(named)

    def located(task: Task, dataset: Dataset) -> Located:
        parts = dataset.select(task.parts)
        return Located(task, dataset, parts, find_folder(dataset, parts, folders))

    places: list[Whereabouts] = [
        Brought(task) if isinstance(task, OwnTask) else located(task, datasets[task.id])
        for task in tasks
    ]
    places = _with_known_contents(places, named)
    _mention_empty_folder(places, options)
    return places


def _with_known_contents(
    places: Sequence[Whereabouts], named: Sequence[Folder]
) -> list[Whereabouts]:
    """Add files that lie elsewhere than the catalogue says, and are known by their content."""
    asked = [place for place in places if isinstance(place, Located) and place.dataset.source]
    missing = {
        entry.path: entry
        for place in asked
        for part in place.parts
        for entry in part.files
        if place.folder is None or not place.folder.has(entry)
    }
    found: dict[str, tuple[Folder, Path]] = {}
    for folder in named:
        wanted = [entry for path, entry in missing.items() if path not in found]
        below = find_by_content(folder.root, wanted)
        found |= {path: (folder, place) for path, place in below.items()}
    return [_completed(p, found) if isinstance(p, Located) and found else p for p in places]


def _completed(place: Located, found: Mapping[str, tuple[Folder, Path]]) -> Located:
    paths = [entry.path for part in place.parts for entry in part.files if entry.path in found]
    if not paths:
        return place
    folder = place.folder or found[paths[0]][0]
    elsewhere = {path: found[path][1] for path in paths}
    return replace(place, folder=replace(folder, elsewhere=elsewhere))


def _mention_empty_folder(places: Sequence[Whereabouts], options: DataOptions) -> None:
    """A folder that was named and has nothing that is asked for is most likely a mistake."""
    asked = [place for place in places if isinstance(place, Located)]
    asked = [place for place in asked if not place.dataset.embedded]
    folders = folders_of(options.data_dir)
    named = [path.resolve() for path in folders]
    if not asked or not named:
        return
    found = [place.folder.root.resolve() for place in asked if place.folder is not None]
    if not any(root.is_relative_to(path) for root in found for path in named):
        logger.warning(
            "`data_dir` %s holds none of the data of %s; looking elsewhere",
            ", ".join(map(str, folders)),
            ", ".join(place.task.id for place in asked),
        )


def load_data(
    places: Sequence[Whereabouts], options: DataOptions
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
    places: Sequence[Whereabouts], options: DataOptions
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


def download_bytes(places: Sequence[Whereabouts]) -> int:
    """Return about how much would be downloaded for these tasks."""
    catalogue = load_catalogue()
    absent = [p for p in places if isinstance(p, Located) and would_be_fetched(p)]
    archived = any(not place.dataset.one_by_one for place in absent)
    single = {
        entry.path
        for place in absent
        if place.dataset.one_by_one
        for part in place.parts
        for entry in part.files
    }
    size = catalogue.repository.bytes_a_file if catalogue.repository else 0
    return catalogue.archive.bytes * archived + size * len(single)


def _fetch_missing(
    places: Sequence[Whereabouts], options: DataOptions
) -> dict[str, BenchmarkError]:
    """Download what is nowhere; return the error of each task (by id) that still has no data."""
    located = [place for place in places if isinstance(place, Located)]
    absent = [place for place in located if _is_ours_to_fetch(place, options)]
    failures: dict[str, BenchmarkError] = {}
    for one_by_one in (False, True):
        group = [place for place in absent if place.dataset.one_by_one == one_by_one]
        try:
            _fetch(group, options, one_by_one=one_by_one)
        except DataError as error:
            failures |= {place.task.id: error for place in group if not _is_kept(place)}
    return failures


def _fetch(places: Sequence[Located], options: DataOptions, *, one_by_one: bool) -> None:
    wanted = {entry.path: entry for place in places for part in place.parts for entry in part.files}
    if not wanted:
        return
    from benchmark.datasets.fetch import fetch_files
    from benchmark.datasets.repository import fetch_one_by_one

    catalogue, files, kept = load_catalogue(), list(wanted.values()), download_folder()
    offline, bar = options.offline, options.progress_bar
    if not one_by_one:
        fetch_files(catalogue.archive, files, kept, offline=offline, progress_bar=bar)
    elif catalogue.repository is not None:
        fetch_one_by_one(catalogue.repository, files, kept, offline=offline, progress_bar=bar)


def _is_kept(place: Located) -> bool:
    """All its files lie in the download folder: whether they are good, reading will tell."""
    root = download_folder()
    return all((root / entry.path).is_file() for part in place.parts for entry in part.files)


def _is_ours_to_fetch(place: Located, options: DataOptions) -> bool:
    """Data that is nowhere; and what we downloaded ourselves, which may have been damaged."""
    if place.folder is None:
        return would_be_fetched(place)
    if place.dataset.source:
        return False
    ours = place.folder.root == download_folder() and not options.unverified_data
    if not ours:
        return False
    from benchmark.datasets.fetch import was_fetched

    return was_fetched(download_folder(), load_catalogue().archive)
