"""How the page reads: light and dark, on a phone, on paper, by keyboard, without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmark.leaderboard import MeasuredRow
from tests.browser.conftest import Open
from tests.reports.page.samples import full_boards

PHONE = {"width": 320, "height": 640}


def lightness(page: Any, property_: str) -> float:
    """Of the page's body, from 0 (black) to 255."""
    colour = page.evaluate(f"getComputedStyle(document.body).{property_}")
    digits = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(digits) / 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_as_light_as_the_system_asks(open_page: Open, full_page: Path, scheme: str):
    page = open_page(full_page, plots=False, color_scheme=scheme)
    ground, ink = lightness(page, "backgroundColor"), lightness(page, "color")
    assert (ground > 230 and ink < 60) if scheme == "light" else (ground < 40 and ink > 200)


def test_the_button_turns_the_page_dark_and_is_remembered(open_page: Open, full_page: Path):
    page = open_page(full_page, plots=False, color_scheme="light")
    button = page.get_by_role("button", name="Theme")
    button.press("Enter")
    assert "light" in button.inner_text()
    button.press("Enter")
    assert "dark" in button.inner_text()
    assert lightness(page, "backgroundColor") < 40
    page.reload()
    assert lightness(page, "backgroundColor") < 40


def test_a_phone_scrolls_tables_and_not_the_page(open_page: Open, full_page: Path):
    page = open_page(full_page, viewport=PHONE)
    page.locator("#sts button.unfold").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    scroller = page.locator("#sts .scroll").first
    name = scroller.locator("tbody th.name").first
    before = name.bounding_box()["x"]
    scroller.evaluate("s => { s.scrollLeft = 400; }")
    assert scroller.evaluate("s => s.scrollLeft") > 200
    assert abs(name.bounding_box()["x"] - before) < 1
    assert page.locator("tr.more .details").first.bounding_box()["width"] <= PHONE["width"]


def test_no_width_makes_the_page_scroll_sideways(open_page: Open, full_page: Path):
    page = open_page(full_page)
    page.locator("#sts details.listed summary").first.click()
    page.locator("#sts button.unfold").first.click()
    for width in (320, 480, 768, 1024, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("width => innerWidth === width", arg=width)
        page.wait_for_function("() => document.documentElement.scrollWidth === innerWidth")


def test_without_scripts_tables_and_details_are_there(open_page: Open, full_page: Path):
    page = open_page(full_page, plots=False, java_script_enabled=False)
    rows = full_boards()[0].sections[0].rows
    shown = page.locator("#sts table[data-rows]").first.locator("tbody th.name bdi")
    assert shown.all_inner_texts() == [row.label for row in rows]
    assert page.locator("#sts .controls").is_hidden()
    page.get_by_text("Details of every measured row").first.click()
    ours = next(row for row in rows if isinstance(row, MeasuredRow))
    page.locator(f"#details-{ours.id} > summary").click()
    assert page.locator(f"#details-{ours.id} .facts").first.is_visible()
    theirs = next(row for row in rows if not isinstance(row, MeasuredRow))
    page.locator(f"[id='{theirs.id}'] a.unfold").click()
    assert page.url.endswith(f"#sts-source-{theirs.footnote}")
    assert page.locator(f"#sts-source-{theirs.footnote} a").is_visible()


def test_the_keyboard_reaches_everything_and_shows_where_it_is(open_page: Open, full_page: Path):
    page = open_page(full_page, plots=False)
    page.keyboard.press("Tab")
    skip = page.get_by_text("Skip to the tables")
    assert skip.evaluate("a => a === document.activeElement")
    assert skip.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    found = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        found.add(
            page.evaluate(
                "(({ className, type, localName }) => className || type || localName)"
                "(document.activeElement)"
            )
        )
        outline = page.evaluate(
            "() => { const at = document.activeElement; const seen = at.type === 'radio' ?"
            " at.nextElementSibling : at; return getComputedStyle(seen).outlineStyle; }"
        )
        assert outline == "solid"
    assert {"search", "radio", "summary", "sort", "unfold"} <= {
        word for at in found for word in at.split()
    }


def test_paper_has_no_controls(open_page: Open, full_page: Path):
    page = open_page(full_page, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator("#sts .controls").is_hidden()
    assert page.locator("#theme").is_hidden()
    assert page.locator("#sts table[data-rows]").first.is_visible()
    assert page.locator("#sts-intervals svg").is_visible()


def test_nothing_moves_where_motion_is_not_wanted(open_page: Open, full_page: Path):
    page = open_page(full_page, plots=False, reduced_motion="reduce")
    moving = "all => all.filter(e => getComputedStyle(e).transitionDuration !== '0s').length"
    assert page.eval_on_selector_all("*", moving) == 0
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_axe_finds_nothing(open_page: Open, short_page: Path, scheme: str, width: int):
    """Names, roles, contrast (WCAG AA) and the rest, by axe-core's rules."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = open_page(short_page, color_scheme=scheme, viewport={"width": width, "height": 900})
    for button in page.locator("#sts button.unfold").all()[:4]:
        button.click()
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    found = axe.Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
