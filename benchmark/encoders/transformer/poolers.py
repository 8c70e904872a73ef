"""The ways from token vectors to a sentence vector, under names that cannot be mistaken.

H0 is the output of the embedding layer (after its layer norm), Hk that of transformer layer
k, HL that of the last one (the library's ``last_hidden_state``: where the model ends with a
norm, after it). Means run over real tokens, special tokens included, padding left
out. Definitions after the evaluation scripts of SimCSE and DiffCSE; see docs/protocol.md.

A pooler is one entry of `POOLERS` (docs/add-a-pooler.md). Whatever computes calls the function in
it, in torch or in a graph that is exported. The table is read without loading torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmark.errors import ModelError, UsageError
from benchmark.suggestions import did_you_mean

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Pooler:
    """A pooler: what it takes of a model, and what it makes of that.

    Attributes:
        name: the name in options, tables and signatures.
        reduce: from what a model gives for a batch to its (n, d) vectors. A function of a module:
            encoders are sent to other processes, and functions go there by name.
        summary: one line that says what it does.
        layers: hidden states that are averaged to the ``tokens`` of `Hidden`; 0 is H0, -1 is HL, -2
            the one before.
        needs_head: whether it takes the output of the model's pooling head (dense and tanh over the
            first token), which is loaded for those alone that do.
        library_mode: what a sentence-transformers folder calls it (``pooling_mode``), if it does.
    """

    name: str
    reduce: Callable[[Hidden], torch.Tensor]
    summary: str
    layers: tuple[int, ...] = (-1,)
    needs_head: bool = False
    library_mode: str | None = None

    @property
    def inner(self) -> bool:
        """Whether it takes other layers than the last one."""
        return any(layer != -1 for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Hidden:
    """What a model gives for one batch without padding: what a pooler reduces.

    Attributes:
        pooler: that asks.
        model: a transformers encoder.
        ids: (n, length) token ids.
        output: of the model.
    """

    pooler: Pooler
    model: Any
    ids: torch.Tensor
    output: Any

    @property
    def tokens(self) -> torch.Tensor:
        """The (n, length, d) token vectors, averaged over the pooler's layers, in float32.

        Raises:
            ModelError: the architecture does not give these layers.
        """
        states = [self._state(layer) for layer in self.pooler.layers]
        return states[0] if len(states) == 1 else sum(states[1:], start=states[0]) / len(states)

    @property
    def head(self) -> torch.Tensor:
        """The (n, d) output of the pooling head.

        Raises:
            ModelError: the architecture has none.
            ValueError: the pooler does not say that it needs it; what is there may be random.
        """
        if not self.pooler.needs_head:
            raise ValueError(f"pooler {self.pooler.name} takes the head, and does not need it")
        pooled = self.output.get("pooler_output")
        if pooled is None:
            raise self._refusal("the output of a pooling head", "; use `pooler` avg")
        return pooled  # type: ignore[no-any-return]

    def _state(self, layer: int) -> torch.Tensor:
        """Return the (n, length, d) state of a layer, in float32: sums are never taken in less.

        The last layer never stands in for another one: that would be the score of another pooler.
        """
        last = self.output.get("last_hidden_state")
        if last is None or last.shape[:2] != self.ids.shape:
            raise self._refusal("a last hidden state for each token", "; it cannot be scored")
        if layer == -1:
            return last.float()  # type: ignore[no-any-return]
        states = self.output.get("hidden_states") or ()
        depth = getattr(self.model.config.get_text_config(), "num_hidden_layers", None)
        # Else there is no telling which layer a number means.
        if depth is None or len(states) != depth + 1 or states[layer] is None:
            raise self._refusal("one hidden state for each layer", "; use `pooler` avg")
        if states[layer].shape != last.shape:
            raise self._refusal("hidden states of one shape", "; use `pooler` avg")
        return states[layer].float()  # type: ignore[no-any-return]

    def _refusal(self, what: str, way_out: str) -> ModelError:
        return ModelError(
            f"{self.model.name_or_path}: pooler {self.pooler.name} takes {what}, and this "
            f"architecture ({self.model.config.model_type}) does not give that{way_out}"
        )


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
    more = {"output_hidden_states": list(pooler.layers)} if pooler.inner else {}
    output = model(input_ids=ids, attention_mask=ids.new_ones(ids.shape), **more)
    return pooler.reduce(Hidden(pooler, model, ids, output))


def _first(hidden: Hidden) -> torch.Tensor:
    return hidden.tokens[:, 0]


def _mean(hidden: Hidden) -> torch.Tensor:
    tokens = hidden.tokens
    return tokens.sum(dim=1) / tokens.shape[1]


def _maximum(hidden: Hidden) -> torch.Tensor:
    return hidden.tokens.amax(dim=1)


def _sqrt_length_mean(hidden: Hidden) -> torch.Tensor:
    tokens = hidden.tokens
    return tokens.sum(dim=1) / tokens.shape[1] ** 0.5  # type: ignore[no-any-return]


def _head(hidden: Hidden) -> torch.Tensor:
    return hidden.head


def _by_name(poolers: Iterable[Pooler]) -> dict[str, Pooler]:
    return {pooler.name: pooler for pooler in poolers}


POOLERS = _by_name(
    (
        Pooler(
            "cls", _head, "[CLS] through the model's dense + tanh pooling head", needs_head=True
        ),
        Pooler("cls_before_pooler", _first, "[CLS] of the last layer as it is", library_mode="cls"),
        Pooler("avg", _mean, "mean over tokens of the last layer", library_mode="mean"),
        Pooler("avg_top2", _mean, "mean of the last two layers", (-2, -1)),
        Pooler(
            "avg_first_last",
            _mean,
            "mean of embedding output and last layer (the published first-last rows)",
            (0, -1),
        ),
        Pooler(
            "avg_first_last_layer1",
            _mean,
            "mean of transformer layer 1 and last layer (SimCSE's code since 2022-01)",
            (1, -1),
        ),
        Pooler("max", _maximum, "maximum over tokens of the last layer", library_mode="max"),
        Pooler(
            "avg_sqrt_len",
            _sqrt_length_mean,
            "sum over tokens / sqrt(token count)",
            library_mode="mean_sqrt_len_tokens",
        ),
    )
)


def pooler_by_name(name: str) -> Pooler:
    """Return the pooler of this name.

    Raises:
        UsageError: there is none.
    """
    if name not in POOLERS:
        raise UsageError(
            f"unknown pooler {name!r}{did_you_mean(name, POOLERS)}; there are {', '.join(POOLERS)}"
        )
    return POOLERS[name]
