"""Which sides of a comparison are meant by folders and names."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.comparisons import choose_sides
from benchmark.errors import UsageError
from benchmark.results import Family, Member, StoredRun
from tests.comparisons.test_models import STATE, labels, models, pair
from tests.gate.samples import run_of, stored

__all__ = ["models", "pair"]


def sides(*arguments: object) -> list[tuple[str, list[str]]]:
    return [(side.name, labels(side.runs)) for side in choose_sides(*arguments)]


@pytest.fixture
def seeds(tmp_path: Path) -> list[StoredRun]:
    """Five runs of two methods, and one whose name is a glob that the others match."""
    names = ("a-1", "a-2", "a-3", "b-1", "b-2", "b-*")
    runs = [run_of({"STS12": 0.5 + k / 100}, name=name) for k, name in enumerate(names)]
    return stored(tmp_path, *runs)


def test_a_glob_is_a_family(seeds):
    assert sides([("here", seeds)], ["a-*", "a-1"]) == [
        ("a-*", ["a-1", "a-2", "a-3"]),
        ("a-1", ["a-1"]),
    ]
    assert sides([("here", seeds)], ["b-[12]", "a-?"]) == [
        ("b-[12]", ["b-1", "b-2"]),
        ("a-?", ["a-1", "a-2", "a-3"]),
    ]


def test_the_name_of_a_model_is_that_model_before_it_is_a_glob(seeds):
    assert sides([("here", seeds)], ["b-*", "a-*"])[0] == ("b-*", ["b-*"])


def test_a_family_is_named_and_a_model_of_that_name_comes_first(seeds):
    members = (Member("a-1", (STATE,)), Member("b-1", (STATE,), "template 2"))
    known = [Family("mine", "template", members), Family("a-2", "seed", members)]
    first, second = choose_sides([("here", seeds)], ["mine", "a-2"], known)
    assert (first.name, first.varied) == ("mine", "template")
    assert labels(first.runs) == ["a-1", "b-1 (template 2)"]
    assert labels(second.runs) == ["a-2"]


def test_each_of_two_folders_is_a_family(seeds):
    collections = [("one", seeds[:3]), ("other", seeds[3:4])]
    expected = [("one", labels(seeds[:3])), (seeds[3].label, [seeds[3].label])]
    assert sides(collections, []) == expected
    assert (
        sides([("one", seeds), ("other", seeds)], ["a-*"]) == [("a-*", ["a-1", "a-2", "a-3"])] * 2
    )


def test_states_of_a_model_are_a_family_if_that_is_said(models):
    assert [len(runs) for _, runs in sides([("here", models)], ["tiny@*", "org/*"])] == [2, 1]
    with pytest.raises(UsageError, match=r"here holds several states of tiny; name all as tiny@\*"):
        choose_sides([("here", models)], ["tin*", "org/*"])


def test_a_name_that_is_nearly_that_of_a_family_is_suggested(seeds):
    known = [Family("ours", "seed", (Member("a-1", (STATE,)),))]
    with pytest.raises(UsageError, match=r"\(did you mean ours\?\); there are ours, a-1"):
        choose_sides([("here", seeds)], ["uors", "b-1"], known)


def test_without_names_two_models_are_what_they_were(pair, models):
    assert sides([("here", pair)], []) == [("a", ["a"]), ("b", ["b"])]
    with pytest.raises(UsageError, match="here holds 5 models"):
        choose_sides([("here", models)], [])


@pytest.mark.parametrize(
    ("names", "phrase"),
    [
        (["x-*", "a-*"], r"`models` x-\*: here holds no such model"),
        (["a-", "a-*"], r"`models` a-: here holds no such model"),
        (["a-*", "a-*"], r"`models` names a-\* twice"),
        (["a-1", "a-2", "a-3"], "`models` names 3 models, two are the most"),
        (["gone", "a-1"], "`models` gone: here holds no records of its member a-9"),
    ],
)
def test_families_that_are_not_clear_are_refused(seeds, names, phrase):
    known = [Family("gone", "seed", (Member("a-1", (STATE,)), Member("a-9", (STATE,))))]
    with pytest.raises(UsageError, match=phrase):
        choose_sides([("here", seeds)], names, known)
    with pytest.raises(UsageError, match="names 3 models for 2 places of records"):
        choose_sides([("here", seeds), ("there", seeds)], ["a-1", "a-2", "a-3"])
