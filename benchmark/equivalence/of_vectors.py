"""Causes that show in the vectors: rows, batches, dimensions, lengths, precision."""

from __future__ import annotations

import numpy as np

from benchmark.equivalence.agreement import agree, directions
from benchmark.equivalence.case import Case, Finding
from benchmark.equivalence.side import Side
from benchmark.steps.step import Matrix

_MOST_ROWS = 4096
"""Of which each is compared with each."""

_ALONE = 6
_UNIT = 1e-3
_STEADY = 1e-3

_ROUGH = 0.1
_NEARLY_PARALLEL = 0.99
_NEARLY_ALL = 0.8
_PRECISIONS = ((2e-3, "float16"), (2e-2, "bfloat16"), (_ROUGH, "int8"))
"""Up to which part of the largest entry vectors of sentence encoders are moved by it."""


def other_order(case: Case) -> Finding | None:
    """Each row of one is a row of the other, at another place."""
    rows = len(case.sentences)
    if case.in_direction is None or rows > _MOST_ROWS:
        return None
    first, second = directions(case.first), directions(case.second)
    nearest, itself = ((one @ first.T).argmax(axis=1) for one in (second, first))
    # Each row of A must be there: two sentences that B alone takes for one are no order.
    if set(nearest.tolist()) != set(itself.tolist()) or not case.differing:
        return None
    if not agree(first[nearest], second, case.tolerance):
        return None
    return Finding(
        "order of rows",
        "the vectors are the same, in another order",
        "whatever puts the answers of B together must go by their index, not by when they come",
    )


def batch(case: Case) -> Finding | None:
    """What a sentence gets depends on what else is asked."""
    places = case.some[:_ALONE]
    texts = [case.sentences[place] for place in places]
    first, second = _one_by_one(case.a, texts), _one_by_one(case.b, texts)
    both = ((case.a, first, case.first), (case.b, second, case.second))
    moved = [
        side.letter
        for side, alone, among in both
        if not agree(alone, among[places], case.tolerance)
    ]
    if not moved:
        return None
    same = agree(directions(first), directions(second), case.tolerance)
    who = " and of ".join(moved)
    more = "; sentence by sentence the two are the same" if same else ""
    return Finding(
        "batch",
        f"the vectors of {who} depend on which other sentences are in the batch{more}",
        "look at padding: its mask, its side, and position ids; until then ask one by one",
        explains=same,
    )


def _one_by_one(side: Side, texts: list[str]) -> Matrix:
    return np.concatenate([side.vectors([text]) for text in texts])


def dimensions(case: Case) -> Finding | None:
    """One keeps the first dimensions of the other."""
    widths = case.first.shape[1], case.second.shape[1]
    if widths[0] == widths[1]:
        return None
    kept = min(widths)
    more, fewer = ("A", "B") if widths[0] > widths[1] else ("B", "A")
    cut = directions(case.first[:, :kept]), directions(case.second[:, :kept])
    if agree(*cut, case.tolerance):
        return Finding(
            "dimensions",
            f"{fewer} keeps the first {kept} of the {max(widths)} dimensions of {more}"
            + _lengths(case, kept),
            f"truncate {more} to {kept} (`truncate_dim`, `dimensions`, or a step truncate:{kept})",
        )
    return Finding(
        "dimensions",
        f"A has {widths[0]} dimensions, B {widths[1]}, and one is not the beginning of the other",
        "two different models, or a dense layer or a second pooler that only one of them has",
        explains=False,
    )


def _lengths(case: Case, kept: int) -> str:
    if agree(case.first[:, :kept], case.second[:, :kept], case.tolerance):
        return ""
    return ", scaled to another length"


def scale(case: Case) -> Finding | None:
    """The directions are the same, the lengths are not."""
    if case.in_direction is None or case.in_direction.largest > case.tolerance:
        return None
    return Finding(
        "normalisation",
        f"the directions are the same, the lengths are not: {_told(case)}",
        "cosines, and so scores by cosine, are the same (`directions` compares no more than that); "
        "for dot products normalize both",
    )


def lengths_too(case: Case) -> Finding | None:
    """Say, beside another cause, that one of them alone scales its vectors to length one."""
    if not (said := _unit(case)):
        return None
    return Finding("normalisation", said, "normalize both", explains=False)


def _told(case: Case) -> str:
    lengths = [np.linalg.norm(rows, axis=1) for rows in (case.first, case.second)]
    there = (lengths[0] > 0) & (lengths[1] > 0)
    factors = lengths[1][there] / lengths[0][there]
    steady = np.ptp(factors) <= _STEADY * factors.mean()
    return _unit(case) or (
        f"those of B are {factors.mean():.4g} times as long" if steady else "they differ"
    )


def _unit(case: Case) -> str:
    """Say which of them alone has vectors of length one; nothing if none or both have."""
    lengths = [np.linalg.norm(rows, axis=1) for rows in (case.first, case.second)]
    unit = [bool((abs(one[one > 0] - 1) < _UNIT).all()) for one in lengths]
    if unit[0] == unit[1]:
        return ""
    return f"{'AB'[unit.index(True)]} scales its vectors to length one, the other does not"


def computation(case: Case) -> Finding | None:
    """One of them is the same when it is computed in torch and float32."""
    for side, _ in case.both:
        card = side.card
        if card.precision == "float32" and card.backend in (None, "torch"):
            continue
        plain = side.plain()
        if plain is not None and case.equal_by(side, plain.vectors):
            said = [card.precision, *([f"with {card.backend}"] if card.backend else [])]
            return Finding(
                "precision",
                f"the same but for precision: {side.letter} computes in {' '.join(said)}; in "
                "float32 with torch it is the other",
                "nothing, if that precision is what you want; it is part of the signature",
            )
    return None


def precision(case: Case) -> Finding | None:
    """Small differences everywhere, as rounding makes them."""
    found = case.in_direction
    if found is None or found.smallest_cosine < _NEARLY_PARALLEL or found.largest > _ROUGH:
        return None
    if len(case.differing) < _NEARLY_ALL * len(case.sentences):
        return None
    if said := {side.card.precision for side in (case.a, case.b)} - {"float32"}:
        kind = " and ".join(sorted(said))
    else:
        kind = _stored_as(case) or next(n for most, n in _PRECISIONS if found.largest <= most)
    return Finding(
        "precision",
        "the same but for precision: small differences in nearly all sentences, like those of "
        f"{kind}",
        "compute both in float32 to be sure; a checkpoint trained a little further looks alike",
    )


def _stored_as(case: Case) -> str:
    """Return the type that holds all values of one side exactly, and not those of the other."""
    rounded = {"bfloat16": _through_bfloat16, "float16": _through_float16}  # the coarser first
    for name, through in rounded.items():
        exact = [bool((through(rows) == rows).all()) for rows in (case.first, case.second)]
        if exact[0] != exact[1]:
            return name
    return ""


def _through_float16(rows: Matrix) -> Matrix:
    with np.errstate(over="ignore"):
        return rows.astype(np.float16).astype(np.float32)


def _through_bfloat16(rows: Matrix) -> Matrix:
    bits = np.ascontiguousarray(rows).view(np.uint32) & np.uint32(0xFFFF0000)
    return bits.view(np.float32)
