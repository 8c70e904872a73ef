"""What is drawn together: rows that share a sentence, within a task and across tasks.

The bootstrap takes what it draws for independent. Two pairs with a sentence in common are not,
least of all one pair that stands in two tasks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def sentence_units(
    tasks: Sequence[Sequence[tuple[str, ...]]],
) -> list[NDArray[np.int64]]:
    """Give each row the number of its most frequent sentence.

    A pair is thus drawn with all pairs around that sentence, and the same pair in two tasks is
    one unit. Links through its rarer sentence are let go. (To keep them all, everything that
    hangs together through chains of pairs would have to be one unit; on the STS tasks such
    chains hold up to a tenth of a task, and their chance alone decides the interval.
    docs/significance.md has the figures.)

    Args:
        tasks: for each task the sentences of each row: two of a pair, one of a sample. Hashes
            of them do as well, and give the same.

    Returns:
        For each task (n,) numbers for `Observations`; they are comparable between these tasks
        and no others. Of equally frequent sentences the one that came first counts.
    """
    rows_with = Counter(text for rows in tasks for row in rows for text in dict.fromkeys(row))
    places = {text: place for place, text in enumerate(rows_with)}
    numbers: dict[str, int] = {}

    def unit_of(row: tuple[str, ...]) -> int:
        hub = max(row, key=lambda text: (rows_with[text], -places[text]))
        return numbers.setdefault(hub, len(numbers))

    return [np.array([unit_of(row) for row in rows], np.int64) for rows in tasks]
