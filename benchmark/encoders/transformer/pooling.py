"""Pooling on tensors: hidden states of one batch without padding, to sentence vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, assert_never

from benchmark.encoders.transformer.poolers import Pooler, TokenReduction
from benchmark.errors import ModelError

if TYPE_CHECKING:
    import torch


def forward_and_pool(model: Any, ids: torch.Tensor, pooler: Pooler) -> torch.Tensor:
    """Run a model over a batch and pool it.

    Inner layers are what the library calls ``hidden_states``; which of them to keep is told to
    it by number. (Versions and architectures that do not know numbers keep all.)

    Args:
        model: a transformers encoder in evaluation mode.
        ids: (n, length) token ids, no padding among them.
        pooler: how to pool.

    Returns:
        (n, d) tensor on the model's device.

    Raises:
        ModelError: the architecture does not give what the pooler takes.
    """
    inner = pooler.layers != (-1,)
    more = {"output_hidden_states": list(pooler.layers)} if inner else {}
    output = model(input_ids=ids, attention_mask=ids.new_ones(ids.shape), **more)
    if pooler.reduction == "head":
        return _head(model, output, pooler)
    states = [_state(model, output, layer, ids, pooler) for layer in pooler.layers]
    return _reduce(_mean(states), pooler.reduction)


def _head(model: Any, output: Any, pooler: Pooler) -> torch.Tensor:
    pooled = output.get("pooler_output")
    if pooled is None:
        raise _refusal(model, pooler, "the output of a pooling head", "; use --pooler avg")
    return pooled  # type: ignore[no-any-return]


def _state(model: Any, output: Any, layer: int, ids: torch.Tensor, pooler: Pooler) -> torch.Tensor:
    """Return the (n, length, d) state of a layer, in float32: sums are never taken in less.

    The last layer never stands in for another one: that would be the score of another pooler.
    """
    last = output.get("last_hidden_state")
    if last is None or last.shape[:2] != ids.shape:
        raise _refusal(model, pooler, "a last hidden state for each token", "; it cannot be scored")
    if layer == -1:
        return last.float()  # type: ignore[no-any-return]
    states = output.get("hidden_states") or ()
    depth = getattr(model.config.get_text_config(), "num_hidden_layers", None)
    # Else there is no telling which layer a number means.
    if depth is None or len(states) != depth + 1 or states[layer] is None:
        raise _refusal(model, pooler, "one hidden state for each layer", "; use --pooler avg")
    if states[layer].shape != last.shape:
        raise _refusal(model, pooler, "hidden states of one shape", "; use --pooler avg")
    return states[layer].float()  # type: ignore[no-any-return]


def _refusal(model: Any, pooler: Pooler, what: str, way_out: str) -> ModelError:
    return ModelError(
        f"{model.name_or_path}: pooler {pooler.name} takes {what}, and this architecture "
        f"({model.config.model_type}) does not give that{way_out}"
    )


def _mean(states: Sequence[torch.Tensor]) -> torch.Tensor:
    return states[0] if len(states) == 1 else sum(states[1:], start=states[0]) / len(states)


def _reduce(states: torch.Tensor, reduction: TokenReduction) -> torch.Tensor:
    match reduction:
        case "first":
            return states[:, 0]
        case "max":
            return states.amax(dim=1)
        case "mean":
            return states.sum(dim=1) / states.shape[1]
        case "sqrt_len_mean":
            return states.sum(dim=1) / states.shape[1] ** 0.5  # type: ignore[no-any-return]
        case _:
            assert_never(reduction)
