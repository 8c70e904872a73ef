"""Hundreds of quoted rows in Markdown: a short page, and all of them by year."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from benchmark.leaderboard import Leaderboard
from benchmark.leaderboard.shortlist import of_year, shortlist, years_of
from benchmark.reports.leaderboard.markdown import as_markdown, is_year_page, markdown_files
from tests.leaderboard.traits import BACKBONES, TRAINING, field_board, method_board
from tests.reports.leaderboard_samples import HOSTILE, hostile_board, measured_board

ROW = re.compile(r"^\| \d+ \| \*(model \d+)\*", re.MULTILINE)
REFERENCE = re.compile(r"<sup>\[(†\d+)\]</sup>")


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Leaderboard:
    return field_board(tmp_path_factory.mktemp("field"))


def test_the_best_of_each_backbone_and_training_is_shown_first(board: Leaderboard):
    section = board.sections[0]
    best: dict[tuple[str, str], float] = {}
    for row in section.quoted:
        if not row.published.marks:
            kind = row.published.backbone.title, row.published.training
            best[kind] = max(best.get(kind, 0.0), float(row.average.text))
    first = shortlist(section)
    assert len(best) == len(BACKBONES) * len(TRAINING)
    assert sorted(float(row.average.text) for row in first.quoted) == sorted(best.values())
    assert first.measured == section.measured
    assert [row.rank for row in first.rows] == sorted(row.rank for row in first.rows)


def test_rows_that_say_nothing_of_their_kind_all_stay(board: Leaderboard):
    section = board.sections[0]
    silent = tuple(
        replace(row, published=replace(row.published, backbone=None, training=""))
        for row in section.quoted
    )
    assert shortlist(replace(section, rows=silent)).rows == silent


def test_every_quoted_row_stands_in_the_file_of_its_year(board: Leaderboard):
    files = markdown_files(board)
    first = files.pop("STS.md")
    expected = {f"STS/{year or 'undated'}.md" for year in [*range(2018, 2026), None]}
    assert files.keys() == expected
    for year in years_of(board):
        found = ROW.findall(files[f"STS/{year or 'undated'}.md"])
        assert found == [row.label for row in board.quoted if row.published.year == year]
    links = re.findall(r"^\| \[[\w ]+\]\((.+?)\) \| (\d+) \| (\d+) \|$", first, re.MULTILINE)
    assert {name for name, _, _ in links} == expected
    assert sum(int(ranked) for _, ranked, _ in links) == len(board.quoted) == 330
    assert len(ROW.findall(first)) == len(BACKBONES) * len(TRAINING)


def test_each_file_has_the_sources_of_its_rows_and_no_others(board: Leaderboard):
    for text in markdown_files(board).values():
        used = set(REFERENCE.findall(text))
        listed = set(re.findall(r"^- (†\d+) ", text, re.MULTILINE))
        targets = set(re.findall(r"^\[(†\d+)\]: ", text, re.MULTILINE))
        assert used == listed == targets != set()


def test_what_rows_bear_is_shown_and_explained(board: Leaderboard, tmp_path: Path):
    files = markdown_files(board)
    # No trap is the best of its kind, so the first page need not explain any.
    assert "test text" not in files["STS.md"]
    [line] = [line for line in files["STS/2018.md"].splitlines() if "*model 0*" in line]
    assert "<br><sub>BERT-base, untrained, 2018</sub> |" in line
    assert "2018, **test text**</sub>" in files["STS/2018.md"]
    assert "In bold below a name: test text (trained on the text" in files["STS/2018.md"]
    files = markdown_files(method_board(tmp_path))
    lines = files["STS/2022.md"].splitlines()
    [again] = [line for line in lines if line.startswith("| ") and "DiffCSE again" in line]
    assert again.endswith("| *77.00 ± 0.40* |")
    assert "standard deviation over training runs" in files["STS/2022.md"]
    assert "## Not ranked" in files["STS/2022.md"]


def test_one_page_has_everything_folded(board: Leaderboard):
    page = as_markdown(board)
    shown = len(BACKBONES) * len(TRAINING)
    assert len(ROW.findall(page)) == 330 + shown
    assert page.count("<details>") == page.count("</details>") == len(years_of(board))
    assert "](STS/" not in page
    assert set(REFERENCE.findall(page)) == set(re.findall(r"^- (†\d+) ", page, re.MULTILINE))


def test_the_first_page_of_600_rows_stays_short(tmp_path: Path):
    files = markdown_files(field_board(tmp_path, 600))
    assert len(files["STS.md"].encode()) < 40_000
    assert sum(len(ROW.findall(text)) for name, text in files.items() if name != "STS.md") == 600


def test_a_board_without_quoted_rows_is_one_page():
    board = measured_board()
    assert markdown_files(board) == {"STS.md": as_markdown(board)}


def test_only_pages_of_ours_are_known_again(board: Leaderboard):
    files = markdown_files(board)
    page = files.pop("STS.md")
    assert not is_year_page("STS.md", page)
    for name, text in files.items():
        assert is_year_page(name.removeprefix("STS/"), text)
        assert not is_year_page("notes.md", text)
        assert not is_year_page(name.removeprefix("STS/"), text + "more\n")


def test_nothing_of_ours_is_quoted(board: Leaderboard):
    parts = [of_year(board, year) for year in years_of(board)]
    assert not any(part.measured or part.reproductions for part in parts)


def test_hostile_text_is_shown_as_text():
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    for text in markdown_files(hostile_board(HOSTILE)).values():
        assert "<script" not in parser.render(text)
        assert all(line.isprintable() for line in text.splitlines())
