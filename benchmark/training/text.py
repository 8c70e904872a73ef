r"""Sentences to train on: a text file, one sentence a line, that is read while training goes on.

Where each line begins is all that is kept in memory, eight bytes of it. A line ends at ``\n``, a
``\r`` before it belongs to the end. An empty line is one blank, as in SimCSE's and DiffCSE's own
reading: it is a sample like any other.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import operator
import os
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets.files import impostor
from benchmark.errors import DataError
from benchmark.foreign import Unreadable, open_plain

logger = logging.getLogger(__name__)

MOST_LINE_BYTES = 2**20
"""Of one sentence. A longer line is a file that has not one sentence a line, or no text."""

BLANK = " "
"""Stands for an empty sentence."""

_CHUNK = 4 * 2**20
_LOOKED_AT = 100_000
"""Sentences of which it is counted how many are different, spread over the whole file."""

_FEW_DIFFERENT = 0.9
_BOM = b"\xef\xbb\xbf"
_ONE_A_LINE = "give a text file of one sentence a line, in UTF-8"


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is to learn from.

    Attributes:
        sentences: lines of the file.
        empty: those with no text in them.
        looked_at: of how many ``different`` was counted; all where there are not too many.
        different: texts among these.
    """

    sentences: int
    empty: int
    looked_at: int
    different: int


