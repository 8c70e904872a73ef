"""Vectors of tokens, averaged as model2vec and sentence-transformers average them, in numpy.

The rules are those of model2vec 0.10 (``StaticModel.encode``) and of sentence-transformers 6.2
(``StaticEmbedding``), which differ: see `Rules`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.identity import versions
from benchmark.encoders.raising import answers_for_itself
from benchmark.encoders.static.bags import bag_means, in_order
from benchmark.encoders.static.unknown import Unknown
from benchmark.errors import ModelError
from benchmark.foreign import parse_json
from benchmark.steps import Normalize

ADAPTER_VERSION = "1"

Rules = Literal["model2vec", "static-embedding"]
"""Whose rules: model2vec leaves unknown tokens out, cuts a text at the limit times the median
length of its tokens before it is tokenized, then at the limit, and keeps the type of 16-bit
vectors; sentence-transformers' StaticEmbedding averages whatever the tokenizer gives."""

_NEVER_ZERO = 1e-32
"""What model2vec adds to a length before it divides by it."""


@dataclass(frozen=True, eq=False)
class TokenTable:
    """Vectors of tokens, and the tokenizer whose ids they go by.

    Attributes:
        vectors: (r, d) numbers.
        tokenizer: what ``tokenizer.json`` says.
        weights: (v,) numbers that the vector of a token is multiplied by; None for none.
        mapping: (v,) the row of each token; None where it is its id.
    """

    vectors: NDArray[Any]
    tokenizer: str
    weights: NDArray[Any] | None = None
    mapping: NDArray[Any] | None = None

    def rows(self, ids: NDArray[np.int64]) -> NDArray[Any]:
        """Return the weighted vectors of token ids, of any shape."""
        vectors = self.vectors[ids if self.mapping is None else self.mapping[ids]]
        return vectors if self.weights is None else vectors * self.weights[ids][..., None]

    @property
    def tokens(self) -> int:
        """How many token ids have a vector."""
        sized = [part for part in (self.mapping, self.weights) if part is not None]
        return min(map(len, sized), default=len(self.vectors))


@dataclass(frozen=True)
class TokenBagEncoder:
    """Mean of the vectors of a sentence's tokens, special ones not added.

    Attributes:
        card: identity; its limit and its scaling are followed.
        rules: of which library.
        read: gives the table; called once, before the first sentence.
    """

    card: EncoderCard
    rules: Rules
    read: Callable[[], TokenTable]
    _unknown: Unknown = field(default_factory=Unknown, init=False, repr=False, compare=False)

    @property
    def computed_with(self) -> dict[str, str]:
        """The libraries that tokenize and take the means."""
        return versions(("numpy", "tokenizers"))

    def load(self) -> None:
        """Read tokenizer and vectors now instead of at the first sentence.

        Raises:
            ModelError: they cannot be read, or do not belong together.
        """
        _ = self._loaded

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Return the (n, d) float32 vectors of n sentences.

        Raises:
            ModelError: a token has no vector.
        """
        table, tokenizer, unknown, longest = self._loaded
        texts = [sentence[:longest] for sentence in sentences]
        with answers_for_itself(f"{self.card.name}: its tokenizer"):
            bags = [row.ids for row in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        if unknown is not None:
            asked = sum(map(len, bags))
            bags = [[token for token in bag if token != unknown] for bag in bags]
            self._unknown.count(self.card.name, asked, sum(map(len, bags)))
        largest = max((max(bag) for bag in bags if bag), default=0)
        if largest >= table.tokens:
            raise ModelError(
                f"{self.card.name}: its tokenizer gives the id {largest}, and there are vectors of "
                f"{table.tokens:,} tokens; one of them is of another model"
            )
        kind = table.vectors.dtype
        if kind == np.float16:
            bags = [list(bag) for bag in bags]
        else:
            bags = [in_order(bag) for bag in bags]
            kind = np.dtype(np.float32) if kind == np.int8 else kind
        means = bag_means(bags, table.rows, table.vectors.shape[1], kind)
        return self._scaled(means)

    def _scaled(self, means: NDArray[Any]) -> NDArray[np.float32]:
        vectors = means.astype(np.float32)
        if not self.card.normalize:
            return vectors
        if self.rules == "static-embedding":
            return Normalize().apply(vectors)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True) + np.float32(_NEVER_ZERO)
        rounded: NDArray[np.float32] = (vectors / lengths).astype(means.dtype).astype(np.float32)
        return rounded

    @functools.cached_property
    def _loaded(self) -> tuple[TokenTable, Any, int | None, int | None]:
        """The table, its tokenizer, the id of the unknown token, and the longest text."""
        table = self.read()
        tokenizer = self._tokenizer(table)
        vocabulary = tokenizer.get_vocab()
        if not vocabulary:
            raise ModelError(f"{self.card.name}: its tokenizer has no vocabulary")
        if self.rules == "static-embedding":
            tokenizer.no_padding()
            return table, tokenizer, None, None
        if table.mapping is None and len(table.vectors) != len(vocabulary):
            raise ModelError(
                f"{self.card.name}: its tokenizer has {len(vocabulary):,} tokens, and there are "
                f"{len(table.vectors):,} vectors; one of them is of another model"
            )
        tokenizer.no_padding()
        limit = self.card.max_length
        if limit is None:
            tokenizer.no_truncation()
            return table, tokenizer, _unknown(tokenizer, table), None
        tokenizer.enable_truncation(limit)
        median = int(np.median([len(token) for token in vocabulary]))
        return table, tokenizer, _unknown(tokenizer, table), limit * median

    def _tokenizer(self, table: TokenTable) -> Any:
        from tokenizers import Tokenizer

        with answers_for_itself(f"{self.card.name}: its tokenizer.json"):
            return Tokenizer.from_str(table.tokenizer)


def _unknown(tokenizer: Any, table: TokenTable) -> int | None:
    """Return the id of the unknown token; None if a text has none."""
    if hasattr(tokenizer.model, "unk_token"):
        token = tokenizer.model.unk_token
        return None if token is None else tokenizer.token_to_id(token)
    found = parse_json(table.tokenizer)["model"].get("unk_id")  # of the kind Unigram
    return found if isinstance(found, int) else None
