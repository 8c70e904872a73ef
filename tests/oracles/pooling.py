"""The poolers in plain NumPy, on what the library itself calls hidden states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tests.encoders.plain import POOL

INNER = ("avg_top2", "avg_first_last", "avg_first_last_layer1")


def outputs_of(model: Any, rows: Sequence[Sequence[int]]) -> list[Any]:
    """Return what a model says of token id lists, each computed alone, all states kept."""
    with torch.no_grad():
        return [
            model(
                input_ids=torch.tensor([row]),
                attention_mask=torch.ones((1, len(row)), dtype=torch.long),
                output_hidden_states=True,
            )
            for row in rows
        ]


def pooled(
    model: Any, rows: Sequence[Sequence[int]], outputs: Sequence[Any], pooler: str
) -> NDArray[np.float64] | None:
    """Return the (n, d) vectors of n token id lists, from what the model says of each.

    None where the definition says nothing: the model has no pooling head, or does not have one
    state of (tokens, d) for the embeddings and for each of its layers.
    """
    vectors = []
    for row, output in zip(rows, outputs, strict=True):
        if pooler == "cls":
            if output.get("pooler_output") is None:
                return None
            vectors.append(output.pooler_output[0].double().numpy())
            continue
        last = output.last_hidden_state[0].double().numpy()
        inner = [state[0].double().numpy() for state in output.get("hidden_states") or ()]
        if pooler in INNER:
            even = all(state.shape == last.shape == (len(row), last.shape[1]) for state in inner)
            if not even or len(inner) != 1 + model.config.get_text_config().num_hidden_layers:
                return None
        vectors.append(POOL[pooler]([*inner[:-1], last]))
    return np.stack(vectors)
