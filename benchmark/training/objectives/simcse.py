"""SimCSE: the same sentence twice, told apart from others; dropout alone makes the two differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from benchmark.errors import UsageError
from benchmark.training.objectives.cached import in_chunks
from benchmark.training.objectives.contrastive import TEMPERATURE, contrastive_loss, gathered

PAIR, TRIPLE = 2, 3
"""Views of a sentence in a batch: with a hard negative there are three."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Losses of one batch.

    Attributes:
        total: that is minimised.
        contrastive: its contrastive part.
        replaced: of telling replaced tokens, not yet weighed; None without a discriminator.
    """

    total: Tensor
    contrastive: Tensor
    replaced: Tensor | None = None


class SimCSE(nn.Module):
    """The loss of SimCSE on an encoder: unsupervised with two views, supervised with three.

    The encoder is any model of transformers that gives ``last_hidden_state`` and whose first token
    stands for the sentence. The head is for training; the vector that is evaluated is the hidden
    state before it (``cls_before_pooler``), but for supervised models: they keep it (``cls``).

    Source: Gao et al. (2021) and their code; the rules are in docs/training.md.
    """

    def __init__(
        self,
        encoder: nn.Module,
        head: nn.Module,
        *,
        temperature: float = TEMPERATURE,
        hard_weight: float = 0.0,
        whole: bool = False,
        chunk: int | None = None,
    ) -> None:
        """Keep an encoder and what stands on it in training.

        Args:
            encoder: without a pooling layer of its own.
            head: on its vectors, `DenseHead` in the paper.
            temperature: that cosines are divided by.
            hard_weight: added to the logit of a sentence's own hard negative.
            whole: of several processes, the mean gradient is to be that of the whole batch; in
                the authors' code it is divided by their number (`gathered`).
            chunk: sentences, with all their views, that networks compute at a time: the loss is
                of the whole batch, memory is taken for a chunk (`in_chunks`). None is all.

        Raises:
            UsageError: a chunk of no sentence.
        """
        if chunk is not None and chunk < 1:
            raise UsageError(f"`chunk` {chunk}: a chunk holds at least one sentence")
        super().__init__()
        self.encoder, self.head = encoder, head
        self.temperature, self.hard_weight, self.whole = temperature, hard_weight, whole
        self.chunk = chunk

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **others: Tensor) -> Losses:
        """Return the losses of a batch.

        Args:
            input_ids: (n, views, length): each sentence twice, or with its entailed and its
                contradicting one.
            attention_mask: of the same shape, 0 at padding.
            **others: what else the encoder takes, of the same shape.

        Raises:
            ValueError: another number of views, or a batch of one sentence.
            UsageError: `nn.DataParallel` runs a part of the batch only.
        """
        loss, _ = self.contrast(input_ids, attention_mask, **others)
        return Losses(loss, loss)

    def contrast(
        self, input_ids: Tensor, attention_mask: Tensor, **others: Any
    ) -> tuple[Tensor, Tensor]:
        """Return the contrastive loss, and the (n * views, width) vectors that it is of.

        In training, negatives are those of all processes.
        """
        if getattr(self, "_is_replica", False):
            raise UsageError(
                "nn.DataParallel leaves each GPU negatives of its own; start a process a GPU "
                "(torchrun), or show one GPU (CUDA_VISIBLE_DEVICES=0)"
            )
        count, views = input_ids.shape[:2]
        if views not in (PAIR, TRIPLE):
            raise ValueError(f"a batch holds {PAIR} or {TRIPLE} views a sentence, not {views}")
        given = {"input_ids": input_ids, "attention_mask": attention_mask, **others}

        def first(*rows: Tensor) -> Tensor:
            states: Tensor = self.encoder(**dict(zip(given, rows, strict=True))).last_hidden_state
            return states[:, 0]

        flat = (value.flatten(0, 1) for value in given.values())
        vectors = self.head(in_chunks(first, self.rows_at_a_time(views), *flat))
        batch = vectors.unflatten(0, (count, views))
        if self.training:
            batch = gathered(batch, whole=self.whole)
        loss = contrastive_loss(
            *batch.unbind(1), temperature=self.temperature, hard_weight=self.hard_weight
        )
        return loss, vectors

    def rows_at_a_time(self, views: int) -> int | None:
        """Return how many rows of (n * views, length) a chunk has."""
        return None if self.chunk is None else self.chunk * views


def doubled(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return a batch of (n, length) as two views of each sentence, (n, 2, length)."""
    return {name: torch.stack([value, value], dim=1) for name, value in batch.items()}
