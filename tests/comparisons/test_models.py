"""Which models are meant by folders and names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.comparisons import choose_families, choose_models
from benchmark.errors import UsageError
from benchmark.results import Family, Member, StoredRun, collect, joined_by_model
from tests.gate.samples import OTHER_WEIGHTS, run_of, stored
from tests.results.samples import CARD

STATE, OTHER_STATE = CARD.fingerprint, OTHER_WEIGHTS.fingerprint


def labels(runs: Iterable[StoredRun]) -> list[str]:
    return [run.label for run in runs]


@pytest.fixture
def models(tmp_path: Path) -> list[StoredRun]:
    """Two models, ``tiny`` in two states."""
    return stored(
        tmp_path,
        run_of({"STS12": 0.5}, name="tiny"),
        run_of({"STS12": 0.6}, name="tiny", card=OTHER_WEIGHTS),
        run_of({"STS12": 0.7}, name="org/big@main"),
    )


@pytest.fixture
def pair(tmp_path: Path) -> list[StoredRun]:
    return stored(tmp_path, run_of({"STS12": 0.5}, name="b"), run_of({"STS12": 0.6}, name="a"))


def test_one_folder_of_two_models_needs_no_names(pair):
    assert labels(choose_models([("here", pair)])) == ["a", "b"]


def test_names_give_the_order(pair):
    assert labels(choose_models([("here", pair)], ["b", "a"])) == ["b", "a"]
    assert labels(choose_models([("here", pair)], ["b"])) == ["b"]


def test_a_folder_is_found_however_it_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    runs = stored(tmp_path, run_of({"STS12": 0.5}, name="runs/x"))
    for typed in ("./runs/x", "runs/x/", str(tmp_path / "runs" / "x")):
        assert labels(choose_models([("here", runs)], [typed])) == ["runs/x"]


def test_each_of_two_folders_gives_one(pair):
    assert labels(choose_models([("one", pair[1:]), ("other", pair[:1])])) == ["b", "a"]


def test_one_name_stands_for_two_states_in_two_folders(tmp_path: Path):
    old = stored(tmp_path / "old", run_of({"STS12": 0.5}), run_of({"STS12": 0.9}, name="x"))
    new = stored(tmp_path / "new", run_of({"STS12": 0.6}, card=OTHER_WEIGHTS))
    first, second = choose_models([("old", old), ("new", new)], ["tiny-bert"])
    assert (first.fingerprint, second.fingerprint) == (STATE, OTHER_STATE)
    chosen = choose_models([("old", old), ("new", new)], ["x", "tiny-bert"])
    assert labels(chosen) == ["x", "tiny-bert"]


def test_states_are_named_by_label_or_fingerprint(models):
    by_label = choose_models([("here", models)], [f"tiny ({STATE[:8]})", "org/big@main"])
    assert [run.fingerprint for run in by_label] == [STATE, STATE]
    [by_digits] = choose_models([("here", models)], [f"tiny@{OTHER_STATE[:6]}"])
    assert by_digits.fingerprint == OTHER_STATE


def test_a_checkpoint_for_sts_and_one_for_transfer_are_one_model(tmp_path: Path):
    runs = stored(tmp_path, run_of({"STS12": 0.5}), run_of({"MR": 0.8}, card=OTHER_WEIGHTS))
    [model] = joined_by_model(runs)
    assert model.label == "tiny-bert"
    assert list(model.records) == ["STS12", "MR"]
    assert joined_by_model(collect([tmp_path])) == [model]


def test_states_that_compete_stay_apart(models):
    assert labels(joined_by_model(models)) == [
        "org/big@main",
        *sorted([f"tiny ({STATE[:8]})", f"tiny ({OTHER_STATE[:8]})"]),
    ]


def test_an_encoder_that_does_not_say_who_it_is_can_be_named(tmp_path: Path):
    nameless = replace(CARD, weights_sha256=None, version=None, revision=None)
    assert nameless.fingerprint is None
    runs = stored(tmp_path, run_of({"STS12": 0.5}), run_of({"STS12": 0.6}, card=nameless))
    [chosen] = choose_models([("here", runs)], ["tiny-bert@unidentified"])
    assert chosen.fingerprint is None


@pytest.mark.parametrize(
    ("names", "phrase"),
    [
        ([], r"here holds 3 models \(org/big@main, tiny .*\); choose among them with `mo"),
        (["tinny"], r"`models` tinny: here holds no such model \(did you mean"),
        (["tiny"], r"`models` tiny: here holds 2 states of it \(.*\); name one of them as tiny@F"),
        (["a", "b", "c"], "`models` names 3 models, two are the most"),
        (["tiny@", "org/big@main"], "no such model"),
        (["org/big@main", "org/big@main"], "`models` names org/big@main twice; name two models"),
    ],
)
def test_what_is_not_clear_is_refused(models, names, phrase):
    with pytest.raises(UsageError, match=phrase):
        choose_models([("here", models)], names)


def test_two_folders_with_unclear_models_are_refused(models, pair):
    with pytest.raises(UsageError, match=r"here holds 3 models .* say which one is meant with `mo"):
        choose_models([("here", models), ("there", pair[:1])])
    with pytest.raises(UsageError, match="names 3 models for 2 places of records; name one for e"):
        choose_models([("here", models), ("there", pair)], ["a", "b", "c"])
    with pytest.raises(UsageError, match="3 places of records were named, two are the most"):
        choose_models([("one", pair), ("two", pair), ("three", pair)])


# --- families -------------------------------------------------------------------------------------


@pytest.fixture
def seeds(tmp_path: Path) -> list[StoredRun]:
    return stored(
        tmp_path,
        *(
            run_of({"STS12": score}, name=name, card=replace(CARD, weights_sha256=digit * 64))
            for name, score, digit in [
                *[("runs/seed-10", 0.5, "1"), ("runs/seed-2", 0.6, "2"), ("other", 0.7, "3")],
                ("runs/seed-2/last", 0.8, "4"),
            ]
        ),
    )


def family_of(name: str, *runs: StoredRun) -> Family:
    return Family(name, "seed", tuple(Member(run.model, (run.fingerprint or "",)) for run in runs))


def test_a_family_is_found_by_its_name(seeds):
    known = [family_of("a", *seeds[:2]), family_of("b", *seeds[2:]), family_of("gone")]
    chosen = choose_families("here", seeds, known, ["b", "a"])
    assert [family.name for family in chosen] == ["b", "a"]
    assert [family.name for family in choose_families("here", seeds, known)] == ["a", "b"]
    with pytest.raises(UsageError, match="family gone: here holds no record"):
        choose_families("here", seeds, known, ["gone"])


def test_a_glob_is_a_family_of_the_models_it_matches(seeds):
    [family] = choose_families("here", seeds, [], ["runs/seed-*"])
    assert (family.name, family.varied) == ("runs/seed-*", "seed")
    assert family.labels == ("runs/seed-2", "runs/seed-10")


def test_a_model_is_a_family_of_one(seeds):
    [family] = choose_families("here", seeds, [family_of("a", *seeds)], ["other"])
    assert [run.model for run in family.runs] == ["other"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["sedes"], "no such model .did you mean seeds.*there are seeds, other, runs/seed-10"),
        (["seed-*"], "no such model"),
        (["seeds", "seeds"], "names seeds twice"),
    ],
)
def test_what_names_no_family_is_said(seeds, names: list[str], said: str):
    with pytest.raises(UsageError, match=said):
        choose_families("here", seeds, [family_of("seeds", *seeds[:2])], names)


def test_a_place_without_a_family_says_so(seeds):
    with pytest.raises(UsageError, match="here holds no family"):
        choose_families("here", seeds, [])
