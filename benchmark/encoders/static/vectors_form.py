"""What stands in a file of word vectors, entry by entry, and what of it is damage."""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from benchmark.errors import ModelError
from benchmark.foreign import shown

logger = logging.getLogger(__name__)

_HEADER = re.compile(rb"\s*(\d{1,12})\s+(\d{1,9})\s*")
_MOST_WIDTH = 2**16
_MOST_LINE = 2**22
_MOST_WORD = 2**14
"""Bytes of a word: some vocabularies have addresses of pages."""

_BLOCK = 2**22
_FASTTEXT = b"\xba\x16\x4f\x2f"
"""The first bytes of fastText's own binary form."""

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""What some editors put before a text: the first word, the most frequent one, would be lost."""

_AROUND = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is laid out.

    Attributes:
        width: numbers of a word.
        words: how many words there are, as the first line says; None where there is no such line.
        begin: where the first entry begins.
        is_binary: whether numbers are bytes.
    """

    width: int
    words: int | None
    begin: int
    is_binary: bool

    def named(self, place: int) -> str:
        """Return what the entry at a place is called in a message."""
        if self.is_binary:
            return f"word {place + 1:,}"
        return f"line {place + 1 + (self.words is not None):,}"


def shape_of(stream: BinaryIO, path: str, name: str) -> Shape:
    """Return the layout of a file by its name and its first line.

    Args:
        stream: the content, from its beginning.
        path: for messages.
        name: of the content; ``.bin`` is the binary form.

    Raises:
        ModelError: it is no file of word vectors.
    """
    first = stream.readline(_MOST_LINE)
    if first.startswith(_FASTTEXT):
        raise ModelError(f"{path}: fastText's own binary form; give its text form (.vec)")
    if first.startswith(_MARKS):
        raise ModelError(
            f"{path}: begins with a byte order mark, which would be part of its first word; save "
            "it as UTF-8 without one"
        )
    header = _HEADER.fullmatch(first)
    is_binary = name.endswith(".bin")
    if header is not None:
        words, width = map(int, header.groups())
        shape = Shape(width, words, len(first), is_binary)
    else:
        shape = Shape(first.rstrip(_AROUND).count(b" "), None, 0, is_binary)
    if (header is None and is_binary) or not 0 < shape.width <= _MOST_WIDTH:
        wanted = "the number of words and of dimensions" if is_binary else "a word and its numbers"
        raise ModelError(
            f"{path}: no file of word vectors, its first line is {shown(first[:40])}, where "
            f"{wanted} are expected"
        )
    return shape


def entries(stream: BinaryIO, path: str, shape: Shape) -> Iterator[tuple[str, int]]:
    """Yield each word of a file, and where its entry (binary: its numbers) begins.

    Args:
        stream: the content; it is sought to its first entry.
        path: for messages.
        shape: how it is laid out.

    Raises:
        ModelError: an entry is damaged, or there are fewer or more than the first line says.
    """
    stream.seek(shape.begin)
    found = 0
    for raw, offset in (_binary if shape.is_binary else _lines)(stream, path, shape):
        try:
            word = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ModelError(
                f"{path}: {shape.named(found)}: its word {shown(raw[:40])} is not UTF-8; convert "
                "the file"
            ) from error
        yield word, offset
        found += 1
    if shape.words is not None and found != shape.words:
        raise ModelError(
            f"{path}: its first line says {shape.words:,} words, and there are {found:,}; it is cut"
            " short, or two files in one"
        )


def _lines(stream: BinaryIO, path: str, shape: Shape) -> Iterator[tuple[bytes, int]]:
    offset = shape.begin
    place = 0
    while line := stream.readline(_MOST_LINE):
        if len(line) == _MOST_LINE:
            raise ModelError(f"{path}: {shape.named(place)}: longer than a word and its numbers")
        entry = line.rstrip(_AROUND)
        if entry.count(b" ") == shape.width:
            yield entry[: entry.index(b" ")], offset
        elif entry:
            yield _word_with_blanks(entry, path, shape, place), offset
        elif stream.readline(1):
            raise ModelError(f"{path}: {shape.named(place)}: is empty")
        if not line.endswith(b"\n"):
            logger.warning("%s: its last line has no end; was the file cut short?", path)
        place += 1
        offset += len(line)


def _word_with_blanks(entry: bytes, path: str, shape: Shape, place: int) -> bytes:
    """Return the word of a line of GloVe's that has blanks in it, like ``. . .``; no numbers."""
    fields = entry.rsplit(b" ", shape.width)
    parts = fields[0].split(b" ")
    sound = len(fields) == shape.width + 1 and shape.words is None
    if not sound or not all(parts) or any(map(_is_number, parts[1:])):
        raise ModelError(
            f"{path}: {shape.named(place)}: holds {entry.count(b' '):,} numbers behind its word, "
            f"where {shape.width:,} are expected; the file is damaged"
        )
    return fields[0]


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _binary(stream: BinaryIO, path: str, shape: Shape) -> Iterator[tuple[bytes, int]]:
    """Walk through blocks: a word, a blank, float32 numbers, perhaps the end of a line."""
    size, block, at, begin = 4 * shape.width, b"", 0, shape.begin
    for place in range(shape.words or 0):
        if len(block) - at < size + _MOST_WORD:
            begin += at
            block, at = block[at:] + stream.read(max(_BLOCK, size + _MOST_WORD)), 0
        blank = block.find(b" ", at, at + _MOST_WORD)
        if blank < 0 or len(block) <= blank + size:
            raise ModelError(
                f"{path}: {shape.named(place)} of {shape.words:,}: the file ends there, or is no "
                "file of word2vec's binary form"
            )
        yield block[at:blank].lstrip(b"\n"), begin + blank + 1
        at = blank + 1 + size
    if (block[at:] + stream.read(2)).strip(b"\n"):
        raise ModelError(f"{path}: goes on behind the {shape.words:,} words of its first line")


def numbers_at(stream: BinaryIO, path: str, shape: Shape, place: int) -> NDArray[np.float32]:
    """Return the (d,) float32 numbers of the entry that the stream is at.

    Args:
        stream: the content, at what `entries` gave.
        path: for messages.
        shape: how it is laid out.
        place: of the entry, for messages.

    Raises:
        ModelError: they are no finite numbers.
    """
    if shape.is_binary:
        numbers = np.frombuffer(stream.read(4 * shape.width), "<f4").astype(np.float32)
    else:
        fields = stream.readline(_MOST_LINE).rstrip(_AROUND).rsplit(b" ", shape.width)[1:]
        try:
            with np.errstate(over="ignore"):
                numbers = np.array([float(field) for field in fields]).astype(np.float32)
        except ValueError as error:
            raise ModelError(f"{path}: {shape.named(place)}: {shown(str(error))}") from error
    if len(numbers) != shape.width or not np.isfinite(numbers).all():
        raise ModelError(f"{path}: {shape.named(place)}: not all of its numbers are finite")
    return numbers
