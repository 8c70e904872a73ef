"""Masks of masked language modelling, drawn anew for each batch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from benchmark.errors import ModelError

MASKED, RANDOM = 0.8, 0.1
"""Of the chosen tokens: shares that become the mask, and a random token; the others stay."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a mask must know of a tokenizer.

    Attributes:
        size: number of tokens that a random one is drawn from.
        mask: id of the mask token.
        first: id of the token that stands before every sentence.
        special: ids that are never chosen, those of padding among them.
    """

    size: int
    mask: int
    first: int
    special: frozenset[int]

    @classmethod
    def of(cls, tokenizer: Any) -> Vocabulary:
        """Return what a tokenizer of transformers says.

        Raises:
            ModelError: it has no mask token, or none before every sentence.
        """
        name = getattr(tokenizer, "name_or_path", "") or "the tokenizer"
        for role in ("mask", "cls"):
            if getattr(tokenizer, f"{role}_token_id") is None:
                raise ModelError(
                    f"{name}: has no {role} token, which tokens are replaced by or sentences are "
                    "read at; DiffCSE takes encoders like BERT and RoBERTa"
                )
        if getattr(tokenizer, "padding_side", "right") != "right":
            raise ModelError(
                f"{name}: pads before the sentence, whose first token is to stand first; "
                "set its padding_side to right"
            )
        special: Collection[int] = tokenizer.all_special_ids
        return cls(
            len(tokenizer), tokenizer.mask_token_id, tokenizer.cls_token_id, frozenset(special)
        )


def masked(
    ids: Tensor,
    vocabulary: Vocabulary,
    probability: float,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return token ids of which some are masked, as BERT's are in pre-training.

    Args:
        ids: (..., length) token ids.
        vocabulary: that they are of.
        probability: that a token which is not special is chosen.
        generator: of random numbers; by default torch's own.

    Source: Devlin et al. (2019), section 3.1.
    """

    def drawn(share: float) -> Tensor:
        chances = torch.full(ids.shape, share, device=ids.device)
        return torch.bernoulli(chances, generator=generator).bool()

    special = torch.tensor(sorted(vocabulary.special), device=ids.device)
    chosen = drawn(probability) & ~torch.isin(ids, special)
    hidden = chosen & drawn(MASKED)
    others = chosen & ~hidden & drawn(RANDOM / (1 - MASKED))
    words = torch.randint(vocabulary.size, ids.shape, generator=generator, device=ids.device)
    return torch.where(others, words, torch.where(hidden, vocabulary.mask, ids))
