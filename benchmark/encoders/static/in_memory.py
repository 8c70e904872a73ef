"""A model2vec model in memory, known by its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.static.published import require_table
from benchmark.encoders.static.token_bags import ADAPTER_VERSION, TokenBagEncoder, TokenTable
from benchmark.errors import ModelError

_CLASS = ("model2vec.model", "StaticModel")


def is_static_model(candidate: Any) -> bool:
    """Tell whether an object is model2vec's own, without importing it; a subclass may differ."""
    kind = type(candidate)
    return (kind.__module__, kind.__qualname__) == _CLASS


def of_static_model(candidate: Any, name: str) -> TokenBagEncoder:
    """Return the encoder of a model in memory as it is now: what changes later is not seen.

    Args:
        candidate: an object for which `is_static_model` holds.
        name: for the tables.

    Raises:
        ModelError: it is not sound.
    """
    table = TokenTable(
        np.array(candidate.embedding),
        candidate.tokenizer.to_str(),
        *(
            None if part is None else np.array(part)
            for part in (candidate.weights, candidate.token_mapping)
        ),
    )
    require_table(name, table)
    if table.vectors.dtype.kind != "f" and table.vectors.dtype != np.int8:
        raise ModelError(f"{name}: its vectors are {table.vectors.dtype}, not numbers of model2vec")
    card = EncoderCard(
        name=name,
        version=ADAPTER_VERSION,
        adapter="model2vec",
        source="memory",
        weights_sha256=_sha256(table),
        settings_sha256=hashlib.sha256(table.tokenizer.encode()).hexdigest(),
        pooler="avg_tokens",
        max_length=candidate.max_length,
        normalize=bool(candidate.normalize),
        backend="numpy",
    )
    return TokenBagEncoder(card, "model2vec", _Kept(table))


@dataclass(frozen=True, slots=True)
class _Kept:
    table: TokenTable

    def __call__(self) -> TokenTable:
        return self.table


def _sha256(table: TokenTable) -> str:
    whole = hashlib.sha256()
    for part in (table.vectors, table.weights, table.mapping):
        if part is None:
            whole.update(b"none\n")
            continue
        whole.update(f"{part.dtype.str} {part.shape}\n".encode())
        whole.update(np.ascontiguousarray(part).data)
    return whole.hexdigest()
