"""The file of a table: read once within bounds, told by its name, and checked by what it holds."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from pathlib import Path

from benchmark.datasets.files import impostor
from benchmark.datasets.tables.decoding import decode
from benchmark.datasets.tables.delimited import delimited_table
from benchmark.datasets.tables.json_rows import json_table
from benchmark.datasets.tables.parquet import parquet_table
from benchmark.datasets.tables.table import MOST_BYTES, Table
from benchmark.errors import DataError
from benchmark.foreign import Unreadable, open_plain

SUFFIXES = (".tsv", ".csv", ".txt", ".jsonl", ".ndjson", ".json", ".parquet")
"""Of files that can be read; all but the last also with ``.gz`` behind it."""

_SPREADSHEETS = (".xlsx", ".xls", ".ods")
_STARTS = {
    b"PAR1": ("a Parquet file", ".parquet"),
    b"\x1f\x8b": ("compressed by gzip", ".gz"),
    b"PK\x03\x04": ("a zip archive, or a spreadsheet", ""),
    b"\xd0\xcf\x11\xe0": ("a spreadsheet", ""),
}


def table_name(path: str | Path) -> str:
    """Return what a table is called where nobody says: its file without suffixes."""
    name = Path(path).name
    for suffix in (".gz", _suffix(Path(path))):
        name = name[: -len(suffix)] if name.lower().endswith(suffix) else name
    return name


def read_table(path: str | Path) -> Table:
    """Return the table that a file holds.

    Raises:
        DataError: the file cannot be read, is too large, changes meanwhile, or is no table.
        UsageError: it needs a library that is not installed.
    """
    path = Path(path)
    suffix = _suffix(path)
    if suffix not in SUFFIXES:
        saved = "; save the sheet as .csv" if suffix in _SPREADSHEETS else ""
        raise DataError(f"{path}: a table is a file *{', *'.join(SUFFIXES)}{saved}")
    content = _content(path)
    if path.name.lower().endswith(".gz"):
        content = _inflated(content, path)
    _require_form(content, suffix, path)
    source = str(path)
    if suffix == ".parquet":
        return parquet_table(content, source)
    decoded = decode(content, source)
    if suffix in (".jsonl", ".ndjson", ".json"):
        return json_table(decoded, source)
    if decoded.text.lstrip()[:1] == "{":
        raise DataError(f"{source}: it holds JSON; name it .jsonl")
    if suffix == ".tsv":
        return delimited_table(decoded, source, "TSV", "\t")
    return delimited_table(decoded, source, "CSV" if suffix == ".csv" else "text")


def _suffix(path: Path) -> str:
    """Return the suffix that says the form: what stands before a .gz."""
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix == ".gz" else suffix


def _content(path: Path) -> bytes:
    """Return the bytes of a file, all of one moment."""
    try:
        with open_plain(path, MOST_BYTES) as file:
            before = os.fstat(file.fileno())
            content = file.read(MOST_BYTES + 1)
            after = os.fstat(file.fileno())
    except Unreadable as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    times = {(status.st_size, status.st_mtime_ns) for status in (before, after)}
    if len(times) > 1 or len(content) != after.st_size:
        raise DataError(f"{path}: it changed while it was read; wait until it is written")
    return content


def _inflated(content: bytes, path: Path) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            inflated = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    if len(inflated) > MOST_BYTES:
        raise DataError(
            f"{path}: it inflates to more than the {MOST_BYTES:,} bytes that it may have"
        )
    return inflated


def _require_form(content: bytes, suffix: str, path: Path) -> None:
    """Make sure that a file is what its name says, as far as its first bytes tell."""
    if not content:
        raise DataError(f"{path}: the file is empty")
    for start, (what, named) in _STARTS.items():
        if content.startswith(start) and named != suffix:
            remedy = f"name it *{named}" if named else "save it as .csv"
            raise DataError(f"{path}: it is {what}; {remedy}")
    strange = impostor(content)
    if strange:
        raise DataError(f"{path}: {strange}")
    if suffix == ".parquet" and not content.startswith(b"PAR1"):
        raise DataError(f"{path}: it is no Parquet file")
