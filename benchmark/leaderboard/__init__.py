"""Measured and published rows of one table: ranking, intervals, rows that cannot be told apart.

From records to a page: `measured_rows`, `line_up`, `compute_statistics`, `build_leaderboard`;
`make_leaderboard` is the four in turn.
"""

from benchmark.leaderboard.board import (
    Cell,
    Column,
    Difference,
    Evidence,
    Footnote,
    Leaderboard,
    Mark,
    MeasuredRow,
    QuotedRow,
    Reproduction,
    Row,
    Section,
    Source,
)
from benchmark.leaderboard.boards import BOARD_GROUPS, BOARDS, Board, BoardGroup, own_groups
from benchmark.leaderboard.building import build_leaderboard
from benchmark.leaderboard.computing import compute_statistics
from benchmark.leaderboard.evidence import gather_evidence
from benchmark.leaderboard.lineup import Lineup, Listing, Ranking, line_up
from benchmark.leaderboard.making import make_leaderboard
from benchmark.leaderboard.measured import Measured, measured_rows
from benchmark.leaderboard.statistics import Method, Statistics
from benchmark.leaderboard.statistics_file import (
    STATISTICS_FILE,
    encode_statistics,
    merged,
    read_statistics,
)

__all__ = [
    "BOARDS",
    "BOARD_GROUPS",
    "STATISTICS_FILE",
    "Board",
    "BoardGroup",
    "Cell",
    "Column",
    "Difference",
    "Evidence",
    "Footnote",
    "Leaderboard",
    "Lineup",
    "Listing",
    "Mark",
    "Measured",
    "MeasuredRow",
    "Method",
    "QuotedRow",
    "Ranking",
    "Reproduction",
    "Row",
    "Section",
    "Source",
    "Statistics",
    "build_leaderboard",
    "compute_statistics",
    "encode_statistics",
    "gather_evidence",
    "line_up",
    "make_leaderboard",
    "measured_rows",
    "merged",
    "own_groups",
    "read_statistics",
]
