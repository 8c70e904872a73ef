"""What unfolds below a row: scores, signature, encoder, environment, time, sources."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest

from benchmark.encoders import EncoderCard
from benchmark.leaderboard import MeasuredRow, QuotedRow
from benchmark.reports.leaderboard.wording import encoder
from benchmark.reports.page.details import (
    CARD_FIELDS,
    SIGNATURE_FIELDS,
    Fact,
    copyable,
    facts,
    score_lines,
    speed_of,
)
from benchmark.results.signature import answered
from tests.conftest import PROJECT
from tests.leaderboard.samples import record_of
from tests.reports.page.samples import full_boards


def measured(group: int = 0) -> MeasuredRow:
    return next(r for r in full_boards()[group].sections[0].rows if isinstance(r, MeasuredRow))


def facts_of(row: MeasuredRow | QuotedRow) -> dict[str, list[Fact]]:
    board = full_boards()[0]
    return facts(row, board.sections[0], board)


def values(row: MeasuredRow | QuotedRow, heading: str) -> dict[str, str]:
    return {fact.term: fact.value for fact in facts_of(row)[heading]}


def quoted(label: str) -> QuotedRow:
    return next(row for row in full_boards()[0].sections[0].rows if row.label == label)


def with_results(**changes: object) -> MeasuredRow:
    row = measured()
    return replace(row, results={c: replace(r, **changes) for c, r in row.results.items()})


# --- signature ------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["STS12", "MR", "TREC"])
def test_every_field_of_a_signature_is_explained(task: str):
    result, _ = record_of("model", task)
    found = facts_of(replace(measured(), signature=result.signature))["Signature"]
    assert [fact.term for fact in found] == [f.split(":")[0] for f in result.signature.split("|")]
    assert all(fact.meaning for fact in found)


FULL = EncoderCard(
    "mine",
    base="org/base",
    prompt="query: ",
    include_prompt=False,
    template="a {text}",
    rules=("strip",),
    encode_as="query",
    steps=("truncate:2",),
    stored="bfloat16",
)
"""Says something of all that is left out of other cards."""


def test_every_field_of_an_answerer_is_explained():
    of_question = {"task", "split", "agg", "metric", "sim", "clf", "cv", "data", "v"}
    assert answered(FULL).keys() == SIGNATURE_FIELDS.keys() - of_question
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", _fields_in_protocol(), re.MULTILINE)
    assert [name for row in rows for name in re.findall(r"\w+", row)] == [*SIGNATURE_FIELDS]


def _fields_in_protocol() -> str:
    page = (PROJECT / "docs" / "protocol.md").read_text("utf-8")
    return page.partition("## The signature, field by field")[2].partition("\n## ")[0]


def test_every_field_of_a_card_is_explained():
    assert CARD_FIELDS.keys() == {field.name for field in fields(EncoderCard)}


def test_how_an_encoder_was_used_is_said():
    row = measured()
    said = {"base": "org/base", "prompt": "query:", "include_prompt": False, "encode_as": "query"}
    models = {c: replace(r.model, card=r.model.card | said) for c, r in row.results.items()}
    results = {c: replace(r, model=models[c]) for c, r in row.results.items()}
    told = encoder(replace(row, results=results))
    assert ", an adapter upon org/base, pooler " in told
    assert ", prompt query:, which is not pooled, encoded as query" in told


def test_what_was_done_to_the_text_is_said():
    row = measured()
    changed = {"template": "a {text} " + 30 * "means ", "rules": ["strip", "lower"]}
    models = {c: replace(r.model, card=r.model.card | changed) for c, r in row.results.items()}
    results = {c: replace(r, model=models[c]) for c, r in row.results.items()}
    said = encoder(replace(row, results=results))
    assert re.search(r", template a \{text\} (means )+\[\.\.\.\], rules strip, lower", said)
    assert values(replace(row, results=results), "Encoder")["rules"]


def test_a_value_may_hold_colons_and_a_field_may_be_unknown():
    row = replace(measured(), signature="model:file.py:Mine|new:1")
    first, second = facts_of(row)["Signature"]
    assert (first.value, first.meaning) == ("file.py:Mine", SIGNATURE_FIELDS["model"])
    assert (second.term, second.meaning) == ("new", "")


def test_a_field_without_a_value_is_a_field():
    assert facts_of(replace(measured(), signature="adapter:|v:1"))["Signature"][0].value == ""


# --- measured rows --------------------------------------------------------------------------------


def test_a_measured_row_says_who_answered_where_and_how():
    row = measured()
    assert values(row, "Encoder")["weights sha256"] == "0" * 64
    assert values(row, "Environment") == {"benchmark": "0.1.0", "device": "cpu"}
    assert values(row, "Vectors")["alignment"] == "0.1000"
    time = values(row, "Counts and time")
    assert (time["encoding"], time["scoring"]) == ("1.50 s", "0.88 s")
    assert time["speed"] == "2,000 sentences per second"
    assert list(copyable(row, full_boards()[0])) == [
        "Signature on one line",
        "Paper of the model, BibTeX",
    ]


def test_records_of_two_environments_say_both():
    row = measured()
    other = replace(row.results["STS13"], environment={"device": "cuda"})
    both = replace(row, results={**row.results, "STS13": other})
    assert values(both, "Environment")["device"] == "cpu · cuda"


def test_what_is_not_known_has_no_line_and_no_heading():
    assert "Vectors" not in facts_of(with_results(analysis={}))
    assert "encoding" not in values(with_results(timings={}), "Counts and time")


# --- quoted rows ----------------------------------------------------------------------------------


def test_a_quoted_row_says_where_it_was_printed():
    row = quoted("DiffCSE-BERT-base")
    assert values(row, "Where it stands")["place"] == "Table 1 (thesis: Table 2.1)"
    assert values(row, "Where it stands")["status"] == "paper: in a paper"
    assert values(row, "As printed")["STS12"] == "72.28"
    assert values(row, "As printed")["Avg."] == "78.49"
    assert values(row, "Rules")["aggregation"] == "all"


def test_columns_of_one_heading_keep_their_numbers():
    row = quoted("DiffCSE-BERT-base")
    board = full_boards()[0]
    section = board.sections[0]
    alike = replace(section, columns=tuple(replace(c, heading="same") for c in section.columns))
    assert [fact.term for fact in facts(row, alike, board)["As printed"]].count("same") == 7


def test_a_source_that_is_also_the_paper_is_given_once():
    board = full_boards()[0]
    texts = copyable(quoted("DiffCSE-BERT-base"), board)
    assert texts == {"Source, BibTeX": board.bibliography["diffcse"]}


# --- scores ---------------------------------------------------------------------------------------


def test_subsets_and_aggregations_stand_below_their_task():
    lines = score_lines(measured(), full_boards()[0].columns[:1])
    assert list(lines[0].values) == ["rows", "spearman", "pearson", "interval"]
    assert [(line.label, line.level) for line in lines] == [
        ("STS12", 0), ("first", 1), ("second", 1),
    ]  # fmt: skip
    assert lines[1].values == {"rows": "300", "spearman": "25.00"}


def test_a_task_of_one_part_has_one_line():
    row = with_results(subsets={"test": {"spearman": 0.5, "pairs": 10}})
    assert len(score_lines(row, full_boards()[0].columns)) == 7


def test_means_of_subsets_are_named():
    row = with_results(
        scores={"all": {"spearman": 0.5}, "mean": {"spearman": 0.25}, "wmean": {"spearman": 0.125}}
    )
    lines = score_lines(row, full_boards()[0].columns[:1])
    assert [line.label for line in lines][1:3] == ["mean of subsets", "weighted mean"]
    assert "12.50" in lines[2].values.values()


def test_folds_stand_in_the_order_of_their_numbers():
    row = measured(1)
    folds = {f"fold {n}": {"dev_accuracy": n / 20, "test_accuracy": 0.5} for n in range(1, 11)}
    chosen = {"fold 2": {"strength": 1e-05, "passes": 44.0}}
    result = replace(row.results["MR"], subsets=folds, choices=chosen)
    lines = score_lines(replace(row, results={"MR": result}), full_boards()[1].columns)
    assert [line.label for line in lines[1:]] == [f"fold {n}" for n in range(1, 11)]
    assert lines[2].values == {
        "dev accuracy": "10.00",
        "test accuracy": "50.00",
        "strength": "1e-05",
        "passes": "44",
    }


# --- speed ----------------------------------------------------------------------------------------


def test_speed_is_that_of_the_largest_run():
    row = with_results(effort={"run_encoded_sentences": 100, "encoded_sentences": 1})
    small = replace(row.results["STS12"], timings={"encode_seconds": 0.5})
    large = replace(
        row.results["STS13"],
        timings={"encode_seconds": 4.0},
        effort={"run_encoded_sentences": 1000, "encoded_sentences": 9},
        environment={"device": "cuda", "cpus": "8"},
    )
    found = speed_of(replace(row, results={"STS12": small, "STS13": large}))
    assert (found.rate, found.machine) == (250.0, "cuda, 8 CPUs")


@pytest.mark.parametrize(
    "effort",
    [
        {},
        {"encoded_sentences": 100},
        {"run_encoded_sentences": 0, "encoded_sentences": 0},
        {"run_encoded_sentences": 100, "encoded_sentences": 0},
    ],
)
def test_vectors_from_the_store_have_no_speed(effort: dict[str, int]):
    assert speed_of(with_results(effort=effort)) is None


def test_no_time_is_no_speed():
    assert speed_of(with_results(timings={"encode_seconds": 0.0})) is None
