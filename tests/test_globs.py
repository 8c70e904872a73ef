"""Names of which one stands for several."""

from __future__ import annotations

import pytest

from benchmark.globs import is_glob, matches, natural


def test_numbers_are_sorted_as_people_do():
    names = ["a", "runs/seed-1", "runs/seed-1/9", "runs/seed-1/10", "runs/seed-2", "runs/seed-10"]
    assert sorted(names) != names
    assert sorted(names, key=natural) == names


@pytest.mark.parametrize(
    ("name", "glob", "matched"),
    [
        ("runs/seed-10", "runs/seed-*", True),
        ("runs/seed-10/last", "runs/seed-*", False),
        ("runs/seed-10/last", "runs/seed-*/last", True),
        ("runs/seed-1", "runs/seed-?", True),
        ("runs/seed-3", "runs/seed-[12]", False),
        ("Runs/seed-1", "runs/*", False),
    ],
)
def test_a_star_ends_at_a_slash(name: str, glob: str, matched: bool):
    assert is_glob(glob)
    assert matches(name, glob) == matched


def test_a_plain_name_is_no_glob():
    assert not is_glob("org/name@main")
