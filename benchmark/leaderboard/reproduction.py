"""Measured minus published, where a model has both and both answer the same question."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from benchmark.leaderboard.contenders import Contender
from benchmark.leaderboard.lineup import Lineup
from benchmark.leaderboard.table_rows import QuotedRow
from benchmark.measures import MEASURES
from benchmark.results import ModelRecord, PublishedRow, printed

FINE = Decimal("0.001")
"""Tolerance, in points, of STS figures printed with more than two decimals: 1e-5 on the scale
from 0 to 1, thrice what three runs of MTEB over two years differ by."""

_SHOWN = 4
"""Decimals of a difference of finer figures."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A score of ours minus a published figure, in points.

    Attributes:
        text: signed, with as many decimals as both have.
        value: the same as a number.
        tolerance: how large it may be.
        within: whether it is no larger.
    """

    text: str
    value: Decimal
    tolerance: Decimal
    within: bool


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Measured minus published, of one model.

    Attributes:
        measured: label of the row of ours.
        published: label of the row of others.
        footnote: its number.
        differences: by column; figures that answer another question are not among them.
        average: None unless both have one, and all columns answer the same questions.
    """

    measured: str
    published: str
    footnote: int
    differences: Mapping[str, Difference]
    average: Difference | None


def reproductions(lineup: Lineup, quoted: Iterable[QuotedRow]) -> tuple[Reproduction, ...]:
    """Return what can be compared of a leaderboard: each row of ours with those of its model."""
    theirs = list(quoted)
    return tuple(
        Reproduction(contender.label, row.label, row.footnote, found, average)
        for contender in lineup.measured
        for row in theirs
        if is_of(row.published, contender)
        for found, average in [differences(contender, row.published, lineup)]
        if found
    )


def is_of(row: PublishedRow, contender: Contender) -> bool:
    """Tell whether a published row is of this model, made as it says (`as_printed`).

    A mean over training runs is of none.
    """
    if not row.catalogue or row.catalogue != contender.model or row.status == "unverified":
        return False
    if "other-seeds" in row.marks:
        return False
    poolers = {row.protocol.pooler} - {""}
    return all(as_printed(result.model, poolers) for result in contender.results.values())


def as_printed(model: ModelRecord, poolers: Collection[str]) -> bool:
    """Tell whether a model of ours computes what rows of others are of.

    Args:
        model: as a record has it.
        poolers: that the rows name; none if they name none.

    Returns:
        Whether its pooler is one of these, and no steps are behind it.
    """
    card = model.card
    return not card.get("steps") and (not poolers or card.get("pooler") in poolers)


def differences(
    contender: Contender, row: PublishedRow, lineup: Lineup
) -> tuple[dict[str, Difference], Difference | None]:
    """Return measured minus published.

    Returns:
        For each column whose figures answer the same question, and of the averages: None unless
        all columns can be compared.
    """
    board = lineup.board
    found = {
        column: score_difference(
            result.main_score, result.metric, row.scores[column], board.tolerance(column)
        )
        for column, result in contender.results.items()
        if row.ranks_with(column, result.signature)
    }
    average = contender.average(lineup.ids)
    if row.average is None or average is None or set(found) != set(lineup.ids):
        return found, None
    return found, average_difference(average, row.average, board.tolerance())


def score_difference(score: float, metric: str, figure: Decimal, tolerance: Decimal) -> Difference:
    """Compare what both have printed; a finer figure with the score at full precision.

    Args:
        score: of ours, a fraction of 1.
        metric: that it is of.
        figure: as it was published, in points.
        tolerance: of figures with no more decimals than ours; a finer one has `FINE`.
    """
    decimals = -int(figure.as_tuple().exponent)
    ours = MEASURES[metric].decimals
    if decimals <= 2 or (ours is not None and ours <= 2):
        return _of(Decimal(printed(score)), figure, tolerance)
    return _of(100 * Decimal(score), figure, FINE)


def average_difference(average: float, published: str, tolerance: Decimal) -> Difference:
    """Compare the average of a table, as the papers print it, with one that was printed."""
    return _of(Decimal(f"{average:.2f}"), Decimal(published), tolerance)


def _of(ours: Decimal, theirs: Decimal, tolerance: Decimal) -> Difference:
    value = ours - theirs
    decimals = 2 if tolerance != FINE else _SHOWN
    shown = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    text = f"{shown:+f}" if shown else f"{abs(shown):f}"
    return Difference(text, value, tolerance, within=abs(value) <= tolerance)
