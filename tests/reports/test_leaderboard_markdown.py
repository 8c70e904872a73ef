"""A leaderboard in Markdown, read by a CommonMark parser as GitHub would."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from benchmark.leaderboard import Leaderboard
from benchmark.leaderboard.shortlist import shortlist
from benchmark.one_line import one_line
from benchmark.reports.leaderboard.markdown import as_markdown
from benchmark.reports.spreads import DASH
from benchmark.tasks import table
from tests.reports.leaderboard_samples import (
    FORMULA,
    HOSTILE,
    hostile_board,
    measured_board,
    plain_board,
)

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")
COLUMNS = [task.heading for task in table("sts")]
TAGS = {
    *("h1", "h2", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"),
    *("strong", "em", "ins", "sub", "sup", "br", "a", "code", "details", "summary"),
}


class Page(HTMLParser):
    """What a browser makes of it: tags, targets of links, the text of every cell and heading."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.tables: list[list[list[str]]] = []
        self.text = ""
        self._cell = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= set(attrs)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._cell = True
        if tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data):
        self.text += data
        if self._cell:
            self.tables[-1][-1][-1] += data


def read(board: Leaderboard) -> Page:
    return Page(PARSER.render(as_markdown(board)))


def row_of(page: Page, name: str) -> list[str]:
    return next(row for row in page.tables[0] if row[1].startswith(name))


def test_the_table_has_the_papers_columns():
    head, *rows = read(plain_board()).tables[0]
    assert head == ["#", "Model", *COLUMNS, "Avg."]
    assert {len(row) for row in rows} == {10}
    assert len(rows) == len(shortlist(plain_board().sections[0]).rows)


def test_measured_rows_are_upright_with_intervals():
    page = read(plain_board())
    row = row_of(page, "model-0")
    assert row[1] == "model-0 measured"
    for cell in row[2:9]:
        assert re.fullmatch(r"\d\d\.\d\d \d\d\.\d\N{NON-BREAKING HYPHEN}\d\d\.\d", cell)
    assert re.fullmatch(r"\d\d\.\d\da \d\d\.\d\N{NON-BREAKING HYPHEN}\d\d\.\d", row[9])
    [line] = [line for line in as_markdown(plain_board()).splitlines() if "| model-0<br>" in line]
    assert "*model" not in line
    assert "†" not in line


def test_quoted_rows_are_in_italics_with_a_dagger_and_a_link():
    lines = as_markdown(plain_board()).splitlines()
    first, *_ = [line for line in lines if "| *DiffCSE-BERT-base*" in line]  # ranked, then listed
    cells = [cell.strip() for cell in first.strip("|").split("|")]
    number = re.match(r"\*DiffCSE-BERT-base\*<sup>\[†(\d+)\]</sup><br><sub>", cells[1])[1]
    assert f"[†{number}]: https://arxiv.org/abs/2204.10298" in lines
    assert all(re.fullmatch(r"\*.*\*", cell) for cell in cells[2:])
    assert ("href", "https://arxiv.org/abs/2204.10298") in read(plain_board()).attributes


def test_best_and_second_are_marked_once_a_column():
    rows = [
        line
        for line in as_markdown(plain_board()).splitlines()
        if re.match(rf"\| (\d|{DASH})", line)
    ]
    columns = list(zip(*[[c.strip() for c in row.split("|")[3:11]] for row in rows], strict=True))
    assert len(columns) == 8
    for column in columns:
        assert sum("**" in cell.split("<br>")[0] for cell in column) == 1
        assert sum("<ins>" in cell for cell in column) == 1


def test_what_is_missing_is_a_dash_without_a_rank():
    row = row_of(read(plain_board()), "part")
    assert row[0] == row[4] == row[9] == DASH


def test_only_tags_that_github_lets_through():
    assert read(plain_board()).tags <= TAGS


def test_sections_below_the_table():
    page = as_markdown(plain_board())
    assert re.findall(r"^#+ .*", page, re.MULTILINE) == [
        "# STS leaderboard",
        "## Measured minus published",
        "## All quoted rows",
        "## Sources",
        "## Not ranked",
        "## Method",
    ]
    assert "by Holm's correction over all tests (3 pairs)" in page


def test_without_quoted_rows_nothing_is_said_of_them():
    page = as_markdown(measured_board())
    assert "quoted" not in page.partition("## Method")[0]
    assert "## Sources" not in page
    assert "## Measured minus published" not in page


def test_a_difference_beyond_tolerance_is_flagged():
    from benchmark.leaderboard import Difference, Reproduction

    near, far = (
        Difference(text, value, tolerance, within)
        for text, value, tolerance, within in [
            ("+0.01", 0.01, 0.02, True),
            ("-1.00", -1, 0.02, False),
        ]
    )
    made = Reproduction("model-0", "published", 1, {"STS12": near, "STS13": far}, None)
    page = as_markdown(replace(plain_board(), reproductions=(made,)))
    assert "2 differences, **1 of them outside ⚠**" in page
    assert "| +0.01 | **-1.00 ⚠** |  |  |" in page


@pytest.mark.parametrize("name", [HOSTILE, FORMULA])
def test_hostile_text_is_shown_as_text(name: str):
    page = read(hostile_board(name))
    assert page.tags <= TAGS
    assert {key for key, _ in page.attributes} <= {"href", "style"}
    targets = {value for key, value in page.attributes if key == "href"}
    assert targets <= {"#sources"}
    assert {value for key, value in page.attributes if key == "style"} <= {"text-align:right"}
    ranked = page.tables[0]
    shown = one_line(name)
    assert {len(row) for row in ranked} == {10}
    assert [row[1] for row in ranked if row[1].startswith(shown + " ")] != []
    assert page.text.count(shown) > 10
    # Markdown's own signs are escaped, GitHub's formulas too.
    for line in as_markdown(hostile_board(name)).splitlines():
        assert "$" not in re.sub(r"\\.|(`+).*?\1", "", line)


def test_every_line_is_printable():
    for line in as_markdown(hostile_board()).splitlines():
        assert line.isprintable()
