"""The page as a file: what is in it, what it may do, and that it is always the same."""

from __future__ import annotations

import base64
import collections
import hashlib
import json
import sys
from dataclasses import replace
from unittest import mock

import pytest

from benchmark.errors import UsageError
from benchmark.escaping import page_text
from benchmark.leaderboard import MeasuredRow
from benchmark.reports.page import PageOptions, render_page, require_libraries
from benchmark.reports.page.page import finalize
from benchmark.results import published_rows, published_table
from tests.reports.page.reading import Page
from tests.reports.page.samples import PAYLOADS, full_boards, many_rows, named, no_rows

LIBRARY = "window.vegaEmbed = 'here </script> <!-- and there';"


def made(*boards, **options: bool) -> bytes:
    """A page with a short library: bundling the true one takes seconds, and is tested once."""
    with mock.patch("benchmark.reports.page.page.plot_library", return_value=LIBRARY):
        return render_page(boards, published_rows("geometry"), PageOptions(**options))


def page_of(*boards, **options: bool) -> Page:
    return Page(made(*boards, **options))


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# --- what it may do -------------------------------------------------------------------------------


def test_nothing_is_loaded_from_anywhere():
    page = page_of(*full_boards())
    assert page.loads == []
    assert page.handlers == []
    assert "url(" not in "".join(page.styles)
    assert "@import" not in "".join(page.styles)
    assert {link.split(":")[0] for link in page.links} <= {"http", "https"}


def test_the_policy_allows_the_scripts_and_the_style_of_the_page_and_nothing_else():
    page = page_of(*full_boards())
    rules = {name: values for name, *values in (r.split() for r in page.policy.split(";"))}
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == [digest(script) for script in page.scripts]
    assert rules["style-src"] == [digest(style) for style in page.styles]
    assert rules["base-uri"] == rules["form-action"] == ["'none'"]
    assert "unsafe" not in page.policy


def test_a_library_cannot_end_its_element():
    page = page_of(*full_boards())
    assert "window.vegaEmbed = 'here <\\/script> <\\!-- and there';" in page.scripts


def test_a_page_without_plots_carries_no_library():
    assert len(page_of(no_rows()).scripts) == len(page_of(*full_boards()).scripts) - 1


@pytest.mark.parametrize("name", PAYLOADS, ids=range(len(PAYLOADS)))
def test_hostile_names_are_text(name: str):
    page = page_of(named(name), sentences=True)
    assert page.loads == page.handlers == []
    harmless = page_of(*full_boards())
    assert len(page.scripts) == len(harmless.scripts)
    assert page.policy.count("sha256-") == len(page.scripts) + 1
    assert " ".join(page_text(name).split()) in page.text


def test_only_text_that_no_template_made_is_cleaned():
    markup = pytest.importorskip("markupsafe").Markup("<b>\n\t</b>")
    assert finalize(markup) is markup
    assert finalize("\t\x07") == "\\x07"
    assert finalize(None) == ""
    assert finalize(7) == 7


# --- what is in it --------------------------------------------------------------------------------


def test_published_rows_stand_there_digit_for_digit():
    page = page_of(*full_boards())
    for row in published_table("diffcse-sts").rows:
        figures = [f"{row.scores[column]:f}" for column in row.scores]
        assert " ".join([row.average or "", *figures]).strip() in page.text, row.label


def test_measured_rows_stand_there_with_their_intervals():
    board = full_boards()[0]
    page = page_of(board)
    for row in board.sections[0].rows:
        if isinstance(row, MeasuredRow):
            for cell in row.cells.values():
                low, high = 100 * cell.interval.low, 100 * cell.interval.high
                assert f"{cell.text} interval {low:.1f}" in page.text
                assert f"{high:.1f}" in page.text


def test_ids_are_distinct_and_every_link_has_its_target():
    page = page_of(*full_boards())
    counted = collections.Counter(page.ids)
    assert [name for name, count in counted.items() if count > 1] == []
    assert set(page.targets) <= set(page.ids)


def test_cautions_are_sentences():
    board = full_boards()[0]
    section = board.sections[0]
    row = replace(section.measured[0], cautions=("scored on unverified data",))
    page = page_of(replace(board, sections=(replace(section, rows=(row,)),)))
    assert "Scored on unverified data." in page.text


def test_rows_that_are_compared_with_nothing_are_in_no_ranking():
    page = page_of(*full_boards())
    assert "Quoted only, and compared with nothing on this page" in page.text


def test_the_policy_of_gold_scores():
    """With pairs, counts of gold are in the page; without, nothing that was computed from it."""
    [data] = page_of(full_boards()[0]).json["data"]
    case = json.loads(data)["cases"]["0:0"]
    assert sum(case["cells"][2::3]) == 400
    without = page_of(full_boards()[0], pairs=False)
    assert "data" not in without.json
    assert "Gold against cosine" not in without.text


def test_sentences_only_if_they_are_asked_for():
    board = named("a name")
    assert "a name said" in page_of(board, sentences=True).json["data"][0]
    assert "a name said" not in page_of(board).json["data"][0]


def test_the_data_of_plots_is_json():
    page = page_of(*full_boards())
    assert [json.loads(text)["width"] for text in page.json["spec"]] == ["container"] * 10


# --- always the same ------------------------------------------------------------------------------


def test_the_same_boards_give_the_same_bytes():
    first = render_page(full_boards(), published_rows("geometry"))
    assert first == render_page(full_boards(), published_rows("geometry"))
    assert len(first) < 2_500_000
    assert b"vegaEmbed" in first


def test_two_hundred_rows_are_not_too_much():
    assert len(made(many_rows())) < 2_000_000


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "package"), [("jinja2", "jinja2"), ("vl_convert", "vl-convert-python")]
)
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, module: str, package: str):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=rf"html needs {package}; pip install '.\[page\]'"):
        require_libraries()
