"""DiffCSE: SimCSE, and a vector that lets a discriminator tell which tokens were replaced."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmark.errors import ModelError
from benchmark.training.objectives.masking import Vocabulary, masked
from benchmark.training.objectives.simcse import Losses, SimCSE

LAMBDA, MASK_RATIO = 0.005, 0.30
"""Of DiffCSE-BERT-base on STS."""


class DiffCSE(nn.Module):
    """The loss of DiffCSE: a contrastive one, and one of telling replaced tokens.

    A frozen generator reads a masked sentence and writes its most likely token everywhere. The
    discriminator reads that, with the vector of the original sentence in the place of the first
    token's embedding, and says of each token whether it is another one than the original's. What
    it can know of the original comes through the vector alone.

    The vector enters by a hook on the discriminator's embedding layer, whose output at position 0
    it takes the place of; the library is used as it is.

    Source: Chuang et al. (2022), section 3, and their code; the rules are in docs/training.md.
    """

    def __init__(
        self,
        contrast: SimCSE,
        generator: nn.Module,
        discriminator: nn.Module,
        vocabulary: Vocabulary,
        *,
        weight: float = LAMBDA,
        mask_ratio: float = MASK_RATIO,
    ) -> None:
        """Keep the three networks.

        Args:
            contrast: encoder and head, `BatchNormHead` in the paper.
            generator: a masked language model, which is frozen here.
            discriminator: another copy of the encoder's pre-trained weights, without a pooling
                layer; it has a layer ``embeddings``.
            vocabulary: of the tokenizer, which all three share.
            weight: of the loss of replaced tokens (lambda).
            mask_ratio: share of tokens that are masked for the generator.

        Raises:
            ModelError: the three do not share a vocabulary, or the discriminator is of another
                make or width.
        """
        super().__init__()
        embeddings = getattr(discriminator, "embeddings", None)
        if not isinstance(embeddings, nn.Module):
            raise ModelError(
                f"{type(discriminator).__name__} has no layer `embeddings` for the vector to enter "
                "by; DiffCSE takes encoders like BERT and RoBERTa"
            )
        require_one_vocabulary(contrast.encoder, generator, discriminator)
        self.contrast, self.generator, self.discriminator = contrast, generator, discriminator
        self.generator.requires_grad_(False)
        self.classifier = nn.Linear(_width(discriminator), 2)
        self.vocabulary, self.weight, self.mask_ratio = vocabulary, weight, mask_ratio
        self._condition: Tensor | None = None
        embeddings.register_forward_hook(self._enter)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        masked_ids: Tensor | None = None,
        **others: Tensor,
    ) -> Losses:
        """Return the losses of a batch.

        Args:
            input_ids: (n, 2, length): each sentence twice.
            attention_mask: of the same shape, 0 at padding.
            masked_ids: of the same shape, what the generator reads; by default drawn anew for
                each view.
            **others: what else encoder and discriminator take, of the same shape.

        Raises:
            ValueError: another number of views, or a batch of one sentence.
        """
        contrastive, vectors = self.contrast.contrast(input_ids, attention_mask, **others)
        if masked_ids is None:
            masked_ids = masked(input_ids, self.vocabulary, self.mask_ratio)
        replaced = self.replaced(masked_ids, vectors, input_ids, attention_mask, **others)
        return Losses(contrastive + self.weight * replaced, contrastive, replaced)

    def replaced(
        self,
        masked_ids: Tensor,
        vectors: Tensor,
        input_ids: Tensor,
        attention_mask: Tensor,
        **others: Tensor,
    ) -> Tensor:
        """Return the loss of replaced tokens alone, not weighed.

        Args:
            masked_ids: as in `forward`, and there always.
            vectors: (n * 2, width), that each view is told by.
            input_ids: as in `forward`.
            attention_mask: as in `forward`.
            **others: as in `forward`.
        """
        ids, attention = input_ids.flatten(0, 1), attention_mask.flatten(0, 1)
        edited = self._edited(masked_ids.flatten(0, 1), attention)
        return self._replaced_loss(ids, edited, attention, vectors, others)

    @torch.no_grad()
    def _edited(self, ids: Tensor, attention: Tensor) -> Tensor:
        """Return the generator's most likely token everywhere, but for the first."""
        found: Tensor = self.generator(input_ids=ids, attention_mask=attention).logits.argmax(-1)
        found[:, 0] = self.vocabulary.first
        return found

    def _replaced_loss(
        self,
        ids: Tensor,
        edited: Tensor,
        attention: Tensor,
        vectors: Tensor,
        others: dict[str, Any],
    ) -> Tensor:
        """Return the mean cross-entropy over all positions; padding counts as not replaced."""
        replaced = (edited != ids) * attention
        self._condition = vectors
        try:
            states = self.discriminator(
                # Padding becomes id 0, whatever that is; nothing attends to it.
                input_ids=edited * attention,
                attention_mask=attention,
                **{name: value.flatten(0, 1) for name, value in others.items()},
            ).last_hidden_state
        finally:
            self._condition = None
        return functional.cross_entropy(self.classifier(states).flatten(0, 1), replaced.flatten())

    def _enter(self, _layer: nn.Module, _given: Any, embedded: Tensor) -> Tensor:
        """Put the sentence's vector into the place of the first token's embedding."""
        if self._condition is None:
            return embedded
        first = self._condition[:, None].to(embedded.dtype)
        return torch.cat([first, embedded[:, 1:]], dim=1)


def require_one_vocabulary(
    encoder: nn.Module, generator: nn.Module, discriminator: nn.Module
) -> None:
    """Refuse networks that cannot read each other's tokens, or each other's vectors.

    Raises:
        ModelError: embeddings of another number of tokens, or another width.
    """
    sizes = {
        name: model.config.vocab_size  # type: ignore[union-attr]
        for name, model in (
            ("encoder", encoder),
            ("generator", generator),
            ("discriminator", discriminator),
        )
    }
    if len(set(sizes.values())) > 1:
        said = ", ".join(f"the {name} has {size:,}" for name, size in sizes.items())
        raise ModelError(f"vocabularies differ in size: {said}; take models of one tokenizer")
    if _width(encoder) != _width(discriminator):
        raise ModelError(
            f"the encoder's vectors have {_width(encoder)} dimensions, the discriminator's "
            f"embeddings {_width(discriminator)}; take two copies of one model"
        )


def _width(model: nn.Module) -> int:
    width: int = model.config.hidden_size  # type: ignore[union-attr, assignment]
    return width
