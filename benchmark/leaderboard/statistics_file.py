"""``statistics.json``: what resampling found, kept so that a page can be made without gold."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmark.errors import UnreadableRecord
from benchmark.leaderboard.boards import BoardGroup
from benchmark.leaderboard.statistics import PairStatistics, RowStatistics, Statistics
from benchmark.one_line import one_line

STATISTICS_FILE = "statistics.json"
LAYOUT_VERSION = 1


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
        UnreadableRecord: the file is damaged, or of another version.
    """
    if not path.exists():
        return Statistics()
    try:
        content = path.read_bytes()
        version = msgspec.json.decode(content, type=_Versioned).version
        if version == LAYOUT_VERSION:
            kept = msgspec.json.decode(content, type=_File)
            return Statistics(kept.rows, kept.pairs)
    except (OSError, UnicodeDecodeError, RecursionError, msgspec.MsgspecError) as error:
        raise UnreadableRecord(
            f"{path}: no readable statistics ({one_line(str(error))}); delete the file, the "
            "statistics are computed again where gold is at hand"
        ) from error
    raise UnreadableRecord(
        f"{path}: version {version}, this program reads {LAYOUT_VERSION}; delete the file, the "
        "statistics are computed again where gold is at hand"
    )


def encode_statistics(statistics: Statistics) -> bytes:
    """Return statistics as JSON: sorted keys, a line for each value."""
    file = _File(LAYOUT_VERSION, statistics.rows, statistics.pairs)
    return msgspec.json.format(msgspec.json.encode(file, order="sorted"), indent=1) + b"\n"


def merged(
    kept: Statistics, groups: Collection[BoardGroup], made: Iterable[Statistics]
) -> Statistics:
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
