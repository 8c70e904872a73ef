"""Measured minus published: only what answers the same question, flagged beyond tolerance."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from benchmark.leaderboard.lineup import Lineup, line_up
from benchmark.leaderboard.reproduction import FINE, differences, is_of
from benchmark.results import collect, published_table, read_record
from tests.leaderboard.samples import STS, TRANSFER, write_model
from tests.results.edits import forge
from tests.results.quoted import rows_of
from tests.results.samples import CARD

PAPER = rows_of("diffcse-sts", catalogue="diffcse-bert-base")[0]
MTEB = rows_of("mteb-sts", catalogue="all-minilm-l6-v2", metric="spearman")[0]


def measured(
    folder: Path,
    model: str,
    scores: dict[str, float],
    pooler: str = "cls_before_pooler",
    steps: tuple[str, ...] = (),
) -> Lineup:
    """One row of ours with these scores, as fractions."""
    group = "transfer" if "MR" in scores else "sts"
    place = {"sts": "all", "transfer": "test"}[group]
    metric = {"sts": "spearman", "transfer": "accuracy"}[group]
    card = replace(CARD, pooler=pooler, steps=steps)
    for path in write_model(folder, model, tasks=scores, card=card):
        score = scores[read_record(path).task]
        forge(path, main_score=score, scores={place: {metric: score}})
    return line_up(group, collect([folder]))


def compared(lineup: Lineup, row):
    [ours] = lineup.measured
    return differences(ours, row, lineup)


def as_published(row, offset: float = 0.0) -> dict[str, float]:
    return {c: (float(row.scores[c]) + offset) / 100 for c in STS if c in row.scores}


def test_the_same_figures_differ_by_nothing(tmp_path: Path):
    lineup = measured(tmp_path, "diffcse-bert-base", as_published(PAPER))
    found, average = compared(lineup, PAPER)
    assert list(found) == STS
    assert {(d.text, d.within, d.tolerance) for d in found.values()} == {
        ("0.00", True, Decimal("0.02"))
    }
    assert (average.text, average.within) == ("0.00", True)


@pytest.mark.parametrize(
    ("offset", "text", "within"),
    [(0.02, "+0.02", True), (-0.02, "-0.02", True), (0.03, "+0.03", False), (-1, "-1.00", False)],
)
def test_figures_with_two_decimals_may_be_two_hundredths_off(
    tmp_path: Path, offset: float, text: str, within: bool
):
    lineup = measured(tmp_path, "diffcse-bert-base", as_published(PAPER, offset))
    found, _ = compared(lineup, PAPER)
    assert {(d.text, d.within) for d in found.values()} == {(text, within)}


@pytest.mark.parametrize(
    ("offset", "within"), [(0.0009, True), (-0.0009, True), (0.0011, False), (-0.0011, False)]
)
def test_finer_figures_may_be_a_thousandth_off(tmp_path: Path, offset: float, within: bool):
    lineup = measured(tmp_path, "all-minilm-l6-v2", as_published(MTEB, offset), pooler="avg")
    found, _ = compared(lineup, MTEB)
    assert {(d.tolerance, d.within) for d in found.values()} == {(FINE, within)}
    assert {d.text for d in found.values()} == {f"{offset:+.4f}"}


def test_mtebs_other_data_is_not_compared(tmp_path: Path):
    scores = as_published(MTEB) | {"STSBenchmark": 0.8203, "SICKRelatedness": 0.7758}
    lineup = measured(tmp_path, "all-minilm-l6-v2", scores, pooler="avg")
    found, average = compared(lineup, MTEB)
    assert list(found) == STS[:5]
    assert average is None


@pytest.mark.parametrize(
    ("column", "tolerance"), [("MR", "0.3"), ("MPQA", "0.3"), ("SST2", "0.5"), ("TREC", "1.0")]
)
def test_classifiers_are_allowed_more(tmp_path: Path, column: str, tolerance: str):
    published = rows_of("diffcse-transfer", catalogue="diffcse-bert-base")[0]
    scores = {c: round(float(published.scores[c]) / 100, 4) for c in TRANSFER}
    off = scores | {column: round(scores[column] + float(tolerance) / 100, 4)}
    lineup = measured(tmp_path, "diffcse-bert-base", off)
    found, _ = compared(lineup, published)
    assert found[column].value == found[column].tolerance == Decimal(tolerance)
    assert all(d.within for d in found.values())
    beyond = measured(
        tmp_path / "b", "diffcse-bert-base", off | {column: round(off[column] + 0.0001, 4)}
    )
    assert not compared(beyond, published)[0][column].within


def test_unverified_data_is_compared_with_nothing(tmp_path: Path):
    write_model(tmp_path, "diffcse-bert-base", verified=False)
    assert compared(line_up("sts", collect([tmp_path])), PAPER) == ({}, None)


def test_only_rows_of_the_model_and_its_pooler(tmp_path: Path):
    [row] = measured(tmp_path, "diffcse-bert-base", as_published(PAPER)).measured
    assert is_of(PAPER, row)
    assert not is_of(MTEB, row)
    [other] = measured(
        tmp_path / "b", "diffcse-bert-base", as_published(PAPER), pooler="avg"
    ).measured
    assert not is_of(PAPER, other)


def test_vectors_with_steps_behind_them_are_not_the_published_ones(tmp_path: Path):
    scores = as_published(PAPER)
    [row] = measured(tmp_path, "diffcse-bert-base", scores, steps=("center",)).measured
    assert not is_of(PAPER, row)


def test_unverified_figures_confirm_nothing(tmp_path: Path):
    [unverified] = [
        row for row in published_table("sts-reruns").rows if row.catalogue == "bert-base-cls"
    ]
    [row] = measured(tmp_path, "bert-base-cls", {"STS12": 0.2154}).measured
    assert not is_of(unverified, row)
