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

    Attributes:
        path: below the folder that holds ``STS/``; of ``probing/`` below the one beside it.
        sha256: of the content with CRLF turned into LF.
        lines: of that content; 0 where nobody here has seen it.
        bytes: of that content; a file of none is looked for by its path alone.
        blob: its git blob id, the SHA-1 of ``blob SIZE``, a zero byte and the content, where that
            is what is known of it. A file with neither hash cannot be verified.
    """

    path: str
    sha256: str = ""
    lines: int = 0
    bytes: int = 0
    blob: str = ""

    @property
    def digest(self) -> str:
        """Return what the content is known by: hexadecimal, empty where it is not."""
        return self.sha256 or self.blob


@dataclass(frozen=True, slots=True)
class Part:
    """A subset or split of a data set: its files, and how many samples of it are scored.

    Of what nobody here has counted, ``scored`` is 0; the hashes of the files stand for it.
    """

    name: str
    scored: int
    files: tuple[FileEntry, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set as published: the reader of its files, terms, citation, names of classes.

    Its ``source`` is where the files are published, empty where the archive holds them. If they are
    downloaded ``one_by_one``, it is from the catalogue's repository.
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
    one_by_one: bool = False

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
class Repository:
    """Files that are downloaded one by one, each from an address of its own.

    Attributes:
        address: what the path of a file follows; it names a commit.
        notice: told with a download.
        bytes_a_file: about how large one is.
    """

    address: str
    notice: str
    bytes_a_file: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All data sets by id, and what they are downloaded from."""

    archive: Archive
    datasets: dict[str, Dataset]
    repository: Repository | None = None


@functools.cache
def load_catalogue() -> Catalogue:
    """Read the catalogue that ships with the package.

    Raises:
        UsageError: an entry has an unknown key, lacks one, or has a value of the wrong type.
    """
    return packaged_table(__package__, "catalogue.toml", Catalogue)


def content_hash(parts: tuple[Part, ...]) -> str:
    """Return the SHA-256 that identifies the content of these parts, in this order.

    It is made of the hashes that the catalogue knows their files by.
    """
    return digest_of_digests(entry.digest for part in parts for entry in part.files)


def digest_of_digests(digests: Iterable[str]) -> str:
    """Return the SHA-256 of a sequence of hexadecimal digests, one a line."""
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()
