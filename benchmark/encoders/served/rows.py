"""From what a service answers to an array: every row a vector, in the order of the sentences."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.foreign import shown

_NUMBERS = {float, int, type(None)}


class Malformed(Exception):
    """Why an answer holds no vectors, as a clause for a message that names the model."""


def ordered_by_index(rows: object, sentences: int) -> list[dict[str, Any]]:
    """Return rows in the order of their ``index``; they may come in any.

    Raises:
        Malformed: an index is missing, twice there, or of no sentence.
    """
    found: dict[int, dict[str, Any]] = {}
    for row in require_rows(rows, sentences):
        index = row.get("index") if isinstance(row, dict) else None
        if type(index) is not int or not 0 <= index < sentences:
            raise Malformed(f"a row has the index {shown(index)}, with {sentences} sentences")
        if index in found:
            raise Malformed(f"two rows have the index {index}")
        found[index] = row
    return [found[index] for index in range(sentences)]


def name_in(answer: dict[str, Any]) -> str | None:
    """Return what an answer calls the model that gave it; None where it says nothing.

    Raises:
        Malformed: it is no text.
    """
    name = answer.get("model")
    if not isinstance(name, str | None):
        raise Malformed(f"{shown(name)} as the name of its model")
    return name


def require_rows(rows: object, sentences: int) -> list[Any]:
    """Return as many rows as there are sentences.

    Raises:
        Malformed: it is no list, or holds more or fewer.
    """
    if not isinstance(rows, list):
        raise Malformed(f"{shown(rows)} where a list of vectors is expected")
    if len(rows) != sentences:
        raise Malformed(f"{len(rows)} rows for {sentences} sentences")
    return rows


def matrix_of(rows: Sequence[Any]) -> NDArray[np.float64]:
    """Return the (n, d) array of n rows: lists of numbers, or base64 of float32.

    What JSON has no number for, a NaN, is null in some answers: it is not finite here either, and
    is refused by the tasks whose sentence it is.

    Raises:
        Malformed: a row is something else, or longer than another.
    """
    vectors = [_vector(row) for row in rows]
    widths = sorted({len(vector) for vector in vectors})
    if len(widths) > 1 or widths == [0]:
        raise Malformed(f"vectors of {' and '.join(map(str, widths))} dimensions in one answer")
    return np.stack(vectors)


def _vector(row: object) -> NDArray[np.float64]:
    if isinstance(row, str):
        return _decoded(row)
    kinds = set(map(type, row)) if isinstance(row, list) else {object}
    if list in kinds:
        raise Malformed("a vector for each token, where one for a sentence is expected")
    if not kinds <= _NUMBERS:
        raise Malformed(f"{shown(row)} where a vector is expected")
    try:
        return np.array(row, np.float64)
    except OverflowError:
        raise Malformed("a number that is too large") from None


def _decoded(text: str) -> NDArray[np.float64]:
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), "<f4").astype(np.float64)
    except (binascii.Error, ValueError):
        raise Malformed("a text that is no base64 of float32") from None
