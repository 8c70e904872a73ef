"""The rows of methods: what they are of, what sets them apart, what nothing is compared with."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest

from benchmark.encoders.asked.catalogue import named_models
from benchmark.leaderboard.lineup import line_up
from benchmark.leaderboard.traits import methods_by_model
from benchmark.reports.leaderboard.wording import MARKS, STATUS
from benchmark.results import PublishedRow, published_table
from benchmark.results.published import NO_VECTORS, Mark, Status
from benchmark.results.published_files import published_backbones
from tests.results.papers import ROWS_OF_PAPERS
from tests.results.quoted import ROWS, STS, TABLES, rows_of

PAPERS = [row for row in ROWS if row.table in ROWS_OF_PAPERS]
RANKED = [row for ranking in line_up("sts", (), TABLES).rankings for row in ranking.quoted]
RANKED += [row for ranking in line_up("transfer", (), TABLES).rankings for row in ranking.quoted]


def printed(row: PublishedRow) -> str:
    return " ".join([*map(str, row.scores.values()), row.average or ""]).strip()


def of(table: str, label: str, backbone: str = "") -> PublishedRow:
    """The row of a table with this label."""
    found = [row for row in rows_of(table) if row.label == label]
    return next(row for row in found if not backbone or row.backbone.id == backbone)


# --- as printed: rows that were read in their sources a second time -------------------------------

READ_AGAIN = {
    ("promptbert", "PromptBERT-base"): "71.56 84.58 76.98 84.47 80.60 81.60 69.87 78.54",
    ("promptbert", "sup. PromptRoBERTa-base"): "76.75 85.93 82.28 86.69 82.80 86.14 80.04 82.95",
    ("promcse", "PromCSE-BERT-base"): "73.03 85.18 76.70 84.19 79.69 80.62 70.00 78.49",
    ("consert", "BERT-large avg. (last two layers)"): (
        "33.06 57.64 47.95 55.83 62.42 49.66 53.87 51.49"
    ),
    ("consert", "ConSERT-BERT-base"): "64.64 78.49 69.07 79.72 75.95 73.97 67.31 72.74",
    ("defsent", "DefSent-BERT-base ([CLS])"): "67.61 80.44 70.12 77.5 76.34 75.25 71.71 74.14",
    ("infocse", "InfoCSE-BERT-base"): "70.53 84.59 76.40 85.10 81.95 82.00 71.37 78.85",
    ("distilcse", "DistilCSE-BERT-base"): "79.51 88.85 84.1 88.47 85.06 87.97 81.34 85.04",
    ("distillcse", "DistillCSE-RoBERTa-large"): "74.86 85.72 78.15 86.42 83.35 84.96 73.20 80.95",
    ("mocose", "MoCoSE-BERT-base"): "71.48 81.40 74.47 83.45 78.99 78.68 72.44 77.27",
    ("prompteol", "PromptEOL OPT-66B (one example in context)"): (
        "69.93 83.29 74.88 80.10 81.11 81.76 76.26 78.19"
    ),
    ("simple-simcse", "SimCSE-RoBERTa-large (mean of 50 seeds)"): (
        "66.46 81.93 73.93 82.71 80.58 80.57 70.82 76.71"
    ),
    ("synwmd", "BERT-base first-last (WMD, cosine + IDF)"): (
        "63.79 69.25 64.51 77.58 71.7 70.69 69.59"
    ),
    ("tncse", "TNCSE-RoBERTa-base (UC, distilled)"): (
        "74.14 83.86 76.08 84.06 81.59 82.90 73.55 79.45"
    ),
    ("v-advcse", "V-AdvCSE-BERT-base"): "70.86 83.60 75.41 83.26 79.64 80.02 72.98 77.97",
}


@pytest.mark.parametrize(("table", "label"), READ_AGAIN)
def test_rows_come_out_digit_for_digit(table: str, label: str) -> None:
    assert printed(of(table, label)) == READ_AGAIN[table, label]


def test_deviations_over_training_runs_are_kept_as_printed() -> None:
    row = of("promptbert", "PromptRoBERTa-base")
    assert " ".join(map(str, row.deviations.values())) == "0.90 0.36 0.41 0.25 0.29 0.37 0.57"
    assert row.average_deviation == "0.25"
    assert [row.label for row in ROWS if row.deviations] == [
        "PromptBERT-base",
        "PromptRoBERTa-base",
    ]


def test_a_mean_over_seeds_says_how_many() -> None:
    assert {row.setting: row.runs for row in rows_of("simple-simcse")} == {
        "mean of 50 seeds": 50,
        "least of 50 seeds": None,
        "greatest of 50 seeds": None,
    }


# --- what a row is of -----------------------------------------------------------------------------


def test_every_row_but_mtebs_says_when() -> None:
    assert all(row.year for row in ROWS if not row.table.startswith("mteb-"))


def test_every_row_of_a_method_says_when_and_how_it_was_trained() -> None:
    assert all(row.year and 2018 <= row.year <= 2026 for row in PAPERS)
    untold = {row.label for row in PAPERS if not row.training}
    assert all("ada-002" in label or " tuned " in label for label in untold)
    assert {row.label for row in PAPERS if row.backbone is None} == {
        "Avg. BERT",
        "Avg. GloVe",
        "BERT CLS",
        "InferSent",
        "USE",
        "text-embedding-ada-002",
    }


def test_rows_of_one_method_are_of_one_backbone_and_one_training() -> None:
    found = defaultdict(set)
    for row in ROWS:
        if row.method:
            found[row.method].add((row.backbone.id if row.backbone else "", row.training))
    assert [method for method, kinds in found.items() if len(kinds) > 1] == []
    for method, [(backbone, _)] in found.items():
        assert method.partition("/")[2] == backbone


def test_a_name_of_ours_has_one_method() -> None:
    found = defaultdict(set)
    for row in ROWS:
        if row.catalogue and row.method:
            found[row.catalogue].add(row.method)
    assert [name for name, methods in found.items() if len(methods) > 1] == []
    methods = methods_by_model(ROWS)
    assert methods["unsup-simcse-bert-base"] == "unsup-simcse/bert-base-uncased"
    assert methods["sup-promptbert-base"] == "sup-promptbert/bert-base-uncased"
    assert methods.keys() <= named_models().keys()


def test_a_row_and_its_model_of_ours_agree_on_what_they_are() -> None:
    named = [(row, named_models()[row.catalogue]) for row in ROWS if row.catalogue]
    for row, model in named:
        assert model.backbone in ("", row.backbone.id if row.backbone else ""), row.label
        assert model.training in ("", row.training), row.label
    assert len({row.catalogue for row, _ in named if row in PAPERS}) > 80


def test_paper_reruns_and_ours_meet() -> None:
    rows = [row for row in ROWS if row.method == "unsup-simcse/bert-base-uncased"]
    assert {row.table for row in rows} >= {
        "diffcse-sts",
        "diffcse-transfer",
        "simple-simcse",
        "hyu-reruns",
        "denosent-mteb",
        "tncse-sts17",
    }
    assert "unsup-simcse-bert-base" in {row.catalogue for row in rows}
    averages = [row.average for row in ROWS if row.method == "diffcse/bert-base-uncased"]
    assert {"78.49", "77.00", "77.33", "77.44"} <= set(averages)


def test_what_is_not_the_same_encoder_is_another_method() -> None:
    layer_1 = of("sts-reruns", "BERT-base first-last avg. (layer 1 and last)")
    embedding_layer = of("diffcse-sts", "BERT-base first-last avg.")
    assert layer_1.method != embedding_layer.method
    assert layer_1.protocol.pooler != embedding_layer.protocol.pooler
    both = {row.method for table in TABLES for row in table.rows if "first-last avg" in row.model}
    assert {"first-last/bert-base-uncased", "first-last-layer1/bert-base-uncased"} <= both
    assert of("simcse-transfer", "sup. SimCSE-BERT-base + MLM").method.startswith("sup-simcse-mlm/")


def test_backbones_are_named_and_counted() -> None:
    backbones = published_backbones()
    assert {row.backbone.id for row in ROWS if row.backbone} <= set(backbones)
    named = {row.backbone for row in PAPERS if row.backbone}
    assert all(backbone.parameters for backbone in named)
    assert backbones["llama2-7b"].parameters == 6_738_415_616


# --- traps ----------------------------------------------------------------------------------------


def test_altered_text_is_compared_with_nothing() -> None:
    rows = [row for row in ROWS if row.protocol.data == "altered"]
    assert {row.citation for row in rows} == {"angle", "bellm"}
    assert {row.question(task) for row in rows for task in row.scores} == {None}
    assert not any(row in RANKED for row in rows)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("consert", ("similarity", "best-of-four")),
        ("synwmd", ("similarity", "word-mover")),
        ("sbert-wk", ("metric", "pearson")),
        ("defsent", ("data", "raw")),
        ("simple-simcse", ("data", "raw")),
    ],
)
def test_other_rules_are_compared_with_nothing(table: str, why: tuple[str, str]) -> None:
    rows = rows_of(table)
    assert {getattr(row.protocol, why[0]) for row in rows} == {why[1]}
    assert not any(row in RANKED for row in rows)


def test_rules_that_nobody_states_are_not_assumed() -> None:
    for table, label in (
        ("pcc-tuning", "DeeLM LLaMA2-7B"),
        ("token-prepending", "Echo LLaMA2-7B"),
        ("cot-bert-quotations", "RankEncoder-BERT-base"),
        ("angle", "sup. CoSENT-BERT-base"),
    ):
        assert of(table, label) not in RANKED


def test_figures_without_vectors_answer_no_question() -> None:
    rows = [row for row in ROWS if NO_VECTORS & set(row.marks)]
    assert len(rows) == 4 + 8  # cross-encoders, least and greatest
    assert {row.question(task) for row in rows for task in STS} == {None}


def test_mtebs_columns_are_mtebs() -> None:
    rows = rows_of("denosent-mteb")
    assert {tuple(row.scores)[5:] for row in rows} == {("STS-B/mteb", "SICK-R/mteb")}
    assert not any(row in RANKED for row in rows)


def test_what_was_fitted_on_target_text_is_marked() -> None:
    marked = {row.model for row in ROWS if "test-text" in row.marks}
    assert {row.model for row in ROWS if "evaluation text" in row.setting} <= marked
    assert {"ConSERT-BERT-base", "Trans-Encoder-BERT-base"} <= marked
    joint = of("consert", "sup. ConSERT-BERT-base (joint)")
    assert "test-text" not in joint.marks  # its script names no text but NLI's


def test_labels_of_the_tests_are_marked() -> None:
    of_papers = [row for row in PAPERS if row.training == "sts"]
    assert of_papers
    assert all("sts-labels" in row.marks for row in of_papers)


def test_a_mean_over_seeds_is_not_the_published_checkpoint() -> None:
    of_seeds = [row for row in ROWS if "other-seeds" in row.marks]
    assert {row.catalogue for row in of_seeds if row.catalogue} == {
        "unsup-promptbert-base",
        "unsup-promptroberta-base",
    }
    assert all(row in of_seeds for row in ROWS if row.runs and "mean" in row.setting)
    assert sum(row.runs == 50 for row in of_seeds) == 4


def test_transcribed_rows_are_ranked_and_add_up() -> None:
    rows = [row for row in ROWS if row.status == "transcribed" and row in RANKED]
    assert len(rows) > 50
    off = [abs(sum(row.scores.values()) / 7 - Decimal(row.average or 0)) for row in rows]
    assert sum(one < Decimal("0.01") for one in off) == len(rows) - 1
    assert any(row.status == "rerun" and "transcribed" in row.marks for row in ROWS)


@pytest.mark.parametrize(("words", "names"), [(MARKS, Mark), (STATUS, Status)])
def test_every_mark_and_every_status_has_words(words: dict[str, str], names: object) -> None:
    assert list(words) == list(names.__args__)


def test_quoted_digits_are_kept_once() -> None:
    """What others quote with the digits of its own table stands there alone."""
    seen = defaultdict(list)
    for row in PAPERS:
        if len(row.scores) >= 7:
            seen[tuple(row.scores.items())].append(row.label)
    assert [labels for labels in seen.values() if len(labels) > 1] == []
    assert len(published_table("cot-bert-quotations").rows) == 7
