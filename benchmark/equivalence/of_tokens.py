"""Causes between tokens and vectors: special tokens, pooling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmark.encoders.transformer.poolers import POOLERS
from benchmark.equivalence.case import Case, Finding, Road
from benchmark.equivalence.side import Ids, Side
from benchmark.errors import BenchmarkError, ModelError
from benchmark.steps.step import Matrix

CHANGES: Mapping[str, Callable[[Ids], Ids]] = {
    "lacks the first token (BOS, [CLS])": lambda ids: ids[1:],
    "lacks the last token (EOS, [SEP])": lambda ids: ids[:-1],
    "lacks the first and the last token (BOS and EOS, [CLS] and [SEP])": lambda ids: ids[1:-1],
    "has the first token twice (BOS, [CLS])": lambda ids: [*ids[:1], *ids],
    "has the last token twice (EOS, [SEP])": lambda ids: [*ids, *ids[-1:]],
}
"""What happens to the tokens that are put around a text."""

BESIDES: Mapping[str, str] = {
    "has an end token (EOS) besides": "{text}{eos}",
    "has a first token (BOS) besides": "{bos}{text}",
    "has a first and an end token (BOS and EOS) besides": "{bos}{text}{eos}",
}
"""What one may have that the other's tokenizer knows, and puts nowhere."""


def special_tokens(case: Case) -> Finding | None:
    """One of them has other tokens around the text."""
    for side, other in case.both:
        if side.ids(case.sentences[:1]) is None:
            continue
        roads = [(what, _changed(side, change)) for what, change in CHANGES.items()]
        roads += [(what, _besides(side, template)) for what, template in BESIDES.items()]
        for what, road in roads:
            if case.equal_by(side, road):
                return Finding(
                    "special tokens",
                    f"what {other.letter} reads {what}, compared with {side.letter}",
                    "look at add_bos_token and add_eos_token, at the tokenizer's template, and "
                    "whether text is tokenized with special tokens",
                )
    return None


def _besides(side: Side, template: str) -> Road:
    def vectors(texts: Sequence[str]) -> Matrix:
        within = side.within(template)
        if within is None:
            raise ModelError(f"{side.name}: reads sentences in a way of its own")
        return within.vectors(texts)

    return vectors


def _changed(side: Side, change: Callable[[Ids], Ids]) -> Road:
    most = side.card.max_length

    def vectors(texts: Sequence[str]) -> Matrix:
        found = side.vectors_of_ids(texts, changed)
        ids = side.ids(texts) or []
        nothing = [place for place, row in enumerate(ids) if row and not changed(row)]
        if nothing:
            found = found.copy()
            found[nothing] = np.nan
        return found

    def changed(ids: Ids) -> Ids:
        found = change(ids)
        return found if most is None or len(found) <= most else [*found[: most - 1], found[-1]]

    return vectors


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
