"""Markdown for a step's summary, read by a CommonMark parser."""

from __future__ import annotations

from markdown_it import MarkdownIt

from benchmark.one_line import one_line
from benchmark.reports.gate import SUMMARY_BYTES, as_markdown
from tests.gate.samples import HOSTILE
from tests.reports.gate_samples import HOSTILE_REPORT, REPORT, many_passed

PARSER = MarkdownIt("commonmark").enable("table")


def texts(markdown: str) -> list[str]:
    """What a reader sees: the text of every paragraph, item and cell, without markup."""
    found = []
    for token in PARSER.parse(markdown):
        assert token.type != "html_block"
        if token.type == "inline":
            kinds = {child.type for child in token.children}
            assert kinds <= {"text", "strong_open", "strong_close", "text_special"}, kinds
            found.append("".join(child.content for child in token.children))
    return found


def rows(markdown: str) -> list[list[str]]:
    found: list[list[str]] = []
    tokens = PARSER.parse(markdown)
    for place, token in enumerate(tokens):
        if token.type == "tr_open":
            found.append([])
        if token.type in ("td_open", "th_open"):
            found[-1].append("".join(child.content for child in tokens[place + 1].children))
    return found


def test_the_table_has_every_score_what_failed_first():
    head, *body = rows(as_markdown(REPORT))
    assert head == ["State", "Model", "Task", "Score", "Baseline", "Difference", "Tolerance"]
    assert [row[0] for row in body] == [
        "WORSE",
        "NOT COMPARABLE",
        "OTHER ENCODER",
        "MISSING",
        "ok",
        "better",
        "new",
    ]
    assert body[0][1:] == ["tiny-bert", "STS13", "68.9900", "70.0000", "-1.0100", "0.0500"]


def test_what_failed_and_what_is_to_note_is_listed():
    seen = texts(as_markdown(REPORT))
    assert seen[0] == "❌ Regression gate"
    assert seen[1].endswith("Gate NOT passed.")
    assert seen[2] == "Failed"
    assert seen[7] == "To note"
    assert seen[6].startswith("tiny-bert STS13: 68.9900 is 1.0100 points below")


def test_a_hostile_name_is_text():
    seen = texts(as_markdown(HOSTILE_REPORT))
    assert sum(text == one_line(HOSTILE) for text in seen) == 7
    assert {row[1] for row in rows(as_markdown(HOSTILE_REPORT))[1:]} == {one_line(HOSTILE)}


def test_a_page_stays_below_the_limit_of_the_runner():
    whole = many_passed(700)
    assert len(as_markdown(whole).encode()) < SUMMARY_BYTES
    assert len(rows(as_markdown(whole))) == 701
    for limit in (30_000, 5_000, 1_000):
        cut = as_markdown(whole, limit)
        assert len(cut.encode()) <= limit
        assert "more lines, which the limit of this page cut off" in cut.splitlines()[-1]
        assert "model-0699 STS12: 10.0000 is 60.0000 points below" in cut


def test_a_page_that_fits_is_whole():
    size = len(as_markdown(REPORT).encode())
    assert "cut off" not in as_markdown(REPORT, size + 300)
