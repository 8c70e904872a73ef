"""Columns of a Parquet file, taken when they are asked for, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmark.datasets.tables.table import MOST_BYTES, Form, Table, require_rows_within
from benchmark.errors import DataError, UsageError
from benchmark.extras import installing

_INFLATED = 2**30
"""Bytes that a batch of rows may have if each of its cells were the longest that there can be."""


def parquet_table(content: bytes, source: str) -> Table:
    """Return the rows of a Parquet file.

    Args:
        content: the bytes.
        source: what messages call them.

    Raises:
        UsageError: pyarrow is not installed.
        DataError: it cannot be read, or is too large.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise UsageError(
            f"{source}: reading Parquet needs pyarrow; {installing('parquet')}, or write the table "
            "as TSV, CSV or JSON lines"
        ) from error
    file = _tried(lambda: pq.ParquetFile(pa.BufferReader(content)), source)
    names = tuple(_tried(lambda: file.schema_arrow.names, source))
    rows = file.metadata.num_rows
    require_rows_within(rows, source)
    if not rows:
        raise DataError(f"{source}: nothing is in it")

    def take(wanted: Sequence[int]) -> list[Sequence[Any]]:
        asked = [names[column] for column in wanted]
        twice = next((name for name in asked if names.count(name) > 1), None)
        if twice is not None:
            raise DataError(f"{source}: several columns are called {twice[:60]!r}")
        found: list[Sequence[Any]] = _tried(lambda: _columns(file, asked, source), source)
        if any(len(column) != rows for column in found):
            raise DataError(f"{source}: its columns do not have the {rows:,} rows that it says")
        return found

    return Table(
        source, Form("Parquet"), names, len(names), rows, take, lambda row: f"row {row + 1:,}"
    )


def _columns(file: Any, names: Sequence[str], source: str) -> list[Sequence[Any]]:
    found: list[list[Any]] = [[] for _ in names]
    taken = 0
    for batch in file.iter_batches(batch_size=_at_once(file), columns=list(dict.fromkeys(names))):
        taken += batch.nbytes
        if taken > MOST_BYTES:
            raise DataError(f"{source}: more than the {MOST_BYTES:,} bytes that its texts may have")
        for column, name in zip(found, names, strict=True):
            column.extend(batch.column(name).to_pylist())
    return [*found]


def _at_once(file: Any) -> int:
    """Return how many rows to take: one cell may be a large part of its column, many times over."""
    groups = [file.metadata.row_group(place) for place in range(file.metadata.num_row_groups)]
    largest = max((group.total_byte_size for group in groups), default=0)
    return min(max(_INFLATED // max(largest, 1), 16), 4096)


def _tried(read: Callable[[], Any], source: str) -> Any:
    try:
        return read()
    except DataError:
        raise
    except Exception as error:  # whatever the library raises of a damaged file
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DataError(f"{source}: cannot be read as Parquet ({reason})") from error
