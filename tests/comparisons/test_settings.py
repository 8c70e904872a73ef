"""`spread_families`: from records of families to what they say, against slow versions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from benchmark.comparisons import Resampling, spread_families
from benchmark.comparisons.settings import setting_labels
from benchmark.errors import UsageError
from benchmark.results import Family, Member, ScoredFamily, collect, score_families
from tests.comparisons.made_up import gold_scores, noisy, store
from tests.oracles import settings as oracle
from tests.results.samples import CARD

QUICK = Resampling(resamples=400)
TASKS = ("STS12", "STS13", "STS14")
SETTINGS = ("plain", "quoted", "asked", "twice")
NOISE = {
    "small": (0.5, 0.2, 0.4, 0.3),
    "large": (0.3, 0.1, 0.35, 0.25),
    "other": (0.4, 0.45, 0.2, 0.3),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three models under four templates, on three tasks."""
    found = tmp_path_factory.mktemp("families")
    for which, (model, noises) in enumerate(NOISE.items()):
        for place, noise in enumerate(noises):
            given = {}
            for number, task in enumerate(TASKS):
                gold = gold_scores(200, seed=number)
                amount = noise if (number, place) != (2, 1) else 0.6  # "quoted" fails on STS14
                given[task] = (noisy(gold, amount, seed=1000 * which + 100 * number + place), gold)
            store(found, f"{model}-{place}", given)
    return found


def family(name: str, settings: tuple[str, ...] = SETTINGS, varied: str = "template") -> Family:
    members = (
        Member(f"{name}-{place}", (CARD.fingerprint,), setting)
        for place, setting in enumerate(settings)
    )
    return Family(name, varied, tuple(members))


def scored(folder: Path, *families: Family) -> list[ScoredFamily]:
    return score_families(families, collect([folder]))


def scores_of(one: ScoredFamily) -> list[list[float]]:
    """For each task the score of each setting, by scipy."""
    found = []
    for task in TASKS:
        predictions = [run.records[task].predictions() for run in one.runs]
        found.append(
            [float(stats.spearmanr(p.predicted, p.gold.values).statistic) for p in predictions]
        )
    return found


def test_a_family_has_the_spread_of_its_scores(folder: Path):
    [one] = scored(folder, family("small"))
    [found] = spread_families([one], resampling=QUICK).families
    [table] = found.tables
    assert (found.name, found.varied, found.settings) == ("small", "template", SETTINGS)
    assert (table.group, table.units) == ("sts", "rows")
    expected = scores_of(one)
    average = np.mean(expected, axis=0).tolist()
    assert table.average is not None
    for row, scores in zip((*table.tasks, table.average), (*expected, average), strict=True):
        assert row.scores == pytest.approx(scores, abs=1e-9)
        for name, value in oracle.spread(scores).items():
            estimate = getattr(row, name)
            assert estimate.value == pytest.approx(value, abs=1e-9)
            assert estimate.interval.low <= value <= estimate.interval.high
            assert estimate.standard_error > 0
    assert [row.task and row.task.id for row in table.tasks] == list(TASKS)


def test_the_best_on_the_other_tasks_is_looked_at_on_the_task_held_out(folder: Path):
    [one] = scored(folder, family("small"))
    [table] = spread_families([one], resampling=QUICK).families[0].tables
    expected = oracle.held_out(scores_of(one))
    assert [SETTINGS[task["chosen"]] for task in expected] == ["twice", "twice", "quoted"]
    for row, slow in zip(table.held_out, expected, strict=True):
        assert (row.chosen, row.kept) == (slow["chosen"], slow["kept"])
        for name in ("over_default", "over_mean", "over_median"):
            assert getattr(row, name).value == pytest.approx(slow[name], abs=1e-9)
    mean = table.held_out_mean
    assert mean is not None
    assert mean.kept == sum(task["kept"] for task in expected)
    gain = np.mean([task["over_default"] for task in expected])
    assert mean.over_default.value == pytest.approx(gain, abs=1e-9)
    assert mean.over_default.interval.low < gain < mean.over_default.interval.high
    assert len(table.halves) == len(TASKS) + 1


def test_an_interval_chooses_anew_in_every_resample(tmp_path: Path):
    """Of two equals, choosing is a coin: on the other task its loser is chosen as often."""
    for place in range(2):
        given = {}
        for number, task in enumerate(("STS12", "STS13")):
            gold = gold_scores(150, seed=number)
            given[task] = (noisy(gold, 0.4, seed=50 + 10 * number + place), gold)
        store(tmp_path, f"small-{place}", given)
    [one] = scored(tmp_path, family("small", SETTINGS[:2]))
    [table] = spread_families([one], resampling=QUICK).families[0].tables
    for row in table.held_out:
        other = row.over_default.interval
        assert other.low < 0 < other.high or 0 in (other.low, other.high)
        assert row.over_default.standard_error > 0


