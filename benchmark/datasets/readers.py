r"""From the bytes of verified files to sentence pairs, one reader for each kind of file.

The rules are SentEval's, as SimCSE and DiffCSE use it: lines end at ``\n`` and nowhere else,
columns are separated by tabs, quotes mean nothing, a sentence is split at white space and
joined again with single blanks, and a pair whose gold line is blank is dropped after pairing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from benchmark.datasets.pairs import SentencePairs
from benchmark.datasets.text import normalise_space, split_lines
from benchmark.errors import DataError

Reader = Callable[[str, Sequence[bytes], Sequence[str]], SentencePairs]


def read_pairs(
    kind: str, name: str, contents: Sequence[bytes], paths: Sequence[str]
) -> SentencePairs:
    """Read one part of a similarity data set.

    Args:
        kind: the reader, as the catalogue calls it.
        name: name of the part, kept in the result.
        contents: the bytes of its files (line ends normalised), in the catalogue's order.
        paths: where they came from, for messages.

    Raises:
        DataError: a line has too few columns, a score is no finite number, the text is not
            UTF-8, or the two files of a subset have different numbers of lines.
    """
    return READERS[kind](name, contents, paths)


def _read_sts(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> SentencePairs:
    """STS12-16: one file of tab-separated pairs, one of gold scores, matched by position."""
    pairs, gold = split_lines(contents[0], paths[0]), split_lines(contents[1], paths[1])
    if len(pairs) != len(gold):
        raise DataError(
            f"{paths[1]}: {len(gold):,} gold lines for the {len(pairs):,} pairs of {paths[0]}"
        )
    rows = []
    unscored = 0
    for number, (pair, score) in enumerate(zip(pairs, gold, strict=True), start=1):
        if not score.strip():
            unscored += 1
            continue
        rows.append(_row(pair.split("\t"), (0, 1), score, paths, number))
    return _pairs(name, rows, unscored)


def _read_columns(
    content: bytes, path: str, name: str, columns: tuple[int, int, int], header: bool
) -> SentencePairs:
    first, second, score = columns
    rows = []
    for number, line in enumerate(split_lines(content, path), start=1):
        if header and number == 1:
            continue
        cells = line.split("\t")
        if len(cells) <= max(columns):
            raise _too_few(path, number, len(cells), max(columns) + 1)
        rows.append(_row(cells, (first, second), cells[score], (path, path), number))
    return _pairs(name, rows, 0)


def _read_sts_benchmark(
    name: str, contents: Sequence[bytes], paths: Sequence[str]
) -> SentencePairs:
    return _read_columns(contents[0], paths[0], name, (5, 6, 4), header=False)


def _read_sick(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> SentencePairs:
    return _read_columns(contents[0], paths[0], name, (1, 2, 3), header=True)


def _read_demo(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> SentencePairs:
    return _read_columns(contents[0], paths[0], name, (2, 3, 0), header=True)


READERS: dict[str, Reader] = {
    "sts": _read_sts,
    "sts-benchmark": _read_sts_benchmark,
    "sick": _read_sick,
    "demo": _read_demo,
}


def _row(
    cells: Sequence[str], columns: tuple[int, int], score: str, paths: Sequence[str], number: int
) -> tuple[str, str, float]:
    if len(cells) <= max(columns):
        raise _too_few(paths[0], number, len(cells), max(columns) + 1)
    first, second = normalise_space(cells[columns[0]]), normalise_space(cells[columns[1]])
    try:
        gold = float(score)
    except ValueError:
        gold = math.nan
    if not math.isfinite(gold):
        raise DataError(f"{paths[-1]}, line {number:,}: {score.strip()[:60]!r} is not a gold score")
    return first, second, gold


def _too_few(path: str, number: int, found: int, needed: int) -> DataError:
    return DataError(
        f"{path}, line {number:,}: {found} tab-separated columns where at least {needed} are needed"
    )


def _pairs(name: str, rows: list[tuple[str, str, float]], unscored: int) -> SentencePairs:
    first, second, gold = zip(*rows, strict=True) if rows else ((), (), ())
    return SentencePairs(name, first, second, np.array(gold, dtype=np.float64), unscored)
