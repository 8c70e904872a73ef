"""The one place that talks to the model hub, through ``huggingface_hub``.

``HF_HOME``, ``HF_ENDPOINT``, ``HF_TOKEN`` and ``HF_HUB_OFFLINE`` mean what they mean to that
library, which also resumes a download that is cut while it runs. Files are cached by commit,
and a cached file is compared with the hash that the hub gave for it.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from benchmark.foreign import Unreadable, open_plain
from benchmark.hub_failures import (
    HubBroken,
    HubFailure,
    HubUnreachable,
    explain,
    is_offline,
)

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

ATTEMPTS = 3
"""How often a request is made whose connection breaks or whose server is in trouble (the
client library itself retries only some of these)."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_INFO_SECONDS = 20.0
_MAX_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository holds at one commit."""

    commit: str
    files: tuple[str, ...]


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


def remembered_files(repo: str, commit: str) -> tuple[str, ...]:
    """Return what a commit of a model repository holds, without a request.

    Empty where the cache does not remember it: another program may have filled it.
    """
    from huggingface_hub import get_cached_repo_tree
    from huggingface_hub.errors import CachedRepoTreeNotFoundError

    try:
        return tuple(file.path for file in get_cached_repo_tree(repo, revision=commit))
    except CachedRepoTreeNotFoundError:
        return ()


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


def is_cached(repo: str, file: str, revision: str, repo_type: str = "model") -> bool:
    """Tell whether a file of a commit is in the cache."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repo, file, revision=revision, repo_type=repo_type)
    return isinstance(found, str)


def is_intact(path: Path) -> bool:
    """Compare a file of the cache with the hash that it is stored under.

    The cache keeps content under the hash that the hub announced: SHA-256 for large files,
    git's object id for others. A file outside the cache has no such name and passes.
    """
    blob = path.resolve()
    if blob.parent.name != "blobs":
        return True
    try:
        file = open_plain(blob)
    except Unreadable:
        return False
    with file:
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
            failure = explain(repo, error)
            if failure is None:
                raise
            if not isinstance(failure, HubBroken) or attempt == ATTEMPTS:
                raise failure from error
            time.sleep(min(failure.wait or 2.0**attempt / 2, _MAX_WAIT))
    raise AssertionError("unreachable")
