"""Causes between tokens and vectors: special tokens, pooling."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmark.encoders.transformer.poolers import POOLERS
from benchmark.equivalence.case import Case, Finding, Road
from benchmark.equivalence.side import Ids, Side
from benchmark.errors import BenchmarkError

CHANGES: Mapping[str, Callable[[Ids], Ids]] = {
    "lacks the first token (BOS, [CLS])": lambda ids: ids[1:],
    "lacks the last token (EOS, [SEP])": lambda ids: ids[:-1],
    "lacks the first and the last token (BOS and EOS, [CLS] and [SEP])": lambda ids: ids[1:-1],
    "has the first token twice (BOS, [CLS])": lambda ids: [*ids[:1], *ids],
    "has the last token twice (EOS, [SEP])": lambda ids: [*ids, *ids[-1:]],
}
"""What happens to the tokens that are put around a text."""


def special_tokens(case: Case) -> Finding | None:
    """One of them has other tokens around the text."""
    for side, other in case.both:
        if side.ids(case.sentences[:1]) is None:
            continue
        for what, change in CHANGES.items():
            if case.equal_by(side, _changed(side, change)):
                return Finding(
                    "special tokens",
                    f"what {other.letter} reads {what}, compared with {side.letter}",
                    "look at add_bos_token and add_eos_token, at the tokenizer's template, and "
                    "whether text is tokenized with special tokens",
                )
    return None


def _changed(side: Side, change: Callable[[Ids], Ids]) -> Road:
    most = side.card.max_length

    def changed(ids: Ids) -> Ids:
        found = change(ids)
        return found if most is None or len(found) <= most else [*found[: most - 1], found[-1]]

    return lambda texts: side.vectors_of_ids(texts, changed)


def pooling(case: Case) -> Finding | None:
    """One of them makes its vector of other token vectors, or in another way."""
    for side, other in case.both:
        for name in (name for name, one in POOLERS.items() if not one.needs_mask):
            try:
                pooled = side.plain(name)
            except BenchmarkError:  # the model has no such layer or head
                continue
            if pooled is None:
                break
            if pooled.card.pooler != side.card.pooler and case.equal_by(side, pooled.vectors):
                return Finding(
                    "pooling",
                    f"{other.letter} pools by {name}, {side.letter} by {side.card.pooler}",
                    f"give {side.letter} `pooler` {name}, or let {other.letter} pool as "
                    f"{side.letter} does",
                )
    return None
