"""Checkpoints on the model hub: get the files that are needed, from it or from its cache."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmark.encoders.files.checkpoint import (
    SETTINGS_PATTERNS,
    Checkpoint,
    read_json,
)
from benchmark.encoders.files.needed import (
    Choose,
    Files,
    is_weights,
    settings_in,
    transformer_files,
)
from benchmark.errors import ModelError
from benchmark.hub import (
    cached_snapshot,
    download_file,
    is_cached,
    is_intact,
    list_commit,
    remembered_files,
)
from benchmark.hub_failures import HubFailure, HubUnreachable, is_offline

logger = logging.getLogger(__name__)


def fetch_checkpoint(
    repo: str,
    revision: str | None = None,
    *,
    choose: Choose | None = None,
    weights_file: str | None = None,
    offline: bool = False,
    trust_remote_code: bool = False,
    progress_bar: Callable[..., Any] | None = None,
) -> Checkpoint:
    """Return the checkpoint of a hub repository, downloading what is not cached.

    Only configuration, tokenizer and one form of the weights are fetched: this file if
    given, else safetensors, else ``pytorch_model.bin``. A commit that is cached needs no
    request; when the hub cannot be reached, what is cached is used, with a warning.

    Args:
        repo: its id.
        revision: branch, tag or commit; None for the default branch.
        choose: says which files are needed; `transformer_files` unless given.
        weights_file: the form of the weights to take.
        offline: make no request.
        trust_remote_code: fetch code, too.
        progress_bar: for downloads.

    Raises:
        ModelError: unknown, refused, unreachable and not cached, or without weights.
    """
    choose = choose or transformer_files
    try:
        if offline or is_offline():
            return _cached(repo, revision, choose, weights_file)
        try:
            return _downloaded(
                repo, revision, choose, weights_file, trust_remote_code, progress_bar
            )
        except HubUnreachable as error:
            checkpoint = _cached(repo, revision, choose, weights_file, error)
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
    choose: Choose,
    weights_file: str | None,
    trust_remote_code: bool,
    progress_bar: Callable[..., Any] | None,
) -> Checkpoint:
    listing = list_commit(repo, revision)

    def fetched(name: str) -> Path:
        return download_file(repo, name, revision=listing.commit, progress_bar=progress_bar)

    files = Files(listing.files, lambda name: read_json(fetched(name)))
    try:
        needed = choose(files, weights_file, trust_remote_code)
    except ModelError as error:
        raise ModelError(f"model {repo}: {error}") from error
    if needed.weights is None:
        what = weights_file or "PyTorch weights"
        raise ModelError(f"model {repo}: the repository holds no {what}")
    if not all(is_cached(repo, name, listing.commit) for name in needed.files):
        logger.info("downloading %s at %s", repo, listing.commit[:12])
    paths = {name: fetched(name) for name in needed.files}
    root = next(path.parents[name.count("/")] for name, path in paths.items())
    return Checkpoint(root, repo, repo, listing.commit, needed.weights)


def _cached(
    repo: str,
    revision: str | None,
    choose: Choose,
    weights_file: str | None,
    cause: HubFailure | None = None,
) -> Checkpoint:
    try:
        folder = cached_snapshot(repo, revision, SETTINGS_PATTERNS)
        here = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
        needed = choose(Files(here, lambda name: read_json(folder / name)), weights_file, False)
        wanted = sorted({file.rpartition("/")[0] for file in needed.files})
        for inside in filter(None, wanted):
            cached_snapshot(repo, revision, settings_in(f"{inside}/"))
        if needed.weights is None or _lacks_settings(repo, folder, here, choose):
            raise HubUnreachable(f"{repo}: only a part of it is on this machine")
        for name in needed.files:
            if not is_intact(folder / name):
                raise HubFailure(
                    f"{repo}: the cached {name} is damaged; run once with the network to fetch "
                    "it again"
                )
    except HubFailure as error:
        raise (cause or error) from error
    return Checkpoint(folder, repo, repo, folder.name, needed.weights)


def _lacks_settings(repo: str, folder: Path, here: Sequence[str], choose: Choose) -> bool:
    """Tell whether something is missing beside the weights, as far as the cache remembers.

    Of these there may be one form here that would not be the preferred one.
    """
    held = remembered_files(repo, folder.name)

    def read(name: str) -> Any:
        return read_json(folder / name) if name in here else None

    wanted = choose(Files(held, read), None, False).files if held else ()
    return any(name not in here and not is_weights(name) for name in wanted)
