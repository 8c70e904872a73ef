"""Made-up similarity data in SentEval's layout, for ``--unverified-data``."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from benchmark.datasets import load_catalogue


def write_senteval(folder: Path, pairs: int = 40) -> Path:
    """Write the similarity data sets in SentEval's layout, small and made up."""
    dice = random.Random(0)
    words = [f"w{number}" for number in range(60)]
    known = [dataset for dataset in load_catalogue().datasets.values() if dataset.reader in _FILES]
    for reader, part in ((dataset.reader, part) for dataset in known for part in dataset.parts):
        rows = [_EVERYWHERE, *(_made_up_pair(dice, words) for _ in range(pairs - 1))]
        for entry, content in zip(part.files, _FILES[reader](rows), strict=True):
            path = folder / entry.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
    return folder


Row = tuple[str, str, float]

_EVERYWHERE: Row = ("w1 w2 w3 w4 w5 w6", "w1 w2 w3 w7 w8 w9", 2.5)


def _made_up_pair(dice: random.Random, words: list[str]) -> Row:
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
