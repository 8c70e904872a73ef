"""DiffCSE: SimCSE, and a vector that lets a discriminator tell which tokens were replaced."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmark.errors import ModelError
from benchmark.training.objectives.cached import in_chunks
from benchmark.training.objectives.contrastive import wide
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
            ModelError: the three do not share a vocabulary, the discriminator is of another make
                or width or the encoder itself, or the generator holds a NaN.
        """
        super().__init__()
        embeddings = getattr(discriminator, "embeddings", None)
        if not isinstance(embeddings, nn.Module):
            raise ModelError(
                f"{type(discriminator).__name__} has no layer `embeddings` for the vector to enter "
                "by; DiffCSE takes encoders like BERT and RoBERTa"
            )
        if discriminator is contrast.encoder:
            raise ModelError(
                "the discriminator is the encoder itself; load another copy of its weights"
            )
        require_one_vocabulary(contrast.encoder, generator, discriminator)
        _require_padding_computed(discriminator)
        _require_finite(generator)
        self.contrast, self.generator, self.discriminator = contrast, generator, discriminator
        self.generator.requires_grad_(False)
        self.classifier = nn.Linear(_width(discriminator), 2)
        self.vocabulary, self.weight, self.mask_ratio = vocabulary, weight, mask_ratio
        self._entering: list[Tensor] = []
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
            input_ids: (n, views, length): each sentence twice, or as SimCSE has three views.
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
        ids, attention = input_ids.flatten(0, 1), attention_mask.flatten(0, 1)
        rows = self.contrast.rows_at_a_time(input_ids.shape[1])
        with torch.no_grad():
            edited = in_chunks(self._edited, rows, masked_ids.flatten(0, 1), attention)

        def told(*given: Tensor) -> Tensor:
            return self._told(*given[:3], **dict(zip(others, given[3:], strict=True)))

        further = (value.flatten(0, 1) for value in others.values())
        # Padding becomes id 0, whatever that is; nothing attends to it.
        logits = in_chunks(told, rows, vectors, edited * attention, attention, *further)
        # Padding counts in the mean, as not replaced.
        right = (edited != ids) * attention
        replaced = functional.cross_entropy(wide(logits).flatten(0, 1), right.flatten())
        return Losses(contrastive + self.weight * replaced, contrastive, replaced)

    def _edited(self, ids: Tensor, attention: Tensor) -> Tensor:
        """Return the generator's most likely token everywhere, but for the first."""
        found: Tensor = self.generator(input_ids=ids, attention_mask=attention).logits.argmax(-1)
        found[:, 0] = self.vocabulary.first
        return found

    def _told(self, vectors: Tensor, ids: Tensor, attention: Tensor, **others: Tensor) -> Tensor:
        """Return two logits a token: of being the original's, and of being replaced."""
        self._entering.append(vectors)
        try:
            states = self.discriminator(
                input_ids=ids, attention_mask=attention, **others
            ).last_hidden_state
            if self._entering:
                raise ModelError(
                    f"{type(self.discriminator).__name__} does not call its layer `embeddings`, "
                    "by which the vector is to enter; DiffCSE takes encoders like BERT and RoBERTa"
                )
        finally:
            self._entering.clear()
        logits: Tensor = self.classifier(states)
        return logits

    def _enter(self, _layer: nn.Module, _given: Any, embedded: Any) -> Any:
        """Put the sentence's vector into the place of the first token's embedding."""
        if not self._entering:
            return embedded
        vectors = self._entering.pop()
        shape = tuple(getattr(embedded, "shape", ()))
        if len(shape) != 3 or (shape[0], shape[2]) != vectors.shape:
            raise ModelError(
                f"{type(self.discriminator).__name__}: its layer `embeddings` returns {shape}, "
                f"where vectors of {tuple(vectors.shape)} are to enter at the first position; "
                "DiffCSE takes encoders like BERT and RoBERTa"
            )
        return torch.cat([vectors[:, None].to(embedded.dtype), embedded[:, 1:]], dim=1)


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


def _require_padding_computed(discriminator: nn.Module) -> None:
    """Refuse attention that leaves padding out: the replaced-token loss counts it."""
    attention = str(getattr(discriminator.config, "_attn_implementation", ""))
    if "flash" in attention:
        raise ModelError(
            f"the discriminator computes attention by {attention}, which leaves out padding, and "
            "DiffCSE's loss is of padding too; load it with attn_implementation='sdpa'"
        )


def _require_finite(generator: nn.Module) -> None:
    """Refuse a generator whose most likely token would be any."""
    for name, parameter in generator.named_parameters():
        if not torch.isfinite(parameter).all():
            raise ModelError(f"the generator's weight {name} holds a NaN or an infinity")


def _width(model: nn.Module) -> int:
    width: int = model.config.hidden_size  # type: ignore[union-attr, assignment]
    return width
