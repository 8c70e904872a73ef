"""The ways from token vectors to a sentence vector, under names that cannot be mistaken.

H0 is the output of the embedding layer (after its layer norm), Hk that of transformer layer
k, HL that of the last one (the library's ``last_hidden_state``: where the model ends with a
norm, after it). Means run over real tokens, special tokens included, padding left
out. Definitions after the evaluation scripts of SimCSE and DiffCSE; see docs/protocol.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmark.errors import UsageError
from benchmark.suggestions import did_you_mean

TokenReduction = Literal["first", "mean", "max", "sqrt_len_mean"]
Reduction = Literal["head"] | TokenReduction


@dataclass(frozen=True, slots=True)
class Pooler:
    """A pooler: which hidden states it averages, and how it reduces the tokens.

    Attributes:
        name: the name in options, tables and signatures.
        layers: hidden states that are averaged first; 0 is H0, -1 is HL, -2 the one before.
        reduction: ``first`` token, ``mean``, ``max`` or sqrt-length mean over tokens, or the
            model's own pooling ``head`` (dense and tanh over the first token).
        summary: one line for ``--list-models`` and the documentation.
    """

    name: str
    layers: tuple[int, ...]
    reduction: Reduction
    summary: str


POOLERS: dict[str, Pooler] = {
    pooler.name: pooler
    for pooler in (
        Pooler("cls", (-1,), "head", "[CLS] through the model's dense + tanh pooling head"),
        Pooler("cls_before_pooler", (-1,), "first", "[CLS] of the last layer as it is"),
        Pooler("avg", (-1,), "mean", "mean over tokens of the last layer"),
        Pooler("avg_top2", (-2, -1), "mean", "mean of the last two layers"),
        Pooler(
            "avg_first_last",
            (0, -1),
            "mean",
            "mean of embedding output and last layer (the published first-last rows)",
        ),
        Pooler(
            "avg_first_last_layer1",
            (1, -1),
            "mean",
            "mean of transformer layer 1 and last layer (SimCSE's code since 2022-01)",
        ),
        Pooler("max", (-1,), "max", "maximum over tokens of the last layer"),
        Pooler("avg_sqrt_len", (-1,), "sqrt_len_mean", "sum over tokens / sqrt(token count)"),
    )
}


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
