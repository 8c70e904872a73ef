"""Intervals and tests: against scipy; from what is kept; without gold; of records that lie.

Then which pairs are tested, and what follows from the tests.
"""

from __future__ import annotations

import shutil
from dataclasses import astuple, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from benchmark.errors import UnreadableRecord
from benchmark.leaderboard.certainty import MOST_PAIRS, compute_statistics, pairs_to_test, ties
from benchmark.leaderboard.lineup import line_up
from benchmark.leaderboard.statistics import Method, Statistics, pair_key, row_key
from benchmark.options import DataOptions
from benchmark.results import average, collect, encode_record, read_record
from tests.leaderboard.samples import (
    QUICK,
    STS,
    TRANSFER,
    card_number,
    given_by,
    gold_of,
    write_model,
)
from tests.made_up_data import write_senteval
from tests.results.edits import forget_texts
from tests.results.samples import task_named
from tests.tasks.test_pair_classification import made_up

NOTHING = Statistics(method=QUICK)


def computed(
    folder: Path, kept: Statistics = NOTHING, group="sts", method=QUICK, sources=None
) -> Statistics:
    lineup = line_up(group, collect([folder]))
    return compute_statistics(lineup, replace(kept, method=method), sources)


def test_every_row_and_every_pair_is_known(results: Path):
    known = computed(results)
    [ranking] = line_up("sts", collect([results])).rankings
    first, second, third = ranking.measured
    assert set(known.rows) == {row_key(contender, QUICK) for contender in ranking.measured}
    pairs = (first, second), (first, third), (second, third)
    assert set(known.pairs) == {pair_key(*pair, QUICK) for pair in pairs}
    assert known.between(first, third).average < 0.05
    assert known.between(first, second).average > 0.05


def test_intervals_are_those_of_scipy(tmp_path: Path):
    write_model(tmp_path, tasks=["STS12"])
    known = computed(tmp_path, method=Method(resamples=4000))
    [row] = known.rows.values()
    task = task_named("STS12")
    expected = stats.bootstrap(
        (given_by("tiny-bert", task, 0.8), gold_of(task)),
        lambda x, y: stats.spearmanr(x, y).statistic,
        paired=True,
        vectorized=False,
        n_resamples=4000,
        method="percentile",
        rng=1,
    ).confidence_interval
    assert row.scores["STS12"].low == pytest.approx(expected.low, abs=0.01)
    assert row.scores["STS12"].high == pytest.approx(expected.high, abs=0.01)
    assert row.average is None
    assert row.units == "rows"


def test_accuracies_have_intervals_too(tmp_path: Path):
    write_model(tmp_path, tasks=TRANSFER)
    known = computed(tmp_path, group="transfer", method=Method(resamples=4000))
    [row] = known.rows.values()
    for task_id in TRANSFER:
        task = task_named(task_id)
        right = int(np.sum(given_by("tiny-bert", task, 0.8) == gold_of(task)))
        exact = stats.binom(60, right / 60)
        assert row.scores[task_id].low == pytest.approx(exact.ppf(0.025) / 60, abs=0.02)
        assert row.scores[task_id].high == pytest.approx(exact.ppf(0.975) / 60, abs=0.02)
    assert row.average.low < row.average.score < row.average.high


def test_without_gold_what_was_kept_is_taken(results: Path):
    known = computed(results)
    shutil.rmtree(results / "gold")
    assert computed(results, known) == known


def test_without_gold_nothing_is_known_and_that_is_no_error(results: Path):
    shutil.rmtree(results / "gold")
    assert computed(results) == NOTHING


def test_gold_of_one_task_missing_leaves_the_row_without(results: Path):
    next((results / "gold").glob("STS12-*")).unlink()
    assert computed(results) == NOTHING


