"""Two models compared: what a reader sees."""

from __future__ import annotations

import csv
import io
import json

import pytest

from benchmark.errors import UsageError
from benchmark.reports.comparison import render_comparison
from benchmark.sheet import FORMATS
from tests.gate.samples import HOSTILE
from tests.reports.comparison_samples import compared

TEXT = render_comparison(compared())


def line_of(text: str, start: str) -> str:
    [line] = [line for line in text.splitlines() if line.startswith(start)]
    return line


def squeezed(line: str) -> str:
    """A line with single blanks."""
    return " ".join(line.split())


def test_models_are_told_apart_by_what_differs():
    assert line_of(TEXT, "A = ") == "A = one (weights abababababab)"
    assert line_of(TEXT, "B = ") == "B = other (weights efefefefefef)"


def test_a_row_holds_scores_difference_interval_and_test():
    row = squeezed(line_of(TEXT, "STS12"))
    assert row == "STS12 75.00 65.00 +10.00 +9.00 to +11.00 0.0001 0.0003 A better"
    assert line_of(TEXT, "STS13").endswith("unclear")
    assert "-0.10" in line_of(TEXT, "STS13")


def test_an_average_of_some_tasks_says_so_and_is_not_adjusted():
    row = squeezed(line_of(TEXT, "Avg."))
    assert row == "Avg. of 2 75.00 77.00 -2.00 -3.00 to -1.00 0.0001 - B better"


def test_accuracies_have_counts_and_mcnemar():
    assert line_of(TEXT, "MR").split()[-4:] == ["1,234", "56", "<0.0001", "identical"]
    assert "McNemar: exact p" in TEXT


def test_what_was_drawn_is_said_once_for_each_manner():
    assert TEXT.count("drawn: rows of the tasks, all around one sentence together") == 1
    assert TEXT.count("drawn: single rows, since the sentences are not at hand") == 1


def test_the_legend_names_numbers_seed_level_and_tests():
    assert "10,000 paired bootstrap resamples, seed 0" in TEXT
    assert "Holm's correction over the 3 tasks" in TEXT
    assert "below 0.05; unclear" in TEXT


def test_what_is_not_compared_is_listed():
    assert "left out: STS14: only A has a record" in TEXT.splitlines()


def test_notes_go_wherever_the_score_goes():
    assert "note: on other data" in render_comparison(compared(note="on other data"))


def test_numbers_line_up():
    lines = TEXT.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("Task"))
    rule, rows = lines[start + 1], lines[start + 2 : start + 5]
    assert {row.index("75.00") + 5 for row in rows if "75.00" in row} == {rule.index("  -", 10)}
    assert max(map(len, lines[: start + 5])) <= 100


def test_markdown_is_a_table_of_equal_columns():
    text = render_comparison(compared(), "markdown")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows[:5]} == {9}
    assert {row.count("|") for row in rows[5:]} == {12}
    assert "### sts: Spearman's correlation x 100" in text


def test_json_holds_everything_at_full_precision():
    found = json.loads(render_comparison(compared(), "json"))
    assert found["models"]["A"]["label"] == "one"
    assert found["method"] == {
        "resamples": 10_000,
        "level": 0.95,
        "seed": 0,
        "interval": "percentile",
        "test": "exchange",
        "correction": "holm",
        "tests": 3,
    }
    sts, transfer = found["groups"]
    assert sts["tasks"][0] == {
        "task": "STS12",
        "rows": 750,
        "scores": [0.75, 0.65],
        "difference": 0.1,
        "low": 0.1 - 0.01,
        "high": 0.1 + 0.01,
        "standard_error": 0.005,
        "p_value": 0.0001,
        "adjusted_p_value": 0.0003,
        "discordance": None,
        "verdict": "A",
    }
    assert sts["average"]["verdict"] == "B"
    assert sts["drawn"] == "sentences"
    assert transfer["average"] is None
    assert transfer["tasks"][0]["discordance"] == {
        "only_first": 1234,
        "only_second": 56,
        "p_value": 1e-12,
    }
    assert found["left_out"] == [{"task": "STS14", "reason": "only A has a record"}]


# --- hostile text ---------------------------------------------------------------------------------

HOSTILE_COMPARISON = compared(HOSTILE, note=HOSTILE, reason=HOSTILE)


def test_a_terminal_gets_nothing_to_act_on():
    text = render_comparison(HOSTILE_COMPARISON)
    assert all(line.isprintable() for line in text.splitlines())
    assert not any(line.startswith("::") for line in text.splitlines())
    assert len(text.splitlines()) == len(TEXT.splitlines()) + 1  # the note


def test_markdown_shows_hostile_text_as_text():
    text = render_comparison(HOSTILE_COMPARISON, "markdown")
    assert "<script>" not in text
    assert "a\\|b\\`c&lt;/td&gt;&lt;script&gt;" in text
    assert all(line.isprintable() for line in text.splitlines())


def test_json_is_ascii_and_holds_hostile_text_unchanged():
    text = render_comparison(HOSTILE_COMPARISON, "json")
    assert text.isascii()
    assert json.loads(text)["models"]["A"]["label"] == HOSTILE


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError, match=r"unknown format 'tabel' \(did you mean table\?\); there"):
        render_comparison(compared(), "tabel")
    assert FORMATS == ("table", "markdown", "latex", "csv", "csv-table", "json")


def test_csv_holds_each_table_under_its_headings():
    tables = render_comparison(compared(), "csv").split("\n\n")
    sts, transfer = (list(csv.DictReader(io.StringIO(table))) for table in tables)
    assert {row["table"] for row in sts} == {"sts: Spearman's correlation x 100"}
    first = sts[0]
    assert (first["Task"], float(first["A"]), float(first["A-B"])) == ("STS12", 75.0, 10.0)
    assert [row["Verdict"] for row in sts] == ["A better", "unclear", "B better"]
    assert "only A" in transfer[0]
    assert "only A" not in first


@pytest.mark.parametrize("form", ["latex", "csv"])
def test_hostile_names_start_nothing(form: str):
    text = render_comparison(HOSTILE_COMPARISON, form)
    assert all(character.isprintable() or character == "\n" for character in text)
    for line in text.splitlines():
        assert not line.startswith(("=", "@", "\\input"))


def test_latex_is_a_tabular_for_each_table():
    text = render_comparison(compared(), "latex")
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 2
    outside = [line for line in text.splitlines() if line and line[0] not in "%\\ "]
    assert outside == []
