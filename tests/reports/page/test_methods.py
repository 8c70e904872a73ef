"""Every number of a method on the page: each row, the spread, and what is not averaged."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from unittest import mock

import pytest

from benchmark.leaderboard import Leaderboard
from benchmark.reports.spreads import DASH
from tests.leaderboard.traits import method_board
from tests.reports.page.reading import Page
from tests.reports.page.samples import PAYLOADS

pytest.importorskip("jinja2")

METHOD = "diffcse-bert-base"


class Cells(HTMLParser):
    """The lines of the tables in a piece of a page, each as the texts of its cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines: list[list[str]] = []
        self._open = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.lines.append([])
        if tag in ("td", "th"):
            self.lines[-1].append("")
            self._open = True

    def handle_endtag(self, tag):
        self._open = self._open and tag not in ("td", "th")

    def handle_data(self, data):
        if self._open:
            self.lines[-1][-1] += data


def rendered(*boards: Leaderboard) -> str:
    from benchmark.reports.page import render_page

    with mock.patch("benchmark.reports.page.page.plot_library", return_value="// library"):
        return render_page(boards).decode()


@pytest.fixture
def board(tmp_path: Path) -> Leaderboard:
    return method_board(tmp_path)


def block(page: str) -> str:
    [found] = re.findall(r'<section class="block method".*?</section>', page, re.DOTALL)
    return found


def lines(page: str) -> dict[str, list[str]]:
    return {" ".join(first.split()): rest for first, *rest in Cells(block(page)).lines}


def test_every_row_stands_with_its_source_and_its_scores(board: Leaderboard):
    found = lines(rendered(board))
    [paper] = [rest for name, rest in found.items() if name.endswith("in a paper")]
    assert paper == ["72.28", "84.43", "76.47", "83.90", "80.54", "80.59", "71.23", "78.49"]
    names = [*found]
    assert any(name == "diffcse-bert-base measured" for name in names)
    assert any("in the saved output of a notebook" in name for name in names)
    [again] = [rest for name, rest in found.items() if name.startswith("DiffCSE again")]
    assert again[-1] == "77.00 ± 0.40"


def test_the_spread_is_below_and_what_is_apart_below_that(board: Leaderboard):
    found = lines(rendered(board))
    average = board.methods[METHOD].average
    assert found["Different rows"][-1] == "3"
    assert found["Range"][-1] == f"{average.low:.2f}{DASH}{average.high:.2f}"
    assert found["Mean"][-1] == f"{average.mean:.2f}"
    assert found["Standard deviation"][-1] == f"{average.deviation:.2f}"
    names = [*found]
    apart = names.index(next(name for name in names if name.startswith("Not averaged")))
    assert names.index("Standard deviation") < apart
    after = names[apart + 1 :]
    assert [name.split(" (")[0] for name in after] == ["DiffCSE trap", "DiffCSE mean"]
    assert "; test text" in after[0]
    assert "Table made (spearman, mean)" in after[1]


def test_its_rows_are_named_and_its_links_have_targets(board: Leaderboard):
    page = rendered(board)
    ids = re.search(r'data-method-of="([^"]*)"', page)[1].split()
    assert ids == [row.id for row in board.methods[METHOD].rows]
    read = Page(page.encode())
    assert set(read.targets) <= set(read.ids)
    assert re.findall(r'data-row="([^"]*)"', block(page)) == ids


def test_a_deviation_stands_below_its_score_in_the_table(board: Leaderboard):
    page = rendered(replace(board, methods={}))
    assert "data-method-of" not in page.partition("<script")[0]
    assert page.count("± 0.40</span>") == 3  # the rerun, the one with a trap, the listed one


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_methods_stay_text(board: Leaderboard, name: str):
    found = replace(board.methods[METHOD], id=name)
    page = Page(rendered(replace(board, methods={name: found})).encode())
    assert page.loads == []
    assert page.handlers == []
    assert not any("alert(1)" in script for script in page.scripts)
