"""The ways from token vectors to a sentence vector, under names that cannot be mistaken.

H0, Hk and HL are the states that hidden.py names. Means run over real tokens, special tokens
included, padding left out. Definitions after the evaluation scripts of SimCSE and DiffCSE; see
docs/protocol.md.

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

from benchmark.encoders.transformer.hidden import Hidden
from benchmark.errors import UsageError
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


_LEAST = 1e-9
"""Stands for zero in what is divided by, as in the library."""


def _first(hidden: Hidden) -> torch.Tensor:
    if not hidden.marks.skipped:
        return hidden.whole[:, 0]
    return _gathered(hidden.whole, hidden.kept[..., 0].long().argmax(dim=1))


def _mean(hidden: Hidden) -> torch.Tensor:
    return _sum(hidden) / _count(hidden)  # type: ignore[no-any-return]


def _maximum(hidden: Hidden) -> torch.Tensor:
    if not hidden.marks.skipped:
        return hidden.whole.amax(dim=1)
    largest = hidden.whole.masked_fill(~hidden.kept, float("-inf")).amax(dim=1)
    # A graph may know no infinity but that of a division: the least number is none.
    return largest / hidden.kept.any(dim=1)


def _sqrt_length_mean(hidden: Hidden) -> torch.Tensor:
    return _sum(hidden) / _count(hidden) ** 0.5  # type: ignore[no-any-return]


def _sum(hidden: Hidden) -> torch.Tensor:
    tokens = hidden.whole
    return (tokens * hidden.kept if hidden.marks.skipped else tokens).sum(dim=1)


def _count(hidden: Hidden) -> Any:
    if not hidden.marks.skipped:
        return hidden.ids.shape[1]
    return hidden.kept.sum(dim=1).float().clamp(min=_LEAST)


def _head(hidden: Hidden) -> torch.Tensor:
    return hidden.head


def _last(hidden: Hidden) -> torch.Tensor:
    last = hidden.whole[:, -1]
    return last * hidden.kept[:, -1] if hidden.marks.skipped else last


def _weighted_mean(hidden: Hidden) -> torch.Tensor:
    """Weights are places in the whole text, from 1 on, whatever is left out of it."""
    tokens = hidden.whole
    weights = (hidden.places * hidden.kept).to(tokens.dtype)
    return (tokens * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=_LEAST)


def _at_mask(hidden: Hidden) -> torch.Tensor:
    return _gathered(hidden.whole, hidden.mask)


def _gathered(tokens: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """Return the (n, d) vectors at one place of each text, (n,) or (1,) for all."""
    index = place[:, None, None].expand(tokens.shape[0], 1, tokens.shape[2])
    return tokens.gather(1, index)[:, 0]


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
