"""Results of STSBenchmark and SICKRelatedness, which two families of scripts read differently.

Upstream SentEval trains a regressor for these two and returns its figures; SimCSE's copy, and all
made of that, takes the cosine and returns correlations by split. The keys of the two do not
collide, so a result has both; but training takes its time, and what it gives is no cosine's: it
is made when a script asks for it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

from senteval.errors import NotScored

REGRESSOR: Final = ("devpearson", "pearson", "spearman", "mse", "yhat", "ndev", "ntest")
"""The keys of upstream's result."""

Train = Callable[[], Mapping[str, Any]]


class BothShapes(dict[str, Any]):
    """Correlations by split, as SimCSE's copy gives them; upstream's keys when they are read.

    What was read stays as an item. It goes through json, pickle and `dict` as a plain dictionary
    of the items there are.
    """

    def __init__(self, by_split: Mapping[str, Any], task: str, train: Train | None) -> None:
        """Take what the cosine gives.

        Args:
            by_split: the items at first.
            task: for messages.
            train: trains the regressor and returns upstream's result, None where there is none.
        """
        super().__init__(by_split)
        self._task = task
        self._train = train

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (self._train is not None and key in REGRESSOR)

    def __missing__(self, key: str) -> Any:
        if key not in REGRESSOR:
            raise KeyError(key)
        if self._train is None:
            raise NotScored(
                f"{self._task}[{key!r}] is a figure of the regressor that upstream SentEval trains "
                f"for this task, not available yet; the cosine's are in "
                f"{self._task}['test']['pearson'] and ['spearman']"
            )
        self.update(self._train())
        return self[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Return an item, upstream's keys among them."""
        return self[key] if key in self else default  # noqa: SIM401 - dict's own sees items alone

    def copy(self) -> Self:
        """Return a copy that can be asked for the same."""
        return type(self)(self, self._task, self._train)

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return type(self)(copy.deepcopy(dict(self), memo), self._task, self._train)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)
