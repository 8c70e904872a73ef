"""Asking the caller's batcher for the vectors of a task's sentences, each sentence once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from senteval.errors import BatcherError
from senteval.params import DotDict, whole_number

Tokens = list[str]
Batcher = Callable[[DotDict, list[Tokens]], Any]
Prepare = Callable[[DotDict, list[Tokens]], object]


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """``vectors[sentences]`` gives the (n, d) rows of n sentences, float32 or float64."""

    matrix: NDArray[Any]
    row_of: dict[str, int]

    def __getitem__(self, sentences: Sequence[str]) -> NDArray[Any]:
        return self.matrix[[self.row_of[sentence] for sentence in sentences]]


def encode(
    task: str, sentences: Sequence[str], batcher: Batcher, params: DotDict
) -> SentenceVectors:
    """Return the vectors of all distinct sentences, asked for in batches, shortest first.

    A batcher may return float64, and then that is what similarities are computed in, as in
    SentEval; floats that are narrower become float32, and whole numbers float64, which holds them
    all (NumPy's norms are float64 then too, but its products of small integers wrap around).

    Args:
        task: for messages.
        sentences: may repeat; an empty one reaches the batcher as an empty list of tokens.
        batcher: the caller's.
        params: handed to it; ``batch_size`` is heeded.

    Raises:
        BatcherError: it returned something else than one finite vector for each sentence.
    """
    size = whole_number("params['batch_size']", params["batch_size"], 1)
    unique = list(dict.fromkeys(sentences))
    order = sorted(range(len(unique)), key=lambda place: len(unique[place].split()))
    matrix: NDArray[Any] | None = None
    for places in _cut(order, size):
        batch = [unique[place] for place in places]
        rows = _checked(task, batcher(params, [text.split() for text in batch]), batch)
        if matrix is None:
            matrix = np.empty((len(unique), rows.shape[1]), rows.dtype)
        if rows.shape[1] != matrix.shape[1]:
            raise BatcherError(
                f"{task}: the batcher returned {rows.shape[1]} dimensions "
                f"after {matrix.shape[1]} before"
            )
        matrix[places] = rows
    assert matrix is not None  # noqa: S101 - no data set is empty
    return SentenceVectors(matrix, {sentence: row for row, sentence in enumerate(unique)})


def _cut(order: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _checked(task: str, returned: object, batch: Sequence[str]) -> NDArray[Any]:
    try:
        array = np.asarray(_from_torch(returned))
    except Exception as error:
        raise BatcherError(
            f"{task}: the batcher returned a {type(returned).__name__} "
            f"that is no array of numbers ({error})"
        ) from error
    if array.ndim == 1 and len(batch) == 1:
        array = array[np.newaxis]  # squeezed; SentEval stacks it as a row, too
    if array.ndim != 2 or len(array) != len(batch) or array.shape[1] == 0:
        raise BatcherError(
            f"{task}: the batcher returned a {type(returned).__name__} of shape {array.shape} "
            f"for {len(batch)} sentences, not ({len(batch)}, d)"
        )
    if array.dtype.kind not in "fiu":
        raise BatcherError(
            f"{task}: the batcher returned {array.dtype} numbers, not float32 or float64"
        )
    wide = array.dtype.kind != "f" or array.dtype.itemsize >= 8
    array = array.astype(np.float64 if wide else np.float32, copy=False)
    bad = ~np.isfinite(array).all(axis=1)
    if bad.any():
        raise BatcherError(
            f"{task}: the batcher returned {int(bad.sum())} vectors that are not finite "
            f"(NaN or infinite), the first for {batch[int(bad.argmax())][:60]!r}; SentEval scores "
            "pairs as if such numbers were 0: numpy.nan_to_num in the batcher does that"
        )
    return array


def _from_torch(returned: Any) -> Any:
    """Return a tensor as an array, half precision widened; anything else as it is."""
    torch = sys.modules.get("torch")  # whoever returns a tensor has imported it
    if torch is None or not isinstance(returned, torch.Tensor):
        return returned
    tensor = returned.detach().cpu()
    return (tensor.float() if tensor.dtype in {torch.float16, torch.bfloat16} else tensor).numpy()
