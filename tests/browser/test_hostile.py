"""Names that try to run: a page shows them as text, whatever field they came in."""

from __future__ import annotations

from typing import Any

import pytest

from benchmark.escaping import page_text
from benchmark.leaderboard import MeasuredRow
from tests.browser.conftest import Open, Write
from tests.reports.page.samples import PAYLOADS, named

OURS = {"script", "noscript", "style", "svg"}


def visible_text(page: Any) -> str:
    return " ".join(page.locator("body").text_content().split())


@pytest.mark.parametrize("name", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_hostile_name_is_text(open_page: Open, write_page: Write, name: str):
    """The watch over dialogs, console and requests is in `open_page`."""
    page = open_page(write_page(named(name), sentences=True))
    expected = " ".join(page_text(name).split())
    assert expected in visible_text(page)
    labels = page.locator("#sts table[data-rows] th.name bdi").all_text_contents()
    assert any(expected in " ".join(label.split()) for label in labels)
    assert expected in " ".join(page.locator("#sts-pairs .far").text_content().split())
    assert page.locator("[onerror], [onload], [onclick], img, iframe, object, embed").count() == 0
    assert "49" not in page.title()


@pytest.mark.parametrize("name", PAYLOADS[:3], ids=range(3))
def test_a_hostile_name_can_be_pointed_at_sorted_and_unfolded(
    open_page: Open, write_page: Write, name: str
):
    board = named(name)
    page = open_page(write_page(board))
    for button in page.locator("#sts table[data-rows]").first.locator(".sort").all():
        button.click()
    row = next(row for row in board.sections[0].rows if isinstance(row, MeasuredRow))
    page.locator(f"[id='{row.id}'] button.unfold").click()
    assert page_text(name).split()[0] in page.locator(f"[id='more-{row.id}']").inner_text()
    page.locator("#sts-intervals svg .mark-symbol.role-mark path").first.hover()
    assert page.locator(".tip").is_visible()
    assert page.locator(".tip").locator("script, img").count() == 0


def test_marks_that_turn_the_writing_direction_are_spelled_out(open_page: Open, write_page: Write):
    page = open_page(write_page(named("\u202egnp.exe")))
    assert "\\u202egnp.exe" in visible_text(page)
    assert "\u202e" not in page.content()


def test_an_endless_name_does_not_widen_the_page(open_page: Open, write_page: Write):
    page = open_page(write_page(named("x" * 2_000)), viewport={"width": 320, "height": 700})
    width, seen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width == seen
    cell = page.locator("#sts table[data-rows] th.name").nth(1)
    assert cell.bounding_box()["width"] < 200
    assert cell.bounding_box()["height"] < 150


def test_a_link_that_is_no_address_is_none(open_page: Open, write_page: Write):
    page = open_page(write_page(named("javascript:alert(1)")))
    links = page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
    assert {link.split(":")[0] for link in links if not link.startswith("#")} <= {"http", "https"}
