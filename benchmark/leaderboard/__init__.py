"""Measured and published rows of one table: ranking, intervals, rows that cannot be told apart.

`make_leaderboard` goes from records to a page: who stands with whom (`lineup`), what is known of
their differences (`statistics`, `certainty`), tables of rows (`table_rows`, `sections`), and
what of the published figures was found again (`reproduction`).
"""

from benchmark.leaderboard.board import Evidence, Leaderboard, make_leaderboard
from benchmark.leaderboard.choice import Choice
from benchmark.leaderboard.lineup import BESIDE, BOARDS, Board, Column, board_of, groups_of
from benchmark.leaderboard.methods import ApartRow, MethodRows
from benchmark.leaderboard.reproduction import (
    Difference,
    Reproduction,
    average_difference,
    score_difference,
)
from benchmark.leaderboard.sections import BoardSection
from benchmark.leaderboard.statistics import (
    STATISTICS_FILE,
    Method,
    Statistics,
    encode_statistics,
    merged,
    read_statistics,
)
from benchmark.leaderboard.table_rows import (
    Cell,
    Footnote,
    MeasuredRow,
    QuotedRow,
    TableRow,
    has_trap,
    traps_of,
)
from benchmark.leaderboard.traits import Traits, methods_by_model, traits_of

__all__ = [
    "BESIDE",
    "BOARDS",
    "STATISTICS_FILE",
    "ApartRow",
    "Board",
    "BoardSection",
    "Cell",
    "Choice",
    "Column",
    "Difference",
    "Evidence",
    "Footnote",
    "Leaderboard",
    "MeasuredRow",
    "Method",
    "MethodRows",
    "QuotedRow",
    "Reproduction",
    "Statistics",
    "TableRow",
    "Traits",
    "average_difference",
    "board_of",
    "encode_statistics",
    "groups_of",
    "has_trap",
    "make_leaderboard",
    "merged",
    "methods_by_model",
    "read_statistics",
    "score_difference",
    "traits_of",
    "traps_of",
]