def test_what_is_kept_needs_neither_gold_nor_predictions(results: Path):
    known = computed(results)
    sentences = Statistics(
        {key: replace(row, units="sentences") for key, row in known.rows.items()},
        {key: replace(pair, units="sentences") for key, pair in known.pairs.items()},
        QUICK,
    )
    for path in results.rglob("*.npy"):
        path.unlink()
    assert computed(results, sentences) == sentences


def test_only_what_is_missing_is_computed(results: Path, caplog: pytest.LogCaptureFixture):
    known = computed(results)
    write_model(results, "new", 0.5, card=card_number(9))
    caplog.set_level("INFO", "benchmark")
    caplog.clear()  # a command line that was run before lets everything through
    more = computed(results, known)
    assert known.rows.items() < more.rows.items()
    assert known.pairs.items() < more.pairs.items()
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 4
    assert all("new" in message for message in said)


def test_hashes_beside_the_records_do_for_the_sentences(tmp_path: Path):
    from benchmark import evaluate
    from tests.encoder_files import Other, WordHash

    data = write_senteval(tmp_path / "data")
    results = tmp_path / "results"
    for encoder in (WordHash(), Other()):
        evaluate(encoder, "sts", data_dir=data, unverified_data=True, output_dir=results)
    sources = DataOptions(data_dir=data, offline=True, unverified_data=True)
    with_data = computed(results, sources=sources)
    assert {row.units for row in with_data.rows.values()} == {"sentences"}
    assert computed(results) == with_data


def test_each_column_of_a_group_of_ones_own_has_intervals_of_its_measure(tmp_path: Path):
    from benchmark import evaluate, pairs
    from tests.encoder_files import Other, WordHash

    part = made_up("pairs", 1, 40)
    both_texts = zip(part.first, part.second, strict=True)
    shared = [len({*one.split()} & {*other.split()}) for one, other in both_texts]
    tasks = [
        replace(pairs(part.first, part.second, gold, name=name), group="mine")
        for name, gold in (("graded", shared), ("same", part.gold))
    ]
    for encoder in (WordHash(), Other()):
        run = evaluate(encoder, tasks, output_dir=tmp_path / "both")
        assert average(run.values(), "mine") is None, "of two measures there is none"
        for task in tasks:
            evaluate(encoder, task, output_dir=tmp_path / task.id)
    both, *alone = (computed(tmp_path / name, group="mine") for name in ("both", "graded", "same"))
    assert len(both.rows) == 2
    ends = [
        sorted((name, *astuple(s)) for row in known.rows.values() for name, s in row.scores.items())
        for known in (both, *alone)
    ]
    assert ends[0] == sorted([*ends[1], *ends[2]])
    assert all(low <= score <= high for _, score, low, high in ends[0])
    assert [row.average for row in both.rows.values()] == [None, None]
    assert both.pairs == {}


def test_rows_drawn_by_themselves_are_drawn_again_once_sentences_are_here(tmp_path: Path):
    from benchmark import evaluate
    from tests.encoder_files import WordHash

    data = write_senteval(tmp_path / "data")
    results = tmp_path / "results"
    evaluate(WordHash(), "sts", data_dir=data, unverified_data=True, output_dir=results, cache=None)
    forget_texts(results)
    alone = computed(results)
    assert [row.units for row in alone.rows.values()] == ["rows"]
    sources = DataOptions(data_dir=data, offline=True, unverified_data=True)
    together = computed(results, alone, sources=sources)
    assert [row.units for row in together.rows.values()] == ["sentences"]
    assert together.rows.keys() == alone.rows.keys()
    # And never back again.
    assert computed(results, together) == together


def test_records_without_predictions_have_no_intervals(tmp_path: Path):
    write_model(tmp_path, predictions_sha256=None)
    assert computed(tmp_path) == NOTHING


def test_too_few_rows_are_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    write_model(tmp_path, tasks=["STS12"], rows=3)
    assert computed(tmp_path) == NOTHING
    assert "tiny-bert: no intervals" in caplog.text


# --- records that lie -----------------------------------------------------------------------------


