"""Whether two encoders are the same one: the verdict, the worst sentences, and JSON."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from benchmark.equivalence import Finding, Parity, SentenceDifference
from benchmark.escaping import json_text
from benchmark.sheet import Row, Section, Sheet, written

VERSION = 1
TOP = 5
"""Sentences that are shown, where nobody says how many."""

_BLANK = "\u2423"
_NOT_SHOWN = ("steps", "name")


def render_parity(parity: Parity, form: str = "table", top: int = TOP) -> str:
    """Return a verdict in a format.

    Args:
        parity: of `benchmark.equivalence`.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.
        top: how many sentences to show, the worst first; JSON has all of them.

    Raises:
        UsageError: an unknown format.
    """
    return written(form, lambda: _sheet(parity, top), json=lambda: _document(parity))


def _sheet(parity: Parity, top: int) -> Sheet:
    rows = tuple(map(_row, parity.differences[:top]))
    worst = Section(
        title="the sentences that are farthest apart" if rows else "",
        headings=("Cosine", "Largest difference", "Of the largest entry"),
        columns="rrr",
        rows=rows,
    )
    return Sheet(
        opening=(*_who(parity), *_verdict(parity)),
        sections=(worst,) if rows else (),
        closing=_closing(parity),
    )


def _who(parity: Parity) -> tuple[str, ...]:
    """One line for each: its letter, its name, and what its card says otherwise."""
    said = [card.fields() for card in parity.cards]
    keys = [key for key in (said[0] | said[1]) if key not in _NOT_SHOWN]
    apart = [key for key in keys if said[0].get(key) != said[1].get(key)]
    lines = []
    for letter, name, card in zip("AB", parity.names, said, strict=True):
        told = ", ".join(f"{key} {_short(card[key])}" for key in apart if card.get(key) is not None)
        lines.append(f"{letter} = {name}" + (f" ({told})" if told else ""))
    return tuple(lines)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"


def _verdict(parity: Parity) -> tuple[str, ...]:
    if not parity.differences:
        how = f"{parity.dimensions[0]} and {parity.dimensions[1]} dimensions"
    else:
        how = (
            f"largest difference {parity.largest:.1e} of the largest entry, smallest cosine "
            f"{parity.smallest_cosine:.6f}, {parity.differing:,} of {parity.sentences:,} sentences "
            f"beyond {parity.tolerance:g}"
        )
    if parity.same:
        return (f"the same: {how}",)
    if parity.finding is None:
        return (f"not the same: {how}", "why: none of the usual causes")
    return (
        f"not the same: {how}",
        f"why: {parity.finding.text}",
        f"what to do: {parity.finding.advice}",
    )


def _row(one: SentenceDifference) -> Row:
    cells = (f"{one.cosine:.6f}", f"{one.largest:.2e}", f"{one.relative:.1e}")
    return Row(cells, (f'"{_visible(one.sentence)}"',))


def _visible(text: str) -> str:
    """Return a text with the blanks shown that one could overlook: it may be all about them."""
    return re.sub(r"^\s+|\s+$|\s{2,}|[^\S ]", lambda found: _BLANK * len(found[0]), text)


def _closing(parity: Parity) -> tuple[str, ...]:
    remarks = tuple(f"besides: {one.text}" for one in parity.remarks)
    left_out = len(parity.left_out)
    refused = (f"left out: {left_out} blank sentences, which one of them refuses",)
    return remarks + (refused if left_out else ())


def _document(parity: Parity) -> str:
    return json_text(
        {
            "schema_version": VERSION,
            "same": parity.same,
            "models": [
                {"name": name, "card": card.fields(), "dimensions": dimensions}
                for name, card, dimensions in zip(
                    parity.names, parity.cards, parity.dimensions, strict=True
                )
            ],
            "tolerance": parity.tolerance,
            "sentences": parity.sentences,
            "differing": parity.differing,
            "largest": parity.largest if parity.differences else None,
            "largest_entry": parity.largest_entry,
            "smallest_cosine": parity.smallest_cosine,
            "finding": _found(parity.finding),
            "remarks": list(map(_found, parity.remarks)),
            "left_out": list(parity.left_out),
            "differences": list(map(asdict, parity.differences)),
        }
    )


def _found(finding: Finding | None) -> dict[str, Any] | None:
    return None if finding is None else asdict(finding)
