"""Runs on their way out: each under one public name, each file in one place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.atomic import write_atomically
from benchmark.errors import UsageError
from benchmark.interchange.identity import PublicIdentity, public_identity
from benchmark.results import StoredRun


@dataclass(frozen=True, slots=True)
class Publication:
    """The records of one state of one model, and its public name."""

    identity: PublicIdentity
    run: StoredRun


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file to be written: its path below the output folder, and its bytes."""

    path: str
    content: bytes


def publications(runs: Sequence[StoredRun], named: str | None = None) -> list[Publication]:
    """Give every run its public name.

    Args:
        runs: what `benchmark.results.collect` found.
        named: a hub id to publish the one model under.

    Raises:
        UsageError: one id for several models, or two states of a model under one name.
    """
    if named is not None and len(runs) > 1:
        labels = ", ".join(run.label for run in runs)
        raise UsageError(f"`model_name` {named} is one name, the records are of several: {labels}")
    found: dict[PublicIdentity, StoredRun] = {}
    for run in runs:
        identity = public_identity(run, named)
        other = found.setdefault(identity, run)
        if other is not run:
            raise UsageError(
                f"{other.label} and {run.label} would both be exported as {identity.name} at "
                f"{identity.revision}; name the records of one of them ({_folder(run)})"
            )
    return [Publication(identity, run) for identity, run in found.items()]


def write_files(folder: Path, files: Iterable[ExportedFile]) -> list[Path]:
    """Write files below a folder, each atomically; those of an earlier export are replaced.

    Raises:
        UsageError: the folder cannot be written.
    """
    written = []
    for file in files:
        path = folder / file.path
        try:
            write_atomically(path, file.content)
        except OSError as error:
            raise UsageError(
                f"`output` {folder}: {path} cannot be written ({error.strerror or error}); choose "
                "another folder"
            ) from error
        written.append(path)
    return written


def _folder(run: StoredRun) -> Path:
    return next(iter(run.records.values())).path.parent
