"""The one place that talks to the model hub, through ``huggingface_hub``.

``HF_HOME``, ``HF_ENDPOINT``, ``HF_TOKEN`` and ``HF_HUB_OFFLINE`` mean what they mean to that
library, which also resumes a download that is cut while it runs. Files are cached by commit,
and a cached file is compared with the hash that the hub gave for it.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import logging
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

ATTEMPTS = 3
"""How often a request is made whose connection breaks or whose server is in trouble (the
client library itself retries only some of these)."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_INFO_SECONDS = 20.0
_MAX_WAIT = 30.0


class HubFailure(Exception):
    """Why the hub did not give what was asked, in a clause fit for a longer message."""


class HubUnreachable(HubFailure):
    """The hub gave no answer at all, or only excuses: what is cached may still serve."""


class _Broken(HubUnreachable):
    """It may work when tried again, after this many seconds."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository holds at one commit."""

    commit: str
    files: tuple[str, ...]


def is_offline() -> bool:
    """Tell whether the environment forbids the network (``HF_HUB_OFFLINE`` and its kin)."""
    yes = {"1", "ON", "YES", "TRUE"}
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(os.environ.get(name, "").upper() in yes for name in names)


def list_repository(repo: str, revision: str | None, repo_type: str = "model") -> Listing:
    """Ask the hub which files a repository holds, and at which commit.

    Raises:
        HubFailure: unknown, private or unreachable.
    """
    from huggingface_hub import HfApi

    def request() -> Any:
        return HfApi().repo_info(
            repo, revision=revision, repo_type=repo_type, timeout=_INFO_SECONDS
        )

    info = _persistently(repo, request)
    return Listing(info.sha or "", tuple(sibling.rfilename for sibling in info.siblings or ()))


def list_commit(repo: str, revision: str | None) -> Listing:
    """Return what a model repository holds, and remember it in the cache.

    A commit never changes, so that once it is remembered no request is made. What a branch
    stands for is asked each time, and noted for a day when nobody answers.

    Raises:
        HubFailure: unknown, private or unreachable.
    """
    from huggingface_hub import get_cached_repo_tree, snapshot_download
    from huggingface_hub.errors import CachedRepoTreeNotFoundError
    from tqdm import tqdm

    if not _COMMIT.fullmatch(revision or ""):
        # Says what is wrong where the next request would silently take what is cached.
        list_repository(repo, revision)

    def request() -> Path:
        folder = snapshot_download(
            repo,
            revision=revision,
            allow_patterns=["config.json"],
            tqdm_class=functools.partial(tqdm, disable=True),
        )
        return Path(folder)

    commit = _persistently(repo, request).name
    try:
        tree = get_cached_repo_tree(repo, revision=commit)
    except CachedRepoTreeNotFoundError as error:
        raise HubUnreachable(f"{repo}: the hub cannot be reached") from error
    return Listing(commit, tuple(file.path for file in tree))


def download_file(
    repo: str,
    file: str,
    *,
    revision: str | None,
    repo_type: str = "model",
    folder: Path | None = None,
    offline: bool = False,
    again: bool = False,
    progress_bar: Callable[..., Any] | None = None,
) -> Path:
    """Download one file, into the hub's own cache or into a folder.

    A file of the cache that differs from the hash it is stored under is fetched again, once.

    Args:
        repo: repository id.
        file: path inside the repository.
        repo_type: ``model`` or ``dataset``.
        revision: branch, tag or commit; None for the default branch.
        folder: keep the file here instead of in the cache.
        offline: only use what is here already.
        again: download even if the file is here.
        progress_bar: a tqdm class, or something that is called like one.

    Raises:
        HubFailure: not there, not allowed, not reachable, or damaged twice.
    """
    from huggingface_hub import hf_hub_download

    def request(force: bool) -> Path:
        path = hf_hub_download(
            repo,
            file,
            revision=revision,
            repo_type=repo_type,
            local_dir=folder,
            local_files_only=offline or is_offline(),
            force_download=force,
            tqdm_class=progress_bar,
        )
        return Path(path)

    path = _persistently(repo, lambda: request(again))
    if is_intact(path):
        return path
    logger.warning("%s of %s is damaged, fetching it again", file, repo)
    path = _persistently(repo, lambda: request(True))
    if not is_intact(path):
        raise HubFailure(f"{repo}: {file} arrives damaged; try again, or another network")
    return path


def cached_snapshot(repo: str, revision: str | None, wanted: Sequence[str]) -> Path:
    """Return the folder of a repository that was downloaded before, without any request.

    Args:
        repo: repository id.
        revision: branch, tag or commit; None for the default branch.
        wanted: patterns of files that must be here if the commit is known to hold them.

    Raises:
        HubFailure: it is not in the cache.
    """
    from huggingface_hub import snapshot_download

    def request() -> Path:
        patterns = list(wanted)
        return Path(
            snapshot_download(
                repo, revision=revision, allow_patterns=patterns, local_files_only=True
            )
        )

    return _persistently(repo, request)


