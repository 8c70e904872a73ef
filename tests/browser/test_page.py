"""Tables in a real browser: sorting, filtering, and details, by mouse and by keyboard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from benchmark.leaderboard import MeasuredRow
from tests.browser.conftest import Open, Write
from tests.reports.page.samples import full_boards, many_rows, no_rows, one_row

TABLE = "#sts table[data-rows] >> nth=0"


def names(page: Any) -> list[str]:
    """Rows that can be seen, in the order they are seen."""
    return page.eval_on_selector(
        TABLE,
        "t => [...t.tBodies].filter(b => b.checkVisibility()).map(b => b.dataset.name)",
    )


def head(page: Any, text: str) -> Any:
    return page.locator(TABLE).locator("thead th", has_text=text).first


def rows() -> list[Any]:
    return list(full_boards()[0].sections[0].rows)


def by_score(column: str, sign: int) -> list[str]:
    """Names in order of a column, those without a score last; equal ones stay in order."""

    def key(row: Any) -> tuple[bool, float]:
        cell = row.cells.get(column)
        return cell is None, sign * float(cell.text) if cell else 0.0

    return [row.label for row in sorted(rows(), key=key)]


# --- sorting --------------------------------------------------------------------------------------


def test_rows_stand_as_they_were_ranked(open_page: Open, full_page: Path):
    page = open_page(full_page, plots=False)
    assert names(page) == [row.label for row in rows()]
    assert head(page, "#").get_attribute("aria-sort") == "ascending"


def test_a_click_sorts_by_number_and_another_one_turns_the_order(open_page: Open, full_page: Path):
    page = open_page(full_page, plots=False)
    button = head(page, "STS13").get_by_role("button")
    button.click()
    assert head(page, "STS13").get_attribute("aria-sort") == "descending"
    assert head(page, "#").get_attribute("aria-sort") is None
    assert names(page) == by_score("STS13", -1)
    button.click()
    assert head(page, "STS13").get_attribute("aria-sort") == "ascending"
    assert names(page) == by_score("STS13", 1)
    assert page.locator("#said").text_content() == "Sorted by STS13, ascending"


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_keys_sort(open_page: Open, full_page: Path, key: str):
    page = open_page(full_page, plots=False)
    head(page, "SICK-R").get_by_role("button").focus()
    page.keyboard.press(key)
    assert names(page) == by_score("SICKRelatedness", -1)
    page.keyboard.press(key)
    assert names(page) == by_score("SICKRelatedness", 1)


ALPHABET = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"
"""In the order of Unicode's collation: blanks, punctuation, signs, digits, letters."""


def in_words(name: str) -> list[tuple[int, int]]:
    """Sort by that order; digits that follow each other are one number."""
    parts = re.findall(r"\d+|.", name)
    digit = ALPHABET.index("0")
    return [(digit, int(p)) if p.isdigit() else (ALPHABET.index(p), 0) for p in parts]


def test_names_sort_from_a_to_z(open_page: Open, full_page: Path):
    page = open_page(full_page, plots=False)
    head(page, "Model").get_by_role("button").click()
    found = [name.lower() for name in names(page)]
    assert found == sorted(found, key=in_words)
    assert found != [row.label.lower() for row in rows()]


def test_two_hundred_rows_sort_by_rank_as_a_number(open_page: Open, write_page: Write):
    page = open_page(write_page(many_rows()))
    assert page.locator("#sts-intervals svg .mark-symbol.role-mark path").count() == 60
    assert "The last 140 rows are not drawn" in page.locator("#sts-intervals").inner_text()
    button = head(page, "#").get_by_role("button")
    button.click()
    assert names(page) == [f"row {place}" for place in reversed(range(200))]
    button.click()
    assert names(page) == [f"row {place}" for place in range(200)]


# --- filtering ------------------------------------------------------------------------------------


