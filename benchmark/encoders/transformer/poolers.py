"""The ways from token vectors to a sentence vector, under names that cannot be mistaken.

H0, Hk and HL are the states that hidden.py names. Means run over real tokens, special tokens
included, padding left out. Definitions after the evaluation scripts of SimCSE and DiffCSE; see
docs/protocol.md.

A pooler is one entry of `POOLERS` (docs/add-a-pooler.md). Whatever computes calls the function in
it, in torch or in a graph that is exported. The table is read without loading torch.

`pooler_by_name` also reads what is put together of entries: another layer (``avg@-2``), a mean of
layers (``avg@1,-1``), vectors one behind the other (``cls_before_pooler+max``), and what is done
to a vector then (`MODIFIERS`): ``mask:transform-template``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
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
        needs_copies: whether it takes the tokens of a copy of the sentence, which a template of
            pieces must then tell from others.
        needs_transform: whether it takes the transform of a model's prediction head.
        needs_bare: whether it takes what the model gives for the template alone.
        library_mode: what a sentence-transformers folder calls it (``pooling_mode``), if it does.
        parts: poolers whose vectors are put one behind the other, or the one whose vectors are
            modified; empty for any other pooler.
    """

    name: str
    reduce: Callable[[Hidden], torch.Tensor]
    summary: str
    layers: tuple[int, ...] = (-1,)
    needs_head: bool = False
    needs_mask: bool = False
    needs_copies: bool = False
    needs_transform: bool = False
    needs_bare: bool = False
    library_mode: str | None = None
    parts: tuple[Pooler, ...] = ()

    @property
    def needs_template(self) -> bool:
        """Whether it means something only with a template around the sentence."""
        return self.needs_mask or self.needs_copies or self.needs_bare

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


def _last_copy_mean(hidden: Hidden) -> torch.Tensor:
    """An empty sentence has an empty copy, and the zero vector, as in the method's own code."""
    return _weighted(hidden, hidden.last_copy())


def _mean_from_last_copy(hidden: Hidden) -> torch.Tensor:
    return _weighted(hidden, hidden.last_copy(to_the_end=True))


def _weighted(hidden: Hidden, weights: torch.Tensor) -> torch.Tensor:
    return (hidden.tokens * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)


def _through_head(hidden: Hidden) -> torch.Tensor:
    return hidden.through_head(_modified(hidden))


def _through_transform(hidden: Hidden) -> torch.Tensor:
    return hidden.through_transform(_modified(hidden))


def _less_template(hidden: Hidden) -> torch.Tensor:
    return _modified(hidden) - _modified(hidden.bare)


def _modified(hidden: Hidden) -> torch.Tensor:
    [part] = hidden.pooler.parts
    return part.reduce(replace(hidden, pooler=part))


def _one_behind_the_other(hidden: Hidden) -> torch.Tensor:
    import torch

    return torch.cat(_of_each_part(hidden), dim=1)


def _stacked(hidden: Hidden) -> torch.Tensor:
    import torch

    return torch.stack(_of_each_part(hidden), dim=1).flatten(1)


def _of_each_part(hidden: Hidden) -> list[torch.Tensor]:
    return [part.reduce(replace(hidden, pooler=part)) for part in hidden.pooler.parts]


Reduce = Callable[[Hidden], "torch.Tensor"]


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
        Pooler(
            "last_copy",
            _last_copy_mean,
            "mean over the last copy of the sentence in a template of pieces (Echo)",
            needs_copies=True,
        ),
        Pooler(
            "from_last_copy",
            _mean_from_last_copy,
            "mean over the last copy of the sentence and what the template has after it (Echo)",
            needs_copies=True,
        ),
    )
)

MODIFIERS: dict[str, tuple[Reduce, str, str]] = {
    ":head": (_through_head, "needs_head", "through the pooling head's dense + activation"),
    ":transform": (
        _through_transform,
        "needs_transform",
        "through the prediction head's transform",
    ),
    "-template": (_less_template, "needs_bare", "minus that of the template alone"),
}
"""What is done to a vector, as it is written behind a pooler; what that needs; in words."""

_PART = re.compile(
    r"(\w+)(?:@(-?(?:0|[1-9]\d{0,3})(?:,-?(?:0|[1-9]\d{0,3}))*))?((?::head|:transform|-template)*)"
)
_MODIFIER = re.compile("|".join(MODIFIERS))


def pooler_by_name(name: str) -> Pooler:
    """Return the pooler of this name, or what a name puts together.

    >>> pooler_by_name("avg@-2").layers
    (-2,)
    >>> pooler_by_name("last_token+avg@0,-1").name
    'last_token+avg_first_last'

    Args:
        name: an entry; an entry and the layer, or layers to average, that it takes instead of the
            last one (``avg@-2``, ``avg@1,-1``); either with modifiers behind it, in order
            (``mask-template:head``); or several of these with ``+`` between them, whose vectors are
            put one behind the other.

    Raises:
        UsageError: there is none.
    """
    parts = tuple(_with_modifiers(part, name) for part in name.split("+"))
    return parts[0] if len(parts) == 1 else _together(parts, _one_behind_the_other)


def side_by_side(poolers: Iterable[Pooler]) -> Pooler:
    """Return what gives the vectors of several poolers, of one width, in one pass over the layers.

    They come one behind the other. Where their widths differ torch refuses to stack them: what
    cuts them apart again could not tell where one ends.
    """
    return _together(tuple(poolers), _stacked)


def _together(parts: tuple[Pooler, ...], reduce: Reduce) -> Pooler:
    needs = [field.name for field in fields(Pooler) if field.name.startswith("needs_")]
    needed: dict[str, Any] = {need: any(getattr(part, need) for part in parts) for need in needs}
    return Pooler(
        "+".join(part.name for part in parts),
        reduce,
        "one behind the other: " + "; ".join(part.summary for part in parts),
        tuple(sorted({layer for part in parts for layer in part.layers})),
        parts=parts,
        **needed,
    )


def _with_modifiers(said: str, whole: str) -> Pooler:
    matched = _PART.fullmatch(said)
    name, layers, behind = matched.groups() if matched else (said, None, "")
    pooler = _at_layers(said, name, layers, whole)
    modifiers = _MODIFIER.findall(behind)
    if len(set(modifiers)) < len(modifiers):
        raise UsageError(f"pooler {whole!r}: does something twice")
    if pooler.name == "cls_before_pooler" and modifiers[:1] == [":head"]:  # one pooler, one name
        pooler, modifiers = POOLERS["cls"], modifiers[1:]
    for modifier in modifiers:
        reduce, need, what = MODIFIERS[modifier]
        changed: dict[str, Any] = {need: True, "reduce": reduce, "parts": (pooler,)}
        changed |= {"name": pooler.name + modifier, "summary": f"{pooler.summary}, {what}"}
        pooler = replace(pooler, library_mode=None, **changed)
    return pooler


def _at_layers(said: str, name: str, layers: str | None, whole: str) -> Pooler:
    if name not in POOLERS:
        modes = {known.library_mode: known.name for known in POOLERS.values()}
        usual = modes.get(name.removeprefix("pooling_mode_").removesuffix("_tokens"))
        meant = f" (did you mean {usual}?)" if usual else did_you_mean(name, POOLERS)
        raise UsageError(
            f"unknown pooler {whole!r}{meant}; there are "
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
