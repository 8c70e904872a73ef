"""Load a data set: find its files, check them against the catalogue, read them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.datasets import verify
from benchmark.datasets.catalogue import Dataset, Part, digest_of_digests
from benchmark.datasets.folders import Folder
from benchmark.datasets.labelled import Labelled
from benchmark.datasets.labelled_readers import LABELLED_READERS, read_labelled
from benchmark.datasets.pairs import SentencePairs
from benchmark.datasets.readers import read_pairs
from benchmark.errors import DataError
from benchmark.places import embedded_folder


@dataclass(frozen=True, slots=True)
class LoadedData:
    """The parts of a data set that a task asked for.

    Attributes:
        parts: the pairs or labelled sentences, part by part, in the catalogue's order.
        sha256: identifies the content that was read, verified or not.
        verified: False when a file differs from the catalogue and was let through.
        folder: where the files lie.
    """

    parts: tuple[SentencePairs | Labelled, ...]
    sha256: str
    verified: bool
    folder: str


def find_folder(
    dataset: Dataset, parts: Sequence[Part], folders: Sequence[Folder]
) -> Folder | None:
    """Return the first folder that holds any file of these parts, or None."""
    if dataset.embedded:
        return Folder(embedded_folder(), "embedded")
    return next((folder for folder in folders if any(map(folder.holds, parts))), None)


def load_parts(
    dataset: Dataset, parts: Sequence[Part], folder: Folder, *, unverified: bool = False
) -> LoadedData:
    """Read these parts of a data set from a folder.

    Args:
        dataset: says which reader.
        parts: of that data set.
        folder: holds their files.
        unverified: let content through that is not the catalogue's (it stays marked).

    Raises:
        DataError: a file is missing, differs from the catalogue or cannot be read.
    """
    digests: list[str] = []
    verified = True
    loaded = []
    for part in parts:
        contents, paths = [], []
        for entry in part.files:
            path = folder.root / entry.path
            content = _read(path)
            differs = verify.difference(content, entry)
            if differs and not unverified:
                raise DataError(_refusal(path, differs))
            verified = verified and differs is None
            digests.append(verify.sha256_of(content))
            contents.append(content)
            paths.append(str(path))
        read = read_labelled if dataset.kind in LABELLED_READERS else read_pairs
        samples = read(dataset.kind, part.name, contents, paths)
        if not unverified and len(samples) != part.scored:
            raise DataError(f"{paths[0]}: {len(samples):,} samples, expected {part.scored:,}")
        if not len(samples):
            raise DataError(f"{paths[0]}: nothing in it can be scored")
        loaded.append(samples)
    return LoadedData(tuple(loaded), digest_of_digests(digests), verified, str(folder.root))


def _read(path: Path) -> bytes:
    if not os.path.lexists(path):
        raise DataError(f"{path}: missing, though other files of the set are there; copy it too")
    return verify.read_content(path)


def _refusal(path: Path, differs: str) -> str:
    return (
        f"{path}: refused, {differs}; get the original, "
        "or pass --unverified-data to score it all the same, marked as such"
    )
