"""Sentences as an objective reads them: tokenized as their batch comes, two or three views each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from benchmark.errors import DataError, ModelError
from benchmark.training.objectives.simcse import doubled

_LOOKED_AT = 10_000
"""Rows that are tokenized before training, to see whether they can be read at all."""

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Batches:
    """Makes a batch of rows; without random numbers, so that any process makes the same.

    Attributes:
        tokenizer: of transformers.
        max_length: tokens that a sentence is cut at.
    """

    tokenizer: Any
    max_length: int

    def __call__(self, rows: Sequence[str] | Sequence[Sequence[str]]) -> dict[str, Tensor]:
        """Return ids and attention of (n, views, length), padded to the longest of the batch.

        Args:
            rows: sentences, each of which is to be seen twice; or pairs or triples of them.
        """
        texts, views = _flat(rows)
        read = self.tokenizer(
            texts,
            padding=True,
            truncation=True,
            max_length=self.max_length,
            return_token_type_ids=False,
            return_attention_mask=True,
            return_tensors="pt",
        )
        batch = {name: read[name] for name in ("input_ids", "attention_mask")}
        if views == 1:
            return doubled(batch)
        return {name: value.unflatten(0, (-1, views)) for name, value in batch.items()}

    def require_readable(self, data: Any, name: str, vocabulary: int) -> None:
        """Look at the first sentences before anything is trained.

        Args:
            data: a sequence of rows.
            name: of the data.
            vocabulary: how many tokens the model has embeddings for.

        Raises:
            DataError: each of them is cut.
            ModelError: the tokenizer gives ids that the model does not know.
        """
        looked_at, cut = min(len(data), _LOOKED_AT), 0
        for start in range(0, looked_at, _AT_ONCE):
            texts, _ = _flat(
                [data[place] for place in range(start, min(start + _AT_ONCE, looked_at))]
            )
            # One token more than the limit tells that a sentence is longer.
            read = self.tokenizer(texts, truncation=True, max_length=self.max_length + 1)[
                "input_ids"
            ]
            largest = max(max(ids, default=0) for ids in read)
            if largest >= vocabulary:
                raise ModelError(
                    f"the tokenizer gives the id {largest:,}, and the model has embeddings for "
                    f"{vocabulary:,}: they are of two checkpoints"
                )
            cut += sum(len(ids) > self.max_length for ids in read)
            if cut < start + len(texts):
                return
        raise DataError(
            f"{name}: all of the first {looked_at:,} rows are longer than {self.max_length} "
            "tokens; is it one sentence a line? A larger `max_length` would read more of them"
        )


def _flat(rows: Sequence[str] | Sequence[Sequence[str]]) -> tuple[list[str], int]:
    """Return texts one behind the other, and how many a row has."""
    if isinstance(rows[0], str):
        return [str(text) for text in rows], 1
    return [text for row in rows for text in row], len(rows[0])
