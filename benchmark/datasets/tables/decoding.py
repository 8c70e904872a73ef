"""From the bytes of a text file to its text: the encoding is detected, and said."""

from __future__ import annotations

import codecs
import re
import string
from dataclasses import dataclass

from benchmark.errors import DataError

LINE_END = re.compile(r"\r\n|\n|\r")

MOST_LINES = 10_000_000
"""Of a file: rows may have several, in cells that are quoted."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8 with a byte-order mark"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),  # begins like the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_WESTERN = "cp1252"
_FEW = 8
_SAVE = "save the file as UTF-8"


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the name of the encoding it had, and what is to be said of that."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def decode(content: bytes, source: str) -> Decoded:
    """Return the text of a file.

    A byte-order mark decides. Without one it is UTF-8; what is not is read as Windows' cp1252, of
    which latin-1 is a part, where it can be: no byte that it has no character for, no text that is
    UTF-8 in most places, no more letters outside ASCII than in it on the lines that have any.

    Args:
        content: the bytes.
        source: what messages call them.

    Raises:
        DataError: there are NUL bytes, or it is none of these encodings.
    """
    for mark, encoding, name in _MARKS:
        if content.startswith(mark):
            return Decoded(_whole(content[len(mark) :], encoding, name, source), name)
    nul = content.find(b"\0")
    if nul >= 0:
        wide = content.count(b"\0") >= len(content) // 4
        kind = "UTF-16 without a byte-order mark, or no text" if wide else "the file is no text"
        raise DataError(
            f"{source}, {_line(content, nul)}: a NUL byte (byte {nul:,}): {kind}; {_SAVE}"
        )
    try:
        return Decoded(content.decode("utf-8"), "UTF-8")
    except UnicodeDecodeError as error:
        return _western(content, error.start, source)


def split_lines(text: str, source: str) -> list[str]:
    r"""Return the lines of a text, which end at ``\n``, ``\r\n`` or ``\r``.

    Raises:
        DataError: there are too many.
    """
    count = text.count("\n") + text.count("\r")
    if count > MOST_LINES:
        raise DataError(
            f"{source}: {count:,} ends of lines, more than the {MOST_LINES:,} it may have"
        )
    lines = LINE_END.split(text)
    # The end of the last line is not the start of another one.
    return lines[:-1] if not lines[-1] else lines


def _whole(content: bytes, encoding: str, name: str, source: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{source}: its byte-order mark says {name}, and it is not at byte {error.start:,}"
        ) from error
    if "\0" in text:
        line = 1 + text[: text.index("\0")].count("\n")
        raise DataError(f"{source}, line {line:,}: a NUL character: the file is no text")
    return text


def _western(content: bytes, place: int, source: str) -> Decoded:
    where = _line(content, place)
    concerned = b"".join(line for line in content.splitlines() if not line.isascii())
    outside = len(concerned.translate(None, bytes(range(0x80))))
    inside = len(concerned) - len(concerned.translate(None, string.ascii_letters.encode()))
    broken = content.decode("utf-8", "replace").count("\ufffd")
    sound = sum(character > "\x7f" for character in content.decode("utf-8", "ignore"))
    if sound > broken:
        raise DataError(
            f"{source}, {where}: not UTF-8 at byte {place:,}, though the rest is: the file is "
            f"damaged; mend that line, or {_SAVE}"
        )
    try:
        text = content.decode(_WESTERN)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{source}, {_line(content, error.start)}: neither UTF-8 nor {_WESTERN} (Western "
            f"Windows) at byte {error.start:,}; {_SAVE}"
        ) from error
    if outside > max(inside, _FEW):
        raise DataError(
            f"{source}, {where}: not UTF-8, and most of its letters are outside ASCII, so it is no "
            f"Western encoding either; {_SAVE}"
        )
    name = f"{_WESTERN} (Western Windows, of which latin-1 is a part)"
    return Decoded(text, name, (f"not UTF-8 at {where}, so read as {_WESTERN}",))


def _line(content: bytes, place: int) -> str:
    return f"line {len((content[:place] + b'.').splitlines()):,}"
