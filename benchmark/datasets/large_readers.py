"""Readers of the sets of a hundred thousand samples and more: SentEval's probing tasks, SNLI."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.datasets.lines import Sample, labelled, normalise_space, split_lines
from benchmark.datasets.splits import Labelled
from benchmark.errors import DataError

_PARTITIONS = {"train": "tr", "dev": "va", "test": "te"}


def read_probing(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> Labelled:
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
    return labelled(
        name, [(text, None, numbers[label]) for part, label, text, _ in rows if part == wanted]
    )


_INFERENCE_CLASSES = {"entailment": 0, "neutral": 1, "contradiction": 2}


def read_snli(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> Labelled:
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
    return labelled(name, rows)