def test_all_words_must_be_in_the_name(open_page: Open, full_page: Path):
    page = open_page(full_page, plots=False)
    box = page.locator("#sts input[type=search]")
    box.fill("roBERTa simcse")
    expected = [r.label for r in rows() if {"roberta", "simcse"} <= set(_words(r.label))]
    assert names(page) == expected
    assert len(expected) > 2
    everywhere = [row for section in full_boards()[0].sections for row in section.rows]
    left = [r for r in everywhere if {"roberta", "simcse"} <= set(_words(r.label))]
    count = page.locator("#sts .count").text_content()
    assert count.startswith(f"{len(expected)} of ")
    assert f", {len(left) - len(expected)} of " in count  # folded below
    box.press("Escape")
    assert len(names(page)) == len(rows())
    assert " of " not in page.locator("#sts .count").text_content()


def test_measured_or_quoted_rows_only(open_page: Open, full_page: Path):
    page = open_page(full_page, plots=False)
    page.locator("#sts").get_by_text("Measured", exact=True).click()
    ours = [row.label for row in rows() if isinstance(row, MeasuredRow)]
    assert names(page) == ours == ["model-0", "model-1", "model-2"]
    page.keyboard.press("ArrowRight")
    assert names(page) == [row.label for row in rows() if not isinstance(row, MeasuredRow)]
    assert page.locator("#transfer tbody.measured").first.is_visible()


def test_nothing_found_is_said(open_page: Open, full_page: Path):
    page = open_page(full_page, plots=False)
    page.locator("#sts input[type=search]").fill("no such model")
    assert names(page) == []
    assert page.locator("#sts .count").text_content().startswith("0 of ")


# --- details --------------------------------------------------------------------------------------


def test_details_unfold_by_click_and_fold_again(open_page: Open, full_page: Path):
    page = open_page(full_page, plots=False)
    button = page.locator("#sts").get_by_role("button", name="model-0").first
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    more = page.locator(f"#{button.get_attribute('aria-controls')}")
    said = more.inner_text()
    for text in ("agg", "how subsets are put together", "fingerprint", "device", "cpu"):
        assert text in said
    for text in ("second", "75.00", "2,000 sentences per second", "@inproceedings{diffcse"):
        assert text in said
    button.click()
    assert more.is_hidden()


def test_details_unfold_and_fold_by_keyboard(open_page: Open, full_page: Path):
    page = open_page(full_page, plots=False)
    button = page.locator("#sts").get_by_role("button", name="DiffCSE-BERT-base").first
    button.focus()
    page.keyboard.press("Enter")
    more = page.locator(f"#{button.get_attribute('aria-controls')}")
    assert "Table 1 (thesis: Table 2.1)" in more.inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert more.is_hidden()
    assert button.evaluate("b => b === document.activeElement")


def test_details_stay_with_their_row_when_rows_are_sorted(open_page: Open, full_page: Path):
    page = open_page(full_page, plots=False)
    page.locator("#sts").get_by_role("button", name="model-2").first.click()
    head(page, "STS12").get_by_role("button").click()
    body = page.locator("#sts tbody[data-name='model-2']")
    assert body.locator("tr.more").is_visible()


def test_an_address_with_a_row_unfolds_it(open_page: Open, full_page: Path):
    row = rows()[3]
    page = open_page(full_page, anchor=f"#{row.id}", plots=False)
    assert page.locator(f"#more-{row.id}").is_visible()


def test_bibtex_is_copied(open_page: Open, full_page: Path):
    page = open_page(full_page, permissions=["clipboard-read", "clipboard-write"], plots=False)
    page.locator("#sts").get_by_role("button", name="DiffCSE-BERT-base").first.click()
    page.get_by_role("button", name="Copy").last.click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == full_boards()[0].bibliography["diffcse"]


# --- number of rows -------------------------------------------------------------------------------


def test_no_boards_and_boards_without_rows_open(open_page: Open, write_page: Write):
    assert "No leaderboard" in open_page(write_page(), plots=False).inner_text("main")
    assert "No rows." in open_page(write_page(no_rows()), plots=False).inner_text("main")


def test_one_row_can_be_sorted_filtered_and_unfolded(open_page: Open, write_page: Write):
    page = open_page(write_page(one_row()), plots=False)
    head(page, "STS12").get_by_role("button").click()
    assert names(page) == ["model-0"]
    assert page.locator("#sts .count").text_content() == "1 row"
    page.get_by_role("button", name="model-0").first.click()
    assert page.locator("tr.more").is_visible()


def _words(label: str) -> list[str]:
    return [word for word in ("roberta", "simcse") if word in label.lower()]
