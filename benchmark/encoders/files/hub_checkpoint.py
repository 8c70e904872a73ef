"""Checkpoints on the model hub: choose the files that are needed, and get them."""

from __future__ import annotations

import fnmatch
import glob
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmark.encoders.files.checkpoint import (
    ADAPTER_FILES,
    MERGE,
    SETTINGS_PATTERNS,
    Checkpoint,
    choose_weights,
    read_json,
)
from benchmark.encoders.transformer.dense import WEIGHTS
from benchmark.errors import ModelError
from benchmark.hub import cached_snapshot, download_file, is_cached, is_intact, list_commit
from benchmark.hub_failures import HubFailure, HubUnreachable, is_offline

logger = logging.getLogger(__name__)

_MODULES = "modules.json"


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
    if any(name in listing.files for name in ADAPTER_FILES):
        raise ModelError(f"model {repo}: an adapter (PEFT) is not supported; {MERGE}")
    inside = ""
    if _MODULES in listing.files:
        modules = download_file(repo, _MODULES, revision=listing.commit, progress_bar=progress_bar)
        inside = _transformer_folder(modules)
    weights = _weights(listing.files, inside, weights_file)
    if weights is None:
        what = weights_file or "PyTorch weights"
        raise ModelError(f"model {repo}: the repository holds no {what}")
    if not is_cached(repo, inside + weights, listing.commit):
        logger.info("downloading %s at %s", repo, listing.commit[:12])
    paths = {
        name: download_file(repo, name, revision=listing.commit, progress_bar=progress_bar)
        for name in _needed(listing.files, inside, weights, trust_remote_code)
    }
    root = paths[inside + weights].parents[inside.count("/")]
    return Checkpoint(root, repo, repo, listing.commit, weights)


def _transformer_folder(modules: Path) -> str:
    """Return where ``modules.json`` has the transformer (``0_Transformer/`` in older ones)."""
    content = read_json(modules)
    first = content[0] if isinstance(content, list) and content else None
    path = first.get("path") if isinstance(first, dict) else None
    return f"{path.strip('/')}/" if isinstance(path, str) and path.strip("/") else ""


def _weights(names: Sequence[str], inside: str, asked: str | None) -> str | None:
    """Return the name of the weights file in the transformer's folder."""
    here = [name.removeprefix(inside) for name in names if name.startswith(inside)]
    wanted = [asked] if asked else choose_weights(here)
    return next((name for name in wanted if name in here), None)


def _settings(inside: str) -> list[str]:
    """Return patterns of settings, of the whole and of the transformer's own folder."""
    own = [f"{glob.escape(inside)}{pattern}" for pattern in SETTINGS_PATTERNS] if inside else []
    return [*SETTINGS_PATTERNS, *own]


def _needed(names: Sequence[str], inside: str, weights: str, code: bool) -> list[str]:
    """Return configuration, tokenizer, weights and shards among the names of a repository."""
    where = glob.escape(inside)
    patterns = [*_settings(inside), *(["*.py"] if code else []), where + weights]
    if weights.endswith(".index.json"):
        patterns.append(f"{where}{weights.partition('.')[0]}-*-of-*")
    for config in fnmatch.filter(names, "*_Dense/config.json"):
        forms = [config.removesuffix("config.json") + file for file in WEIGHTS]
        patterns += [name for name in forms if name in names][:1]
    found = [name for pattern in patterns for name in fnmatch.filter(names, pattern)]
    return list(dict.fromkeys(found))


def _cached(
    repo: str, revision: str | None, weights_file: str | None, cause: HubFailure | None = None
) -> Checkpoint:
    try:
        folder = cached_snapshot(repo, revision, SETTINGS_PATTERNS)
        here = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
        inside = _transformer_folder(folder / _MODULES) if _MODULES in here else ""
        if inside:
            cached_snapshot(repo, revision, _settings(inside))
        weights = _weights(here, inside, weights_file)
        if weights is None:
            raise HubUnreachable(f"{repo}: only a part of it is on this machine")
        for name in _needed(here, inside, weights, code=False):
            if not is_intact(folder / name):
                raise HubFailure(
                    f"{repo}: the cached {name} is damaged; run once with the network to fetch "
                    "it again"
                )
    except HubFailure as error:
        raise (cause or error) from error
    return Checkpoint(folder, repo, repo, folder.name, weights)
