"""The data catalogue (``catalogue.toml``): files, hashes, counts, terms, citations."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from benchmark.toml_tables import packaged_table


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file: its path in SentEval's layout and what its content must be.

    ``sha256``, ``lines`` and ``bytes`` are those of the content with CRLF turned into LF; a file
    of no ``bytes`` is looked for by its path alone.
    """

    path: str
    sha256: str
    lines: int
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A subset or split of a data set: its files, and how many samples of it are scored."""

    name: str
    scored: int
    files: tuple[FileEntry, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set as published: the reader of its files, terms, citation, names of classes.

    Its ``source`` is where the files are published, empty where the archive holds them.
    """

    title: str
    reader: str
    licence: str
    terms: str
    parts: tuple[Part, ...]
    citation: str = ""
    embedded: bool = False
    classes: tuple[str, ...] = ()
    source: str = ""

    def select(self, names: tuple[str, ...]) -> tuple[Part, ...]:
        """Return the parts of these names, in this order; all parts for no names."""
        by_name = {part.name: part for part in self.parts}
        return tuple(by_name[name] for name in names) if names else self.parts


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive on the hub that holds every data set without a source, but for embedded ones."""

    repo: str
    revision: str
    file: str
    sha256: str
    bytes: int
    notice: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All data sets by id, and the archive they come in."""

    archive: Archive
    datasets: dict[str, Dataset]


@functools.cache
def load_catalogue() -> Catalogue:
    """Read the catalogue that ships with the package.

    Raises:
        UsageError: an entry has an unknown key, lacks one, or has a value of the wrong type.
    """
    return packaged_table(__package__, "catalogue.toml", Catalogue)


def content_hash(parts: tuple[Part, ...]) -> str:
    """Return the SHA-256 that identifies the content of these parts, in this order."""
    return digest_of_digests(entry.sha256 for part in parts for entry in part.files)


def digest_of_digests(digests: Iterable[str]) -> str:
    """Return the SHA-256 of a sequence of hexadecimal digests, one a line."""
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()
