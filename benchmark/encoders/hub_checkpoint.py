"""Checkpoints on the model hub: choose the files that are needed, and get them."""

from __future__ import annotations

import fnmatch
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmark.encoders.checkpoint import SETTINGS_PATTERNS, Checkpoint, choose_weights
from benchmark.errors import ModelError
from benchmark.hub import (
    HubFailure,
    HubUnreachable,
    cached_snapshot,
    download_file,
    is_cached,
    is_offline,
    list_repository,
)

logger = logging.getLogger(__name__)

_COMMIT = re.compile(r"[0-9a-f]{40}")
_WEIGHT_PATTERNS = ("*.safetensors*", "pytorch_model*.bin*")


def fetch_checkpoint(
    repo: str,
    revision: str | None = None,
    *,
    weights_file: str | None = None,
    offline: bool = False,
    trust_remote_code: bool = False,
    progress_bar: Callable[..., Any] | None = None,
) -> Checkpoint:
    """Return the checkpoint of a hub repository, downloading what is not cached.

    Only configuration, tokenizer and one form of the weights are fetched: this file if
    given, else safetensors, else ``pytorch_model.bin``. A commit that is cached needs no
    request; when the hub cannot be reached, what is cached is used, with a warning.

    Raises:
        ModelError: unknown, refused, unreachable and not cached, or without weights.
    """
    try:
        if offline or is_offline():
            return _cached(repo, revision)
        try:
            return _downloaded(repo, revision, weights_file, trust_remote_code, progress_bar)
        except HubUnreachable as error:
            checkpoint = _cached(repo, revision, error)
            logger.warning("%s; using the copy of %s", error, checkpoint.revision)
            return checkpoint
    except HubFailure as error:
        raise ModelError(f"model {error}{_way_out(error)}") from error


def _way_out(error: HubFailure) -> str:
    away = isinstance(error, HubUnreachable)
    return "; check the network, or give the folder of a checkpoint" if away else ""


def _downloaded(
    repo: str,
    revision: str | None,
    weights_file: str | None,
    trust_remote_code: bool,
    progress_bar: Callable[..., Any] | None,
) -> Checkpoint:
    listing = list_repository(repo, revision)
    weights = [weights_file] if weights_file else choose_weights(listing.files)[:1]
    if not weights:
        raise ModelError(f"model {repo}: the repository holds no PyTorch weights")
    names = [name for name in listing.files if _is_setting(name, trust_remote_code)]
    names += weights
    if weights[0].endswith(".index.json"):
        stem = weights[0].split(".")[0]
        names += [name for name in listing.files if fnmatch.fnmatch(name, f"{stem}-*-of-*")]
    if not is_cached(repo, weights[0], listing.commit):
        logger.info("downloading %s at %s", repo, listing.commit[:12])
    paths = {
        name: download_file(repo, name, revision=listing.commit, progress_bar=progress_bar)
        for name in names
    }
    folder = next(iter(paths.values())).parents[names[0].count("/")]
    return Checkpoint(folder, repo, repo, listing.commit)


def _is_setting(name: str, code: bool) -> bool:
    patterns = (*SETTINGS_PATTERNS, *(("*.py",) if code else ()))
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def _cached(repo: str, revision: str | None, cause: HubFailure | None = None) -> Checkpoint:
    try:
        folder = cached_snapshot(repo, revision, [*SETTINGS_PATTERNS, *_WEIGHT_PATTERNS])
    except HubFailure as error:
        raise (cause or error) from error
    return Checkpoint(folder, repo, repo, _commit_of(folder))


def _commit_of(snapshot: Path) -> str | None:
    return snapshot.name if _COMMIT.fullmatch(snapshot.name) else None
