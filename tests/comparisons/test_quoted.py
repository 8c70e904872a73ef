"""`compare_quoted`: what can be said of two scores without predictions, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from benchmark.comparisons.quoted import REACH, compare_quoted
from benchmark.comparisons.scored import measured, quoted
from benchmark.errors import UsageError
from benchmark.results import PublishedRow, collect
from tests.comparisons.quoted_tables import TASKS, row, table_of
from tests.gate.samples import run_of

RECORDS = Path(__file__).parents[2] / "leaderboards" / "records"
OURS = {run.model: run for run in collect([RECORDS])}
PLAIN = {"training": "unsupervised", "backbone": "bert-base-uncased"}


def rows_of(*rows: str) -> list[PublishedRow]:
    return list(table_of(*rows).rows)


def compared(*rows: str):
    first, second = rows_of(*rows)
    return compare_quoted(quoted(first), quoted(second))


def test_differences_are_of_the_figures_as_printed():
    found = compared(row("A", 70.1), row("B", 69.97))
    assert [task.column for task in found.tasks] == list(TASKS)
    assert {task.difference for task in found.tasks} == {Decimal("0.13")}
    assert found.average is not None
    assert found.average.difference == Decimal("0.13")
    assert str(found.average.first) == "71.60"


def test_deviations_of_two_add_up_in_squares():
    found = compared(row("A", 70, average_deviation="0.3"), row("B", 70, average_deviation="0.4"))
    assert found.average is not None
    assert found.average.of_training == pytest.approx((0.5, 0.5))
    assert found.average.reach == pytest.approx((0.5 * REACH, 0.5 * REACH))
    assert stats.norm.ppf(0.975) == pytest.approx(REACH, abs=1e-3)


def test_a_range_of_deviations_gives_a_range():
    found = compared(row("A", 70, **PLAIN), row("B", 69, average_deviation="0.4", **PLAIN))
    assert found.average is not None
    expected = np.hypot(0.15, 0.4), np.hypot(0.84, 0.4)
    assert found.average.of_training == pytest.approx(expected)


def test_where_nothing_is_known_of_one_nothing_is_said_of_both():
    found = compared(row("A", 70, **PLAIN), row("B", 69, training="nli"))
    assert found.average is not None
    assert (found.average.of_training, found.average.reach) == (None, None)
    assert found.average.seeds[0] is not None


def test_two_single_runs_as_far_apart_as_seeds_reach_are_no_rarity():
    """Of two single runs of one method 19 in 20 lie within the reach: drawn, not computed."""
    found = compared(row("A", 70, average_deviation="0.84"), row("B", 70, average_deviation="0.84"))
    assert found.average is not None
    assert found.average.reach is not None
    runs = np.random.default_rng(0).normal(75.11, 0.84, (2, 100_000))
    within = np.abs(runs[0] - runs[1]) <= found.average.reach[0]
    assert within.mean() == pytest.approx(0.95, abs=0.003)


def test_an_average_that_is_printed_alone_is_compared_by_its_rules():
    alone = {"columns": [], "scores": []}
    found = compared(row("A", 70), row("A", 69, setting="again", average="69.31", **alone))
    assert (found.tasks, {left.reason for left in found.left_out}) == ((), {"only A has a score"})
    assert found.average is not None
    assert found.average.difference == Decimal("71.50") - Decimal("69.31")
    two = compared(*(row(name, 70, average="70.10", **alone) for name in "AB"))
    assert two.average is not None
    with pytest.raises(UsageError, match="only A has a score"):
        compared(row("A", 70), row("B", 69, average="69.31", protocol={"data": "raw"}, **alone))
    of_six = row("B", 69, columns=list(TASKS[:6]), scores=[69.0] * 6)
    assert compared(row("A", 70), of_six).average is None


# --- a test over runs -----------------------------------------------------------------------------


def test_deviations_and_runs_of_both_give_welchs_test():
    dice = np.random.default_rng(1)
    runs = dice.normal(78.5, 0.5, 10), dice.normal(77.9, 0.2, 5)
    said = [
        {
            "average": f"{one.mean():.10f}",
            "average_deviation": f"{one.std(ddof=1):.10f}",
            "runs": len(one),
        }
        for one in runs
    ]
    found = compared(row("A", 70, **said[0]), row("B", 69, **said[1]))
    assert found.average is not None
    test, expected = found.average.runs_test, stats.ttest_ind(*runs, equal_var=False)
    assert test is not None
    assert test.t == pytest.approx(expected.statistic, rel=1e-6)
    assert test.degrees == pytest.approx(expected.df, rel=1e-6)
    assert test.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    assert {task.runs_test for task in found.tasks} == {None}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"average_deviation": "0.3"},
        {"runs": 10},
        {"average_deviation": "0.3", "runs": 1},
        {"average_deviation": "0.0", "runs": 10},
    ],
    ids=str,
)
def test_there_is_no_test_without_deviations_and_runs_of_both(said: dict[str, object]):
    whole = row("A", 70, average_deviation="0.3", runs=10)
    found = compared(whole, row("B", 69, **said))
    assert found.average is not None
    assert found.average.runs_test is None


# --- what a measured model has --------------------------------------------------------------------


def test_a_measured_model_stands_beside_a_quoted_row():
    run = OURS["all-minilm-l6-v2"]
    found = compare_quoted(measured(run), quoted(rows_of(row("B", 70))[0]))
    assert [task.column for task in found.tasks] == list(TASKS)
    for place, task in enumerate(found.tasks):
        ours = round(100 * run.results[task.column].main_score, 2)
        assert float(task.difference) == pytest.approx(ours - 70 - 0.5 * place)
    assert found.average is not None
    assert float(found.average.first) == run.average("sts")
    assert found.average.seeds[0] is None


def test_tasks_that_were_not_measured_are_left_out():
    run = OURS["all-minilm-l6-v2"]
    some = replace(run, records={task: run.records[task] for task in ("STS12", "STS13")})
    found = compare_quoted(measured(some), quoted(rows_of(row("B", 70))[0]))
    assert [task.column for task in found.tasks] == ["STS12", "STS13"]
    assert found.average is None
    assert {left.reason for left in found.left_out} == {"only B has a score"}


def test_scores_on_other_data_are_refused():
    other = measured(run_of(dict.fromkeys(TASKS, 0.7)))
    with pytest.raises(UsageError, match="none of ours: the data is not that of the catalogue"):
        compare_quoted(other, quoted(rows_of(row("B", 70))[0]))


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "phrase"),
    [
        ({"data": "altered"}, "data senteval and altered"),
        ({"data": "raw"}, "data senteval and raw"),
        ({"data": ""}, "data senteval and not stated"),
        ({"aggregation": "wmean"}, "aggregation all and wmean"),
        ({"metric": "pearson"}, "metric spearman and pearson"),
        ({"similarity": "best-of-four"}, "similarity cos and best-of-four"),
        ({"similarity": "word-mover"}, "similarity cos and word-mover"),
        ({"split": "dev"}, "split not stated and dev"),
    ],
    ids=str,
)
def test_rows_that_answer_different_questions_are_refused(rules: dict[str, str], phrase: str):
    with pytest.raises(UsageError) as caught:
        compared(row("A", 70), row("B", 69, protocol=rules))
    assert f"A and B answer different questions, or none of ours: {phrase}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("rules", "phrase"),
    [
        ({"data": "raw"}, "both on raw text"),
        ({"data": "altered"}, "both on altered text"),
        ({"aggregation": ""}, "aggregation not stated"),
        ({"aggregation": "wmean"}, "both are agg wmean, metric spearman, sim cos, and errors of"),
        ({"metric": "pearson"}, "both are agg all, metric pearson, sim cos, and errors of"),
    ],
    ids=str,
)
def test_rows_of_whose_question_nothing_is_known_are_refused(rules: dict[str, str], phrase: str):
    with pytest.raises(UsageError) as caught:
        compared(row("A", 70, protocol=rules), row("B", 69, protocol=rules))
    assert phrase in str(caught.value)


def test_a_row_is_not_compared_with_itself():
    [one] = rows_of(row("A", 70))
    with pytest.raises(UsageError, match="A and B are the same row, A; name two"):
        compare_quoted(quoted(one), quoted(one))


# --- what else is known of a method ---------------------------------------------------------------


def test_every_average_of_a_method_is_named():
    tables = [
        table_of(
            row("A", 70, method="a"),
            row("A", 69, method="a", status="rerun"),
            row("A", 75, method="a", section="raw", protocol={"data": "raw"}),
            row("B", 68, method="b"),
        ),
        table_of(row("A of others", 71, method="a"), name="two"),
    ]
    first, _, _, second = tables[0].rows
    found = compare_quoted(quoted(first), quoted(second), tables)
    assert found.others == (
        ("70.50 (A, one, rerun)", "72.50 (A of others, two, paper)"),
        (),
    )


def test_a_trap_of_another_average_is_said():
    table = table_of(
        row("A", 70, method="a"),
        row("A", 72, method="a", setting="chosen", marks=["test-choice", "unclear"]),
        row("B", 68),
    )
    found = compare_quoted(quoted(table.rows[0]), quoted(table.rows[2]), [table])
    assert found.others[0] == ("73.50 (A (chosen), one, paper, test-choice, unclear)",)


def test_a_measured_model_has_the_method_of_the_rows_that_name_it():
    run = OURS["all-minilm-l6-v2"]
    table = table_of(
        row("A", 70, method="a", catalogue="all-minilm-l6-v2"),
        row("A", 69, method="a", status="rerun"),
        row("B", 68, method="b"),
    )
    found = compare_quoted(measured(run), quoted(table.rows[2]), [table])
    assert found.others[0] == ("71.50 (A, one, paper)", "70.50 (A, one, rerun)")


def test_an_average_without_its_tasks_counts_by_its_rules():
    alone = {"columns": [], "scores": []}
    table = table_of(
        row("A", 70, catalogue="a-base", method="a"),
        row("B", 69),
        row("A", 71, method="a", setting="trained again", average="70.11", **alone),
        row("A", 71, method="a", setting="raw", average="70.12", **alone, protocol={"data": "raw"}),
        row("A", 71, catalogue="a-base", setting="test", average="70.13", **alone),
    )
    first, second, *_ = table.rows
    assert compare_quoted(quoted(first), quoted(second), [table]).others[0] == (
        "70.11 (A (trained again), one, paper)",
        "70.13 (A (test), one, paper)",
    )
