"""Word vectors with random numbers, written in every form that people publish."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.checkpoints import SENTENCES

_KNOWN = sorted({word.lower() for text in SENTENCES for word in text.split()} - {"onion"})
WORDS = ("the", ".", *(word for word in _KNOWN if word not in {"the", "."}), "é", "straße")
"""As a file has them, the most frequent first."""

WIDTH = 7
VECTORS = {
    word: np.round(row, 5).astype(np.float32).astype(np.float64)
    for word, row in zip(
        WORDS, np.random.default_rng(5).normal(size=(len(WORDS), WIDTH)), strict=True
    )
}


def _lines(end: str = "\n") -> str:
    rows = (" ".join([word, *map(repr, map(float, row))]) for word, row in VECTORS.items())
    return "".join(f"{row}{end}" for row in rows)


def write_glove(folder: Path, name: str = "glove.txt") -> Path:
    """Write text without a first line of numbers."""
    path = folder / name
    path.write_text(_lines(), "utf-8")
    return path


def write_word2vec(folder: Path, name: str, *, binary: bool = False, end: str = "\n") -> Path:
    """Write text or bytes behind a line of numbers; fastText ends lines with a blank."""
    path = folder / name
    header = f"{len(WORDS)} {WIDTH}\n"
    content = (header + _lines(end)).encode()
    if binary:
        rows = (f"{word} ".encode() + row.astype("<f4").tobytes() for word, row in VECTORS.items())
        content = header.encode() + b"".join(row + end.encode() for row in rows)
    path.write_bytes(content)
    return path


def _gzipped(path: Path) -> Path:
    packed = path.with_name(f"{path.name}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    return packed


def _zipped(path: Path) -> Path:
    packed = path.with_name(f"{path.name}.zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("inside")
        archive.write(path, f"inside/{path.name}")
    return packed


FORMS: dict[str, Callable[[Path], Path]] = {
    "GloVe": write_glove,
    "word2vec, text": lambda folder: write_word2vec(folder, "v.txt"),
    "word2vec, binary": lambda folder: write_word2vec(folder, "v.bin", binary=True),
    "word2vec, binary without ends": lambda folder: write_word2vec(
        folder, "v.bin", binary=True, end=""
    ),
    "fastText": lambda folder: write_word2vec(folder, "v.vec", end=" \n"),
    "GloVe, gz": lambda folder: _gzipped(write_glove(folder)),
    "GloVe, zip": lambda folder: _zipped(write_glove(folder)),
    "word2vec, binary, gz": lambda folder: _gzipped(write_word2vec(folder, "v.bin", binary=True)),
    "word2vec, binary, zip": lambda folder: _zipped(write_word2vec(folder, "v.bin", binary=True)),
    "fastText, gz": lambda folder: _gzipped(write_word2vec(folder, "v.vec", end=" \n")),
}
