r"""Lines of a file, the text in them, and the samples that readers make of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmark.datasets.splits import Labelled
from benchmark.errors import DataError

Sample = tuple[str, str | None, int]
"""Sentence, the other one of a pair, class."""


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


def as_it_is(text: str) -> str:
    """Leave the text of a set that is scored raw, blanks and all."""
    return text


Made = Callable[[str], str]
"""Makes the sentence of what stands in a file."""


def labelled(name: str, rows: Sequence[Sample]) -> Labelled:
    """Return samples as a split; all are pairs, or none is."""
    first, second, labels = zip(*rows, strict=True) if rows else ((), (None,), ())
    paired = None if second[0] is None else tuple(text or "" for text in second)
    return Labelled(name, first, paired, np.array(labels, np.int64))
