"""Under which name, and which revision, other projects know an encoder."""

from __future__ import annotations

import re
from dataclasses import dataclass

from benchmark.errors import UsageError
from benchmark.one_line import one_line
from benchmark.results import StoredRun
from benchmark.results.slug import slug

NO_REVISION = "no_revision_available"
"""MTEB's name for an unknown revision."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class PublicIdentity:
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


def is_commit(revision: str) -> bool:
    """Tell whether a revision is a whole commit id of the hub."""
    return _COMMIT.fullmatch(revision) is not None


def public_identity(run: StoredRun, named: str | None = None) -> PublicIdentity:
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
        return PublicIdentity(source, revision) if on_hub else PublicIdentity(one_line(run.model))
    if not _HUB_ID.fullmatch(named):
        raise UsageError(f"`model_name` {named!r}: give a hub id, org/name")
    return PublicIdentity(named, revision if on_hub and named == source else NO_REVISION)
