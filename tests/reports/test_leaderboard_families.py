"""The row of a family in every format of a leaderboard, and its members below it."""

from __future__ import annotations

import csv
import functools
import io
import json
import re
import tempfile
from pathlib import Path

import numpy as np
import pytest

from benchmark.leaderboard import Leaderboard, MeasuredRow, make_leaderboard
from benchmark.reports.leaderboard import leaderboard_format
from benchmark.reports.page import render_page
from benchmark.results import Family, Member, collect
from tests.leaderboard.samples import HOSTILE, QUICK, STS, card_number, write_model

QUALITIES = (0.9, 0.6, 0.75)


@functools.cache
def board(name: str = "seeds", setting: str = "") -> Leaderboard:
    """A family of three, and a model."""
    members = tuple(
        Member(f"seed-{place}", (card_number(place).fingerprint or "",), f"{setting}{place}")
        for place in range(3)
    )
    with tempfile.TemporaryDirectory() as folder:
        for place, quality in enumerate(QUALITIES):
            write_model(Path(folder), f"seed-{place}", quality, card=card_number(place))
        write_model(Path(folder), "alone", 0.8, card=card_number(9))
        families = [Family(name, "seed", members)]
        return make_leaderboard("sts", collect([Path(folder)]), method=QUICK, families=families)[0]


def family() -> MeasuredRow:
    return next(row for row in board().measured if row.members)


def shown(row: MeasuredRow) -> str:
    """Mean and deviation of the average, by numpy."""
    averages = [float(member.average.text) for member in row.members]
    return f"{np.mean(averages):.2f} ± {np.std(averages, ddof=1):.2f}"


def ends(row: MeasuredRow) -> tuple[str, str]:
    averages = [member.average.text for member in row.members]
    return min(averages, key=float), max(averages, key=float)


def test_markdown_folds_the_members():
    text, row = leaderboard_format("markdown").render(board()), family()
    table, _, folded = text.partition("<summary>Members of seeds (3)</summary>")
    assert f"| {shown(row)}<br>" in re.sub(r"\*\*|</?ins>", "", table)
    assert "seeds (3)<br><sub>family, seed varied</sub>" in table
    assert "mean of seed-0 (0), seed-1 (1), seed-2 (2) (varied: seed)" in table
    assert not re.search(r"^\| \d+ \| seed-0", table, re.MULTILINE)
    assert "\N{EN DASH}".join(ends(row)) in folded
    for member in row.members:
        assert f"| {member.label}<br><sub>measured</sub> | " in folded
        assert member.average.text in folded
    assert "other sentences, not other training runs" in text


def test_latex_has_the_deviation_the_ends_and_the_members_as_comments():
    text, row = leaderboard_format("latex").render(board()), family()
    assert shown(row).replace("±", r"$\pm$") in re.sub(
        r"\\(textbf|underline){([\d.]+)}", r"\2", text
    )
    assert rf"\scriptsize {'--'.join(ends(row))} \\" in text
    assert all(re.search(rf"^% {re.escape(m.label)}: ", text, re.MULTILINE) for m in row.members)


def test_json_has_both():
    document = json.loads(leaderboard_format("json").render(board()))
    rows = document["sections"][0]["rows"]
    found = next(row for row in rows if row["kind"] == "family")
    assert [row["kind"] for row in found["members"]] == ["measured"] * 3
    averages = [float(member.average.text) for member in family().members]
    assert found["spreads"]["average"] == {
        "mean": pytest.approx(np.mean(averages)),
        "deviation": pytest.approx(np.std(averages, ddof=1)),
        "low": min(averages),
        "high": max(averages),
        "count": 3,
    }
    assert {*found["spreads"]} == {*STS, "average"}
    assert found["varied"] == "seed"
    assert [row["kind"] for row in rows if row is not found] == ["measured"]


def test_csv_has_both():
    lines = [*csv.DictReader(io.StringIO(leaderboard_format("csv").render(board())))]
    row = family()
    of_family = {line["column"]: line for line in lines if line["kind"] == "family"}
    for column in STS:
        scores = [100 * member.cells[column].exact for member in row.members]
        line = of_family[column]
        assert float(line["score"]) == pytest.approx(np.mean(scores))
        assert float(line["deviation"]) == pytest.approx(np.std(scores, ddof=1))
        assert (float(line["least"]), float(line["greatest"])) == (min(scores), max(scores))
        assert line["count"] == "3"
    members = [line for line in lines if line["member_of"] == "seeds (3)"]
    assert {line["model"] for line in members} == {member.label for member in row.members}
    assert all(line["rank"] == "" for line in members)


def test_the_page_unfolds_the_members():
    page = render_page([board()]).decode()
    row = family()
    assert "family</span>" in page
    assert f"± {row.average.deviation}" in page
    assert "\N{EN DASH}".join(ends(row)) in page
    for member in row.members:
        assert f"<bdi>{member.label}</bdi>" in page


@pytest.mark.parametrize("form", ["markdown", "latex", "csv", "json"])
def test_a_board_without_families_says_nothing_of_them(form: str):
    with tempfile.TemporaryDirectory() as folder:
        write_model(Path(folder), "alone", 0.8, card=card_number(9))
        text = leaderboard_format(form).render(
            make_leaderboard("sts", collect([Path(folder)]), method=QUICK)[0]
        )
    # A family of backbones is a column of every CSV and a trait in every JSON.
    assert not re.search("families|member|varied|spreads", text)
    if form in ("markdown", "latex"):
        assert not re.search("family|deviation", text)


def test_names_of_families_are_escaped():
    hostile = board(HOSTILE, HOSTILE)
    assert "<script>" not in leaderboard_format("markdown").render(hostile)
    assert "<script>alert(1)" not in render_page([hostile]).decode()
    lines = leaderboard_format("latex").render(hostile).splitlines()
    assert not any(r"\input{" in line for line in lines if not line.startswith("%"))
