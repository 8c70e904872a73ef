"""Two scores without predictions: a table, what can be said in words, and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from benchmark.comparisons.known_spread import SeedSpread, known_spread
from benchmark.comparisons.quoted import QuotedComparison, QuotedDifference
from benchmark.comparisons.scored import GROUP, Scored
from benchmark.comparisons.tables import LETTERS
from benchmark.escaping import json_text
from benchmark.leaderboard.table_rows import to_two_decimals
from benchmark.reports.comparison.figures import (
    NOTHING,
    VERSION,
    left_out_list,
    omissions,
    probability,
)
from benchmark.results import asked_by_id
from benchmark.sheet import Row, Section, Sheet, written

NO_TEST = (
    "this is no test: which sentences A and B got right is not known here, so no p-value and no "
    "verdict can be had; score both and compare their records"
)


def render_quoted(found: QuotedComparison, form: str = "table") -> str:
    """Return what can be said of two scores without predictions in a format.

    Args:
        found: of `benchmark.comparisons.compare_quoted`.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.

    Raises:
        UsageError: an unknown format.
    """
    return written(form, lambda: _sheet(found), json=lambda: _document(found))


def _sheet(found: QuotedComparison) -> Sheet:
    rows = _rows(found)
    tested = any(row.runs_test for row in rows)
    over_runs = ("t", "p over runs") if tested else ()
    section = Section(
        title="sts: Spearman's correlation x 100, as printed",
        headings=("Task", "A", "B", "A-B", "sentences sd", "seeds sd", "seeds up to", *over_runs),
        columns="l" + "r" * (6 + len(over_runs)),
        rows=tuple(_row(row, tested=tested) for row in rows),
    )
    return Sheet(
        opening=tuple(
            f"{letter} = {one.name} ({one.told})"
            for letter, one in zip(LETTERS, (found.first, found.second), strict=True)
        ),
        sections=(section,),
        closing=(*_words(found), *_notes(found), *_legend(found), *omissions(found.left_out)),
    )


def _rows(found: QuotedComparison) -> list[QuotedDifference]:
    return [*found.tasks, *([found.average] if found.average else [])]


def _row(row: QuotedDifference, *, tested: bool) -> Row:
    cells = [
        "Avg." if row.column is None else asked_by_id(row.column).shown,
        to_two_decimals(row.first),
        to_two_decimals(row.second),
        _signed(row.difference),
        _ends(row.sentences),
        _ends(row.of_training),
        _ends(row.reach),
    ]
    if tested:
        test = row.runs_test
        cells += (
            [NOTHING, NOTHING] if test is None else [f"{test.t:+.2f}", probability(test.p_value)]
        )
    return Row(tuple(cells))


def _words(found: QuotedComparison) -> Iterator[str]:
    row = found.average
    if row is None:
        yield "there is no average of all tasks that both print"
        return
    errors = {error.alike: error.average for error in known_spread().sentences}
    above = "above" if row.difference > 0 else "below"
    points = to_two_decimals(abs(row.difference))
    apart = f"{points} points {above}" if row.difference else "on a level with"
    yield f"A's average is {apart} B's"
    yield (
        "had other sentences been drawn: such a difference has a sampling error of "
        f"{_short(errors['strongly'])} points (sd) for encoders that are strongly alike, "
        f"{_short(errors['typically'])} typically, {_short(errors['weakly'])} for encoders that "
        "have little in common"
    )
    yield f"had both been trained again: {_of_seeds(row)}"
    if row.runs_test is not None:
        test = row.runs_test
        yield (
            f"over training runs, on these same sentences, a test can be had (Welch): t = "
            f"{test.t:+.2f}, {test.degrees:.1f} degrees of freedom, p "
            f"{probability(test.p_value)}; of other sentences it says nothing"
        )


def _of_seeds(row: QuotedDifference) -> str:
    told = [f"{letter} {_moves(seeds)}" for letter, seeds in zip(LETTERS, row.seeds, strict=True)]
    if row.reach is None:
        return f"{'; '.join(told)}; so nothing is known of the difference"
    if row.reach[1] == 0:
        return f"{'; '.join(told)}; so seeds give no difference at all"
    low, high = (_short(end) for end in row.reach)
    up_to = low if low == high else f"{low} to {high}"
    return (
        f"{'; '.join(told)}; a difference of two such figures up to {up_to} points is within what "
        "seeds alone give, in 19 of 20 cases"
    )


def _moves(seeds: SeedSpread | None) -> str:
    if seeds is None:
        return "was trained in a way of whose seeds nothing is known"
    if seeds.high == 0:
        return f"does not move ({seeds.basis})"
    return f"moves by {_ends((seeds.low, seeds.high))} points (sd: {seeds.basis})"


def _notes(found: QuotedComparison) -> Iterator[str]:
    for letter, one, others in zip(LETTERS, (found.first, found.second), found.others, strict=True):
        if others:
            yield f"other averages of {letter}'s method: {'; '.join(others)}"
        if one.row is not None and one.row.note:
            yield f"note on {letter}: {one.row.note}"


def _legend(found: QuotedComparison) -> Iterator[str]:
    yield (
        "sentences sd: standard error of the difference of two encoders, measured on others, from "
        "strongly to weakly alike; seeds sd: of the difference when both are trained again; seeds "
        "up to: 1.96 times that"
    )
    if found.average is not None and any(
        one.row is not None for one in (found.first, found.second)
    ):
        yield "a printed run is often the best of several, which no deviation of single runs shows"
    yield NO_TEST


def _signed(difference: Decimal) -> str:
    text = to_two_decimals(difference)
    return f"+{text}" if difference > 0 else text


def _ends(ends: tuple[float, float] | None) -> str:
    if ends is None:
        return NOTHING
    low, high = (f"{end:.2f}" for end in ends)
    return low if low == high else f"{low} to {high}"


def _short(value: float) -> str:
    return f"{value:.1f}"


# --- for programs: scores and differences are points, as printed ----------------------------------


def _document(found: QuotedComparison) -> str:
    pair = (found.first, found.second)
    return json_text(
        {
            "schema_version": VERSION,
            "unit": "points",
            "rows": {
                letter: _scored(one, others)
                for letter, one, others in zip(LETTERS, pair, found.others, strict=True)
            },
            "group": GROUP,
            "tasks": [_difference(row) for row in found.tasks],
            "average": found.average and _difference(found.average),
            "sentences": [asdict(error) for error in known_spread().sentences],
            "left_out": left_out_list(found.left_out),
        }
    )


def _scored(one: Scored, others: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": one.name,
        "told": one.told,
        "table": one.row and one.row.table,
        "status": one.row.status if one.row else "measured",
        "other_averages": others,
    }


def _difference(row: QuotedDifference) -> dict[str, Any]:
    return {
        "task": row.column,
        "scores": [str(row.first), str(row.second)],
        "difference": str(row.difference),
        "sentences": row.sentences,
        "seeds": [seeds and asdict(seeds) for seeds in row.seeds],
        "of_training": row.of_training,
        "reach": row.reach,
        "over_runs": row.runs_test and asdict(row.runs_test),
    }
