"""The usual causes of a difference, in the order in which they are tried."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from benchmark.equivalence import of_text, of_tokens, of_vectors
from benchmark.equivalence.case import Case, Finding
from benchmark.equivalence.side import unheard
from benchmark.errors import BenchmarkError

logger = logging.getLogger(__name__)

_ROUGHLY = 0.02
_FAR = 0.1
"""Where encoders are this far apart, what brings them this near explains nearly all of it."""

CAUSES: Mapping[str, Callable[[Case], Finding | None]] = {
    "the order of rows": of_vectors.other_order,
    "the number of dimensions": of_vectors.dimensions,
    "normalisation": of_vectors.scale,
    "precision of the computation": of_vectors.computation,
    "what else is in the batch": of_vectors.batch,
    "truncation": of_text.truncation,
    "case, accents and blanks": of_text.text_rules,
    "a prompt": of_text.prompt,
    "special tokens": of_tokens.special_tokens,
    "pooling": of_tokens.pooling,
    "rounding": of_vectors.precision,
}
"""A new cause is a function and a line here. Each undoes what it suspects and looks whether two
encoders are the same then, whatever scales their vectors."""


def diagnose(case: Case) -> tuple[Finding | None, list[Finding]]:
    """Return the cause that explains a difference, None for no usual one, and what else was seen.

    What explains it is exact; where nothing does and the two are far apart, one that leaves no more
    than a precision could.
    """
    remarks: list[Finding] = []
    for name, tried in CAUSES.items():
        logger.info("trying whether it is %s", name)
        found = _found(tried, case)
        if found and found.explains:
            return found, [*remarks, *_besides(case, found)]
        if found:
            remarks.append(found)
    if case.found is not None and case.found.largest < _FAR:
        return None, remarks
    roughly = replace(case, tolerance=_ROUGHLY, seen=[])
    for tried in CAUSES.values():
        found = _found(tried, roughly)
        if found and found.explains:
            found = replace(found, text=f"{found.text}; and they differ in precision")
            return found, [*remarks, *_besides(roughly, found)]
    return None, remarks


def _found(tried: Callable[[Case], Finding | None], case: Case) -> Finding | None:
    try:
        with unheard():
            return tried(case)
    except BenchmarkError:  # a model that cannot be asked in that way says nothing about it
        return None


def _besides(case: Case, found: Finding) -> list[Finding]:
    told = found.cause in ("normalisation", "dimensions")
    more = None if told else of_vectors.lengths_too(case)
    return [*case.seen[-1:], *([more] if more else [])]
