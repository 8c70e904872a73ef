"""SimCSE: the same sentence twice, told apart from others; dropout alone makes the two differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

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
    ) -> None:
        """Keep an encoder and what stands on it in training.

        Args:
            encoder: without a pooling layer of its own.
            head: on its vectors, `DenseHead` in the paper.
            temperature: that cosines are divided by.
            hard_weight: added to the logit of a sentence's own hard negative.
        """
        super().__init__()
        self.encoder, self.head = encoder, head
        self.temperature, self.hard_weight = temperature, hard_weight

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **others: Tensor) -> Losses:
        """Return the losses of a batch.

        Args:
            input_ids: (n, views, length): each sentence twice, or with its entailed and its
                contradicting one.
            attention_mask: of the same shape, 0 at padding.
            **others: what else the encoder takes, of the same shape.

        Raises:
            ValueError: another number of views, or a batch of one sentence.
        """
        loss, _ = self.contrast(input_ids, attention_mask, **others)
        return Losses(loss, loss)

    def contrast(
        self, input_ids: Tensor, attention_mask: Tensor, **others: Any
    ) -> tuple[Tensor, Tensor]:
        """Return the contrastive loss, and the (n * views, width) vectors that it is of."""
        count, views = input_ids.shape[:2]
        if views not in (PAIR, TRIPLE):
            raise ValueError(f"a batch holds {PAIR} or {TRIPLE} views a sentence, not {views}")
        return self.of_states(self.states(input_ids, attention_mask, **others), count, views)

    def states(self, input_ids: Tensor, attention_mask: Tensor, **others: Any) -> Tensor:
        """Return the last hidden states at the first tokens, (n * views, width)."""
        given = {"attention_mask": attention_mask, **others}
        flat = {name: value.flatten(0, 1) for name, value in given.items()}
        last: Tensor = self.encoder(input_ids=input_ids.flatten(0, 1), **flat).last_hidden_state
        return last[:, 0]

    def of_states(self, states: Tensor, count: int, views: int) -> tuple[Tensor, Tensor]:
        """Return what `contrast` does, of the states of a whole batch."""
        vectors = self.head(states)
        apart = [gathered(view) for view in vectors.unflatten(0, (count, views)).unbind(1)]
        loss = contrastive_loss(*apart, temperature=self.temperature, hard_weight=self.hard_weight)
        return loss, vectors


def doubled(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return a batch of (n, length) as two views of each sentence, (n, 2, length)."""
    return {name: torch.stack([value, value], dim=1) for name, value in batch.items()}
