"""Measured minus published, where a model has both and both answer the same question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from benchmark.leaderboard.board import Difference
from benchmark.leaderboard.boards import Board
from benchmark.leaderboard.measured import Measured
from benchmark.measures import MEASURES
from benchmark.results import PublishedRow, TaskResult, printed

FINE = Decimal("0.001")
"""Tolerance, in points, of STS figures printed with more than two decimals: 1e-5 on the scale
from 0 to 1, thrice what three runs of MTEB over two years differ by."""

_SHOWN = 4
"""Decimals of a difference of finer figures."""


def is_of(row: PublishedRow, measured: Measured) -> bool:
    """Tell whether a published row is of this model, by its documented pooler if it names one."""
    if not row.catalogue or row.catalogue != measured.model or row.status == "unverified":
        return False
    poolers = {stored.result.model.card.get("pooler") for stored in measured.records.values()}
    return not row.protocol.pooler or poolers == {row.protocol.pooler}


def differences(measured: Measured, row: PublishedRow, board: Board) -> dict[str, Difference]:
    """Return measured minus published for each column whose figures answer the same question."""
    return {
        column: _difference(stored.result, row.scores[column], _tolerance(board, column))
        for column, stored in measured.records.items()
        if row.ranks_with(column, stored.result.signature)
    }


def average_difference(
    measured: Measured,
    row: PublishedRow,
    columns: Sequence[str],
    compared: Iterable[str],
    board: Board,
) -> Difference | None:
    """Return the difference of the averages, None unless all columns can be compared."""
    average = measured.average(columns)
    if row.average is None or average is None or set(compared) != set(columns):
        return None
    return _of(Decimal(f"{average:.2f}"), Decimal(row.average), _tolerance(board, ""))


def _difference(result: TaskResult, figure: Decimal, tolerance: Decimal) -> Difference:
    """Compare what both have printed; a finer figure with the score at full precision."""
    decimals = -int(figure.as_tuple().exponent)
    ours = MEASURES[result.metric].decimals
    if decimals <= 2 or (ours is not None and ours <= 2):
        return _of(Decimal(printed(result.main_score)), figure, tolerance)
    return _of(100 * Decimal(result.main_score), figure, FINE)


def _of(ours: Decimal, theirs: Decimal, tolerance: Decimal) -> Difference:
    value = ours - theirs
    decimals = 2 if tolerance != FINE else _SHOWN
    shown = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    text = f"{shown:+f}" if shown else f"{abs(shown):f}"
    return Difference(text, value, tolerance, within=abs(value) <= tolerance)


def _tolerance(board: Board, column: str) -> Decimal:
    found: Mapping[str, Decimal] = board.tolerances
    return found.get(column, found[""])
