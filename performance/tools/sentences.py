"""Sentences of our own, as many as are asked for, all of them different.

A few hundred make the base; after these, the base is repeated with changes, so that the lengths
are those of the base again and again. No evaluation data is needed.
"""

from __future__ import annotations

BASE = 200
"""Sentences before the first repetition."""

_WHO = (
    "a carpenter", "the night nurse", "my neighbour", "an old sailor", "the youngest judge",
    "a student of law", "the bus driver", "her piano teacher", "a tired referee", "the florist",
)  # fmt: skip
_DID = (
    "repaired", "counted", "painted", "forgot", "carried home", "sold", "described in a letter",
    "found under the stairs",
)  # fmt: skip
_WHAT = (
    "chairs", "wooden boats", "maps of the coast", "jars of honey", "clocks", "letters",
    "photographs of the harbour", "baskets full of apples and pears", "coins",
)  # fmt: skip
_REST = (
    ".", "before the rain came .", "and told nobody about it .",
    "while the children were asleep in the next room .",
    ", although the shop had been closed for a week and nobody had expected any visitors .",
    "on Monday .", "because the committee had asked for a report by the end of the month .",
)  # fmt: skip


def sentences(count: int) -> list[str]:
    """Return this many different sentences, the same for the same count."""
    return [_sentence(place % BASE, place // BASE) for place in range(count)]


def _sentence(place: int, repetition: int) -> str:
    """Return a sentence of the base; in a repetition another person, and another number."""
    who = _WHO[(place + repetition) % len(_WHO)]
    did = _DID[(place // 3) % len(_DID)]
    what = _WHAT[(place // 5) % len(_WHAT)]
    rest = _REST[(place // 2) % len(_REST)]
    # The number alone tells all sentences apart.
    return f"{who} {did} {place + 2 + repetition * BASE} {what} {rest}"
