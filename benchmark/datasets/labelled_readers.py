r"""From the bytes of verified files to labelled sentences, one reader for each kind of file.

The rules are SentEval's loaders': lines end at ``\n``, a blank line of the four binary sets is
a sample (an empty sentence), the encodings are latin-1 for those sets and TREC and UTF-8 for
the others, and quotes mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmark.datasets.labelled import Labelled
from benchmark.datasets.text import normalise_space, split_lines
from benchmark.errors import DataError

Row = tuple[str, str | None, int]
LineReader = Callable[[str], Row]
Reader = Callable[[str, Sequence[bytes], Sequence[str]], Labelled]

TREC_CLASSES = {"ABBR": 0, "DESC": 1, "ENTY": 2, "HUM": 3, "LOC": 4, "NUM": 5}
ENTAILMENT_CLASSES = {"CONTRADICTION": 0, "NEUTRAL": 1, "ENTAILMENT": 2}


def read_labelled(
    kind: str, name: str, contents: Sequence[bytes], paths: Sequence[str]
) -> Labelled:
    """Read one part of a classification data set.

    Args:
        kind: the reader, as the catalogue calls it.
        name: name of the part, kept in the result.
        contents: the bytes of its files (line ends normalised), in the catalogue's order.
        paths: where they came from, for messages.

    Raises:
        DataError: a line that is not what the reader expects, or the wrong encoding.
    """
    return LABELLED_READERS[kind](name, contents, paths)


def _read_two_classes(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> Labelled:
    """MR, CR, SUBJ, MPQA: one file for each class; the first file is class 1."""
    rows: list[Row] = []
    for label, content, path in zip((1, 0), contents, paths, strict=True):
        rows += [
            (normalise_space(line), None, label) for line in split_lines(content, path, "latin-1")
        ]
    return _labelled(name, rows)


def _by_lines(line_reader: LineReader, encoding: str = "utf-8", header: bool = False) -> Reader:
    def read(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> Labelled:
        [content], [path] = contents, paths
        numbered = list(enumerate(split_lines(content, path, encoding), start=1))[header:]
        return _labelled(name, [_row(line_reader, line, path, number) for number, line in numbered])

    return read


def _row(line_reader: LineReader, line: str, path: str, number: int) -> Row:
    try:
        return line_reader(line)
    except (IndexError, ValueError, KeyError) as error:
        raise DataError(
            f"{path}, line {number:,}: {line[:60]!r} is not a labelled sample"
        ) from error


def _sst_binary_line(line: str) -> Row:
    text, label = line.split("\t")[:2]
    return normalise_space(text), None, _class(label, 2)


def _sst_fine_line(line: str) -> Row:
    label, text = line.split(" ", 1)
    return normalise_space(text), None, _class(label, 5)


def _trec_line(line: str) -> Row:
    coarse, fine_and_question = line.split(":", 1)
    return normalise_space(fine_and_question.split(" ", 1)[1]), None, TREC_CLASSES[coarse.strip()]


def _mrpc_line(line: str) -> Row:
    cells = line.split("\t")
    return normalise_space(cells[3]), normalise_space(cells[4]), _class(cells[0], 2)


def _sick_line(line: str) -> Row:
    cells = line.split("\t")
    return (
        normalise_space(cells[1]),
        normalise_space(cells[2]),
        ENTAILMENT_CLASSES[cells[4].strip()],
    )


def _polarity_line(line: str) -> Row:
    label, text = line.split("\t")
    return normalise_space(text), None, _class(label, 2)


LABELLED_READERS: Mapping[str, Reader] = {
    "two-classes": _read_two_classes,
    "sst-binary": _by_lines(_sst_binary_line),
    "sst-fine": _by_lines(_sst_fine_line),
    "trec": _by_lines(_trec_line, encoding="latin-1"),
    "mrpc": _by_lines(_mrpc_line, encoding="utf-8-sig", header=True),
    "sick-entailment": _by_lines(_sick_line, header=True),
    "demo-polarity": _by_lines(_polarity_line, header=True),
}


def _class(text: str, classes: int) -> int:
    label = int(text)
    if not 0 <= label < classes:
        raise ValueError(text)
    return label


def _labelled(name: str, rows: Sequence[Row]) -> Labelled:
    first, second, labels = zip(*rows, strict=True) if rows else ((), (None,), ())
    paired = None if second[0] is None else tuple(text or "" for text in second)
    return Labelled(name, first, paired, np.array(labels, np.int64))
