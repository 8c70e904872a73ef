"""Rows and columns: the papers' order and headings, dashes, stars, averages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmark.reports import render
from benchmark.reports.runs import runs_sheet
from benchmark.results import Run, Runs
from benchmark.sheet import Section
from tests.leaderboard.samples import HOSTILE
from tests.reports.latex import set_by_latex
from tests.results.samples import sample_run

PAPERS = ("STS12", "STS13", "STS14", "STS15", "STS16", "STS-B", "SICK-R")
IDS = ("STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark", "SICKRelatedness")


def tables(runs: list[Run]) -> tuple[Section, ...]:
    return runs_sheet(runs).sections


def cells(table: Section) -> tuple[tuple[str, ...], ...]:
    return tuple(row.cells for row in table.rows)


def test_headings_are_the_papers_in_the_papers_order_however_asked():
    run = sample_run(dict.fromkeys(reversed(IDS), 0.5))
    [table] = tables([run])
    assert table.headings == ("Model", *PAPERS, "Avg.")


def test_scores_are_times_hundred_with_two_decimals():
    [table] = tables(
        [sample_run(dict(zip(IDS, (0.1, 0.22222, 0.33336, 0, -0.5, 1, 0.9), strict=True)))]
    )
    assert cells(table) == (
        ("tiny-bert", "10.00", "22.22", "33.34", "0.00", "-50.00", "100.00", "90.00", "29.37"),
    )


def test_only_asked_tasks_have_a_column_and_the_average_is_a_dash():
    [table] = tables([sample_run({"STS16": 0.5, "STS12": 0.25})])
    assert table.headings == ("Model", "STS12", "STS16", "Avg.")
    assert cells(table) == (("tiny-bert", "25.00", "50.00", "-"),)


@pytest.mark.parametrize("place", range(7))
def test_a_missing_score_is_a_dash_and_so_is_the_average(place: int):
    scores = {task: 0.5 for number, task in enumerate(IDS) if number != place}
    [table] = tables([sample_run(scores, "sts")])
    printed = ["50.00"] * 7
    printed[place] = "-"
    assert cells(table) == (("tiny-bert", *printed, "-"),)


def test_scores_on_unverified_data_carry_a_star():
    [table] = tables([sample_run({"STS12": 0.5}, verified=False)])
    assert cells(table) == (("tiny-bert", "50.00*", "-"),)


def test_every_group_has_a_table_of_its_own():
    run = sample_run({}, "DemoSTS, sts, sts-dev")
    assert [table.headings for table in tables([run])] == [
        ("Model", *PAPERS, "Avg."),
        ("Model", "STS-B dev", "SICK-R dev", "Avg."),
        ("Model", "Demo"),
    ]


def test_several_runs_are_several_rows_in_the_order_asked():
    runs = [
        sample_run({"STS13": 0.1}, name="second"),
        sample_run({"STS12": 0.2}, name="first"),
    ]
    [table] = tables(runs)
    assert table.headings == ("Model", "STS12", "STS13", "Avg.")
    assert cells(table) == (("second", "-", "10.00", "-"), ("first", "20.00", "-", "-"))


def test_no_runs_no_tables():
    assert tables([]) == ()


# --- for a paper ----------------------------------------------------------------------------------


def of_paper(*runs: Run) -> str:
    return render(Runs(runs), "latex")


def test_the_best_is_bold_and_the_second_underlined_equal_ones_alike():
    scores = [("a_1", 0.5), ("b", 0.5), ("c", 0.4), ("d", 0.3)]
    text = of_paper(*(sample_run({"STS12": score}, "STS12", name=name) for name, score in scores))
    lines = {line.split(" & ")[0]: line for line in text.splitlines() if " & " in line}
    assert r"\textbf{50.00}" in lines[r"a\_1"]
    assert r"\textbf{50.00}" in lines["b"]
    assert r"\underline{40.00}" in lines["c"]
    assert "{" not in lines["d"]


def test_a_score_on_unverified_data_is_never_the_best():
    runs = [sample_run({"STS12": score}, "STS12", name=f"x{score}") for score in (0.5, 0.4)]
    runs.append(sample_run({"STS12": 0.9}, "STS12", name="other", verified=False))
    text = of_paper(*runs)
    assert r"other & 90.00$^{*}$" in text
    assert r"\textbf{50.00}" in text
    assert "not verified" in text


def test_the_caption_says_the_protocol_and_there_is_a_label():
    text = of_paper(sample_run({"STS12": 0.5, "STS13": 0.2}))
    assert re.search(r"\\caption\{sts: Spearman.*agg all.*underlined", text)
    assert r"\label{tab:sts}" in text
    assert text.count(r"\toprule") == text.count(r"\midrule") == text.count(r"\bottomrule") == 1


@pytest.mark.slow
def test_a_real_latex_sets_it(tmp_path: Path):
    nothing = sample_run({}, tasks=["STS12"], name=HOSTILE)
    set_by_latex(of_paper(sample_run({"STS12": 0.5}), nothing), tmp_path)