def edited(path: Path, score: float) -> None:
    """Change a score by hand, wherever it stands in the record."""
    result = read_record(path)
    scores = {"all": {**result.scores["all"], "spearman": score}}
    path.write_bytes(encode_record(replace(result, main_score=score, scores=scores)))


@pytest.mark.parametrize("with_gold", [True, False])
def test_an_edited_score_is_refused(results: Path, with_gold: bool):
    known = computed(results)
    path = next(results.rglob("STS12.json"))
    edited(path, 0.999)
    if not with_gold:
        shutil.rmtree(results / "gold")
    with pytest.raises(UnreadableRecord, match=r"the record says 0\.999000, its pred") as caught:
        computed(results, NOTHING if with_gold else known)
    assert str(path) in str(caught.value)


def test_predictions_of_another_number_than_gold_are_refused(results: Path, tmp_path: Path):
    write_model(tmp_path / "short", "short", tasks=STS, card=card_number(7), rows=50)
    shutil.rmtree(tmp_path / "short" / "gold")
    shutil.copytree(tmp_path / "short", results, dirs_exist_ok=True)
    with pytest.raises(UnreadableRecord, match="50 predictions for 60 gold scores"):
        computed(results)


# --- pairs and ties -------------------------------------------------------------------------------


@given(st.integers(0, 25))
def test_all_pairs_of_few_rows(rows: int):
    assert sorted(pairs_to_test(rows)) == list(combinations(range(rows), 2))


@given(st.integers(26, 200))
def test_the_nearest_pairs_of_many_rows(rows: int):
    chosen = pairs_to_test(rows)
    assert len(set(chosen)) == len(chosen) <= MOST_PAIRS
    farthest = max(second - first for first, second in chosen)
    near = [pair for pair in combinations(range(rows), 2) if pair[1] - pair[0] <= farthest]
    assert sorted(chosen) == near
    assert len(near) + rows - farthest - 1 > MOST_PAIRS


def test_neighbours_are_tested_however_many_there_are():
    assert pairs_to_test(1000) == [(place, place + 1) for place in range(999)]


def test_p_values_are_adjusted_for_all_tests():
    """0.02 is significant by itself, not as the smallest of three."""
    p_values = {(0, 1): 0.02, (0, 2): 0.9, (1, 2): 0.9}
    assert ties([3.0, 2.0, 1.0], p_values).letters == ("a", "a", "a")
    assert ties([3.0, 2.0], {(0, 1): 0.02}).letters == ("a", "b")


def test_being_tied_is_not_transitive():
    found = ties([3.0, 2.0, 1.0], {(0, 1): 0.5, (1, 2): 0.5, (0, 2): 0.001})
    assert found.letters == ("a", "ab", "b")
    assert [(r.best, r.worst) for r in found.ranges] == [(1, 2), (1, 3), (2, 3)]
    assert (found.tests, found.pairs) == (3, 3)


def test_a_pair_that_was_not_tested_follows_from_those_between():
    """Four rows, neighbours tested: only the middle two differ."""
    found = ties([4.0, 3.0, 2.0, 1.0], {(0, 1): 0.5, (1, 2): 0.0001, (2, 3): 0.5})
    assert found.letters == ("a", "a", "b", "b")
    assert (found.tests, found.pairs) == (3, 6)


def test_without_a_significant_pair_between_rows_stay_tied():
    found = ties([3.0, 2.0, 1.0], {(0, 1): 0.5, (1, 2): 0.5})
    assert found.letters == ("a", "a", "a")


@pytest.mark.parametrize("rows", [2, 5, 9])
def test_clear_differences_give_each_row_its_letter(rows: int):
    p_values = dict.fromkeys(combinations(range(rows), 2), 1e-6)
    found = ties([float(-place) for place in range(rows)], p_values)
    assert found.letters == tuple("abcdefghi"[:rows])
    assert [(r.best, r.worst) for r in found.ranges] == [(n, n) for n in range(1, rows + 1)]
