"""What rows are filtered by, and what hidden details carry: against a plain walk over the rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmark.escaping import page_text
from benchmark.leaderboard import Leaderboard, MeasuredRow, QuotedRow
from benchmark.reports.page.details import copyable, facts
from benchmark.reports.page.facets import facets, marks, rounded, trait_columns
from benchmark.reports.page.quoted_details import quoted_details
from tests.reports.page.field import BACKBONES, ROWS, whole_field
from tests.reports.page.samples import PAYLOADS, full_boards, named


def answers(board: Leaderboard, facet: str) -> dict[str, set[str]]:
    """Answers of each row, by its id."""
    made = facets(board)
    place = [found["id"] for found in made["facets"]].index(facet)
    texts = made["facets"][place]["answers"]
    return {row: {texts[answer] for answer in found[place]} for row, found in made["rows"].items()}


def quoted(board: Leaderboard) -> list[QuotedRow]:
    return [row for section in board.sections for row in section.quoted]


# --- facets ---------------------------------------------------------------------------------------


def test_every_row_answers_every_facet():
    board = whole_field()
    made = facets(board)
    assert len(made["rows"]) == ROWS + 2
    assert all(
        found and max(found) < len(facet["answers"])
        for row in made["rows"].values()
        for facet, found in zip(made["facets"], row, strict=True)
    )


def test_traits_are_answers():
    board = whole_field()
    for name, read in {
        "year": lambda row: str(row.published.year),
        "backbone": lambda row: row.published.backbone.title,
        "family": lambda row: row.published.backbone.family,
        "status": lambda row: row.published.status,
    }.items():
        found = answers(board, name)
        assert all(found[row.id] == {read(row)} for row in quoted(board)), name


def test_measured_rows_are_found_as_such():
    board = whole_field()
    for facet, answer in {"status": "measured", "source": "measured here"}.items():
        found = {row for row, some in answers(board, facet).items() if answer in some}
        assert found == {row.id for section in board.sections for row in section.measured}


@pytest.mark.parametrize(
    ("title", "size"),
    [
        ("Tiny-BERT", "under 50M"),
        ("RoBERTa-base", "50M to 150M (base)"),
        ("BERT-large", "150M to 500M (large)"),
        ("OPT-1.3B", "1B to 6B"),
        ("Llama-2-7B", "6B and more"),
    ],
)
def test_sizes_go_by_parameters(title: str, size: str):
    board = whole_field()
    found = answers(board, "size")
    assert {
        answer for row in quoted(board) if row.traits.backbone == title for answer in found[row.id]
    } == {size}


def test_rules_say_what_sets_a_figure_apart():
    board = whole_field()
    found = answers(board, "rules")
    for section in board.sections:
        for row in section.rows:
            if section.ranked:
                assert found[row.id] == {"as in the first table"}
    said = {"wmean": "weighted mean of subsets", "mean": "mean of subsets"}
    apart = [row for section in board.sections if not section.ranked for row in section.quoted]
    assert len(apart) == 192
    for row in apart:
        rules = row.published.protocol
        assert ("Pearson" in found[row.id]) == (rules.metric == "pearson")
        assert ("altered text" in found[row.id]) == (rules.data == "altered")
        assert found[row.id] & {*said.values()} == (
            {said[rules.aggregation]} if rules.aggregation in said else set()
        )


def test_a_row_may_have_several_marks_or_none():
    board = whole_field()
    row = next(row for row in quoted(board) if not row.published.marks)
    both = replace(row.published, marks=("test-text", "other-seeds"))
    section = board.sections[0]
    marked = tuple(replace(r, published=both) if r is row else r for r in section.rows)
    found = answers(replace(board, sections=(replace(section, rows=marked),)), "marks")
    assert len(found[row.id]) == 2
    assert found[section.measured[0].id] == {"none"}
    assert list(marks(replace(row, published=both))) == ["test text", "other runs"]


def test_a_facet_with_one_answer_is_left_out():
    board = whole_field()
    section = board.sections[0]
    one = replace(board, sections=(replace(section, rows=(section.rows[0],)),))
    assert facets(one) == {"facets": [], "rows": {section.rows[0].id: []}}


def test_what_is_not_stated_comes_last_and_years_go_backwards():
    [years] = [found for found in facets(whole_field())["facets"] if found["id"] == "year"]
    *known, last = years["answers"]
    assert known == sorted(known, reverse=True)
    assert last == "not stated"


@pytest.mark.parametrize("name", PAYLOADS, ids=range(len(PAYLOADS)))
def test_hostile_names_are_cleaned(name: str):
    board = named(name)
    texts = [text for found in facets(board)["facets"] for text in found["answers"]]
    details = quoted_details(board)
    texts += [part for found in [*details["facts"], *details["texts"]] for part in found]
    assert all(text == page_text(text) for text in texts)
    assert not any(found[3].startswith("javascript") for found in details["facts"])


# --- traits in a table ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (22_713_216, "22.7M"),
        (109_482_240, "109M"),
        (999_600_000, "1B"),
        (6_738_415_616, "6.74B"),
        (66_000_000_000, "66B"),
        (None, ""),
    ],
)
def test_parameters_are_rounded_as_papers_do(count: int | None, text: str):
    assert rounded(count) == text


def test_a_column_of_which_nothing_is_known_is_left_out():
    section = whole_field().sections[0]
    assert [column.id for column in trait_columns(section)] == [
        "year", "backbone", "parameters", "training",
    ]  # fmt: skip
    ours = replace(section, rows=tuple(section.measured))
    assert list(trait_columns(ours)) == []


# --- details of quoted rows -----------------------------------------------------------------------


def test_nothing_is_lost_by_naming_facts_once():
    for board in [*full_boards(), whole_field()]:
        made = quoted_details(board)
        for section in board.sections:
            for row in section.quoted:
                _, blocks, texts = made["rows"][row.id]
                again = {
                    heading: [tuple(made["facts"][place]) for place in places]
                    for heading, places in blocks
                }
                expected = facts(row, section, board)
                assert again == {
                    page_text(heading): [tuple(map(page_text, fact)) for fact in found]
                    for heading, found in expected.items()
                }
                assert dict(made["texts"][place] for place in texts) == copyable(row, board)


def test_a_trap_and_its_meaning_stand_first():
    board = whole_field()
    row = next(row for row in quoted(board) if row.published.marks)
    assert quoted_details(board)["rows"][row.id][0] == (
        "Trained on what it is tested with; test text "
        "(trained on the text of the test sets, without their scores)."
    )


def test_no_fact_stands_twice():
    made = quoted_details(whole_field())
    for listed in (made["facts"], made["texts"]):
        assert len(set(listed)) == len(listed)
    assert len(made["texts"]) < ROWS / 5


def test_measured_rows_are_not_among_them():
    board = full_boards()[0]
    ours = {row.id for row in board.sections[0].rows if isinstance(row, MeasuredRow)}
    assert ours.isdisjoint(quoted_details(board)["rows"])


def test_the_field_has_all_backbones():
    assert {row.traits.backbone for row in quoted(whole_field())} == {
        title for title, _, _ in BACKBONES.values()
    }
