"""What is trained on: a file, or data that SimCSE's authors published, by its name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmark.datasets import load_catalogue
from benchmark.errors import DataError, UsageError
from benchmark.hub import download_file, is_cached, list_repository
from benchmark.hub_failures import HubFailure, is_offline
from benchmark.training.text import Sentences, sentences
from benchmark.training.triples import Triples, is_table, triples

logger = logging.getLogger(__name__)

SENTENCES: Mapping[str, str] = {"wiki1m": "wiki1m_for_simcse.txt"}
TRIPLES: Mapping[str, str] = {"nli-for-simcse": "nli_for_simcse.csv"}
"""Published training data by name, and its files: a million sentences of English Wikipedia, and
SNLI with MultiNLI as triples. They lie where SentEval's data is published, and are taken of the
same commit."""


def training_data(
    asked: str | Path,
    *,
    supervised: bool = False,
    offline: bool = False,
    progress_bar: Callable[..., Any] | None = None,
) -> Sentences | Triples:
    """Return what is asked for by name or path.

    Args:
        asked: ``wiki1m``, ``nli-for-simcse``, or the path of a file. A file that is called like one
            of these is named with its folder, ``./wiki1m``.
        supervised: whether pairs or triples are wanted; else sentences.
        offline: only use what is on this machine.
        progress_bar: a tqdm class for a download, or something that is called like one.

    Raises:
        DataError: it cannot be read or had, or is not what it should be.
        UsageError: sentences where a table is wanted, or the other way round.
    """
    published, other = (TRIPLES, SENTENCES) if supervised else (SENTENCES, TRIPLES)
    is_named = str(asked) in {*published, *other}
    if str(asked) in other or (not is_named and is_table(asked) != supervised):
        what = "a table of pairs or triples" if supervised else "text, one sentence a line"
        raise UsageError(
            f"`data` {str(asked)!a:.200}: this kind of training needs {what}; give a "
            f"{'.csv, .tsv or .jsonl' if supervised else '.txt'} file, or {', '.join(published)}"
        )
    if not is_named:
        return (triples if supervised else sentences)(asked)
    name = str(asked)
    path, source = _fetched(published[name], offline, progress_bar)
    return (triples if supervised else sentences)(path, name, source)


def _fetched(file: str, offline: bool, progress_bar: Callable[..., Any] | None) -> tuple[Path, str]:
    """Return a file in the hub's cache, and where it comes from.

    No hash of these files is published elsewhere, so the one that counts is the hub's own, which
    states the SHA-256 of large files: the cache keeps a file under that hash, `download_file`
    compares its content with it each time, and a run records it.
    """
    archive = load_catalogue().archive
    repo, revision = archive.repo, archive.revision
    try:
        if not (offline or is_offline() or is_cached(repo, file, revision, "dataset")):
            # Tells at once when there is no network; the download itself would try for long.
            list_repository(repo, revision, "dataset")
            logger.info("downloading %s of %s", file, repo)
        path = download_file(
            repo,
            file,
            revision=revision,
            repo_type="dataset",
            offline=offline,
            progress_bar=progress_bar,
        )
        return path, f"{repo}@{revision}"
    except HubFailure as error:
        raise DataError(
            f"{file} could not be downloaded: {error}; give a file that is here as `data`, or try "
            "again"
        ) from error
    except OSError as error:
        raise DataError(
            f"{file} cannot be kept in the hub's cache ({error.strerror or error}); make room, or "
            "move the cache with HF_HOME"
        ) from error
