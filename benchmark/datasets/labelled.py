"""The form in which classification data walks on: sentences, or pairs of them, with a class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labelled sentences (or sentence pairs) of one split, in the order of the files.

    Attributes:
        name: the split.
        first: n sentences, white space normalised; a blank line is an empty sentence.
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
        lengths = [np.array([len(text.split()) for text in column]) for column in columns]
        # The last key sorts first; the order of equals is kept.
        order = np.lexsort([self.labels, *reversed(lengths)])
        return Labelled(
            self.name,
            tuple(self.first[place] for place in order),
            None if self.second is None else tuple(self.second[place] for place in order),
            self.labels[order],
        )
