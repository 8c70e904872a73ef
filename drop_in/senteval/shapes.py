"""Results with figures that are made when a script reads them.

Two families of scripts read STSBenchmark and SICKRelatedness differently. Upstream SentEval trains
a regressor for these two and returns its figures; SimCSE's copy, and all made of that, takes the
cosine and returns correlations by split. The keys of the two do not collide, so a result has both;
but training takes its time, and what it gives is no cosine's.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Self

Make = Callable[[], Mapping[str, Any]]


class Figures(dict[str, Any]):
    """Items that are there, and others that are made when one of them is read, all at once.

    What was read stays as an item. It goes through json, pickle and `dict` as a plain dictionary
    of the items there are.
    """

    def __init__(self, items: Mapping[str, Any], later: tuple[str, ...], make: Make) -> None:
        """Take what is there.

        Args:
            items: at first.
            later: the keys of the others.
            make: returns the others.
        """
        super().__init__(items)
        self._later = later
        self._make = make
        self._made: Mapping[str, Any] = {}

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._later

    def __missing__(self, key: str) -> Any:
        if key not in self._later:
            raise KeyError(key)
        self._made = self._made or self._make()
        self[key] = self._made[key]
        return self[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Return an item, made if it must be."""
        return self[key] if key in self else default  # noqa: SIM401 - dict's own sees items alone

    def copy(self) -> Self:
        """Return a copy that can be asked for the same."""
        return self._with(self)

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._with(copy.deepcopy(dict(self), memo))

    def _with(self, items: Mapping[str, Any]) -> Self:
        other = type(self)(items, self._later, self._make)
        other._made = self._made  # noqa: SLF001 - one of this class
        return other

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)
