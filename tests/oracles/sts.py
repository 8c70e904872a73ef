"""The STS protocol of SimCSE and DiffCSE, written down once more: plain, slow, easy to check.

One file at a time, one line at a time, one pair at a time, and scipy for the correlations. It
shares no code with ``benchmark``, so that a mistake would have to be made twice.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.stats

Embed = Callable[[str], np.ndarray]


class Pair(NamedTuple):
    """Two sentences and what people said of them."""

    first: str
    second: str
    gold: float


# --- reading --------------------------------------------------------------------------------------


def read_lines(path: Path) -> list[str]:
    """The lines of a file; they end at a newline, in some copies at CR and newline."""
    text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    lines = text.split("\n")
    if lines[-1] == "":  # after the last newline there is nothing
        del lines[-1]
    return lines


def read_sentence(cell: str) -> str:
    """The reference loads a list of tokens and joins them with blanks when it encodes."""
    tokens = cell.split()
    return " ".join(tokens)


def read_year(folder: Path, subset: str) -> list[Pair]:
    """A subset of STS12-16: sentences in one file, gold in another, unscored pairs dropped."""
    inputs = read_lines(folder / f"STS.input.{subset}.txt")
    golds = read_lines(folder / f"STS.gs.{subset}.txt")
    assert len(inputs) == len(golds)
    pairs = []
    for line, gold in zip(inputs, golds, strict=True):
        if gold.strip() == "":
            continue
        columns = line.split("\t")
        pairs.append(Pair(read_sentence(columns[0]), read_sentence(columns[1]), float(gold)))
    # The order of the reference, which concerns nothing but its batches.
    return sorted(pairs, key=lambda p: (len(p.first.split()), len(p.second.split()), p.gold))


def read_sts_benchmark(path: Path) -> list[Pair]:
    """A split of STS-B: tab-separated without quoting, whatever the name of the file says."""
    pairs = []
    for line in read_lines(path):
        columns = line.split("\t")
        gold, first, second = columns[4], columns[5], columns[6]
        pairs.append(Pair(read_sentence(first), read_sentence(second), float(gold)))
    return pairs


def read_sick(path: Path) -> list[Pair]:
    """A split of SICK: a header, then id, two sentences, relatedness, entailment."""
    pairs = []
    for line in read_lines(path)[1:]:
        columns = line.split("\t")
        first, second, gold = columns[1], columns[2], columns[3]
        pairs.append(Pair(read_sentence(first), read_sentence(second), float(gold)))
    return pairs


# --- scoring --------------------------------------------------------------------------------------


def cosine(u: np.ndarray, v: np.ndarray) -> np.float32:
    """Of two float32 vectors, in float32, not clipped; where it does not exist it is 0.

    The project's own rule, beside SentEval's: a vector and itself have similarity 1, not 1 and
    a rounding error, which would rank pairs of the same sentence at random.
    """
    u, v = np.nan_to_num(u), np.nan_to_num(v)
    if np.array_equal(u, v) and np.linalg.norm(u) > 0:
        return np.float32(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 0 / 0
        return np.nan_to_num(np.dot(u, v) / (np.linalg.norm(u) * np.linalg.norm(v)))


def cosines(pairs: Sequence[Pair], embed: Embed) -> list[np.float32]:
    return [cosine(embed(pair.first), embed(pair.second)) for pair in pairs]


def correlate(similarities: Sequence[float], golds: Sequence[float]) -> dict[str, float]:
    return {
        "spearman": float(scipy.stats.spearmanr(similarities, golds).statistic),
        "pearson": float(scipy.stats.pearsonr(similarities, golds).statistic),
    }


def score(subsets: dict[str, list[Pair]], embed: Embed) -> dict[str, dict[str, float]]:
    """Every number of a task: a row for each subset, then ``all``, ``mean`` and ``wmean``."""
    rows = {}
    all_similarities, all_golds = [], []
    for name, pairs in subsets.items():
        similarities = cosines(pairs, embed)
        golds = [pair.gold for pair in pairs]
        rows[name] = correlate(similarities, golds)
        all_similarities.extend(similarities)
        all_golds.extend(golds)
    table = dict(rows)
    table["all"] = correlate(all_similarities, all_golds)
    table["mean"], table["wmean"] = {}, {}
    for metric in ("spearman", "pearson"):
        total = sum(row[metric] for row in rows.values())
        table["mean"][metric] = total / len(rows)
        weighted = sum(len(subsets[name]) * row[metric] for name, row in rows.items())
        table["wmean"][metric] = weighted / sum(len(pairs) for pairs in subsets.values())
    return table
