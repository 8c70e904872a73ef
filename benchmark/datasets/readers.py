r"""From the bytes of verified files to pairs and labelled sentences, a reader for each form.

The rules are SentEval's, as SimCSE and DiffCSE use it: lines end at ``\n`` and nowhere else,
columns are separated by tabs, quotes mean nothing, a sentence is split at white space and
joined again with single blanks. A pair whose gold line is blank is dropped after pairing; a blank
line of the four binary sets is a sample (an empty sentence). Those sets and TREC are latin-1, the
others UTF-8.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from benchmark.datasets.splits import Labelled, Samples, SentencePairs
from benchmark.errors import DataError


def split_lines(content: bytes, path: str, encoding: str = "utf-8") -> list[str]:
    r"""Return the lines of a file: they end at ``\n`` and nowhere else.

    Args:
        content: the bytes, line ends normalised.
        path: where they came from, for the message.
        encoding: of the text.

    Raises:
        DataError: the bytes are no text of this encoding.
    """
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 at byte {error.start:,}") from error
    lines = text.split("\n")
    # The end of the last line is not the start of another one.
    return lines[:-1] if lines[-1] == "" else lines


def normalise_space(text: str) -> str:
    """Split at white space and join with single blanks, as SentEval's loader and batcher do."""
    return " ".join(text.split())


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
        raise DataError(
            f"{paths[1]}: {len(gold):,} gold lines for the {len(pairs):,} pairs of {paths[0]}"
        )
    rows = []
    unscored = 0
    for number, (pair, score) in enumerate(zip(pairs, gold, strict=True), start=1):
        if not score.strip():
            unscored += 1
            continue
        rows.append(_pair(pair.split("\t"), (0, 1), score, paths, number))
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
        rows.append(_pair(cells, (first, second), cells[score], (path, path), number))
    return _pairs(name, rows, 0)


def _read_sts_benchmark(
    name: str, contents: Sequence[bytes], paths: Sequence[str]
) -> SentencePairs:
    return _read_columns(contents[0], paths[0], name, (5, 6, 4), header=False)


def _read_sick(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> SentencePairs:
    return _read_columns(contents[0], paths[0], name, (1, 2, 3), header=True)


def _read_demo(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> SentencePairs:
    return _read_columns(contents[0], paths[0], name, (2, 3, 0), header=True)


def _pair(
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


Sample = tuple[str, str | None, int]
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
    return _samples(name, rows)


def _by_lines(
    line_reader: LineReader, encoding: str = "utf-8", header: bool = False
) -> Callable[[str, Sequence[bytes], Sequence[str]], Labelled]:
    def read(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> Labelled:
        [content], [path] = contents, paths
        numbered = list(enumerate(split_lines(content, path, encoding), start=1))[header:]
        return _samples(
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


_PARTITIONS = {"train": "tr", "dev": "va", "test": "te"}


def _read_probing(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> Labelled:
    """One file for all splits: the partition, the class and, last, the sentence.

    Classes are numbered in the order of their names, as those of the training rows are sorted.
    """
    [content], [path] = contents, paths
    rows: list[tuple[str, str, str, int]] = []
    for number, line in enumerate(split_lines(content, path), start=1):
        cells = line.rstrip().split("\t")
        if len(cells) < 2 or cells[0] not in _PARTITIONS.values():
            raise DataError(
                f"{path}, line {number:,}: {line[:60]!r} is not a partition (tr, va or te), a "
                "class and a sentence"
            )
        rows.append((cells[0], cells[1], normalise_space(cells[-1]), number))
    known = sorted({label for partition, label, _, _ in rows if partition == "tr"})
    numbers = {label: place for place, label in enumerate(known)}
    for _, label, _, number in rows:
        if label not in numbers:
            raise DataError(f"{path}, line {number:,}: no training row is of class {label[:60]!r}")
    wanted = _PARTITIONS[name]
    return _samples(
        name, [(text, None, numbers[label]) for part, label, text, _ in rows if part == wanted]
    )


_INFERENCE_CLASSES = {"entailment": 0, "neutral": 1, "contradiction": 2}


def _read_snli(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> Labelled:
    r"""SNLI: premises, hypotheses and classes, matched by position.

    Bytes are split at ASCII white space and taken for latin-1, as SentEval takes them.
    """
    columns = [content.removesuffix(b"\n").split(b"\n") for content in contents]
    if len({len(column) for column in columns}) > 1:
        counted = zip(columns, paths, strict=True)
        counts = ", ".join(f"{len(column):,} in {path}" for column, path in counted)
        raise DataError(f"premises, hypotheses and classes differ in number: {counts}")
    rows: list[Sample] = []
    for number, (first, second, label) in enumerate(zip(*columns, strict=True), start=1):
        word = label.decode("latin-1").strip()
        if word not in _INFERENCE_CLASSES:
            raise DataError(f"{paths[2]}, line {number:,}: {word[:60]!r} is not a class of SNLI")
        texts = [b" ".join(text.split()).decode("latin-1") for text in (first, second)]
        rows.append((texts[0], texts[1], _INFERENCE_CLASSES[word]))
    return _samples(name, rows)


READERS: dict[str, Reader] = {
    "sts": _read_sts,
    "sts-benchmark": _read_sts_benchmark,
    "sick": _read_sick,
    "demo": _read_demo,
    "two-classes": _read_two_classes,
    "sst-binary": _by_lines(_sst_binary_line),
    "sst-fine": _by_lines(_sst_fine_line),
    "trec": _by_lines(_trec_line, encoding="latin-1"),
    "mrpc": _by_lines(_mrpc_line, encoding="utf-8-sig", header=True),
    "sick-entailment": _by_lines(_sick_line, header=True),
    "demo-polarity": _by_lines(_polarity_line, header=True),
    "probing": _read_probing,
    "snli": _read_snli,
}
"""By the word that `Dataset.reader` says."""


def _class(text: str, classes: int) -> int:
    label = int(text)
    if not 0 <= label < classes:
        raise ValueError(text)
    return label


def _samples(name: str, rows: Sequence[Sample]) -> Labelled:
    first, second, labels = zip(*rows, strict=True) if rows else ((), (None,), ())
    paired = None if second[0] is None else tuple(text or "" for text in second)
    return Labelled(name, first, paired, np.array(labels, np.int64))
