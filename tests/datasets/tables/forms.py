"""Tables written by other people's programs, in every form that is read."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

Columns = Mapping[str, Sequence[Any]]
"""Cells by the name of their column."""


def rows_of(columns: Columns) -> list[tuple[Any, ...]]:
    return list(zip(*columns.values(), strict=True))


def with_csv(columns: Columns, path: Path, encoding: str = "utf-8", **how: Any) -> None:
    """Python's writer: RFC 4180, lines that end in CRLF unless told otherwise."""
    with open(path, "w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, **how)
        writer.writerow(columns)
        writer.writerows(rows_of(columns))


def with_pandas(columns: Columns, path: Path, separator: str = ",") -> None:
    pd.DataFrame(columns).to_csv(path, sep=separator, index=False)


def plain(columns: Columns, path: Path, encoding: str = "utf-8", end: str = "\n") -> None:
    """As SentEval's files are: tabs, and quotes that are text."""
    lines = ["\t".join(columns), *("\t".join(map(str, row)) for row in rows_of(columns))]
    path.write_bytes((end.join(lines) + end).encode(encoding))


def json_lines(columns: Columns, path: Path, **how: Any) -> None:
    records = [dict(zip(columns, row, strict=True)) for row in rows_of(columns)]
    path.write_text("".join(json.dumps(each, **how) + "\n" for each in records), "utf-8")


def json_array(columns: Columns, path: Path) -> None:
    records = [dict(zip(columns, row, strict=True)) for row in rows_of(columns)]
    path.write_text(json.dumps(records, indent=1), "utf-8")


def parquet(columns: Columns, path: Path) -> None:
    pq.write_table(pa.table(dict(columns)), path)


def parquet_by_pandas(columns: Columns, path: Path) -> None:
    pd.DataFrame(columns).to_parquet(path)


def zipped(write: Callable[..., None], **how: Any) -> Callable[[Columns, Path], None]:
    def both(columns: Columns, path: Path) -> None:
        inner = path.with_suffix("")
        write(columns, inner, **how)
        path.write_bytes(gzip.compress(inner.read_bytes()))

    return both


def told(write: Callable[..., None], **how: Any) -> Callable[[Columns, Path], None]:
    return lambda columns, path: write(columns, path, **how)


FORMS: Mapping[str, tuple[str, Callable[[Columns, Path], None]]] = {
    "comma": ("t.csv", with_csv),
    "comma, LF": ("t.csv", told(with_csv, lineterminator="\n")),
    "comma, CR": ("t.csv", told(with_csv, lineterminator="\r")),
    "comma, all quoted": ("t.csv", told(with_csv, quoting=csv.QUOTE_ALL)),
    "comma, text quoted": ("t.csv", told(with_csv, quoting=csv.QUOTE_NONNUMERIC)),
    "comma, byte-order mark": ("t.csv", told(with_csv, encoding="utf-8-sig")),
    "comma, UTF-16": ("t.csv", told(with_csv, encoding="utf-16")),
    "semicolon": ("t.csv", told(with_csv, delimiter=";")),
    "tab in .csv": ("t.csv", told(with_csv, delimiter="\t")),
    "tab, all quoted": ("t.tsv", told(with_csv, delimiter="\t", quoting=csv.QUOTE_ALL)),
    "pandas": ("t.csv", with_pandas),
    "text": ("t.txt", with_csv),
    "compressed": ("t.csv.gz", zipped(with_csv)),
    "JSON lines": ("t.jsonl", json_lines),
    "JSON lines, not escaped": ("t.ndjson", told(json_lines, ensure_ascii=False)),
    "JSON lines in .json": ("t.json", json_lines),
    "JSON lines, compressed": ("t.jsonl.gz", zipped(json_lines)),
    "JSON array": ("t.json", json_array),
    "Parquet": ("t.parquet", parquet),
    "Parquet by pandas": ("t.parquet", parquet_by_pandas),
}
"""Forms that hold any text, by what they are: a file's name and its writer."""


def csv_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the rows that Python's reader finds, blank lines left out."""
    found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return [row for row in found if row]
