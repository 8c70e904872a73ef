"""Ranks of rows, and the best and the second best number of a column, as the papers mark them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from benchmark.leaderboard.board import Mark

_CENT = Decimal("0.01")


def to_two_decimals(figure: Decimal) -> str:
    """Return a figure with two decimals, as tables show it; fewer printed digits are kept."""
    exponent = figure.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -2:
        return f"{figure:f}"
    return f"{figure.quantize(_CENT, ROUND_HALF_EVEN):f}"


def marks(texts: Sequence[str | None]) -> list[Mark]:
    """Return which numbers of a column are best and second best, as they are printed.

    Equal numbers share a mark. One number alone is no best one.

    Args:
        texts: numbers, or None where a row has none.
    """
    numbers = [None if text is None else Decimal(text) for text in texts]
    there = [number for number in numbers if number is not None]
    distinct = sorted(set(there), reverse=True) if len(there) > 1 else []
    given: dict[Decimal, Mark] = dict(zip(distinct, ("best", "second"), strict=False))
    return ["" if number is None else given.get(number, "") for number in numbers]


def ranks(texts: Sequence[str | None]) -> list[int | None]:
    """Return the rank of each number, 1 the largest; equal numbers share the better rank.

    Args:
        texts: numbers as printed; None has no rank.
    """
    numbers = [None if text is None else Decimal(text) for text in texts]
    there = [number for number in numbers if number is not None]
    return [
        None if number is None else 1 + sum(other > number for other in there) for number in numbers
    ]
