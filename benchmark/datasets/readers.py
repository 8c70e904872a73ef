r"""From the bytes of verified files to pairs and labelled sentences, a reader for each form.

The rules are SentEval's, as SimCSE and DiffCSE use it: lines end at ``\n`` and nowhere else,
columns are separated by tabs, quotes mean nothing, a sentence is split at white space and
joined again with single blanks. A pair whose gold line is blank is dropped after pairing; a blank
line of the four binary sets is a sample (an empty sentence). Those sets and TREC are latin-1, the
others UTF-8.

Sets beside SentEval's are raw text: their sentences stay as they were released, blanks included,
which is the text that MTEB scores.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence

import numpy as np

from benchmark.datasets.large_readers import read_probing, read_snli
from benchmark.datasets.lines import (
    Made,
    Sample,
    as_it_is,
    labelled,
    normalise_space,
    split_lines,
)
from benchmark.datasets.splits import Labelled, Samples, SentencePairs
from benchmark.errors import DataError

Reader = Callable[[str, Sequence[bytes], Sequence[str]], Samples]
"""Reads one part of a data set.

It takes the name of the part, which the result keeps, the bytes of its files (line ends
normalised) in the catalogue's order, and where they came from, for messages. It raises `DataError`
where a line or the encoding is not what it expects, or two files that belong together have
different numbers of lines.
"""


def _read_sts(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> SentencePairs:
    """STS12-16: one file of tab-separated pairs, one of gold scores, matched by position."""
    pairs, gold = split_lines(contents[0], paths[0]), split_lines(contents[1], paths[1])
    if len(pairs) != len(gold):
        raise _unequal(pairs, gold, paths)
    rows = []
    unscored = 0
    for number, (pair, score) in enumerate(zip(pairs, gold, strict=True), start=1):
        if not score.strip():
            unscored += 1
            continue
        rows.append(_pair(pair.split("\t"), (0, 1), score, paths, number))
    return _pairs(name, rows, unscored)


def _read_track(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> SentencePairs:
    """A track of 2017: as STS12-16, raw, and track 6 has 500 pairs, of which 250 were scored."""
    pairs, gold = split_lines(contents[0], paths[0]), split_lines(contents[1], paths[1])
    if len(pairs) not in (len(gold), 2 * len(gold)):
        raise _unequal(pairs, gold, paths)
    rows = [
        _pair(pair.split("\t"), (0, 1), score, paths, number, as_it_is)
        for number, (pair, score) in enumerate(zip(pairs, gold, strict=False), start=1)
    ]
    return _pairs(name, rows, len(pairs) - len(gold))


def _unequal(pairs: Sequence[str], gold: Sequence[str], paths: Sequence[str]) -> DataError:
    return DataError(
        f"{paths[1]}: {len(gold):,} gold lines for the {len(pairs):,} pairs of {paths[0]}"
    )


def _read_columns(
    content: bytes,
    path: str,
    name: str,
    columns: tuple[int, int, int],
    header: bool,
    made: Made = normalise_space,
) -> SentencePairs:
    first, second, score = columns
    rows = []
    for number, line in enumerate(split_lines(content, path), start=1):
        if header and number == 1:
            continue
        cells = line.split("\t")
        if len(cells) <= max(columns):
            raise _too_few(path, number, len(cells), max(columns) + 1)
        rows.append(_pair(cells, (first, second), cells[score], (path, path), number, made))
    return _pairs(name, rows, 0)


def _read_sts_benchmark(
    name: str, contents: Sequence[bytes], paths: Sequence[str]
) -> SentencePairs:
    return _read_columns(contents[0], paths[0], name, (5, 6, 4), header=False)


def _read_sick(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> SentencePairs:
    return _read_columns(contents[0], paths[0], name, (1, 2, 3), header=True)


def _read_raw_sts_benchmark(
    name: str, contents: Sequence[bytes], paths: Sequence[str]
) -> SentencePairs:
    return _read_columns(contents[0], paths[0], name, (5, 6, 4), header=False, made=as_it_is)


def _read_raw_sick(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> SentencePairs:
    return _read_columns(contents[0], paths[0], name, (1, 2, 3), header=True, made=as_it_is)


def _read_translations(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> SentencePairs:
    """STSB-multi: comma-separated with quotes, no header: two sentences and the score."""
    [content], [path] = contents, paths
    text = "".join(f"{line}\n" for line in split_lines(content, path))
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        for cells in lines:
            if len(cells) != 3:
                raise DataError(
                    f"{path}, line {lines.line_num:,}: {len(cells)} comma-separated columns where "
                    "3 are needed"
                )
            rows.append(_pair(cells, (0, 1), cells[2], (path, path), lines.line_num, as_it_is))
    except csv.Error as error:
        raise DataError(f"{path}, line {lines.line_num:,}: no quoted columns ({error})") from error
    return _pairs(name, rows, 0)


def _read_demo(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> SentencePairs:
    return _read_columns(contents[0], paths[0], name, (2, 3, 0), header=True)


def _pair(
    cells: Sequence[str],
    columns: tuple[int, int],
    score: str,
    paths: Sequence[str],
    number: int,
    made: Made = normalise_space,
) -> tuple[str, str, float]:
    if len(cells) <= max(columns):
        raise _too_few(paths[0], number, len(cells), max(columns) + 1)
    first, second = made(cells[columns[0]]), made(cells[columns[1]])
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


LineReader = Callable[[str], Sample]

TREC_CLASSES = {"ABBR": 0, "DESC": 1, "ENTY": 2, "HUM": 3, "LOC": 4, "NUM": 5}
ENTAILMENT_CLASSES = {"CONTRADICTION": 0, "NEUTRAL": 1, "ENTAILMENT": 2}


def _read_two_classes(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> Labelled:
    """MR, CR, SUBJ, MPQA: one file for each class; the first file is class 1."""
    rows: list[Sample] = []
    for label, content, path in zip((1, 0), contents, paths, strict=True):
        rows += [
            (normalise_space(line), None, label) for line in split_lines(content, path, "latin-1")
        ]
    return labelled(name, rows)


def _by_lines(
    line_reader: LineReader, encoding: str = "utf-8", header: bool = False
) -> Callable[[str, Sequence[bytes], Sequence[str]], Labelled]:
    def read(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> Labelled:
        [content], [path] = contents, paths
        numbered = list(enumerate(split_lines(content, path, encoding), start=1))[header:]
        return labelled(
            name, [_sample(line_reader, line, path, number) for number, line in numbered]
        )

    return read


def _sample(line_reader: LineReader, line: str, path: str, number: int) -> Sample:
    try:
        return line_reader(line)
    except (IndexError, ValueError, KeyError) as error:
        raise DataError(
            f"{path}, line {number:,}: {line[:60]!r} is not a labelled sample"
        ) from error


def _sst_binary_line(line: str) -> Sample:
    text, label = line.split("\t")[:2]
    return normalise_space(text), None, _class(label, 2)


def _sst_fine_line(line: str) -> Sample:
    label, text = line.split(" ", 1)
    return normalise_space(text), None, _class(label, 5)


def _trec_line(line: str) -> Sample:
    coarse, fine_and_question = line.split(":", 1)
    return normalise_space(fine_and_question.split(" ", 1)[1]), None, TREC_CLASSES[coarse.strip()]


def _mrpc_line(line: str) -> Sample:
    cells = line.split("\t")
    return normalise_space(cells[3]), normalise_space(cells[4]), _class(cells[0], 2)


def _sick_line(line: str) -> Sample:
    cells = line.split("\t")
    return (
        normalise_space(cells[1]),
        normalise_space(cells[2]),
        ENTAILMENT_CLASSES[cells[4].strip()],
    )


def _polarity_line(line: str) -> Sample:
    label, text = line.split("\t")
    return normalise_space(text), None, _class(label, 2)


READERS: dict[str, Reader] = {
    "sts": _read_sts,
    "sts-benchmark": _read_sts_benchmark,
    "sick": _read_sick,
    "sts-benchmark-raw": _read_raw_sts_benchmark,
    "sick-raw": _read_raw_sick,
    "sts17": _read_track,
    "stsb-multi": _read_translations,
    "demo": _read_demo,
    "two-classes": _read_two_classes,
    "sst-binary": _by_lines(_sst_binary_line),
    "sst-fine": _by_lines(_sst_fine_line),
    "trec": _by_lines(_trec_line, encoding="latin-1"),
    "mrpc": _by_lines(_mrpc_line, encoding="utf-8-sig", header=True),
    "sick-entailment": _by_lines(_sick_line, header=True),
    "demo-polarity": _by_lines(_polarity_line, header=True),
    "probing": read_probing,
    "snli": read_snli,
}
"""By the word that `Dataset.reader` says."""


def _class(text: str, classes: int) -> int:
    label = int(text)
    if not 0 <= label < classes:
        raise ValueError(text)
    return label
