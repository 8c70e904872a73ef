"""Plots in a real browser: that they are drawn, of what, and that they follow what is chosen."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from benchmark.leaderboard import Cell, TableRow
from benchmark.reports.page.plots import MOST_ROWS, distinct
from tests.browser.conftest import Open, Write
from tests.reports.page.samples import full_boards, named, one_row

PLOTS = (
    "sts-years",
    "sts-intervals",
    "sts-sizes",
    "sts-vectors",
    "sts-speed",
    "sts-pairs",
    "transfer-years",
    "transfer-intervals",
    "transfer-sizes",
    "transfer-speed",
)


def labels(page: Any, plot: str) -> list[str]:
    return page.locator(f"#{plot} svg text").all_text_contents()


def points(page: Any, plot: str) -> Any:
    return page.locator(f"#{plot} svg .mark-symbol.role-mark path")


def test_every_plot_is_drawn(open_page: Open, full_page: Path):
    page = open_page(full_page)
    found = page.eval_on_selector_all("figure[data-drawn]", "all => all.map(f => f.id)")
    assert sorted(found) == sorted(PLOTS)
    for plot in PLOTS:
        assert points(page, plot).count() > 0, plot
        box = page.locator(f"#{plot} svg").bounding_box()
        assert box["width"] > 300, plot
        assert box["height"] > 150, plot


def test_intervals_are_drawn_for_measured_rows_only(open_page: Open, full_page: Path):
    page = open_page(full_page)
    rows = [row for row in full_boards()[0].sections[0].rows if row.average]
    bars = "#sts-intervals svg .mark-rule.role-mark line"
    assert points(page, "sts-intervals").count() == min(len(rows), MOST_ROWS)
    # A rule without ends has no length.
    lengths = page.eval_on_selector_all(bars, "all => all.map(l => l.getBBox().width)")
    assert sum(length > 1 for length in lengths) == 3


def test_scores_without_intervals_are_drawn_and_no_warning_is_given(
    open_page: Open, write_page: Write
):
    """As where gold is not at hand; what stands on the console would fail the test."""
    [section] = one_row().sections

    def bare(cell: Cell | None) -> Cell | None:
        return cell and replace(cell, interval=None)

    rows = tuple(
        replace(
            row,
            average=bare(row.average),
            cells={column: bare(cell) for column, cell in row.cells.items()},
        )
        for row in section.rows
    )
    board = replace(one_row(), sections=(replace(section, rows=rows),))
    page = open_page(write_page(board))
    for plot in ("sts-intervals", "sts-speed"):
        assert points(page, plot).count() == 1
        bars = page.locator(f"#{plot} svg .mark-rule.role-mark line").all()
        assert [bar.evaluate("l => l.getBBox().width + l.getBBox().height") for bar in bars] == [0]


def drawn() -> dict[str, TableRow]:
    """Return the rows of the plot by the names that they have in it."""
    section = full_boards()[0].sections[0]
    rows = [*section.measured, *section.quoted][:MOST_ROWS]
    return dict(zip(distinct(rows), rows, strict=True))


def test_rows_of_one_name_are_different_rows(open_page: Open, full_page: Path):
    found = [text for text in labels(open_page(full_page), "sts-intervals") if "[" in text]
    assert sorted(found) == sorted(name for name in drawn() if "[" in name)
    assert len({name.partition(" [")[0] for name in found}) < len(set(found)) == len(found)


def test_another_score_is_drawn_when_it_is_chosen(open_page: Open, full_page: Path):
    page = open_page(full_page)
    rows = {name: row for name, row in drawn().items() if "[" in name}
    best = {
        "Average": max(rows, key=lambda name: float(rows[name].average.text)),
        "STS14": max(rows, key=lambda name: float(rows[name].cells["STS14"].text)),
    }
    assert len(set(best.values())) == 2
    for chosen, name in best.items():
        page.locator("#sts-intervals select").select_option(label=chosen)
        page.wait_for_function(
            """([names, best]) => {
              const all = [...document.querySelectorAll("#sts-intervals svg text")];
              const shown = all.filter(text => names.includes(text.textContent));
              const top = text => text.getBoundingClientRect().top;
              return shown.sort((a, b) => top(a) - top(b))[0]?.textContent === best;
            }""",
            arg=[list(rows), name],
        )


def test_a_point_says_what_it_is(open_page: Open, full_page: Path):
    page = open_page(full_page)
    points(page, "sts-speed").first.hover()
    said = page.locator(".tip").inner_text().split("\n")
    assert "2,000" in said
    assert "sentences per second" in said
    page.keyboard.press("Escape")
    assert page.locator(".tip").is_hidden()


def test_published_points_stand_beside_measured_ones(open_page: Open, full_page: Path):
    page = open_page(full_page)
    found = set(labels(page, "sts-vectors"))
    assert {"model-0", "SimCSE-BERT-base", "DiffCSE-BERT-base"} <= found
    page.locator("#sts-vectors summary").click()
    table = page.locator("#sts-vectors table").inner_text()
    assert "DiffCSE-BERT-base\tquoted\t0.097\t-1.438\t78.49" in table


def test_pairs_follow_model_and_task(open_page: Open, full_page: Path):
    page = open_page(full_page)
    table = page.locator("#sts-pairs tbody")
    first = table.inner_text()
    assert table.locator("tr").count() == 10
    page.get_by_role("combobox", name="Model").select_option(label="model-2")
    second = table.inner_text()
    page.get_by_role("combobox", name="Task").select_option(label="STS14")
    assert len({first, second, table.inner_text()}) == 3
    cells = page.locator("#sts-pairs svg .mark-rect.role-mark path")
    assert cells.count() > 50


def test_sentences_are_shown_when_they_are_asked_for(open_page: Open, write_page: Write):
    board = named("a name")
    page = open_page(write_page(board, sentences=True))
    assert "a name said" in page.locator("#sts-pairs .far").inner_text()
    page = open_page(write_page(board))
    assert "a name said" not in page.locator("#sts-pairs .far").inner_text()


def test_pairs_can_be_left_out(open_page: Open, write_page: Write):
    page = open_page(write_page(*full_boards(), pairs=False))
    assert page.locator("#sts-pairs").count() == 0
    assert page.locator("#sts-intervals[data-drawn]").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_plots_have_the_colours_of_the_page(open_page: Open, full_page: Path, scheme: str):
    page = open_page(full_page, color_scheme=scheme)
    accent = page.evaluate(
        "() => { const probe = document.createElement('i'); probe.style.color = 'var(--accent)';"
        "document.body.append(probe); return getComputedStyle(probe).color; }"
    )
    measured = points(page, "sts-speed").first
    assert measured.evaluate("path => getComputedStyle(path).fill") == accent


PHONE = {"width": 390, "height": 844}


def test_on_a_phone_names_are_cut_in_the_middle_and_no_two_look_alike(
    open_page: Open, full_page: Path
):
    page = open_page(full_page, viewport=PHONE)
    axis = page.locator("#sts-intervals svg .role-axis-label text").all_text_contents()
    found = [text for text in axis if not re.fullmatch(r"[\d.]+", text)]
    assert len(found) == len(set(found)) == len(drawn())
    for name in drawn():
        assert any(_fits(text, name) for text in found), name
    assert any("…" in text and not text.endswith("…") for text in found)


def _fits(text: str, name: str) -> bool:
    """Whether a text may be a name with its middle left out, and a number behind it."""
    head, cut, tail = re.sub(r" #\d+$", "", text).partition("…")
    return name == text or (bool(cut) and name.startswith(head) and tail.split("…")[-1] in name)


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1200, "height": 844}])
def test_names_beside_points_do_not_overlap(open_page: Open, full_page: Path, viewport: dict):
    page = open_page(full_page, viewport=viewport)
    boxes = page.eval_on_selector_all(
        "#sts-vectors svg .mark-text.role-mark text",
        """all => all.map(text => {
          const { left, right, top, bottom } = text.getBoundingClientRect();
          return [left, right, top, bottom];
        })""",
    )
    assert len(boxes) > 4
    for one, other in combinations(boxes, 2):
        apart = one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]
        assert apart
