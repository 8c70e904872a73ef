"""Families on a leaderboard: one row, ranked by its mean, with the interval of that mean."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from benchmark.leaderboard import Leaderboard, MeasuredRow, encode_statistics, make_leaderboard
from benchmark.leaderboard.table_rows import NO_GOLD
from benchmark.results import Family, Member, collect, published_tables
from tests.leaderboard.samples import (
    QUICK,
    ROWS,
    STS,
    TRANSFER,
    card_number,
    given_by,
    gold_of,
    record_of,
    write_model,
)
from tests.results.samples import task_named

QUALITIES = [0.9, 0.6, 0.75]


def member_of(place: int, setting: str = "") -> Member:
    return Member(f"seed-{place}", (card_number(place).fingerprint or "",), setting)


SEEDS = Family("seeds", "seed", tuple(map(member_of, range(3))))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three members of a family, and two other models."""
    for place, quality in enumerate(QUALITIES):
        write_model(tmp_path / "r", f"seed-{place}", quality, card=card_number(place))
    write_model(tmp_path / "r", "better", 0.8, card=card_number(8))
    write_model(tmp_path / "r", "worse", 0.3, card=card_number(9))
    return tmp_path / "r"


def board_of(folder: Path, *families: Family, group: str = "sts", **options) -> Leaderboard:
    runs = collect([folder])
    return make_leaderboard(group, runs, method=QUICK, families=families, **options)[0]


def row_of(board: Leaderboard, label: str = "seeds (3)") -> MeasuredRow:
    return next(row for row in board.measured if row.label == label)


def test_a_family_is_one_row_with_the_spread_of_its_members(folder: Path):
    row = row_of(board_of(folder, SEEDS))
    alone = {r.label: r for r in board_of(folder).measured}
    members = [alone[f"seed-{place}"] for place in range(3)]
    for column in STS:
        scores = np.array([100 * member.cells[column].exact for member in members])
        cell = row.cells[column]
        assert cell.text == f"{scores.mean():.2f}"
        assert cell.deviation == f"{scores.std(ddof=1):.2f}"
        assert cell.exact == pytest.approx(scores.mean() / 100, abs=1e-12)
        found = row.spreads[column]
        assert (found.low, found.high, found.count) == (scores.min(), scores.max(), 3)
    averages = np.array([float(member.average.text) for member in members])
    assert row.average.text == f"{averages.mean():.2f}"
    assert row.average.deviation == f"{averages.std(ddof=1):.2f}"
    assert row.varied == "seed"
    assert [member.label for member in row.members] == ["seed-0", "seed-1", "seed-2"]


def test_its_members_are_folded_and_its_mean_is_ranked(folder: Path):
    board = board_of(folder, SEEDS, tables=published_tables())
    labels = [row.label for row in board.ranking.measured]
    assert sorted(labels) == ["better", "seeds (3)", "worse"]
    texts = [float(row.average.text) for row in board.ranking.rows if row.average]
    assert texts == sorted(texts, reverse=True)
    row = row_of(board)
    assert row.rank == 1 + sum(text > float(row.average.text) for text in texts)
    assert {member.rank for member in row.members} == {None}
    assert not any(cell.mark for member in row.members for cell in member.cells.values())


def test_families_and_their_members_have_no_letters(folder: Path):
    board = board_of(folder, SEEDS)
    row = row_of(board)
    assert not row.letters
    assert not any(member.letters for member in row.members)
    assert all(row_of(board, label).letters for label in ("better", "worse"))
    assert board.ranking.tests == 1


def test_the_interval_is_that_of_the_mean_over_other_pairs(tmp_path: Path):
    """Against a plain bootstrap of the mean of the members' correlations."""
    task = task_named("STS12")
    for place, quality in enumerate(QUALITIES):
        write_model(tmp_path, f"seed-{place}", quality, ["STS12"], card=card_number(place))
    method = replace(QUICK, resamples=2000)
    runs = collect([tmp_path])
    [row] = make_leaderboard("sts", runs, method=method, families=[SEEDS])[0].measured
    gold, dice = gold_of(task), np.random.default_rng(3)
    given = [given_by(f"seed-{place}", task, quality) for place, quality in enumerate(QUALITIES)]
    means = []
    for _ in range(2000):
        drawn = dice.integers(0, ROWS, ROWS)
        means.append(np.mean([stats.spearmanr(one[drawn], gold[drawn])[0] for one in given]))
    low, high = np.quantile(means, [0.025, 0.975])
    interval = row.cells["STS12"].interval
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.02)
    assert row.units == "rows"


