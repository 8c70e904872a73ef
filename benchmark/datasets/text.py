r"""The rules of text that all readers share: where a line ends, and what white space is worth."""

from __future__ import annotations

from benchmark.errors import DataError


def split_lines(content: bytes, path: str, encoding: str = "utf-8") -> list[str]:
    r"""Return the lines of a file: they end at ``\n`` and nowhere else.

    Args:
        content: the bytes, line ends normalised.
        path: where they came from, for the message.
        encoding: of the text.

    Raises:
        DataError: the bytes are no text of this encoding.
    """
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 at byte {error.start:,}") from error
    lines = text.split("\n")
    # The end of the last line is not the start of another one.
    return lines[:-1] if lines[-1] == "" else lines


def normalise_space(text: str) -> str:
    """Split at white space and join with single blanks, as SentEval's loader and batcher do."""
    return " ".join(text.split())
