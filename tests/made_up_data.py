"""Made-up similarity data in SentEval's layout, for ``--unverified-data``."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmark.datasets import load_catalogue

WORDS = tuple(f"w{number}" for number in range(60))


def write_senteval(
    folder: Path, pairs: int = 40, words: Sequence[str] = WORDS, *, uneven: bool = False
) -> Path:
    """Write the similarity data sets in SentEval's layout, small and made up.

    Args:
        folder: to write into.
        pairs: in each part.
        words: that sentences consist of, at least a dozen.
        uneven: give each part of a set four pairs more than the one before it, so that it matters
            how parts are weighed.
    """
    dice = random.Random(0)
    everywhere = (" ".join(words[1:7]), " ".join([*words[1:4], *words[7:10]]), 2.5)
    known = [dataset for dataset in load_catalogue().datasets.values() if dataset.reader in _FILES]
    parts = ((d.reader, part, place) for d in known for place, part in enumerate(d.parts))
    for reader, part, place in parts:
        more = pairs - 1 + 4 * place * uneven
        rows = [everywhere, *(_made_up_pair(dice, words) for _ in range(more))]
        for entry, content in zip(part.files, _FILES[reader](rows), strict=True):
            path = folder / entry.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
    return folder


Row = tuple[str, str, float]


def _made_up_pair(dice: random.Random, words: Sequence[str]) -> Row:
    first = dice.sample(words, 6)
    shared = dice.randrange(7)
    second = first[:shared] + dice.sample(words, 6 - shared)
    dice.shuffle(second)
    return " ".join(first), " ".join(second), round(shared * 5 / 6 + dice.random() / 10, 2)


_FILES: dict[str, Callable[[list[Row]], list[str]]] = {
    "sts": lambda rows: [
        "".join(f"{first}\t{second}\n" for first, second, _ in rows),
        "".join(f"{gold}\n" for _, _, gold in rows),
    ],
    "sts-benchmark": lambda rows: [
        "".join(f"g\tf\ty\t1\t{gold}\t{first}\t{second}\n" for first, second, gold in rows)
    ],
    "sick": lambda rows: [
        "pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment\n"
        + "".join(f"1\t{first}\t{second}\t{gold}\tNEUTRAL\n" for first, second, gold in rows)
    ],
}
