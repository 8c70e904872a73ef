"""600 rows in a real browser: facets, columns, folded tables, and the address of a view."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from benchmark.escaping import page_text
from benchmark.leaderboard import QuotedRow, TableRow
from tests.browser.conftest import Open, Write
from tests.reports.page.field import ROWS, whole_field
from tests.reports.page.samples import PAYLOADS

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def field_page(write_page: Write) -> Path:
    return write_page(whole_field())


def shown(page: Any) -> set[str]:
    """Ids of rows that no filter hides, those of folded tables included."""
    return set(
        page.eval_on_selector_all(
            "#sts [data-rows] > tbody", "all => all.filter(b => !b.hidden).map(b => b.id)"
        )
    )


def rows(keep: Callable[[TableRow], object]) -> set[str]:
    return {row.id for section in whole_field().sections for row in section.rows if keep(row)}


def is_weighted(row: TableRow) -> bool:
    return isinstance(row, QuotedRow) and row.published.protocol.aggregation == "wmean"


def is_ranked(row_id: str) -> bool:
    return any(
        row_id == row.id for part in whole_field().sections if part.ranked for row in part.rows
    )


def told(left: set[str]) -> str:
    """What stands above the table: its rows, and how many are folded below."""
    everywhere = rows(lambda _: True)

    def share(found: set[str], there: set[str]) -> str:
        return f"{len(found)}" if len(found) == len(there) else f"{len(found)} of {len(there)}"

    above = {one for one in everywhere if is_ranked(one)}
    below = everywhere - above
    tables = [part for part in whole_field().sections if not part.ranked]
    used = sum(any(row.id in left for row in part.rows) for part in tables)
    text = f"{share(left & above, above)} rows"
    folded = f", {share(left & below, below)} in {used} tables folded below"
    return text + (folded if left & below else "")


def facet(page: Any, title: str) -> Any:
    return page.locator("#sts .facet", has=page.locator(f"legend:text-is('{title}')"))


def choose(page: Any, title: str, *answers: str) -> None:
    facet(page, title).locator("summary").click()
    for answer in answers:
        facet(page, title).locator("label", has=page.get_by_text(answer, exact=True)).click()
    page.keyboard.press("Escape")


def view_of(page: Any, *expected: tuple[str, str]) -> None:
    """Wait until the address says this and nothing else."""
    try:
        page.wait_for_function(
            "count => [...new URLSearchParams(location.hash.slice(2))].length === count",
            arg=len(expected),
            timeout=10_000,
        )
    finally:
        found = parse_qsl(page.evaluate("location.hash.slice(2)"))
    assert sorted(found) == sorted(expected)


# --- filtering ------------------------------------------------------------------------------------


def test_answers_of_a_facet_add_up_and_facets_narrow(open_page: Open, field_page: Path):
    page = open_page(field_page, plots=False)
    everywhere = rows(lambda _: True)
    assert len(everywhere) == ROWS + 2
    assert page.locator("#sts .count").text_content() == told(everywhere)
    choose(page, "Year", "2021", "2022")
    found = rows(lambda row: row.traits.year in (2021, 2022))
    assert shown(page) == found
    choose(page, "Backbone", "BERT-base")
    found = rows(lambda row: row.traits.year in (2021, 2022) and row.traits.backbone == "BERT-base")
    assert shown(page) == found
    assert page.locator("#sts .count").text_content() == told(found)
    assert "2 chosen" in facet(page, "Year").locator("summary").text_content()
    assert facet(page, "Backbone").locator("summary").text_content() == "Backbone: BERT-base"


@pytest.mark.parametrize(
    ("title", "answer", "keep"),
    [
        ("Size", "6B and more", lambda row: (row.traits.parameters or 0) >= 6e9),
        ("Training", "NLI labels", lambda row: row.traits.training == "nli"),
        (
            "Rules",
            "Pearson",
            lambda row: isinstance(row, QuotedRow) and row.published.protocol.metric == "pearson",
        ),
        ("Status", "measured", lambda row: not isinstance(row, QuotedRow)),
        (
            "Status",
            "transcribed",
            lambda row: isinstance(row, QuotedRow) and row.published.status == "transcribed",
        ),
        (
            "Source",
            "Paper 7",
            lambda row: isinstance(row, QuotedRow) and row.published.source == "paper7",
        ),
    ],
)
def test_each_facet_keeps_its_rows(
    open_page: Open, field_page: Path, title: str, answer: str, keep: Callable[[TableRow], object]
):
    page = open_page(field_page, plots=False)
    choose(page, title, answer)
    assert shown(page) == rows(keep) != set()


def test_answers_say_how_many_rows_they_would_leave(open_page: Open, field_page: Path):
    page = open_page(field_page, plots=False)
    choose(page, "Family", "Llama")
    facet(page, "Year").locator("summary").click()
    label = facet(page, "Year").locator("label", has_text="2020")
    expected = rows(lambda row: row.traits.family == "Llama" and row.traits.year == 2020)
    assert label.locator(".rows").text_content() == str(len(expected))
    label.click()
    assert shown(page) == expected


def test_folded_tables_say_what_they_hold_and_open_on_demand(open_page: Open, field_page: Path):
    page = open_page(field_page, plots=False)
    choose(page, "Rules", "weighted mean of subsets")
    tables = page.locator("#sts details.listed:visible")
    assert tables.count() == 4
    page.locator("#sts input[type=search]").fill("variant 7")
    expected = rows(lambda row: is_weighted(row) and "7" in row.label and "variant" in row.label)
    left = len(expected)
    assert tables.first.locator("summary .rows").text_content() == "1 of 12 rows"
    assert page.locator("#sts .count").text_content() == told(expected)
    assert page.locator("#sts .ranked").is_hidden()
    assert page.locator("#sts .listed tbody").first.is_hidden()
    tables.first.locator("summary").click()
    assert page.locator("#sts .listed tbody:visible").count() == 1 < left
    page.get_by_role("button", name="Open all").click()
    assert page.locator("#sts .listed tbody:visible").count() == left


def test_reset_shows_everything_again(open_page: Open, field_page: Path):
    page = open_page(field_page, plots=False)
    reset = page.get_by_role("button", name="Reset filters")
    assert reset.is_hidden()
    choose(page, "Size", "under 50M")
    page.locator("#sts input[type=search]").fill("variant 1")
    page.locator("#sts").get_by_text("Quoted", exact=True).click()
    reset.click()
    assert len(shown(page)) == ROWS + 2
    assert reset.is_hidden()
    assert page.evaluate("document.activeElement.type") == "search"
    view_of(page)
    assert "#" not in page.url


# --- columns --------------------------------------------------------------------------------------


def test_columns_can_be_left_out(open_page: Open, field_page: Path):
    page = open_page(field_page, plots=False)
    choose(page, "Columns", "STS13", "Training")
    heads = page.locator("#sts .ranked thead th:visible")
    assert [text.strip() for text in heads.all_text_contents()] == [
        "#", "Model", "Avg.", "STS12", "STS14", "STS15", "STS16", "STS-B", "SICK-R", "Group",
        "Year", "Backbone", "Size",
    ]  # fmt: skip
    row = page.locator("#sts .ranked tbody").nth(1).locator("tr").first
    assert row.locator(":scope > :visible").count() == heads.count()
    view_of(page, ("sts.hide", "STS13"), ("sts.hide", "training"))


def test_traits_sort(open_page: Open, field_page: Path):
    page = open_page(field_page, plots=False)
    page.locator("#sts .ranked thead th.parameters button").click()
    first = page.locator("#sts .ranked tbody td.parameters").first
    assert first.text_content() == "13B"
    last = page.locator("#sts .ranked tbody td.parameters").last
    assert last.text_content() == ""
    page.locator("#sts .ranked thead th.parameters button").click()
    assert first.text_content() == "14M"


# --- the address ----------------------------------------------------------------------------------


def test_a_view_is_kept_in_the_address_and_comes_back(open_page: Open, field_page: Path):
    page = open_page(field_page, plots=False)
    length = page.evaluate("history.length")
    page.locator("#sts input[type=search]").fill("paper, variant")
    choose(page, "Backbone", "BERT-large", "Llama-2-7B")
    choose(page, "Columns", "STS14")
    page.locator("#sts .ranked thead button", has_text="STS12").click()
    opened = page.locator("#sts .ranked tbody:not([hidden])").nth(4)
    name = opened.get_attribute("id")
    opened.locator("button.unfold").click()
    view_of(
        page,
        ("sts.search", "paper, variant"),
        ("sts.backbone", "BERT-large"),
        ("sts.backbone", "Llama-2-7B"),
        ("sts.hide", "STS14"),
        ("sts.sort", "1 descending STS12"),
        ("open", str(name)),
    )
    assert page.evaluate("history.length") == length
    again = open_page(field_page, anchor=page.evaluate("location.hash"), plots=False)
    assert shown(again) == shown(page)
    ids = "all => all.map(b => b.id)"
    body = "#sts .ranked tbody"
    assert again.eval_on_selector_all(body, ids) == page.eval_on_selector_all(body, ids)
    assert again.locator("#sts input[type=search]").input_value() == "paper, variant"
    assert again.locator("#sts .ranked thead th[data-column=STS14]").is_hidden()
    assert again.locator(f"[id='more-{name}']").is_visible()
    top = again.locator(f"[id='more-{name}']").bounding_box()["y"]
    assert 0 < top < again.viewport_size["height"]


def test_a_row_of_a_folded_table_is_found_by_its_address(open_page: Open, field_page: Path):
    row = whole_field().sections[-1].quoted[3]
    page = open_page(field_page, anchor=f"#{row.id}", plots=False)
    assert page.locator(f"[id='more-{row.id}']").is_visible()
    page.evaluate("location.hash = '#?sts.year=2019'")
    page.wait_for_function(
        "() => document.querySelector('#sts .count').textContent.includes(' of ')"
    )
    assert shown(page) == rows(lambda row: row.traits.year == 2019)
    assert page.locator(f"[id='more-{row.id}']").is_hidden()


@pytest.mark.parametrize(
    "anchor",
    [
        "#?sts.year=1066&sts.nothing=1&sts.sort=99+sideways+x&sts.rows=none&open=main&open=%22%5D",
        "#?" + "%".join("abc"),
        "#%E0%A4%A",
        "#?sts.search=" + "x" * 5_000,
    ],
)
def test_an_address_that_makes_no_sense_breaks_nothing(
    open_page: Open, field_page: Path, anchor: str
):
    page = open_page(field_page, anchor=anchor, plots=False)
    page.locator("#sts input[type=search]").fill("variant 3")
    assert shown(page) == rows(lambda row: "3" in row.label and "variant" in row.label)


def test_measured_rows_are_one_step_away(open_page: Open, field_page: Path):
    page = open_page(field_page, plots=False)
    choose(page, "Year", "2021")
    chosen = shown(page)
    page.locator("#sts .ours a", has_text="model-1").click()
    [row] = [row for row in whole_field().sections[0].measured if row.label == "model-1"]
    page.locator(f"[id='more-{row.id}']").wait_for()
    assert shown(page) - chosen == {row.id}
    assert ", and the row of the link" in page.locator("#sts .count").text_content()


# --- by keyboard, on a phone, quickly -------------------------------------------------------------


def test_a_facet_is_used_by_keyboard(open_page: Open, field_page: Path):
    page = open_page(field_page, plots=False)
    summary = facet(page, "Training").locator("summary")
    summary.focus()
    for key in ("Enter", "Tab", "Tab", "Space"):
        page.keyboard.press(key)
    assert facet(page, "Training").locator("fieldset").is_visible()
    assert shown(page) == rows(lambda row: row.traits.training == "prompted")
    page.keyboard.press("Escape")
    assert facet(page, "Training").locator("fieldset").is_hidden()
    assert summary.evaluate("s => s === document.activeElement")


def test_keys_go_from_row_to_row_and_past_a_long_table(open_page: Open, field_page: Path):
    page = open_page(field_page, plots=False)
    page.locator("#sts input[type=search]").fill("variant 2")
    buttons = page.locator("#sts .ranked tbody:not([hidden]) button.unfold")
    buttons.first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    assert buttons.nth(1).evaluate("b => b === document.activeElement")
    page.locator("#sts .skip-table").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "open-all"


def test_a_phone_folds_the_filters(open_page: Open, field_page: Path):
    page = open_page(field_page, plots=False, viewport=PHONE)
    assert facet(page, "Year").is_hidden()
    page.get_by_text("Filters and columns").click()
    choose(page, "Year", "2024")
    assert shown(page) == rows(lambda row: row.traits.year == 2024)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_headings_and_names_stay_in_view(open_page: Open, field_page: Path):
    page = open_page(field_page, plots=False, viewport=PHONE)
    scroller = page.locator("#sts .ranked .scroll")
    head = scroller.locator("thead th.name")
    before = head.bounding_box()
    scroller.evaluate("s => { s.scrollTop = 3000; s.scrollLeft = 300; }")
    assert scroller.evaluate("s => [s.scrollTop, s.scrollLeft]") == [3000, 300]
    after = head.bounding_box()
    assert abs(after["x"] - before["x"]) < 1
    assert abs(after["y"] - before["y"]) < 1


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_in_the_controls(
    open_page: Open, field_page: Path, scheme: str, width: int
):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    size = {"width": width, "height": 900}
    page = open_page(field_page, plots=False, color_scheme=scheme, viewport=size)
    page.evaluate("document.querySelector('#sts .filters').open = true")
    page.locator("#sts input[type=search]").fill("variant 1")
    choose(page, "Marks", "none")
    facet(page, "Backbone").locator("summary").click()
    page.locator("#sts .listed:visible summary").first.click()
    facet(page, "Backbone").locator("summary").click()
    found = axe.Axe().run(page, context="#sts").response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


def test_the_page_is_small_enough(field_page: Path):
    assert field_page.stat().st_size < 3_000_000


@pytest.mark.slow
@pytest.mark.parametrize("name", PAYLOADS[:4], ids=range(4))
def test_hostile_names_among_the_answers_are_text(open_page: Open, write_page: Write, name: str):
    page = open_page(write_page(whole_field(name)), plots=False)
    expected = " ".join(page_text(f"{name}BERT-base").split())
    facet(page, "Backbone").locator("summary").click()
    labels = facet(page, "Backbone").locator("label bdi").all_text_contents()
    [place] = [i for i, text in enumerate(labels) if " ".join(text.split()) == expected]
    facet(page, "Backbone").locator("label").nth(place).click()
    assert len(shown(page)) == 76
    page.wait_for_function("() => location.hash.startsWith('#?sts.backbone=')")
    again = open_page(
        write_page(whole_field(name)), anchor=page.evaluate("location.hash"), plots=False
    )
    assert shown(again) == shown(page)
    again.locator("#sts tbody:not([hidden]) button.unfold").first.click()
    assert again.locator("tr.more .facts").first.is_visible()
    assert again.locator("[onerror], [onload], [onclick], img, iframe, object").count() == 0


def test_a_link_to_a_row_that_filters_hide_shows_it_and_keeps_the_filters(
    open_page: Open, field_page: Path
):
    page = open_page(field_page, plots=False)
    box = page.locator("#sts input[type=search]")
    box.fill("variant 7")
    left = shown(page)
    link = page.locator("#sts .ours a").first
    linked = link.get_attribute("href").removeprefix("#")
    assert linked not in left
    link.click()
    page.wait_for_function("id => !document.getElementById(id).hidden", arg=linked)
    assert box.input_value() == "variant 7"
    assert shown(page) == left | {linked}
    assert page.locator(f"[id='{linked}']").is_visible()
    assert ", and the row of the link" in page.locator("#sts .count").text_content()
    box.fill("variant 7 ")
    page.wait_for_function("id => document.getElementById(id).hidden", arg=linked)
    assert shown(page) == left


def test_on_a_phone_the_average_is_the_first_number(open_page: Open, field_page: Path):
    page = open_page(field_page, plots=False, viewport=PHONE)
    names = page.locator("#sts .ranking thead").first.locator("th:visible").all_text_contents()
    assert [name.strip() for name in names][:3] == ["Model", "Avg.", "STS12"]
    cells = page.locator("#sts .ranking tbody").first.locator("tr > :visible")
    assert cells.nth(1).get_attribute("class") == "average"
    box = cells.nth(1).bounding_box()
    assert box["x"] + box["width"] <= PHONE["width"]
