"""Plots of a whole field and the numbers of a method, in a real browser."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Open, Write
from tests.browser.test_plots import labels, points
from tests.leaderboard.traits import field_board, method_board

YEARS, SIZES = "sts-years", "sts-sizes"
CORNER = re.compile(r"[ML](-?[\d.]+),(-?[\d.]+)")


@pytest.fixture(scope="module")
def field_page(tmp_path_factory: pytest.TempPathFactory, write_page: Write) -> Path:
    return write_page(field_board(tmp_path_factory.mktemp("field"), 330))


def is_staircase(line: Any) -> bool:
    """Steps to the right and up only, several of them (up is less in a drawing)."""
    corners = [tuple(map(float, c)) for c in CORNER.findall(line.get_attribute("d"))]
    pairs = [*pairwise(corners)]
    level = all(x == to_x or y == to_y for (x, y), (to_x, to_y) in pairs)
    rising = all(x <= to_x and y >= to_y for (x, y), (to_x, to_y) in pairs)
    return level and rising and len({x for x, _ in corners}) > 3


def colours(page: Any, plot: str) -> set[str]:
    script = "all => all.map(path => getComputedStyle(path).fill)"
    return set(page.eval_on_selector_all(f"#{plot} svg .mark-symbol.role-mark path", script))


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_field_is_drawn_in_the_colours_of_the_page(
    open_page: Open, field_page: Path, width: int, scheme: str
):
    page = open_page(field_page, viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert points(page, YEARS).count() == 301
    assert points(page, SIZES).count() == 331
    assert len(colours(page, YEARS)) == 3
    assert {"BERT", "RoBERTa", "Llama", "2018"} <= set(labels(page, YEARS))
    assert "1B" in labels(page, SIZES)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for plot in (YEARS, SIZES):
        assert is_staircase(page.locator(f"#{plot} svg .mark-line path").first)


def test_column_and_backbone_can_be_chosen_by_keyboard(open_page: Open, field_page: Path):
    page = open_page(field_page)
    score, backbone = page.locator(f"#{YEARS} select").all()
    assert [score.is_visible(), backbone.is_visible()] == [True, True]
    backbone.focus()
    page.keyboard.type("Llama")
    page.wait_for_function(
        f"() => document.querySelectorAll('#{YEARS} svg .mark-symbol.role-mark path').length < 301"
    )
    assert len(colours(page, YEARS)) == 1
    backbone.select_option(label="All")
    score.select_option(label="STS12")
    page.wait_for_function(
        f"() => document.querySelectorAll('#{YEARS} svg .mark-symbol.role-mark path').length == 301"
    )


def test_a_point_names_its_row(open_page: Open, field_page: Path):
    page = open_page(field_page)
    points(page, YEARS).last.hover()  # ours is on top
    said = page.locator(".tip").inner_text().split("\n")
    assert {"ours", "measured", "2021", "110,000,000", "unsupervised"} <= set(said)


def test_the_table_says_the_same(open_page: Open, field_page: Path):
    page = open_page(field_page)
    page.locator(f"#{YEARS} summary").focus()
    page.keyboard.press("Enter")
    table = page.locator(f"#{YEARS} table")
    assert table.locator("tbody tr").count() == 301
    assert "ours\t2021\tBERT-base" in table.inner_text()


def test_a_row_unfolds_to_every_number_of_its_method(
    open_page: Open, write_page: Write, tmp_path: Path
):
    page = open_page(write_page(method_board(tmp_path)))
    shown = page.locator(".more .method")
    assert shown.count() == 0
    page.get_by_role("button", name="DiffCSE again").click()
    shown.wait_for()
    assert "Standard deviation" in shown.inner_text()
    assert shown.locator("[aria-current]").inner_text().startswith("DiffCSE again")
    page.get_by_role("button", name="DiffCSE again").click()
    page.get_by_role("button", name="DiffCSE again").click()
    assert shown.count() == 1
    page.locator("tbody.measured button.unfold").click()
    assert shown.count() == 2


def test_without_a_script_the_methods_can_be_read(
    open_page: Open, write_page: Write, tmp_path: Path
):
    path = write_page(method_board(tmp_path))
    page = open_page(path, plots=False, java_script_enabled=False)
    page.locator(".methods > summary").click()
    assert "Standard deviation" in page.locator(".methods").inner_text()
