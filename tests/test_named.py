"""Families where words of a verb name them: in folders, in memory, or both."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark import Runs, UsageError, rank
from benchmark.named import families_named, families_of
from benchmark.results import Family, Member, collect, fingerprints_of
from benchmark.results.families import write_family
from tests.leaderboard.samples import card_number, write_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three models, the first two of which are a family."""
    for place, quality in enumerate([0.9, 0.6, 0.75]):
        write_model(tmp_path / "r", f"seed-{place}", quality, card=card_number(place))
    write_family(tmp_path / "r", seeds(tmp_path / "r", 2))
    return tmp_path / "r"


def seeds(folder: Path, count: int) -> Family:
    members = tuple(Member(run.model, fingerprints_of(run)) for run in collect([folder])[:count])
    return Family("seeds", "seed", members)


def test_a_family_beside_records_is_found_by_its_name(folder: Path):
    [family] = families_named("compare", [folder], ["seeds"])
    assert family.labels == ("seed-0", "seed-1")
    assert families_named("families", [folder], None) == (family,)
    first, second = families_named("compare", [str(folder)], ["seeds,seed-2"])
    assert (first, second.labels) == (family, ("seed-2",))


def test_runs_in_memory_bring_their_families(folder: Path):
    runs = Runs(collect([folder]), [seeds(folder, 3)])
    [family] = families_named("compare", [runs], ["seeds"])
    assert len(family.runs) == 3


def test_members_of_a_family_in_two_places_come_together(folder: Path):
    runs = Runs([], [Family("seeds", "seed", seeds(folder, 3).members[1:])])
    [family] = families_of([runs, folder])
    assert [member.model for member in family.members] == ["seed-0", "seed-1", "seed-2"]
    other = Runs([], [Family("seeds", "prompt", seeds(folder, 1).members)])
    with pytest.raises(UsageError, match="its members differ in seed, not in prompt"):
        families_of([other, folder])


def test_a_place_is_needed():
    with pytest.raises(UsageError, match="compare: name records"):
        families_named("compare", [], ["seeds"])


def test_a_leaderboard_in_python_has_families(folder: Path):
    rows = rank(folder, published=False).measured
    assert sorted(row.label for row in rows) == ["seed-2", "seeds (2)"]
