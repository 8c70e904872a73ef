"""The form in which data walks on: sentence pairs with gold scores, or sentences with a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Samples(Protocol):
    """One subset or split of a data set; what is in it, the kind of task knows."""

    @property
    def name(self) -> str:
        """The subset or split, as the data set's authors call it."""
        ...

    def __len__(self) -> int:
        """Return the number of scored samples."""
        ...


@dataclass(frozen=True, slots=True)
class SentencePairs:
    """Sentence pairs of one subset or split, in the order of the file.

    Attributes:
        name: subset or split, as the data set's authors call it.
        first, second: n sentences each, white space normalised; as they are in a user's own data
            and where raw text is scored.
        gold: (n,) float64, the human scores on the data set's own scale.
        unscored: pairs of the file that carry no gold score and were dropped.
    """

    name: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    gold: NDArray[np.float64]
    unscored: int = 0

    def __len__(self) -> int:
        """Return the number of scored pairs."""
        return len(self.first)

    def by_length(self) -> SentencePairs:
        """Return the pairs sorted as SentEval sorts them before it trains on them.

        As `Labelled.by_length`, with the score for the label: which pairs share a batch depends
        on it.
        """
        order = _by_length([self.first, self.second], self.gold)
        return SentencePairs(
            self.name,
            tuple(self.first[place] for place in order),
            tuple(self.second[place] for place in order),
            self.gold[order],
            self.unscored,
        )


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labelled sentences (or sentence pairs) of one split, in the order of the files.

    Attributes:
        name: the split.
        first: n sentences, white space normalised; a blank line is an empty sentence. Of a user's
            own, as they are.
        second: the other sentences of n pairs, None for single sentences.
        labels: (n,) int64 classes from 0 on.
    """

    name: str
    first: tuple[str, ...]
    second: tuple[str, ...] | None
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.first)

    def by_length(self) -> Labelled:
        """Return the samples sorted as SentEval sorts them before it makes folds.

        By number of tokens (of both sentences of a pair in turn), then by label; samples that
        agree in these stay in the order of the files. Fold membership depends on it.
        """
        columns = [self.first] if self.second is None else [self.first, self.second]
        return self.taken(_by_length(columns, self.labels))

    def taken(self, places: NDArray[np.int64]) -> Labelled:
        """Return the samples at these places, in this order."""
        return Labelled(
            self.name,
            tuple(self.first[place] for place in places),
            None if self.second is None else tuple(self.second[place] for place in places),
            self.labels[places],
        )


def _by_length(columns: Sequence[Sequence[str]], last: NDArray[Any]) -> NDArray[np.int64]:
    """Return the order of rows by the token counts of each column in turn, then by a last key."""
    lengths = [np.array([len(text.split()) for text in column]) for column in columns]
    # The last key sorts first; the order of equals is kept.
    return np.lexsort([last, *reversed(lengths)])