class Sentences(Sequence[str]):
    """The sentences of a text file, read when they are asked for.

    It may be sent to other processes, before and after the first sentence was read: each opens the
    file anew and reads no other's place in it. A file that was written to meanwhile is noticed.

    Attributes:
        path: of the file.
        name: what it is called in reports.
        source: where it was published, ``REPOSITORY@COMMIT``; empty for a file of one's own.
        sha256: of the file's content as it is, in hexadecimal.
        counts: how much there is in it.
    """

    def __init__(self, path: Path, name: str, source: str = "") -> None:
        """Read the file once. See `sentences`."""
        self.path, self.name, self.source = path.absolute(), name, source
        self._file: io.BufferedReader | None = _opened(path, self)
        self._state = _state(self._file)
        index = _Index(path)
        with _told(path):
            while chunk := self._file.read(_CHUNK):
                index.add(chunk)
        self._starts = index.finish()
        self.sha256 = index.digest.hexdigest()
        self._same_file()
        self.counts = self._counted(index.empty)

    def __len__(self) -> int:
        """How many there are, empty ones among them."""
        return len(self._starts) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        """Return the sentence of a line, the first of which is 0.

        Raises:
            DataError: the file is not what it was.
        """
        if isinstance(place, slice):
            return [self._sentence(each) for each in range(*place.indices(len(self)))]
        found = operator.index(place)
        if not -len(self) <= found < len(self):
            raise IndexError(f"sentence {found:,} of {len(self):,}")
        return self._sentence(found % len(self))

    def verify(self) -> None:
        """Make sure, by its hash, that the file holds what it held when training began.

        Raises:
            DataError: it does not, or cannot be read.
        """
        try:
            with open_plain(self.path) as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except (Unreadable, OSError) as error:
            raise DataError(f"{self.path}: cannot be read ({error})") from error
        if found != self.sha256:
            raise self._changed()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the open file: another process opens its own."""
        return {**self.__dict__, "_file": None}

    def _sentence(self, place: int) -> str:
        file = self._same_file()
        start, end = int(self._starts[place]), int(self._starts[place + 1]) - 1
        # Not from a mapping of the file into memory: one that is cut short would end the process.
        with _told(self.path):
            line = _read_at(file, end - start, start)
        if len(line) < end - start:
            raise self._changed()
        try:
            return line.removesuffix(b"\r").decode() or BLANK
        except UnicodeDecodeError as error:  # it was UTF-8 when it was looked at
            raise self._changed() from error

    def _same_file(self) -> io.BufferedReader:
        if self._file is None:
            self._file = _opened(self.path, self)
        if _state(self._file) != self._state:
            raise self._changed()
        return self._file

    def _changed(self) -> DataError:
        return DataError(
            f"{self.path}: it was written to while it was read for training; train on a file that "
            "nobody changes"
        )

    def _counted(self, empty: int) -> Counts:
        total = len(self)
        places = np.unique(np.linspace(0, total - 1, min(total, _LOOKED_AT)).astype(np.int64))
        different = len({hash(self._sentence(int(place))) for place in places})
        counts = Counts(total, empty, len(places), different)
        if counts.empty == total:
            raise DataError(f"{self.path}: all {total:,} lines are empty; {_ONE_A_LINE}")
        if different == 1:
            raise DataError(
                f"{self.path}: {'only one sentence' if total == 1 else f'{total:,} times the same'}"
                ", and others are needed to tell it from"
            )
        if different < _FEW_DIFFERENT * len(places):
            logger.warning(
                "%s: of %s sentences only %s are different; equal ones in a batch are taught apart",
                self.path,
                f"{len(places):,}",
                f"{different:,}",
            )
        return counts


def sentences(path: str | Path, name: str = "", source: str = "") -> Sentences:
    """Return the sentences of a text file, which is read once now, and again line by line.

    Args:
        path: of a plain file in UTF-8, one sentence a line.
        name: what it is called in reports; the file's name if not given.
        source: where it was published, if it was.

    Raises:
        DataError: it cannot be read, is no UTF-8, no text, changes meanwhile, or has nothing in it
            that could be learned from.
    """
    path = Path(path)
    return Sentences(path, name or path.name, source)


class _Index:
    """Where lines begin, found block by block."""

    def __init__(self, path: Path) -> None:
        self.digest = hashlib.sha256()
        self.empty = 0
        self._path = path
        self._starts: list[NDArray[np.uint64]] = []
        self._bytes, self._lines, self._bare = 0, 0, 0
        self._rest = b""

    def add(self, chunk: bytes) -> None:
        """Go on with the next bytes of the file."""
        if self._is_new():
            self._require_text(chunk)
        self.digest.update(chunk)
        whole, end, self._rest = (self._rest + chunk).rpartition(b"\n")
        if end:
            self._add_lines(whole + end)
        self._require_short(len(self._rest), self._lines)

    def _is_new(self) -> bool:
        """Tell whether nothing was added yet."""
        return not self._bytes and not self._rest

    def finish(self) -> NDArray[np.uint64]:
        """Return the place of each line's first byte, and that of the line behind the last."""
        if self._is_new():
            raise DataError(f"{self._path}: the file is empty; {_ONE_A_LINE}")
        if self._rest:  # its last line has no end
            self._add_lines(self._rest + b"\n")
        if self._bare > self._lines:
            raise DataError(
                f"{self._path}: its lines end with a carriage return alone, as none are read here; "
                "save it with the line ends of Unix or Windows"
            )
        return np.concatenate(self._starts)

    def _add_lines(self, block: bytes) -> None:
        try:
            block.decode()
        except UnicodeDecodeError as error:
            raise self._wrong(block, error.start, "is not UTF-8") from error
        if (place := block.find(b"\0")) >= 0:
            raise self._wrong(block, place, "holds a NUL byte: no text, or not in UTF-8")
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == 0x0A).astype(np.uint64)
        if not self._starts:
            begin = len(_BOM) if block.startswith(_BOM) else 0
            self._starts.append(np.array([begin], np.uint64))
        lengths = np.diff(ends, prepend=np.uint64(0))
        if lengths.max() > MOST_LINE_BYTES:
            self._require_short(int(lengths.max()), self._lines + int(lengths.argmax()))
        self._starts.append(ends + np.uint64(self._bytes + 1))
        lines = block.removeprefix(_BOM if not self._bytes else b"").split(b"\n")[:-1]
        self.empty += sum(not line.strip() for line in lines)
        self._bare += block.count(b"\r") - block.count(b"\r\n")
        self._lines += len(ends)
        self._bytes += len(block)

    def _require_short(self, length: int, before: int) -> None:
        if length > MOST_LINE_BYTES:
            raise DataError(
                f"{self._path}, line {before + 1:,}: more than the {MOST_LINE_BYTES:,} bytes that "
                f"a sentence may have; {_ONE_A_LINE}"
            )

    def _wrong(self, block: bytes, place: int, what: str) -> DataError:
        line = self._lines + block.count(b"\n", 0, place) + 1
        return DataError(f"{self._path}, line {line:,}: {what}; {_ONE_A_LINE}")

    def _require_text(self, chunk: bytes) -> None:
        if chunk.startswith(b"\x1f\x8b"):
            raise DataError(f"{self._path}: it is compressed by gzip; unpack it first, gunzip -k")
        if strange := impostor(chunk):
            raise DataError(f"{self._path}: {strange}")


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell in a line with the file's name what fails in reading it."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def _opened(path: Path, owner: object) -> io.BufferedReader:
    try:
        file = open_plain(path)
    except Unreadable as error:
        raise DataError(f"{path}: cannot be read ({error}); {_ONE_A_LINE}") from error
    weakref.finalize(owner, file.close)
    return file


def _state(file: io.BufferedReader) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _read_at(file: io.BufferedReader, count: int, place: int) -> bytes:
    """Return bytes from a place of a file; a forked process shares no position with its parent."""
    if hasattr(os, "pread"):
        return os.pread(file.fileno(), count, place)
    file.seek(place)
    return file.read(count)
