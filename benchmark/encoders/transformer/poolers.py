"""The ways from token vectors to a sentence vector, under names that cannot be mistaken.

H0 is the output of the embedding layer (after its layer norm), Hk that of transformer layer
k, HL that of the last one (the library's ``last_hidden_state``: where the model ends with a
norm, after it). Means run over real tokens, special tokens included, padding left
out. Definitions after the evaluation scripts of SimCSE and DiffCSE; see docs/protocol.md.

A pooler is one entry of `POOLERS` (docs/add-a-pooler.md). Whatever computes calls the function in
it, in torch or in a graph that is exported. The table is read without loading torch.

`pooler_by_name` also reads what is put together of entries: another layer (``avg@-2``), a mean of
layers (``avg@1,-1``), vectors one behind the other (``cls_before_pooler+max``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
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
        needs_mask: whether it takes the state of a mask token, which every text must then have.
        library_mode: what a sentence-transformers folder calls it (``pooling_mode``), if it does.
        parts: poolers whose vectors are put one behind the other; empty for any other pooler.
    """

    name: str
    reduce: Callable[[Hidden], torch.Tensor]
    summary: str
    layers: tuple[int, ...] = (-1,)
    needs_head: bool = False
    needs_mask: bool = False
    library_mode: str | None = None
    parts: tuple[Pooler, ...] = ()

    @property
    def inner(self) -> bool:
        """Whether it takes other layers than the last one."""
        return any(layer != -1 for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a pooler must know of the way sentences become tokens: alike for all of them.

    Attributes:
        mask: id of the tokenizer's mask token, None if it has none.
        skipped: how many tokens at the beginning are left out of every pooler but the head: a
            prompt that a folder does not want in its vectors, and the special token before it.
    """

    mask: int | None = None
    skipped: int = 0


PLAIN = Marks()
"""Nothing to know: every token counts."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What a model gives for one batch without padding: what a pooler reduces.

    Attributes:
        pooler: that asks.
        model: a transformers encoder.
        ids: (n, length) token ids.
        output: of the model.
        marks: how the sentences became tokens.
    """

    pooler: Pooler
    model: Any
    ids: torch.Tensor
    output: Any
    marks: Marks = PLAIN

    @property
    def tokens(self) -> torch.Tensor:
        """The (n, length, d) token vectors, averaged over the pooler's layers, in float32.

        Those that `Marks` leaves out are not among them.

        Raises:
            ModelError: the architecture does not give these layers.
        """
        states = [self._state(layer) for layer in self.pooler.layers]
        mean = states[0] if len(states) == 1 else sum(states[1:], start=states[0]) / len(states)
        return mean[:, self.marks.skipped :]

    @property
    def mask(self) -> torch.Tensor:
        """The (n,) place of each text's last mask token among `tokens`.

        Raises:
            ValueError: the pooler does not say that it needs one; there may be none.
        """
        if not self.pooler.needs_mask:
            raise ValueError(f"pooler {self.pooler.name} takes a mask, and does not need it")
        is_mask: Any = self.ids[:, self.marks.skipped :] == self.marks.mask
        return (is_mask.cumsum(dim=1) * is_mask).argmax(dim=1)  # type: ignore[no-any-return]

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
        if depth is None or len(states) != depth + 1:
            raise self._refusal("one hidden state for each layer", "; use `pooler` avg")
        if not -depth - 1 <= layer <= depth:
            raise self._refusal(f"layer {layer}", f"; it has {depth}")
        if states[layer] is None:
            raise self._refusal("one hidden state for each layer", "; use `pooler` avg")
        if states[layer].shape != last.shape:
            raise self._refusal("hidden states of one shape", "; use `pooler` avg")
        return states[layer].float()  # type: ignore[no-any-return]

    def _refusal(self, what: str, way_out: str) -> ModelError:
        return ModelError(
            f"{self.model.name_or_path}: pooler {self.pooler.name} takes {what}, and this "
            f"architecture ({self.model.config.model_type}) does not give that{way_out}"
        )


def forward_and_pool(
    model: Any, ids: torch.Tensor, pooler: Pooler, marks: Marks = PLAIN
) -> torch.Tensor:
    """Run a model over a batch and pool it.

    Inner layers are what the library calls ``hidden_states``; which of them to keep is told to
    it by number. (Versions and architectures that do not know numbers keep all.)

    Args:
        model: a transformers encoder in evaluation mode.
        ids: (n, length) token ids, no padding among them.
        pooler: how to pool.
        marks: how the sentences became tokens.

    Returns:
        (n, d) tensor on the model's device.

    Raises:
        ModelError: the architecture does not give what the pooler takes.
    """
    more = {"output_hidden_states": list(pooler.layers)} if pooler.inner else {}
    output = model(input_ids=ids, attention_mask=ids.new_ones(ids.shape), **more)
    return pooler.reduce(Hidden(pooler, model, ids, output, marks))


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


def _last(hidden: Hidden) -> torch.Tensor:
    return hidden.tokens[:, -1]


def _weighted_mean(hidden: Hidden) -> torch.Tensor:
    """Weights are places in the whole text, from 1 on, whatever is left out of it."""
    tokens, whole = hidden.tokens, hidden.ids[:1] * 0 + 1
    places = whole.cumsum(dim=1)[:, hidden.marks.skipped :, None].to(tokens.dtype)
    return (tokens * places).sum(dim=1) / places.sum(dim=1)


def _at_mask(hidden: Hidden) -> torch.Tensor:
    tokens, place = hidden.tokens, hidden.mask
    return tokens.gather(1, place[:, None, None].expand(-1, 1, tokens.shape[2]))[:, 0]


def _one_behind_the_other(hidden: Hidden) -> torch.Tensor:
    import torch

    parts = hidden.pooler.parts
    return torch.cat([part.reduce(replace(hidden, pooler=part)) for part in parts], dim=1)


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
        Pooler(
            "weighted_mean",
            _weighted_mean,
            "mean over tokens of the last layer, weighted by their places from 1 on (SGPT)",
            library_mode="weightedmean",
        ),
        Pooler(
            "last_token",
            _last,
            "last token of the last layer: what decoders have read the whole text at",
            library_mode="lasttoken",
        ),
        Pooler(
            "mask",
            _at_mask,
            "the last mask token of the text, in the last layer (PromptBERT); needs a template",
            needs_mask=True,
        ),
    )
)

_PART = re.compile(r"(\w+)(?:@(-?(?:0|[1-9]\d{0,3})(?:,-?(?:0|[1-9]\d{0,3}))*))?")


def pooler_by_name(name: str) -> Pooler:
    """Return the pooler of this name, or what a name puts together.

    >>> pooler_by_name("avg@-2").layers
    (-2,)
    >>> pooler_by_name("last_token+avg@0,-1").name
    'last_token+avg_first_last'

    Args:
        name: an entry; an entry and the layer, or layers to average, that it takes instead of the
            last one (``avg@-2``, ``avg@1,-1``); or several of these with ``+`` between them, whose
            vectors are put one behind the other.

    Raises:
        UsageError: there is none.
    """
    parts = tuple(_at_layers(part, name) for part in name.split("+"))
    if len(parts) == 1:
        return parts[0]
    return Pooler(
        "+".join(part.name for part in parts),
        _one_behind_the_other,
        "one behind the other: " + "; ".join(part.summary for part in parts),
        tuple(sorted({layer for part in parts for layer in part.layers})),
        needs_head=any(part.needs_head for part in parts),
        needs_mask=any(part.needs_mask for part in parts),
        parts=parts,
    )


def _at_layers(said: str, whole: str) -> Pooler:
    matched = _PART.fullmatch(said)
    name, layers = matched.groups() if matched else (said, None)
    if name not in POOLERS:
        raise UsageError(
            f"unknown pooler {whole!r}{did_you_mean(name, POOLERS)}; there are "
            f"{', '.join(POOLERS)}, each with other layers (avg@-2), several with a plus between"
        )
    entry = POOLERS[name]
    if layers is None:
        return entry
    if entry.needs_head or entry.inner:
        raise UsageError(f"pooler {said!r}: {name} is of certain layers; there are no others of it")
    asked = tuple(int(layer) for layer in layers.split(","))
    if len(set(asked)) < len(asked):
        raise UsageError(f"pooler {said!r}: names a layer twice")
    for known in POOLERS.values():  # one pooler, one name
        if known.reduce is entry.reduce and sorted(known.layers) == sorted(asked):
            return known
    summary = f"{entry.summary}, of layers {layers}"
    return replace(entry, name=f"{name}@{layers}", layers=asked, summary=summary, library_mode=None)