def test_rankings_are_compared_setting_by_setting_and_model_by_model(folder: Path):
    families = scored(folder, *(family(name) for name in NOISE))
    [table] = spread_families(families, resampling=QUICK).stability
    scores = np.array([scores_of(one) for one in families])  # (models, tasks, settings)
    with_average = np.concatenate([scores, scores.mean(axis=1, keepdims=True)], axis=1)
    assert (table.models, table.settings) == (tuple(NOISE), SETTINGS)
    for place in range(4):
        by_setting = with_average[:, place].T.tolist()
        by_model = with_average[:, place].tolist()
        for row, judges, ranked in (
            (table.of_models[place], by_setting, tuple(NOISE)),
            (table.of_settings[place], by_model, SETTINGS),
        ):
            assert row.tau is not None
            assert row.tau.value == pytest.approx(np.mean(oracle.tau(judges)))
            assert row.lowest == pytest.approx(min(oracle.tau(judges)))
            assert row.tau.interval.low <= row.tau.value <= row.tau.interval.high
            assert row.changes.value == pytest.approx(oracle.other_winner(judges))
            winners = [ranked[judge.index(max(judge))] for judge in judges]
            assert row.winners == {name: winners.count(name) for name in set(winners)}
    assert table.of_models[-1].task is None


def test_families_meet_in_the_settings_they_share_and_in_nothing_else(folder: Path):
    renamed = family("large", ("plain", "quoted", "upper", "lower"))
    families = scored(folder, family("small"), renamed, family("other", varied="pooler"))
    [table] = spread_families(families, resampling=QUICK).stability
    assert (table.models, table.settings) == (("small", "large"), ("plain", "quoted"))
    strangers = scored(folder, family("small"), family("large", ("a", "b", "c", "d")))
    assert spread_families(strangers, resampling=QUICK).stability == ()
    unnamed = scored(folder, family("small"), family("large", ("", "", "", "")))
    assert spread_families(unnamed, resampling=QUICK).stability == ()


def test_numbers_of_a_family_do_not_depend_on_the_others(folder: Path):
    small, large = scored(folder, family("small"), family("large"))
    together = spread_families([small, large], resampling=QUICK).families[0]
    assert together == spread_families([small], resampling=QUICK).families[0]


def test_members_without_a_setting_go_by_their_name(folder: Path):
    [one] = scored(folder, family("small", ("", "", "", ""), varied="seed"))
    assert setting_labels(one) == ("small-0", "small-1", "small-2", "small-3")
    [twice] = scored(folder, family("small", ("a", "a", "b", "c")))
    assert setting_labels(twice)[:2] == ("small-0 (a)", "small-1 (a)")


def test_a_single_task_holds_nothing_out(folder: Path):
    [one] = scored(folder, family("small"))
    [table] = spread_families([one], tasks=["STS12"], resampling=QUICK).families[0].tables
    assert (table.average, table.held_out, table.held_out_mean) == (None, (), None)
    assert len(table.halves) == 1


def test_what_a_member_lacks_is_left_out_with_the_reason(folder: Path, tmp_path: Path):
    gold = gold_scores(100)
    for place in range(2):
        given = {task: (noisy(gold, 0.2, place), gold) for task in TASKS[: 2 - place]}
        store(tmp_path, f"small-{place}", given)
    [one] = scored(tmp_path, family("small", SETTINGS[:2]))
    [found] = spread_families([one], tasks=["STS12", "STS13", "STS15"], resampling=QUICK).families
    assert {(left.task, left.reason) for left in found.left_out} == {
        ("STS13", "only plain has a record"),
        ("STS15", "there is no record"),
    }
    with pytest.raises(UsageError, match=r"no task is left \(STS13: only plain has a record\)"):
        spread_families([one], tasks=["STS13"], resampling=QUICK)


def test_members_that_keep_no_predictions_have_no_intervals(tmp_path: Path):
    gold = gold_scores(100)
    for place in range(2):
        kept = {} if place else {"predictions_sha256": None}
        store(tmp_path, f"small-{place}", {"STS12": (noisy(gold, 0.2, place), gold)}, **kept)
    [one] = scored(tmp_path, family("small", SETTINGS[:2]))
    with pytest.raises(UsageError, match="STS12: plain keeps no predictions; score it again"):
        spread_families([one], resampling=QUICK)


def test_one_member_has_no_spread(folder: Path):
    [one] = scored(folder, family("small", SETTINGS[:1]))
    with pytest.raises(UsageError, match=r"family small: only one member \(small-0 \(plain\)\) ha"):
        spread_families([one], resampling=QUICK)


def test_numbers_that_make_no_sense_are_refused(folder: Path):
    [one] = scored(folder, family("small"))
    with pytest.raises(UsageError, match="`level` 2: a confidence level lies between 0 and 1"):
        spread_families([one], resampling=Resampling(level=2))


def test_the_seed_decides(folder: Path):
    [one] = scored(folder, family("small"))
    first, again, other = (
        spread_families([one], resampling=Resampling(400, seed=seed)).families for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_a_setting_that_gives_all_models_the_same_ranks_nothing(tmp_path: Path):
    gold = gold_scores(100)
    for name in ("small", "large"):
        for place in range(2):
            store(tmp_path, f"{name}-{place}", {"STS12": (noisy(gold, 0.2, place), gold)})
    families = scored(tmp_path, family("small", SETTINGS[:2]), family("large", SETTINGS[:2]))
    [table] = spread_families(families, resampling=QUICK).stability
    assert (table.of_models[0].tau, table.of_models[0].lowest) == (None, None)
    assert table.of_settings[0].tau is not None
    assert table.of_settings[0].tau.value == 1.0
