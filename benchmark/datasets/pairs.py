"""The form in which similarity data walks on: two columns of sentences and a gold score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SentencePairs:
    """Sentence pairs of one subset or split, in the order of the file.

    Attributes:
        name: subset or split, as the data set's authors call it.
        first, second: n sentences each, white space normalised.
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
