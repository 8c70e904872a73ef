"""Families with what their members scored, against numpy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark.errors import UnreadableRecord
from benchmark.results import Family, Member, fingerprints_of, score_families
from tests.gate.samples import run_of, stored
from tests.results.samples import CARD

GROUP = ["STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark", "SICKRelatedness"]
DICE = np.random.default_rng(7)
SCORES = DICE.uniform(0.5, 0.9, (5, len(GROUP)))
CARDS = [replace(CARD, weights_sha256=f"{number:064x}") for number in range(5)]
RUNS = [
    run_of(dict(zip(GROUP, row, strict=True)), name=f"seed-{number}", card=CARDS[number])
    for number, row in enumerate(SCORES.tolist())
]
FAMILY = Family("seeds", "seed", tuple(Member(run.model, fingerprints_of(run)) for run in RUNS))


def test_each_score_and_the_average_have_the_spread_that_numpy_says():
    [family] = score_families([FAMILY], RUNS)
    for column, task in enumerate(GROUP):
        found = family.score(task)
        assert found is not None
        assert found.mean == pytest.approx(SCORES[:, column].mean(), abs=1e-12)
        assert found.deviation == pytest.approx(SCORES[:, column].std(ddof=1), abs=1e-12)
        assert (found.low, found.high) == (SCORES[:, column].min(), SCORES[:, column].max())
    average = family.average("sts")
    as_printed = np.round(np.round(100 * SCORES, 2).mean(axis=1), 2)
    assert average is not None
    assert average.mean == pytest.approx(as_printed.mean(), abs=1e-9)
    assert average.deviation == pytest.approx(as_printed.std(ddof=1), abs=1e-9)
    assert average.count == 5


def test_a_score_that_a_member_lacks_has_no_mean():
    first = run_of({"STS12": 0.5, "STS13": 0.6}, name="seed-0", card=CARDS[0])
    [family] = score_families([FAMILY], [first, *RUNS[1:]])
    assert family.score("STS13") is not None
    assert family.score("STS14") is None
    assert family.average("sts") is None


def test_answers_to_different_questions_have_no_mean():
    other = run_of({"STS12": 0.5}, name="seed-0", card=CARDS[0], verified=False)
    result = other.results["STS12"]
    changed = replace(result, signature=result.signature.replace("agg:all", "agg:mean"))
    assert changed.signature != result.signature
    [family] = score_families([FAMILY], [replace(other, results={"STS12": changed}), *RUNS[1:]])
    assert family.score("STS12") is None


def test_members_without_results_are_known_and_count_for_nothing():
    [family] = score_families([FAMILY], RUNS[:2])
    assert family.labels == ("seed-0", "seed-1")
    assert family.unscored == FAMILY.members[2:]
    spread = family.score("STS12")
    assert spread is not None
    assert spread.count == 2
    assert score_families([FAMILY], []) == []


def test_a_member_may_have_a_state_for_each_kind_of_tasks(tmp_path: Path):
    runs = stored(
        tmp_path,
        run_of({"STS12": 0.5}, name="m", card=CARDS[0]),
        run_of({"MR": 0.8}, name="m", card=CARDS[1]),
    )
    both = Member("m", tuple(card.fingerprint or "" for card in CARDS[:2]))
    [family] = score_families([Family("both", "seed", (both,))], runs)
    assert set(family.runs[0].results) == {"STS12", "MR"}


def test_two_states_with_scores_of_one_task_are_two_members(tmp_path: Path):
    runs = stored(
        tmp_path,
        run_of({"STS12": 0.5}, name="m", card=CARDS[0]),
        run_of({"STS12": 0.8}, name="m", card=CARDS[1]),
    )
    both = Member("m", tuple(card.fingerprint or "" for card in CARDS[:2]))
    with pytest.raises(UnreadableRecord, match="2 states that have scores of one task"):
        score_families([Family("both", "seed", (both,))], runs)


def test_a_state_that_was_scored_under_two_names_is_one_member():
    [family] = score_families([FAMILY], [*RUNS, replace(RUNS[1], setting="as documented")])
    assert family.runs == tuple(RUNS)
    spread = family.score("STS12")
    assert spread is not None
    assert spread.mean == pytest.approx(SCORES[:, 0].mean(), abs=1e-12)


def test_a_setting_is_what_a_member_is_called_by():
    members = [Member("seed-0", fingerprints_of(RUNS[0]), "cls"), FAMILY.members[1]]
    [family] = score_families([Family("poolers", "pooler", tuple(members))], RUNS)
    assert family.labels == ("seed-0 (cls)", "seed-1")
