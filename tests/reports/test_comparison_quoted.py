"""Two scores without predictions: what a reader sees, and that no verdict is among it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from benchmark import render
from benchmark.comparisons.quoted import QuotedComparison, compare_quoted
from benchmark.comparisons.scored import quoted
from benchmark.errors import UsageError
from benchmark.sheet import FORMATS
from tests.comparisons.quoted_tables import row, table_of
from tests.gate.samples import HOSTILE

KNOWN = {"training": "unsupervised", "backbone": "bert-base-uncased"}


def compared(first: str, second: str, *others: str) -> QuotedComparison:
    table = table_of(first, second, *others)
    return compare_quoted(*map(quoted, table.rows[:2]), [table])


PLAIN = compared(
    row("A", 70, catalogue="unsup-simcse-bert-base", note="a caution", **KNOWN),
    row("B", 67.5, setting="of two layers", **KNOWN),
    row("A", 69, catalogue="unsup-simcse-bert-base", status="rerun"),
)
TEXT = str(PLAIN)
OVER_RUNS = compared(
    row("A", 70, average_deviation="0.5", runs=10), row("B", 69, average_deviation="0.5", runs=10)
)


def line_of(text: str, start: str) -> str:
    return " ".join(next(line for line in text.splitlines() if line.startswith(start)).split())


def test_the_two_are_named_with_their_place():
    assert line_of(TEXT, "A = ") == "A = A (one, paper)"
    assert line_of(TEXT, "B = ") == "B = B (of two layers, one, paper)"


def test_a_row_holds_scores_difference_and_what_chance_does():
    assert line_of(TEXT, "STS12") == ("STS12 70.0 67.5 +2.5 0.66 to 2.12 1.52 to 2.14 2.98 to 4.19")
    assert line_of(TEXT, "Avg.") == "Avg. 71.50 69.00 +2.50 0.23 to 0.98 0.85 to 1.19 1.67 to 2.33"


def test_words_say_what_sentences_and_seeds_do():
    assert "A's average is 2.50 points above B's" in TEXT.splitlines()
    assert line_of(TEXT, "had other sentences") == (
        "had other sentences been drawn: such a difference has a sampling error of 0.2 points (sd) "
        "for encoders that are strongly alike, 0.5 typically, 1.0 for encoders that have little in "
        "common"
    )
    assert line_of(TEXT, "had both been trained again") == (
        "had both been trained again: A moves by 0.84 points (sd: its method, trained again by "
        "others); B moves by 0.15 to 0.84 points (sd: unsupervised methods on its backbone); a "
        "difference of two such figures up to 1.7 to 2.3 points is within what seeds alone give, "
        "in 19 of 20 cases"
    )


@pytest.mark.parametrize("form", FORMATS)
def test_without_predictions_there_is_no_test_and_no_verdict(form: str):
    text = render(PLAIN, form)
    assert "significant" not in text
    assert "better" not in text
    assert "p_value" not in text.replace('"over_runs": null', "")
    if form in ("table", "markdown", "latex"):
        assert "this is no test" in text
        assert "no p-value and no verdict can be had" in text


def test_runs_of_both_give_a_test_that_says_what_it_is_of():
    text = str(OVER_RUNS)
    assert line_of(text, "over training runs, on these same sentences").startswith(
        "over training runs, on these same sentences, a test can be had (Welch): t = +4.47, 18.0 "
        "degrees of freedom, p 0.0003; of other sentences it says nothing"
    )
    assert line_of(text, "Avg.").endswith("+4.47 0.0003")
    assert line_of(text, "STS12").endswith("- -")


def test_what_does_not_move_and_what_is_not_known_is_said():
    still = str(compared(row("A", 70, training="untrained"), row("B", 69, training="prompted")))
    assert "A does not move (nothing was trained); B does not move" in still
    assert "so seeds give no difference at all" in still
    unknown = str(compared(row("A", 70, training="nli"), row("B", 69, **KNOWN)))
    assert "A was trained in a way of whose seeds nothing is known" in unknown
    assert "so nothing is known of the difference" in unknown
    level = str(compared(row("A", 70, **KNOWN), row("B", 70, **KNOWN)))
    assert "A's average is on a level with B's" in level


def test_rows_without_an_average_have_tasks_alone():
    table = table_of(row("A", 70), row("B", 69))
    first, second = table.rows
    text = str(compare_quoted(quoted(replace(first, average=None)), quoted(second)))
    assert "there is no average of all tasks that both print" in text
    assert "Avg." not in text


def test_cautions_and_other_numbers_go_with_the_rows():
    assert "note on A: a caution" in TEXT.splitlines()
    assert "other averages of A's method: 70.50 (A, one, rerun)" in TEXT.splitlines()


def test_json_holds_figures_as_printed():
    found = json.loads(render(PLAIN, "json"))
    assert found["unit"] == "points"
    assert found["average"]["scores"] == ["71.50", "69.00"]
    assert found["average"]["difference"] == "2.50"
    assert found["average"]["sentences"] == [0.23, 0.98]
    assert found["average"]["seeds"][0]["low"] == 0.84
    assert found["average"]["over_runs"] is None
    assert [task["task"] for task in found["tasks"]][:2] == ["STS12", "STS13"]
    over = json.loads(render(OVER_RUNS, "json"))["average"]["over_runs"]
    assert set(over) == {"t", "degrees", "p_value"}


def test_csv_holds_the_table():
    rows = list(csv.DictReader(io.StringIO(render(PLAIN, "csv"))))
    assert [row["A-B"] for row in rows] == ["+2.5"] * 7 + ["+2.50"]


@pytest.mark.parametrize("form", FORMATS)
def test_hostile_names_start_nothing(form: str):
    first, second = table_of(row("A", 70), row("B", 69)).rows
    named = [replace(one, model=HOSTILE, note=HOSTILE) for one in (first, second)]
    text = render(compare_quoted(*map(quoted, named)), form)
    assert all(character.isprintable() or character == "\n" for character in text)
    if form == "markdown":
        assert "<script>" not in text
    for line in text.splitlines():
        assert not line.startswith(("=", "@", "\\input", "::"))


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError, match="unknown format 'xml'"):
        render(PLAIN, "xml")


def test_it_says_what_it_is():
    assert repr(PLAIN) == "<QuotedComparison of A and B>"