def test_what_was_computed_with_gold_is_kept(folder: Path, tmp_path: Path):
    runs = collect([folder])
    with_gold, kept = make_leaderboard("sts", runs, method=QUICK, families=[SEEDS])
    for path in (folder / "gold").rglob("*"):
        path.unlink()
    without, known = make_leaderboard("sts", runs, kept=kept, method=QUICK, families=[SEEDS])
    assert row_of(without).cells == row_of(with_gold).cells
    assert encode_statistics(known) == encode_statistics(kept)
    forgotten = row_of(board_of(folder, SEEDS))
    assert forgotten.average.interval is None
    assert NO_GOLD in forgotten.cautions


def test_members_that_answer_other_questions_stand_apart(folder: Path):
    write_model(folder, "seed-3", 0.7, card=card_number(3), verified=False)
    four = Family("seeds", "seed", (*SEEDS.members, member_of(3)))
    board = board_of(folder, four)
    labels = {row.label for row in board.measured}
    assert labels == {"seed-0", "seed-1", "seed-2", "seed-3", "better", "worse"}
    said = "of the family seeds, which is no row here: its members answer different questions"
    assert all((said in row.cautions) == row.label.startswith("seed") for row in board.measured)


def test_a_column_that_a_member_lacks_has_no_mean(folder: Path):
    write_model(folder, "seed-3", 0.7, STS[:2], card=card_number(3))
    four = Family("seeds", "seed", (*SEEDS.members, member_of(3), member_of(7)))
    row = row_of(board_of(folder, four), "seeds (4)")
    assert list(row.cells) == STS[:2]
    assert row.average is None
    assert row.rank is None
    assert f"no mean on {', '.join(STS[2:])}, for not every member has a score" in row.cautions
    assert "without scores: seed-7" in row.cautions


def test_one_member_has_no_deviation(folder: Path):
    row = row_of(board_of(folder, Family("seeds", "seed", (member_of(0),))), "seeds (1)")
    assert not any(cell.deviation for cell in [*row.cells.values(), row.average])
    assert "one member, which has no standard deviation" in row.cautions


def test_a_setting_is_what_a_member_is_called_by(folder: Path):
    prompts = Family("prompts", "prompt", (member_of(0, "query: "), member_of(1, "none")))
    row = row_of(board_of(folder, prompts), "prompts (2)")
    assert [member.label for member in row.members] == ["seed-0 (query: )", "seed-1 (none)"]


def test_without_families_nothing_changes(folder: Path):
    runs = collect([folder])
    board, known = make_leaderboard("sts", runs, method=QUICK)
    nobody = Family("others", "seed", (Member("nobody", ("0" * 64,)),))
    same, as_known = make_leaderboard("sts", runs, method=QUICK, families=[nobody])
    assert same == board
    assert as_known == known


def test_cautions_of_members_are_the_familys(tmp_path: Path):
    for place in range(2):
        write_model(tmp_path, f"seed-{place}", card=card_number(place), verified=False)
    two = Family("seeds", "seed", SEEDS.members[:2])
    assert "scored on unverified data" in row_of(board_of(tmp_path, two), "seeds (2)").cautions


def test_families_of_classifiers_too(tmp_path: Path):
    for place, quality in enumerate(QUALITIES):
        write_model(tmp_path, f"seed-{place}", quality, TRANSFER, card=card_number(place))
    board = board_of(tmp_path, SEEDS, group="transfer")
    scores = [
        100 * record_of(f"seed-{place}", "MR", quality, card=card_number(place))[0].main_score
        for place, quality in enumerate(QUALITIES)
    ]
    cell = row_of(board).cells["MR"]
    assert (cell.text, cell.deviation) == (
        f"{np.mean(scores):.2f}",
        f"{np.std(scores, ddof=1):.2f}",
    )
    assert cell.interval is not None
