"""Checkpoints on the model hub: choose the files that are needed, and get them."""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Callable, Sequence
from typing import Any

from benchmark.encoders.checkpoint import SETTINGS_PATTERNS, Checkpoint, choose_weights
from benchmark.encoders.dense import WEIGHTS
from benchmark.errors import ModelError
from benchmark.hub import cached_snapshot, download_file, is_cached, is_intact, list_commit
from benchmark.hub_failures import HubFailure, HubUnreachable, is_offline

logger = logging.getLogger(__name__)


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
            return _cached(repo, revision, weights_file)
        try:
            return _downloaded(repo, revision, weights_file, trust_remote_code, progress_bar)
        except HubUnreachable as error:
            checkpoint = _cached(repo, revision, weights_file, error)
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
    listing = list_commit(repo, revision)
    weights = _weights(listing.files, weights_file)
    if weights is None:
        what = weights_file or "PyTorch weights"
        raise ModelError(f"model {repo}: the repository holds no {what}")
    if not is_cached(repo, weights, listing.commit):
        logger.info("downloading %s at %s", repo, listing.commit[:12])
    paths = {
        name: download_file(repo, name, revision=listing.commit, progress_bar=progress_bar)
        for name in _needed(listing.files, weights, trust_remote_code)
    }
    return Checkpoint(paths[weights].parent, repo, repo, listing.commit, weights)


def _weights(names: Sequence[str], asked: str | None) -> str | None:
    wanted = [asked] if asked else choose_weights(names)
    return next((name for name in wanted if name in names), None)


def _needed(names: Sequence[str], weights: str, code: bool) -> list[str]:
    """Return configuration, tokenizer, weights and shards among the names of a repository."""
    patterns = [*SETTINGS_PATTERNS, *(["*.py"] if code else []), weights]
    if weights.endswith(".index.json"):
        patterns.append(f"{weights.partition('.')[0]}-*-of-*")
    for config in fnmatch.filter(names, "*_Dense/config.json"):
        forms = [config.removesuffix("config.json") + file for file in WEIGHTS]
        patterns += [name for name in forms if name in names][:1]
    return [name for pattern in patterns for name in fnmatch.filter(names, pattern)]


def _cached(
    repo: str, revision: str | None, weights_file: str | None, cause: HubFailure | None = None
) -> Checkpoint:
    try:
        folder = cached_snapshot(repo, revision, SETTINGS_PATTERNS)
        here = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
        weights = _weights(here, weights_file)
        if weights is None:
            raise HubUnreachable(f"{repo}: only a part of it is on this machine")
        for name in _needed(here, weights, code=False):
            if not is_intact(folder / name):
                raise HubFailure(
                    f"{repo}: the cached {name} is damaged; run once with the network to fetch "
                    "it again"
                )
    except HubFailure as error:
        raise (cause or error) from error
    return Checkpoint(folder, repo, repo, folder.name, weights)
