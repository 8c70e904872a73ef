"""Records on their way out: under which public name, in which file, and what is left out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.atomic import write_atomically
from benchmark.errors import UnreadableRecord, UsageError
from benchmark.one_line import one_line
from benchmark.results import StoredRecord, StoredRun
from benchmark.results.record import slug

NO_REVISION = "no_revision_available"
"""MTEB's name for an unknown revision."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class PublicName:
    """An encoder as the hub and MTEB name it.

    Attributes:
        name: hub id ``org/name``; the plain name of an encoder that is on no hub.
        revision: 40 hexadecimal digits of a commit, or ``no_revision_available``.
    """

    name: str
    revision: str = NO_REVISION

    @property
    def is_hub_id(self) -> bool:
        """Tell whether the name has the form that the hub and MTEB ask for."""
        return _HUB_ID.fullmatch(self.name) is not None

    @property
    def folder(self) -> str:
        """The folder of its results in MTEB's tree."""
        return slug(self.name)


@dataclass(frozen=True, slots=True)
class Publication:
    """The records of one state of one model, and the name it is published under."""

    known_as: PublicName
    run: StoredRun


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file to be written: its path below the output folder, and its bytes."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Omission:
    """Something that is left out.

    Attributes:
        what: model and task, or file.
        why: the reason, for a reader who expected it.
    """

    what: str
    why: str


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
    found: dict[PublicName, StoredRun] = {}
    for run in runs:
        name = public_name(run, named)
        other = found.setdefault(name, run)
        if other is not run:
            raise UsageError(
                f"{other.label} and {run.label} would both be exported as {name.name} at "
                f"{name.revision}; name the records of one of them ({_folder(run)})"
            )
    return [Publication(name, run) for name, run in found.items()]


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


def public_name(run: StoredRun, named: str | None = None) -> PublicName:
    """Return the name and revision of an encoder for other projects.

    A source counts as a hub id only beside a commit: a folder may be called ``org/name`` too.

    Args:
        run: its records.
        named: the hub id to publish under; the commit is then kept only if it is of that id.

    Raises:
        UsageError: ``named`` is no hub id.
    """
    source, revision = str(run.card.get("source") or ""), str(run.card.get("revision") or "")
    on_hub = is_commit(revision) and _HUB_ID.fullmatch(source) is not None
    if named is None:
        return PublicName(source, revision) if on_hub else PublicName(one_line(run.model))
    if not _HUB_ID.fullmatch(named):
        raise UsageError(f"`model_name` {named!r}: give a hub id, org/name")
    return PublicName(named, revision if on_hub and named == source else NO_REVISION)


def is_commit(revision: str) -> bool:
    """Tell whether a revision is a whole commit id of the hub."""
    return _COMMIT.fullmatch(revision) is not None


def created(record: StoredRecord) -> dt.datetime:
    """Return when a record was written.

    Raises:
        UnreadableRecord: it does not say so in the form it was written in.
    """
    try:
        written = dt.datetime.fromisoformat(record.result.created)
    except ValueError as error:
        raise UnreadableRecord(
            f"{record.path}: created is no time ({error}); changed by hand? score "
            f"{record.result.task} again with `overwrite`"
        ) from error
    return written if written.tzinfo else written.replace(tzinfo=dt.UTC)


def _folder(run: StoredRun) -> Path:
    return next(iter(run.records.values())).path.parent
