"""One entry of a result file of MTEB: where its score stands, and whether it can be believed.

An entry states its score as ``cosine_spearman``, ``cos_sim_spearman``, ``cos_sim.spearman`` or only
as ``spearman`` (of the similarity that the model chose), some as ``[value, p-value]``, with and
without ``main_score``. What an entry states twice must agree: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

AGREEMENT: Final = Decimal("1e-5")
"""How far two statements of one score may be apart: files round to six decimals, or not at all."""

BLOCKS: Final = frozenset(
    {"cos_sim", "cosine", "manhattan", "euclidean", "dot", "max", "similarity"}
)
"""Keys of an entry that hold scores by metric, in the layout of 2022."""

_COSINE = (
    ("cosine_spearman",),
    ("cos_sim_spearman",),
    ("cosine", "spearman"),
    ("cos_sim", "spearman"),
)
_SMALLEST = Decimal("1e-20")
"""Below this a score is nothing but digits: ``1e-999999`` would be a million of them."""


class Unusable(Exception):
    """Why a file is refused, for a message that names it."""


def require_fractions(entry: Mapping[str, Any], block: str = "") -> None:
    """Refuse an entry on the 0-100 scale, even where the score itself is below one point.

    Raises:
        Unusable: one of its correlations is beyond 1.
    """
    for key, value in entry.items():
        if isinstance(value, dict) and key in BLOCKS:
            require_fractions(value, f"{key}.")
        elif _is_beyond_one(key, value):
            raise Unusable(
                f"{block}{key} is {value!s:.12}, no correlation: MTEB's scores are fractions of 1; "
                "divide the file's by 100 if it holds points"
            )


def _is_beyond_one(key: str, value: Any) -> bool:
    is_number = isinstance(value, (int, Decimal))
    return key.endswith(("pearson", "spearman")) and is_number and bool(abs(value) > 1)


def agreed_score(entries: list[Mapping[str, Any]]) -> tuple[Decimal, bool]:
    """Return the one score that all statements tell, and whether one calls it the cosine's.

    Args:
        entries: of one split; a hybrid file has two.

    Returns:
        The score, as a fraction of 1 in the digits of the file.

    Raises:
        Unusable: there is none, it is no correlation, or two statements differ.
    """
    cosine = _statements(entries, _COSINE)
    stated = cosine or _statements(entries, (("spearman",),))
    stated += _statements(entries, (("main_score",),))
    if not stated:
        raise Unusable("states no cosine_spearman")
    first, score = stated[0]
    for key, value in stated[1:]:
        if abs(value - score) > AGREEMENT:
            raise Unusable(f"contradicts itself: {first} is {score}, {key} is {value}")
    return score, bool(cosine)


def _statements(
    entries: list[Mapping[str, Any]], places: tuple[tuple[str, ...], ...]
) -> list[tuple[str, Decimal]]:
    """Return what stands in these places of the entries, each a key or a key inside a block."""
    found = []
    for entry in entries:
        for place in places:
            block = entry if len(place) == 1 else entry.get(place[0])
            value = block.get(place[-1]) if isinstance(block, dict) else None
            if value is not None:
                found.append((".".join(place), _number(".".join(place), value)))
    return found


def _number(key: str, value: Any) -> Decimal:
    if isinstance(value, list) and len(value) == 2:  # with its p-value, mteb 1.12
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise Unusable(f"{key} is {value!r:.40}, no number")
    if not -1 <= value <= 1:  # NaN too
        raise Unusable(f"{key} is {value!s:.12}, no correlation")
    number = Decimal(value)
    return number if abs(number) > _SMALLEST else Decimal(0)
