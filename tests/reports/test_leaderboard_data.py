"""A leaderboard as CSV and JSON: for programs, nothing lost, nothing run."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.leaderboard import MeasuredRow
from benchmark.one_line import one_line
from benchmark.reports.leaderboard import LEADERBOARD_FORMATS, leaderboard_format
from benchmark.reports.leaderboard.data import AVERAGE, HEADINGS, as_csv, as_json
from tests.leaderboard.traits import method_board
from tests.reports.leaderboard_samples import (
    FORMULA,
    HOSTILE,
    hostile_board,
    measured_board,
    plain_board,
)


def lines(board) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(board))))


def test_csv_has_a_line_for_each_number():
    found = lines(plain_board())
    assert tuple(found[0]) == HEADINGS
    rows = [row for section in plain_board().sections for row in section.rows]
    assert len(found) == sum(len(row.cells) + (row.average is not None) for row in rows)


def test_csv_keeps_every_digit():
    found = {(line["model"], line["column"]): line for line in lines(plain_board())}
    [row] = [row for row in plain_board().sections[0].rows if row.label == "model-0"]
    line = found["model-0", "STS12"]
    assert float(line["score"]) == 100 * row.results["STS12"].main_score
    assert float(line["low"]) == pytest.approx(100 * row.cells["STS12"].interval.low, abs=1e-4)
    assert line["signature"] == row.results["STS12"].signature
    assert found["model-0", AVERAGE]["score"] == row.average.text
    # Pearson of the same model stands in a listing below.
    mteb = [
        line
        for line in lines(plain_board())
        if (line["model"], line["column"]) == ("sentence-transformers/all-MiniLM-L6-v2", "STS12")
    ]
    assert mteb[0]["score"] == "72.36899998079941"
    assert {line["rank"] + line["mark"] for line in mteb} == {""}


def test_csv_numbers_are_numbers():
    for line in lines(plain_board()):
        float(line["score"])
    negative = [line for line in lines(plain_board()) if line["score"].startswith("-")]
    assert negative  # MTEB's random baseline


@pytest.mark.parametrize("name", [HOSTILE, FORMULA, "+1", "-1", "@x", "\t=1", "\r=1"])
def test_csv_starts_no_formula(name: str):
    found = lines(hostile_board(name))
    assert {len(line) for line in found} == {len(HEADINGS)}
    for line in found:
        for heading, value in line.items():
            if heading not in ("score", "low", "high"):
                assert value[:1] not in ("=", "+", "-", "@", "\t", "\r")
            assert value.isprintable()
    shown = [line["model"].removeprefix("'").startswith(one_line(name)) for line in found]
    assert all(shown)


def test_json_holds_all_of_a_row():
    document = json.loads(as_json(plain_board()))
    assert document["group"] == "sts"
    assert document["method"] == {"resamples": 200, "permutations": 199, "level": 0.95}
    section = document["sections"][0]
    assert (section["ranked"], section["pairs_tested"], section["pairs"]) == (True, 3, 3)
    [row] = [row for row in section["rows"] if row["label"] == "model-0"]
    kept = next(r for r in plain_board().sections[0].rows if r.label == "model-0")
    assert isinstance(kept, MeasuredRow)
    assert row["kind"] == "measured"
    assert row["scores"]["STS12"]["score"] == kept.results["STS12"].main_score
    low, high = row["scores"]["STS12"]["interval"]
    assert low < row["scores"]["STS12"]["score"] < high
    assert row["records"]["STS12"]["subsets"]["first"]["pairs"] == 60
    assert row["records"]["STS12"]["environment"] == {"benchmark": "0.1.0", "device": "cpu"}
    assert row["group"] == "a"
    assert row["ranks_among_measured"] == {"best": 1, "worst": 2}


def test_json_keeps_quoted_digits_and_sources():
    document = json.loads(as_json(plain_board()))
    rows = [row for section in document["sections"] for row in section["rows"]]
    row = next(row for row in rows if row["label"] == "sentence-transformers/all-MiniLM-L6-v2")
    assert row["scores"]["STS12"] == {"text": "72.37", "mark": None, "printed": "72.36899998079941"}
    source = document["sources"][row["source_number"] - 1]["source"]
    assert source["key"] == row["published"]["source"] == "mteb-results"
    assert source["bibtex"] == document["bibliography"]["mteb-results"]


def test_json_and_csv_say_what_a_row_is_of(tmp_path: Path):
    board = method_board(tmp_path)
    document = json.loads(as_json(board))
    rows = {row["label"]: row for section in document["sections"] for row in section["rows"]}
    again = rows["DiffCSE again (rerun)"]
    assert again["average"]["deviation"] == "0.40"
    assert again["scores"]["STS12"]["deviation"] == "0.38"
    assert "deviation" not in rows["DiffCSE-BERT-base"]["average"]
    assert again["published"]["runs"] == 5
    assert again["traits"] == {
        "year": 2022,
        "backbone": "BERT-base",
        "family": "BERT",
        "parameters": 110_000_000,
        "training": "unsupervised",
        "method": "diffcse-bert-base",
        "citation": "diffcse",
    }
    found = {(line["model"], line["column"]): line for line in lines(board)}
    line = found["DiffCSE trap (rerun)", AVERAGE]
    said = [line[name] for name in ("deviation", "marks", "year", "backbone", "parameters")]
    assert said == ["0.40", "test-text", "2022", "BERT-base", "110000000"]
    assert found["diffcse-bert-base", "STS12"]["method"] == "diffcse-bert-base"


def test_json_has_all_numbers_of_a_method(tmp_path: Path):
    board = method_board(tmp_path)
    document = json.loads(as_json(board))
    found = document["methods"]["diffcse-bert-base"]
    ids = {row["id"] for section in document["sections"] for row in section["rows"]}
    [log] = found["in_other_tables"]
    assert log["published"]["status"] == "notebook"
    assert {*found["rows"]} - {log["id"]} < ids
    assert {other["id"] for other in found["not_averaged"]} < ids
    assert found["average"]["count"] == 3
    assert found["average"]["deviation"] == pytest.approx(
        board.methods["diffcse-bert-base"].average.deviation
    )


@pytest.mark.parametrize("name", [HOSTILE, FORMULA])
def test_json_of_hostile_names_is_ascii_and_comes_back(name: str):
    text = as_json(hostile_board(name))
    assert text.isascii()
    assert "\x1b" not in text
    rows = [row for section in json.loads(text)["sections"] for row in section["rows"]]
    assert {row["model"] for row in rows if row["kind"] == "measured"} == {name}


@pytest.mark.parametrize("form", LEADERBOARD_FORMATS)
def test_the_same_board_gives_the_same_bytes(form: str):
    render = leaderboard_format(form).render
    assert render(plain_board()) == render(plain_board())
    assert render(measured_board()).endswith("\n")


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError, match=r"unknown format 'markdwon'.*markdown"):
        leaderboard_format("markdwon")
