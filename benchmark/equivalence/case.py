"""Two encoders that differ, and how a cause is tried: does what it changes make them equal?"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmark.equivalence.agreement import Agreement, agreement, directions
from benchmark.equivalence.side import Side
from benchmark.errors import BenchmarkError
from benchmark.steps.step import Matrix

_FIRST, _WORST, _OTHERS = 2, 8, 8
"""How many sentences a cause has to explain first, before it is asked for all."""

_FEW = 0.1
_LONG = 400
"""Characters: a longer sentence takes its time, and is asked only when the shorter ones agree."""

Road = Callable[[Sequence[str]], Matrix]
"""From sentences to vectors, with something changed; NaN where the change leaves nothing to read,
which is then left aside."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause that was found.

    Attributes:
        cause: its name in the table of causes.
        text: what it is, in a sentence.
        advice: what to do.
        explains: whether two encoders are equal when it is undone; else it is only a remark.
    """

    cause: str
    text: str
    advice: str
    explains: bool = True


@dataclass(frozen=True)
class Case:
    """Two encoders whose vectors differ.

    Attributes:
        a: the first.
        b: the second.
        sentences: distinct.
        first: (n, d) vectors of A.
        second: (n, e) vectors of B.
        tolerance: up to which difference they are called equal, as a part of the largest entry.
        seen: what trials noticed beside.
    """

    a: Side
    b: Side
    sentences: tuple[str, ...]
    first: Matrix
    second: Matrix
    tolerance: float
    seen: list[Finding] = field(default_factory=list, compare=False)

    @functools.cached_property
    def found(self) -> Agreement | None:
        """How far they are apart; None where they have different widths."""
        return agreement(self.first, self.second)

    @functools.cached_property
    def in_direction(self) -> Agreement | None:
        """How far apart they are when all have length one."""
        return agreement(directions(self.first), directions(self.second))

    @property
    def both(self) -> Iterator[tuple[Side, Side]]:
        """Each side, and the other one."""
        yield self.a, self.b
        yield self.b, self.a

    @functools.cached_property
    def differing(self) -> list[int]:
        """The places of the sentences that differ, in direction too, the worst first."""
        if self.in_direction is None:
            return list(range(len(self.sentences)))
        apart = self.in_direction.relative
        return [int(i) for i in np.argsort(-apart, kind="stable") if apart[i] > self.tolerance]

    @functools.cached_property
    def some(self) -> list[int]:
        """Places of a few sentences that a cause has to explain first: short ones, the worst."""
        short = [i for i in range(len(self.sentences)) if len(self.sentences[i]) <= _LONG]
        kept = set(short)
        worst = [i for i in self.differing if i in kept][:_WORST] or self.differing[:_WORST]
        others = short[:: max(len(short) // _OTHERS, 1)][:_OTHERS]
        return list(dict.fromkeys([*worst, *others]))

    def other(self, side: Side) -> Matrix:
        """Return the vectors of the other side, of all sentences."""
        return self.second if side is self.a else self.first

    def equal_by(
        self, side: Side, road: Road, other: Road | None = None, *, whole: bool = False
    ) -> bool:
        """Tell whether vectors made in another way are the other side's.

        Lengths are left aside: what a cause explains, it explains whatever scales the vectors. A
        few sentences may still differ if they are the longest ones, which is noted as seen.

        Args:
            side: whose road it is.
            road: makes its vectors.
            other: makes the other side's; None for those that it has.
            whole: whether the longest sentences have to agree, too.
        """
        kept = self.other(side)
        for places in (self.some[:_FIRST], self.some, range(len(self.sentences))):
            texts = [self.sentences[place] for place in places]
            try:
                mine = road(texts)
                theirs = kept[list(places)] if other is None else other(texts)
            except BenchmarkError:  # a pooler that the model does not have, say
                return False
            told = np.isfinite(mine).all(axis=1)
            found = agreement(directions(mine[told]), directions(theirs[told]))
            if found is None or (not told.any() and len(texts) == len(self.sentences)):
                return False
            left = np.flatnonzero(told)[found.relative > self.tolerance]
            if len(left) and (whole or not self._are_the_longest(texts, left)):
                return False
        return True

    def _are_the_longest(self, texts: Sequence[str], left: NDArray[np.intp]) -> bool:
        """Tell whether these sentences of all are few, and longer than all others; note it then."""
        lengths = np.array([len(text) for text in texts])
        rest = np.delete(lengths, left)
        few = len(texts) == len(self.sentences) and len(left) <= _FEW * len(texts)
        if not few or lengths[left].min() <= rest.max():
            return False
        words = min(len(texts[place].split()) for place in left)
        self.seen.append(
            Finding(
                "truncation",
                f"{len(left)} sentences, of {words} words and more, differ even so: one of them "
                "reads fewer tokens",
                "give both the same limit",
                explains=False,
            )
        )
        return True
