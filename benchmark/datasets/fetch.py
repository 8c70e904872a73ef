"""Download what the asked tasks need, once, even when two runs ask at the same time."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from benchmark.datasets.catalogue import Archive, FileEntry
from benchmark.datasets.extract import extract
from benchmark.datasets.files import difference, read_content
from benchmark.errors import DataError
from benchmark.foreign import Unreadable, open_plain
from benchmark.hub import download_file, list_repository
from benchmark.hub_failures import HubFailure, is_offline

if TYPE_CHECKING:
    import filelock

logger = logging.getLogger(__name__)


def fetch_files(
    archive: Archive,
    wanted: Collection[FileEntry],
    destination: Path,
    *,
    offline: bool = False,
    progress_bar: Callable[..., Any] | None = None,
) -> None:
    """Put the wanted files of the archive below a folder, downloading it when needed.

    The archive is kept beside the destination, so that other tasks need no second download;
    a connection that breaks goes on where it stopped. A second run waits for the first.

    Args:
        archive: where it is published, and its hash.
        wanted: catalogue entries of the files.
        destination: folder that gets them, in SentEval's layout.
        offline: only use an archive that is here already.
        progress_bar: a tqdm class for the download.

    Raises:
        DataError: not available, not the published archive, or unsafe.
    """
    cache = _cache_of(destination)
    try:
        destination.mkdir(parents=True, exist_ok=True)
        with locked(destination.parent / ".download.lock"):
            absent = [entry for entry in wanted if not is_whole(destination, entry)]
            if absent:
                path = _verified_archive(archive, cache, offline, progress_bar)
                extract(path, absent, destination)
    except OSError as error:
        unkept(destination, error)


def unkept(destination: Path, error: OSError) -> NoReturn:
    """Say that what was downloaded cannot be written.

    Raises:
        DataError: always.
    """
    raise DataError(
        f"{destination}: evaluation data cannot be kept here ({error.strerror or error}); "
        "make room or give a folder that has it with `data_dir`"
    ) from error


def was_fetched(destination: Path, archive: Archive) -> bool:
    """Tell whether the files below this folder came from the archive (it is still kept)."""
    return (_cache_of(destination) / archive.file).is_file()


def _cache_of(destination: Path) -> Path:
    return destination.parent / "downloads"


def is_whole(destination: Path, entry: FileEntry) -> bool:
    """Tell whether a wanted file is there, and the original."""
    path = destination / entry.path
    return path.is_file() and difference(read_content(path), entry) is None


def locked(path: Path) -> filelock.BaseFileLock:
    """Return a lock that one run at a time holds while it downloads."""
    import filelock

    lock = filelock.FileLock(path)
    try:
        lock.acquire(blocking=False)
        lock.release()
    except filelock.Timeout:
        logger.info("waiting for another run that is downloading the evaluation data")
    return lock


def _verified_archive(
    archive: Archive, cache: Path, offline: bool, progress_bar: Callable[..., Any] | None
) -> Path:
    """Return the archive with the right hash; a damaged copy is fetched again, once."""
    kept = cache / archive.file
    if not kept.is_file() and not offline and not is_offline():
        logger.info("downloading %s (%.1f MB)", archive.file, archive.bytes / 1e6)
        logger.info("%s", archive.notice)
    for damaged in (False, True):
        path = _download(archive, cache, offline, progress_bar, again=damaged)
        if _sha256(path) == archive.sha256:
            return path
        if offline or is_offline():
            raise DataError(
                f"{path}: not the published archive (sha256 is not {archive.sha256[:12]}…); put "
                "the right one there, or run with the network"
            )
        path.unlink()
        logger.warning("%s is damaged or not the published archive", path)
    raise DataError(
        f"{archive.file} from {archive.repo}: its sha256 is not the published "
        f"{archive.sha256[:12]}…; it was thrown away, try again or use `data_dir`"
    )


def _download(
    archive: Archive,
    cache: Path,
    offline: bool,
    progress_bar: Callable[..., Any] | None,
    again: bool,
) -> Path:
    try:
        if not (cache / archive.file).is_file() and not offline and not is_offline():
            # Tells at once when there is no network; the download itself would try for long.
            list_repository(archive.repo, archive.revision, "dataset")
        return download_file(
            archive.repo,
            archive.file,
            revision=archive.revision,
            repo_type="dataset",
            folder=cache,
            offline=offline,
            again=again,
            progress_bar=progress_bar,
        )
    except HubFailure as error:
        raise DataError(
            f"evaluation data could not be downloaded: {error}; give a folder that has it "
            "with `data_dir`, or try again"
        ) from error


def _sha256(path: Path) -> str:
    try:
        file = open_plain(path)
    except Unreadable as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    with file:
        return hashlib.file_digest(file, "sha256").hexdigest()
