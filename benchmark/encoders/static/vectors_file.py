"""Files of word vectors: GloVe's text, word2vec's text and binary form, fastText's ``.vec``.

A line of text is a word and its numbers, one blank between each two; word2vec and fastText begin
with a line that says how many words and numbers there are, GloVe does not. In the binary form of
word2vec numbers are float32, least byte first. Any of them may be compressed (``.gz``, or a
``.zip`` that holds one file). A file is walked through once, for where each word stands; numbers
are read of the words that are asked for. Of a word that comes twice the first counts, as in gensim.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import itertools
import logging
import tempfile
import weakref
import zipfile
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.files.seal import Seal
from benchmark.encoders.static.vectors_form import Shape, entries, numbers_at, shape_of
from benchmark.errors import ModelError
from benchmark.foreign import Unreadable, open_plain

logger = logging.getLogger(__name__)

_COMPRESSED = (".gz", ".zip")
_MOST_RATIO = 30
"""Vectors shrink to a third when they are compressed; what grows far beyond that is no vectors."""

_CHUNK = 2**20
_HEAD = 10_000
"""Words at the beginning, the most frequent ones, that tell whether case is kept."""


@dataclass(frozen=True, eq=False)
class VectorsFile:
    """A file of word vectors, read when it is asked for.

    Attributes:
        path: of the file.
        seal: what was hashed of it.
    """

    path: Path
    seal: Seal = field(default_factory=Seal, repr=False)

    def sha256(self) -> str:
        """Return the SHA-256 of the file as it lies there, compressed or not.

        Raises:
            ModelError: it cannot be read.
        """
        return self.seal.sha256(self.path)

    def is_cased(self) -> bool:
        """Tell whether the first words have capital letters: if not, the vocabulary has none.

        Raises:
            ModelError: it is no file of word vectors.
        """
        with self._readable() as (stream, name):
            shape = shape_of(stream, str(self.path), name)
            words = itertools.islice(entries(stream, str(self.path), shape), _HEAD)
            return any(word != word.lower() for word, _ in words)

    def load(self) -> None:
        """Find all words now.

        Raises:
            ModelError: the file is damaged.
        """
        _ = self._index

    def __len__(self) -> int:
        """Return how many words it has, repetitions included."""
        return len(self._index.offsets)

    @property
    def width(self) -> int:
        """How many numbers a word has."""
        return self._index.shape.width

    @property
    def places(self) -> dict[str, int]:
        """The place of each word, counted from 0: the rank of its frequency, as such files go."""
        return self._index.places

    def rows(self, places: Sequence[int]) -> NDArray[np.float32]:
        """Return the (n, d) float32 vectors of n places.

        Raises:
            ModelError: what stands there are no finite numbers, or the file changed.
        """
        index = self._index
        with self.seal.unchanged(), _told(self.path):
            rows = np.empty((len(places), index.shape.width), np.float32)
            for row, place in zip(rows, places, strict=True):
                index.content.seek(index.offsets[place])
                row[:] = numbers_at(index.content, str(self.path), index.shape, place)
            return rows

    @functools.cached_property
    def _index(self) -> _Index:
        with self.seal.unchanged(), self._readable() as (stream, name):
            content = stream
            if self.path.suffix in _COMPRESSED:
                content = self._inflated(stream)
            else:
                content = _opened(self.path)
            shape = shape_of(content, str(self.path), name)
            offsets, places = array("q"), dict[str, int]()
            for word, offset in entries(content, str(self.path), shape):
                places.setdefault(word, len(offsets))
                offsets.append(offset)
        if repeated := len(offsets) - len(places):
            logger.info("%s: %d words come again; the first of each counts", self.path, repeated)
        index = _Index(content, shape, places, offsets)
        weakref.finalize(index, content.close)
        return index

    @contextlib.contextmanager
    def _readable(self) -> Iterator[tuple[BinaryIO, str]]:
        """Yield the uncompressed content, and the name that tells its form."""
        with contextlib.ExitStack() as opened, _told(self.path):
            file = opened.enter_context(_opened(self.path))
            if self.path.suffix == ".gz":
                stream = opened.enter_context(gzip.GzipFile(fileobj=file))
                yield cast("BinaryIO", stream), self.path.stem
            elif self.path.suffix == ".zip":
                archive = opened.enter_context(zipfile.ZipFile(file))
                member = _only_member(self.path, archive)
                yield cast("BinaryIO", opened.enter_context(archive.open(member))), member
            else:
                yield file, self.path.name

    def _inflated(self, stream: BinaryIO) -> BinaryIO:
        """Return a file without a name that has the content: it is gone when it is closed."""
        most = self.path.stat().st_size * _MOST_RATIO + _CHUNK
        content = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - kept open
        while chunk := stream.read(_CHUNK):
            content.write(chunk)
            if content.tell() > most:
                content.close()
                raise ModelError(
                    f"{self.path}: refused, it becomes more than {_MOST_RATIO} times as large; "
                    "damaged, or meant to do harm"
                )
        content.seek(0)
        return content


@dataclass(frozen=True, eq=False)
class _Index:
    """Where what stands; the content stays open, so that it stays what was walked through."""

    content: BinaryIO
    shape: Shape
    places: dict[str, int]
    offsets: array[int]


def _opened(path: Path) -> BinaryIO:
    try:
        return cast("BinaryIO", open_plain(path))
    except Unreadable as error:
        raise ModelError(f"{path}: cannot be read ({error})") from error


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what damaged archives and failing disks raise into one line."""
    try:
        yield
    except (OSError, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise _unreadable(path, error) from error
    except Exception as error:
        if isinstance(error, ModelError) or type(error).__module__ not in ("zlib", "zipfile"):
            raise
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ModelError:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return ModelError(f"{path}: cannot be read ({ascii(reason)[1:-1][:200]})")


def _only_member(path: Path, archive: zipfile.ZipFile) -> str:
    names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    if len(names) != 1:
        listed = ", ".join(ascii(name)[1:-1] for name in names[:5])
        raise ModelError(
            f"{path}: holds {len(names)} files ({listed[:200]}); unpack the one to score"
        )
    return names[0]
