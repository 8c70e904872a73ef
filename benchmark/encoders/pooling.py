"""Pooling on tensors: hidden states of one batch without padding, to sentence vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from benchmark.encoders.poolers import Pooler

if TYPE_CHECKING:
    import torch


def forward_and_pool(
    model: Any, ids: torch.Tensor, pooler: Pooler, *, hooks: bool = True
) -> torch.Tensor:
    """Run a model over a batch and pool it.

    Args:
        model: a transformers encoder in evaluation mode.
        ids: (n, length) token ids, no padding among them.
        pooler: how to pool.
        hooks: keep only the hidden states that are needed; without, all are kept, in a form
            that can be exported.

    Returns:
        (n, d) tensor on the model's device.
    """
    inner = [layer for layer in pooler.layers if layer != -1]
    blocks = _blocks(model) if inner and hooks else None
    everything = {"output_hidden_states": True} if inner and blocks is None else {}
    with _inputs_kept(blocks, inner) as kept:
        output = model(input_ids=ids, attention_mask=ids.new_ones(ids.shape), **everything)
    if pooler.reduction == "head":
        return output.pooler_output  # type: ignore[no-any-return]
    # Sums over a sentence are taken in float32, whatever the model computes in.
    states = [_state(kept, layer, output).float() for layer in pooler.layers]
    return _reduce(_mean(states), pooler)


def _mean(states: Sequence[torch.Tensor]) -> torch.Tensor:
    return states[0] if len(states) == 1 else sum(states[1:], start=states[0]) / len(states)


def _reduce(states: torch.Tensor, pooler: Pooler) -> torch.Tensor:
    if pooler.reduction == "first":
        return states[:, 0]
    if pooler.reduction == "max":
        return states.amax(dim=1)
    total = states.sum(dim=1)
    count = states.shape[1]
    return total / (count**0.5 if pooler.reduction == "sqrt_len_mean" else count)


@contextmanager
def _inputs_kept(blocks: Any, layers: Sequence[int]) -> Iterator[dict[int, torch.Tensor]]:
    """Keep the hidden states of these layers during one forward pass, and no others.

    The state Hk is the input of block k+1, so a hook in front of that block sees it.
    """
    kept: dict[int, torch.Tensor] = {}

    def keeper(layer: int) -> Callable[..., None]:
        def keep(_block: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            kept[layer] = args[0] if args else kwargs["hidden_states"]

        return keep

    with ExitStack() as hooks:
        for layer in layers:
            # H0 enters block 0, H1 block 1; H(L-1) enters the last block.
            place = layer if layer >= 0 else layer + 1
            if blocks is not None and place < len(blocks):
                handle = blocks[place].register_forward_pre_hook(keeper(layer), with_kwargs=True)
                hooks.callback(handle.remove)
        yield kept


def _state(kept: dict[int, torch.Tensor], layer: int, output: Any) -> torch.Tensor:
    if layer in kept:
        return kept[layer]
    if layer != -1 and output.get("hidden_states") is not None:
        return output.hidden_states[layer]  # type: ignore[no-any-return]
    # The last layer; also "layer 1" of a model that has only one.
    return output.last_hidden_state  # type: ignore[no-any-return]


def _blocks(model: Any) -> Any:
    """Return the list of the transformer's blocks; None where layers share their weights."""
    import torch

    if model.config.model_type in {"albert", "funnel"}:
        return None
    depth = model.config.num_hidden_layers
    lists = (m for m in model.modules() if isinstance(m, torch.nn.ModuleList) and len(m) == depth)
    return next(lists, None)