def is_cached(repo: str, file: str, revision: str) -> bool:
    """Tell whether a file of a commit is in the cache."""
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(repo, file, revision=revision), str)


def is_intact(path: Path) -> bool:
    """Compare a file of the cache with the hash that it is stored under.

    The cache keeps content under the hash that the hub announced: SHA-256 for large files,
    git's object id for others. A file outside the cache has no such name and passes.
    """
    blob = path.resolve()
    if blob.parent.name != "blobs":
        return True
    with blob.open("rb") as file:
        if len(blob.name) == 64:
            return hashlib.file_digest(file, "sha256").hexdigest() == blob.name
        if len(blob.name) == 40:
            content = file.read()
            return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() == blob.name  # noqa: S324
    return True


def _persistently(repo: str, request: Callable[[], Result]) -> Result:
    """Make a request, again if the connection breaks; failures become one clause."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return request()
        except Exception as error:
            failure = _explained(repo, error)
            if failure is None:
                raise
            if not isinstance(failure, _Broken) or attempt == ATTEMPTS:
                raise failure from error
            time.sleep(min(failure.wait or 2.0**attempt / 2, _MAX_WAIT))
    raise AssertionError("unreachable")


def _explained(repo: str, error: Exception) -> HubFailure | None:
    """Say in a clause what the client raised; None for what has nothing to do with the hub."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return HubFailure(f"{repo} is gated: ask its owners for access, then run hf auth login")
    if isinstance(error, errors.RepositoryNotFoundError):
        return HubFailure(f"{repo} does not exist on the hub, or is private (hf auth login)")
    if isinstance(error, errors.RevisionNotFoundError):
        return HubFailure(f"{repo} has no such revision")
    if isinstance(error, errors.HFValidationError):
        return HubFailure(f"{repo!r} is not a repository name ({_first_line(error)})")
    if isinstance(error, (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled)):
        return _not_here(repo, error)
    if isinstance(error, errors.EntryNotFoundError):
        return HubFailure(f"{repo} lacks a file that is needed ({_first_line(error)})")
    if isinstance(error, errors.HfHubHTTPError):
        return _http(repo, error)
    return _connection(repo, error)


def _not_here(repo: str, error: Exception) -> HubFailure:
    """The client found nothing on this machine; its cause tells why it got nothing else."""
    from huggingface_hub import errors

    if is_offline():
        return HubUnreachable(
            f"{repo} is not on this machine and the network is switched off (HF_HUB_OFFLINE)"
        )
    cause = error.__cause__
    if isinstance(cause, errors.HfHubHTTPError):
        # The client has tried for long enough: not worth another round.
        return HubUnreachable(str(_http(repo, cause)))
    if cause is None:
        return HubUnreachable(f"{repo} is not on this machine (--offline)")
    return HubUnreachable(f"{repo}: the hub cannot be reached ({_first_line(cause)})")


def _http(repo: str, error: Any) -> HubFailure:
    status = getattr(error.response, "status_code", None)
    if status == 401:
        return HubFailure(f"{repo}: the hub wants a login (401); run hf auth login")
    if status == 403:
        return HubFailure(f"{repo}: the hub refuses access (403)")
    if status == 404:
        return HubFailure(f"{repo}: not found on the hub (404)")
    if status == 429:
        wait = error.response.headers.get("Retry-After", "")
        message = f"{repo}: too many requests (429); wait a little and run again"
        return _Broken(message, float(wait) if wait.isdigit() else None)
    if status is not None and status >= 500:
        return _Broken(f"{repo}: the hub is in trouble ({status}); run again later")
    return HubFailure(f"{repo}: {_first_line(error)}")


def _connection(repo: str, error: Exception) -> HubFailure | None:
    if isinstance(error, OSError) and error.filename is not None:
        return None  # the disk, not the network
    if isinstance(error, OSError) and error.errno is not None:
        return None if error.errno in (errno.ENOSPC, errno.EDQUOT) else _lost(repo, error)
    if isinstance(error, OSError):  # what arrived has the wrong size
        return _Broken(f"{repo}: the download broke off ({_first_line(error)})")
    if type(error).__name__ in ("ConnectError", "ConnectTimeout"):
        return _lost(repo, error)
    if type(error).__module__.split(".")[0].startswith(("httpx", "httpcore")):
        return _Broken(f"{repo}: the connection broke ({_first_line(error)})")
    if isinstance(error, ValueError):
        return HubUnreachable(f"{repo}: what answers is no hub ({_first_line(error)})")
    return None


def _lost(repo: str, error: Exception) -> HubFailure:
    return HubUnreachable(f"{repo}: no connection to the hub ({_first_line(error)})")


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
