"""Steps as words, ``truncate:128`` or ``whiten:256@sentences.txt``, and chains of them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmark.errors import UsageError
from benchmark.foreign import Unreadable, read_lines
from benchmark.steps.built_in import Binary, Normalize, Truncate
from benchmark.steps.fitted import Center, Int8, RemoveTop, Whitening
from benchmark.steps.step import NOT_IN_NAMES, AnyStep, Corpus, sound_steps
from benchmark.suggestions import did_you_mean

STEPS: Mapping[str, Callable[..., AnyStep]] = {
    "truncate": Truncate,
    "normalize": Normalize,
    "center": Center,
    "whiten": Whitening,
    "remove_top": RemoveTop,
    "int8": Int8,
    "binary": Binary,
}
"""What can be written in a word: a name, ``:NUMBER`` for what takes one, ``@FILE`` for what is
fitted."""

_MOST_DIGITS = 10
"""Of a number of dimensions."""

_MOST_BYTES = 2**28
"""Of a file of sentences: all of SNLI and MultiNLI have 80 MB."""

_OWN, _NONE = "own", "none"


def step_by_name(said: str) -> AnyStep:
    """Return the step that a word names.

    >>> step_by_name("truncate:256")
    Truncate(dimensions=256)

    Args:
        said: ``normalize``, ``truncate:256``; of a step that is fitted, ``whiten:128`` or
            ``whiten:128@own`` for each task's own sentences, ``whiten:128@FILE`` for those of a
            file, one a line.

    Raises:
        UsageError: there is none of that name, the number does not fit, or the file cannot be read.
    """
    head, at, place = said.partition("@")
    name, colon, number = head.partition(":")
    if name not in STEPS:
        meant = did_you_mean(name, STEPS) or f"; there are {', '.join(STEPS)}"
        raise UsageError(f"no step is called {said!r}{meant}")
    if colon and not (number.isascii() and number.isdecimal() and len(number) < _MOST_DIGITS):
        raise UsageError(f"step {said!r}: a whole number belongs behind the colon")
    takes = dict(inspect.signature(STEPS[name]).parameters)
    fitted = takes.pop("corpus", None)
    if colon and not takes:
        raise UsageError(f"step {said!r}: {name} takes no number")
    if not colon and any(one.default is one.empty for one in takes.values()):
        raise UsageError(f"step {said!r}: {name} needs a number, as in {name}:256")
    if at and not fitted:
        raise UsageError(f"step {said!r}: {name} is fitted on nothing, no file belongs behind it")
    numbers = [int(number)] if colon else []
    corpus = {"corpus": _corpus(said, place)} if at and place != _OWN else {}
    return STEPS[name](*numbers, **corpus)


def _corpus(said: str, place: str) -> Corpus:
    path = Path(place)
    try:
        lines = read_lines(path, _MOST_BYTES)
    except Unreadable as error:
        raise UsageError(f"step {said!r}: {place or 'no file'} cannot be read ({error})") from error
    sentences = [line for line in lines if line.strip()]
    if not sentences:
        raise UsageError(f"step {said!r}: {place} holds no sentence to fit a step on")
    signed = "".join(c if c.isprintable() and c not in NOT_IN_NAMES else "_" for c in path.name)
    return Corpus(signed, tuple(sentences))


def read_steps(steps: Sequence[AnyStep | str]) -> tuple[AnyStep, ...]:
    """Return steps given as objects or as words.

    Raises:
        UsageError: one of them is none, or they cannot be applied in this order.
    """
    if not isinstance(steps, (list, tuple)):
        return sound_steps(steps)
    return sound_steps([step_by_name(s) if isinstance(s, str) else s for s in steps])


def chains_of(steps: Any) -> list[Any]:
    """Return the chains that are asked for: a list of steps is one, a list of lists are several.

    >>> chains_of(["truncate:64", "normalize"])
    [['truncate:64', 'normalize']]
    >>> chains_of([["truncate:64"], ["truncate:128"]])
    [['truncate:64'], ['truncate:128']]
    """
    several = isinstance(steps, (list, tuple)) and any(isinstance(s, (list, tuple)) for s in steps)
    return list(steps) if several else [steps]


def split_chain(text: str) -> list[str]:
    """Return the words of a chain in one line, commas between them; ``none`` is an empty one.

    >>> split_chain("whiten:64@a,b.txt,normalize")
    ['whiten:64@a,b.txt', 'normalize']

    A part that begins with no name of a step belongs to the name of the file before it.
    """
    words: list[str] = []
    for part in text.split(","):
        known = re.split("[:@]", part.strip())[0] in STEPS
        if not known and words and "@" in words[-1]:
            words[-1] += f",{part}"
        else:
            words.append(part.strip())
    return [] if words == [_NONE] else words
