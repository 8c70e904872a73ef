"""How much arithmetic a transformer cannot do without, from its configuration alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LIKE_BERT = frozenset(
    {"albert", "bert", "camembert", "distilbert", "electra", "mpnet", "roberta", "xlm-roberta"}
)
"""Architectures whose layers are four square products, two of the feed-forward part, and
attention."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a BERT-like encoder.

    Attributes:
        layers: that a token goes through; the same weights may serve several (ALBERT).
        hidden: width of a token's vector.
        intermediate: width inside the feed-forward part.
    """

    layers: int
    hidden: int
    intermediate: int

    @property
    def weights(self) -> int:
        """Weights that each token is multiplied with: matrices of all layers, no embeddings.

        Biases, layer norms and the activation are left out: they are additions and
        multiplications in passing, below one hundredth of the rest.
        """
        return self.layers * (4 * self.hidden**2 + 2 * self.hidden * self.intermediate)

    def operations(self, lengths: Sequence[int]) -> int:
        """Return the operations (FLOP, a multiplication and an addition are two) of sentences.

        Each token meets each weight once. In each layer, attention multiplies queries with
        keys, and weights with values: 2 n^2 d operations each for n tokens of width d.

        Args:
            lengths: of the sentences in tokens, special tokens included.
        """
        tokens = sum(lengths)
        squares = sum(length * length for length in lengths)
        return 2 * self.weights * tokens + 4 * self.layers * self.hidden * squares


def shape_of(config: Mapping[str, Any]) -> Shape:
    """Return the shape that a ``config.json`` describes.

    Raises:
        ValueError: an architecture that is not like BERT's.
    """
    kind = config.get("model_type")
    if kind not in LIKE_BERT:
        known = ", ".join(sorted(LIKE_BERT))
        raise ValueError(f"the least work of a {kind} model is not known, only of {known}")
    return Shape(
        layers=config.get("num_hidden_layers") or config["n_layers"],
        hidden=config.get("hidden_size") or config["dim"],
        intermediate=config.get("intermediate_size") or config["hidden_dim"],
    )
