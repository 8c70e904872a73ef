"""Where scores come from: what a reader sees."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from benchmark.errors import UsageError
from benchmark.reports.comparison import render_explanation
from tests.gate.samples import HOSTILE
from tests.reports.comparison_samples import analysed, explained
from tests.results.samples import CARD, sample_result

ONE, TWO = render_explanation(explained(number=1)), render_explanation(explained())


def squeezed(line: str) -> str:
    """A line with single blanks."""
    return " ".join(line.split())


def block(text: str, title: str) -> list[str]:
    """The lines of a section, title left out."""
    [found] = [part for part in text.split("\n\n") if part.splitlines()[0] == title]
    return found.splitlines()[1:]


def test_the_sections_are_in_this_order():
    titles = [part.splitlines()[0] for part in TWO.split("\n\n")]
    assert titles[1:-1] == [
        "Effect of aggregation (x 100)",
        "Subsets (x 100)",
        "Farthest from gold by both",
        "A nearer to gold than B",
        "B nearer to gold than A",
        "Vectors of STS-B: geometry and retrieval",
        "Samples by who answers them rightly",
        "Classes",
    ]
    assert titles[-1] == "left out: STS14: only A has a record"


def test_one_model_needs_no_letters():
    assert "A = one (model org/tiny-bert@0123456789ab, weights abababababab, pool" in ONE
    assert block(ONE, "Subsets (x 100)")[0].split() == [
        *("Task", "Subset", "Pairs", "Spearman", "Pearson", "share", "offset")
    ]
    assert "Samples by who answers" not in ONE
    assert "nearer to gold" not in ONE


def test_one_model_says_what_it_was_given():
    card = replace(CARD, template="a {text}", rules=("strip",), steps=("truncate:8",))
    one = explained(number=1)
    [model] = one.models
    records = {
        task: replace(stored, result=sample_result(task, card=card))
        for task, stored in model.records.items()
    }
    told = render_explanation(replace(one, models=(replace(model, records=records),)))
    assert "pool cls_before_pooler, steps truncate:8, template a {text}, rules strip)" in told
    assert "prompt none" not in told


def test_subsets_have_scores_shares_and_offsets_of_both():
    head, _, first, second, *_ = block(TWO, "Subsets (x 100)")
    assert head.split("  ")[-1].strip() == "B"
    assert squeezed(first) == "STS12 MSRpar 4 50.00 50.00 - - 25.00 25.00 0.00 -3.12 -3.12"
    assert second.split()[0] == "rest"  # the task is named once


def test_a_task_of_one_subset_is_not_taken_apart():
    found = explained(number=1)
    whole = replace(found.parts[0], subsets=found.parts[0].subsets[:1])
    text = render_explanation(replace(found, parts=(whole,)))
    assert "Subsets" not in text
    row = block(text, "Effect of aggregation (x 100)")[2]
    assert squeezed(row) == "STS12 50.00 50.00 50.00 - - -"


def test_the_tasks_of_a_table_have_a_mean():
    found = explained(number=1)
    two = (found.parts[0], replace(found.parts[0], task="STS13"))
    text = render_explanation(replace(found, parts=two))
    rows = [line.split() for line in block(text, "Effect of aggregation (x 100)")[2:5]]
    assert [row[0] for row in rows] == ["STS12", "STS13", "Mean"]
    assert rows[2][1:4] == ["50.00"] * 3
    alone = (found.parts[0], replace(found.parts[0], task="DemoSTS"))
    assert "Mean" not in render_explanation(replace(found, parts=alone))


def test_pairs_come_with_their_sentences():
    lines = block(TWO, "Farthest from gold by both")
    assert squeezed(lines[2]) == "STS12 MSRpar 1 4.47 0.250 0.250 -90.00 -90.00"
    assert lines[3:5] == ["    a man is playing", "    a woman sings"]


def test_sentences_are_cut_to_the_terminal():
    text = render_explanation(explained(sentence="word " * 100), width=60)
    lines = [line for line in text.splitlines() if line.startswith("    word")]
    assert {len(line) for line in lines} == {60}
    assert all(line.endswith("...") for line in lines)
    in_full = render_explanation(explained(sentence="word " * 100), "markdown", width=60)
    assert ("word " * 100).strip() in in_full


def test_without_sentences_the_way_to_them_is_named():
    found = explained(number=1)
    bare = replace(found.pairs.farthest[0], sentences=None)
    text = render_explanation(replace(found, pairs=replace(found.pairs, farthest=(bare,))))
    assert "the sentences are not at hand; name their folder, or your own file among tasks" in text


def test_measured_vectors_stand_beside_published_ones():
    lines = block(ONE, "Vectors of STS-B: geometry and retrieval")
    assert lines[0].split() == [
        *("Model", "alignment", "uniformity", "recall@1", "recall@5", "recall@10", "queries")
    ]
    assert squeezed(lines[2]) == "A = one 0.250 - 50.00 - - 194"
    [quoted] = [line for line in lines if line.startswith("DiffCSE-BERT-base (quoted: diffcse)")]
    assert squeezed(quoted).endswith(") 0.097 -1.438 78.87 95.36 97.42 -")
    assert any("SimCSE-BERT-base (quoted: diffcse, rerun)" in line for line in lines)
    assert any(line.startswith("quoted: the least gold score of a positive") for line in lines)


def test_a_record_without_figures_is_told_how_to_get_them():
    assert "the record of B has no such figures" in TWO
    text = render_explanation(replace(explained(number=1), analyses=analysed({})))
    lines = block(text, "Vectors of STS-B: geometry and retrieval")
    [line] = lines
    assert line.startswith("the record has no such figures: they need vectors, and are measured")
    assert line.endswith("(python -m benchmark run --tasks STSBenchmark --overwrite)")


def test_classes_say_what_they_are_taken_for():
    rows = [squeezed(line) for line in block(TWO, "Classes")[2:4]]
    assert rows[0] == "MR negative 10 70.00 70.00 positive 3 positive 3"
    assert rows[1] == "positive 0 - - - -"
    row = block(TWO, "Samples by who answers them rightly")[2]
    assert squeezed(row) == "MR 10 5 2 2 1"


def test_json_holds_everything():
    found = json.loads(render_explanation(explained(), "json"))
    assert sorted(found["models"]) == ["A", "B"]
    assert found["parts"][0]["subsets"][0]["figures"][0] == {
        "scores": {"spearman": 0.5, "pearson": None},
        "share": 0.25,
        "offset": -0.0312,
    }
    assert found["pairs"]["farthest"][0]["sentences"] == ["a man is playing", "a woman sings"]
    assert found["vectors"][0]["published"][-1]["figures"]["recall@1"] == 78.87
    assert found["confusions"][0]["agreement"]["both"] == 5


# --- hostile text ---------------------------------------------------------------------------------

HOSTILE_FIGURES = analysed({HOSTILE: 1.0, "recall@1": 0.5})
HOSTILE_EXPLANATION = replace(
    explained(HOSTILE, sentence=HOSTILE, subset=HOSTILE), analyses=HOSTILE_FIGURES
)


def test_a_terminal_gets_nothing_to_act_on():
    text = render_explanation(HOSTILE_EXPLANATION, width=1000)
    assert all(line.isprintable() for line in text.splitlines())
    assert not any(line.startswith("::") for line in text.splitlines())


def test_markdown_keeps_its_tables():
    text = render_explanation(HOSTILE_EXPLANATION, "markdown")
    assert "<script>" not in text
    assert all(line.isprintable() for line in text.splitlines())
    for table in text.split("\n\n"):
        rows = [line.replace("\\|", "") for line in table.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1


def test_json_is_ascii():
    text = render_explanation(HOSTILE_EXPLANATION, "json")
    assert text.isascii()
    assert json.loads(text)["pairs"]["farthest"][0]["subset"] == HOSTILE


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError, match="unknown format 'xml'"):
        render_explanation(explained(), "xml")
