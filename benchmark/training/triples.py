"""Pairs and triples to train on: a table of sentences, what follows from each, what contradicts it.

The form is that of SimCSE's ``nli_for_simcse.csv``; a table of 275,000 rows is kept in memory.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

from benchmark.datasets.tables.file import SUFFIXES, read_table
from benchmark.datasets.tables.table import Table, excerpt
from benchmark.datasets.tables.values import texts
from benchmark.errors import DataError
from benchmark.foreign import Unreadable, open_plain
from benchmark.training.text import BLANK, Counts

logger = logging.getLogger(__name__)

COLUMNS = (("sent0", "sent1", "hard_neg"), ("anchor", "positive", "negative"))
"""What the columns are called: by SimCSE, and by sentence-transformers. The last may be absent."""

_WANTED = "name them sent0, sent1 and, with hard negatives, hard_neg"


class Triples(Sequence[tuple[str, ...]]):
    """Rows of a table: a sentence, one that follows from it, and perhaps a hard negative.

    Attributes:
        path: of the file.
        name: what it is called in reports.
        source: where it was published, ``REPOSITORY@COMMIT``; empty for a file of one's own.
        sha256: of the file's content as it is, in hexadecimal.
        views: sentences in a row, 2 or 3.
        counts: how much there is in it; what is counted as different are rows.
    """

    def __init__(self, path: Path, name: str, source: str = "") -> None:
        """Read the file. See `triples`."""
        self.path, self.name, self.source = path.absolute(), name, source
        before, self.sha256 = _digest(path)
        table = read_table(path)
        if _digest(path) != (before, self.sha256):
            raise DataError(f"{path}: it changed while it was read; wait until it is written")
        table, places = _columns(table)
        columns = [_texts(table, place) for place in places]
        self.views = len(places)
        self._rows = list(zip(*columns, strict=True))
        self.counts = self._counted()

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> tuple[str, ...]: ...
    @overload
    def __getitem__(self, place: slice) -> list[tuple[str, ...]]: ...
    def __getitem__(self, place: int | slice) -> tuple[str, ...] | list[tuple[str, ...]]:
        """Return a row: the sentence, the one that follows, the hard negative if there are any."""
        return self._rows[place]

    def verify(self) -> None:
        """Do nothing: all of it was read, and is what it was when training began."""

    def _counted(self) -> Counts:
        empty = sum(not all(map(str.strip, row)) for row in self._rows)
        counts = Counts(len(self), empty, len(self), len(set(self._rows)))
        if counts.empty == counts.sentences:
            raise DataError(f"{self.path}: every row has an empty cell; nothing can be learned")
        if counts.different < 2:
            told = "only one row" if len(self) == 1 else f"{len(self):,} times the same row"
            raise DataError(f"{self.path}: {told}, and others are needed to tell it from")
        if empty:
            logger.warning("%s: %s rows have an empty sentence", self.path, f"{empty:,}")
        return counts


def triples(path: str | Path, name: str = "", source: str = "") -> Triples:
    """Return the rows of a table of sentences, those that follow, and hard negatives if any.

    Args:
        path: of a CSV, TSV, JSON lines or Parquet file whose columns are named in a first row.
        name: what it is called in reports; the file's name if not given.
        source: where it was published, if it was.

    Raises:
        DataError: it cannot be read, its columns are others, a cell holds no text, or nothing could
            be learned from it.
    """
    path = Path(path)
    return Triples(path, name or path.name, source)


def is_table(path: str | Path) -> bool:
    """Tell whether a file is read as a table, by its name; a ``.txt`` holds sentences."""
    name = str(path).lower().removesuffix(".gz")
    return name.endswith(SUFFIXES) and not name.endswith(".txt")


def _digest(path: Path) -> tuple[tuple[int, int], str]:
    try:
        with open_plain(path) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            status = os.fstat(file.fileno())
    except (Unreadable, OSError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    return (status.st_size, status.st_mtime_ns), digest


def _columns(table: Table) -> tuple[Table, list[int]]:
    """Return the table without its header, and the places of its columns in the order of use."""
    if table.names is None:
        table = table.headed()
    names = [name.strip() for name in table.names or ()]
    for known in COLUMNS:
        for wanted in (known, known[:2]):
            if sorted(names) == sorted(wanted):
                if not table.rows:
                    raise DataError(f"{table.source}: no row follows the names of its columns")
                return table, [names.index(name) for name in wanted]
    told = ", ".join(map(excerpt, names[:6])) + (", ..." if len(names) > 6 else "")
    raise DataError(f"{table.source}: its columns are {told}; {_WANTED}, and leave others out")


def _texts(table: Table, place: int) -> tuple[str, ...]:
    """Return a column; what is empty or null is one blank, as SimCSE's training reads it."""
    [cells] = table.take([place])
    given: list[Any] = [BLANK if cell is None or cell == "" else cell for cell in cells]
    return texts(table, place, given)
