"""``statistics.json``: what resampling found, kept so that a page can be made without gold."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmark.errors import UnreadableRecord
from benchmark.foreign import Unreadable, read_bytes
from benchmark.leaderboard.statistics import PairStatistics, RowStatistics, Statistics
from benchmark.one_line import one_line
from benchmark.results.sealing import broken_seal, encode_sealed

STATISTICS_FILE = "statistics.json"
LAYOUT_VERSION = 2
MOST_BYTES = 2**26

_ANEW = "; delete the file, the statistics are computed again where gold is at hand"


@dataclass(frozen=True, slots=True)
class _File:
    version: int
    rows: dict[str, RowStatistics]
    pairs: dict[str, PairStatistics]


class _Versioned(msgspec.Struct):
    version: int


def read_statistics(path: Path) -> Statistics:
    """Return what is kept; nothing if there is no such file.

    Raises:
        UnreadableRecord: the file is damaged, was changed after it was written, or is of
            another version.
    """
    if not path.exists():
        return Statistics()
    try:
        content = read_bytes(path, MOST_BYTES)
        version = msgspec.json.decode(content, type=_Versioned).version
        if version != LAYOUT_VERSION:
            raise UnreadableRecord(
                f"{path}: version {version}, this program reads {LAYOUT_VERSION}{_ANEW}"
            )
        kept = msgspec.json.decode(content, type=_File)
        wrong = broken_seal(content)
    except (Unreadable, UnicodeDecodeError, RecursionError, msgspec.MsgspecError) as error:
        raise UnreadableRecord(
            f"{path}: no readable statistics ({one_line(str(error))}){_ANEW}"
        ) from error
    if wrong:
        raise UnreadableRecord(f"{path}: {wrong}{_ANEW}")
    return Statistics(kept.rows, kept.pairs)


def encode_statistics(statistics: Statistics) -> bytes:
    """Return statistics as JSON with its checksum: sorted keys, a line for each value."""
    file = _File(LAYOUT_VERSION, statistics.rows, statistics.pairs)
    return encode_sealed(file, indent=1)


def merged(kept: Statistics, groups: Collection[str], made: Iterable[Statistics]) -> Statistics:
    """Return what belongs into the file: what was made, and other groups' as they were.

    What was kept for these groups and is of no use to their rows is dropped, so that the same
    rows give the same file.
    """
    together = Statistics(
        {key: found for key, found in kept.rows.items() if found.group not in groups},
        {key: found for key, found in kept.pairs.items() if found.group not in groups},
    )
    for known in made:
        together.rows.update(known.rows)
        together.pairs.update(known.pairs)
    return together
