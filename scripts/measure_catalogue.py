"""Measure the files that the data catalogue lists, and write the values into it.

Usage:
    python scripts/measure_catalogue.py FOLDER ...            rewrite the catalogue in place
    python scripts/measure_catalogue.py FOLDER ... --check    only print what differs

The first FOLDER is in SentEval's `downstream` layout (it holds STS/, SICK/, MR/ and so on). A
data set with a `source` is measured in the first of the others that holds any of its files, at
the paths that the catalogue names; of several folders one must hold it. Data sets marked
`embedded` are measured in this project's own data/ folder instead. Measured are `sha256`, `lines`
and, where they are looked for by it, `bytes` of every file, after replacing CRLF by LF, and
`scored` of each part; nothing of files that are known by another hash or by none. All else in
the catalogue, comments and order included, stays as it is.
Exit status 1: a file is missing, or --check found a difference.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomlkit

PROJECT = Path(__file__).resolve().parents[1]
CATALOGUE = PROJECT / "benchmark" / "datasets" / "catalogue.toml"
EMBEDDED_DATA = PROJECT / "data"

# Header lines of each file, by reader ("sts" and "sts17" are counted by their gold files instead).
HEADER_LINES = {
    "sts-benchmark": 0,
    "sick": 1,
    "sts-benchmark-raw": 0,
    "sick-raw": 1,
    "stsb-multi": 0,
    "sick-entailment": 1,
    "two-classes": 0,
    "sst-binary": 0,
    "sst-fine": 0,
    "trec": 0,
    "mrpc": 1,
    "demo": 1,
    "demo-polarity": 1,
}


def read_normalised(path: Path) -> bytes:
    """Return the bytes of a file with every CRLF replaced by LF."""
    try:
        return path.read_bytes().replace(b"\r\n", b"\n")
    except OSError as error:
        sys.exit(f"cannot read {path}: {error.strerror}")


def count_lines(content: bytes) -> int:
    """Count lines; a last line without a line end is one too."""
    return content.count(b"\n") + int(content != b"" and not content.endswith(b"\n"))


def count_scored(reader: str, contents: list[bytes]) -> int:
    """Count the samples of a part from the contents of its files."""
    if reader in ("sts", "sts17"):
        _, gold = contents
        return sum(1 for line in gold.split(b"\n") if line.strip())
    if reader not in HEADER_LINES:
        sys.exit(f"unknown reader in the catalogue: {reader}")
    return sum(count_lines(content) - HEADER_LINES[reader] for content in contents)


def root_of(dataset: Any, folders: list[Path]) -> Path | None:
    """Return the folder of a data set; None for one beside SentEval's where only that is given."""
    if dataset.get("embedded", False):
        return EMBEDDED_DATA
    senteval, *others = folders
    if "source" not in dataset:
        return senteval
    paths = [file["path"] for part in dataset["parts"] for file in part["files"]]
    holding = [folder for folder in others if any((folder / path).exists() for path in paths)]
    return next(iter([*holding, *others]), None)


def measure(datasets: Any, folders: list[Path]) -> Iterator[tuple[str, Any, str, str | int]]:
    """Yield a label, a table of the catalogue, a key in it and the value measured."""
    for name, dataset in datasets.items():
        root = root_of(dataset, folders)
        known = all("sha256" in file for part in dataset["parts"] for file in part["files"])
        for part in dataset["parts"] if root is not None and known else ():
            contents = [read_normalised(root / file["path"]) for file in part["files"]]
            scored = count_scored(dataset["reader"], contents)
            yield f"{name} {part['name']}", part, "scored", scored
            for file, content in zip(part["files"], contents, strict=True):
                yield file["path"], file, "sha256", hashlib.sha256(content).hexdigest()
                yield file["path"], file, "lines", count_lines(content)
                if "bytes" in file:
                    yield file["path"], file, "bytes", len(content)


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Measure the files of the catalogue.")
    parser.add_argument(
        "folders", type=Path, nargs="+", help="data in SentEval's layout, then that beside it"
    )
    parser.add_argument("--check", action="store_true", help="only print what differs")
    arguments = parser.parse_args()

    catalogue: Any = tomlkit.parse(CATALOGUE.read_text(encoding="utf-8"))
    differences = 0
    for label, table, key, measured in measure(catalogue["datasets"], arguments.folders):
        if table.get(key) != measured:
            differences += 1
            print(f"{label}: {key} is {measured}, the catalogue has {table.get(key)!r}")
            table[key] = measured

    if arguments.check:
        return 1 if differences else 0
    temporary = CATALOGUE.with_name(CATALOGUE.name + ".tmp")
    temporary.write_bytes(tomlkit.dumps(catalogue).encode("utf-8"))
    os.replace(temporary, CATALOGUE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
