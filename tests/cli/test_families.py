"""Several models, or settings of one, as a family: on the command line and in Python."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from benchmark import UsageError, evaluate, records
from benchmark.cli import main
from benchmark.results import read_families
from tests.checkpoints import write_plain
from tests.cli.conftest import Command
from tests.encoder_files import Other, WordHash

STEPS = ["--vary", "steps=truncate:8", "--vary", "steps=truncate:16", "--vary", "steps=none"]
DEMO = ["--tasks", "DemoSTS"]


@pytest.fixture
def seeds(tmp_path: Path) -> list[str]:
    """Three checkpoints that differ in their seed."""
    names = ["runs/seed-1", "runs/seed-2", "runs/seed-10"]
    for seed, name in enumerate(names):
        write_plain(tmp_path / name, seed=seed)
    return names


def scores_of(document: str, task: str = "DemoSTS") -> list[float]:
    return [run["tasks"][task]["main_score"] for run in json.loads(document)["runs"]]


def test_a_glob_is_a_family_with_mean_and_deviation(command: Command, seeds: list[str]):
    outcome = command("--model", "runs/seed-*", *DEMO, "--format", "json")
    assert outcome.code == 0, outcome.err
    document = json.loads(outcome.out)
    assert [run["model"] for run in document["runs"]] == seeds
    [family] = document["families"]
    assert (family["name"], family["varied"]) == ("runs/seed-*", "seed")
    scores, found = np.array(scores_of(outcome.out)), family["tasks"]["DemoSTS"]
    assert found["mean"] == pytest.approx(scores.mean(), abs=1e-12)
    assert found["deviation"] == pytest.approx(scores.std(ddof=1), abs=1e-12)
    assert [found["low"], found["high"], found["count"]] == [scores.min(), scores.max(), 3]
    assert "family runs/seed-*: 3, runs/seed-1, runs/seed-2, runs/seed-10" in outcome.err
    [kept] = read_families([Path("results")])
    assert [member.model for member in kept.members] == seeds
    assert all(member.fingerprints for member in kept.members)


def test_a_folder_of_seeds_is_one_family_however_it_is_typed(command: Command, seeds: list[str]):
    folder = str(Path(seeds[0]).parent)
    for typed in (folder, f"./{folder}/"):
        ran = command("--model", typed, *DEMO, "--format", "json")
        assert ran.code == 0, ran.err
        [family] = json.loads(ran.out)["families"]
        assert family["name"] == folder


def test_a_folder_is_scored_once_however_often_it_is_named(command: Command, seeds: list[str]):
    names = ["runs/seed-1", "runs/seed-*", "runs/seed-1*"]
    outcome = command("--model", *names, *DEMO, "--format", "json")
    document = json.loads(outcome.out)
    assert [run["model"] for run in document["runs"]] == seeds
    assert [family["name"] for family in document["families"]] == ["runs/seed-*"]


def test_a_family_that_cannot_be_kept_is_an_error_and_the_table_is_there(
    command: Command, mine: str, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("benchmark.results.families.write_atomically", full)
    outcome = command("--model", f"{mine}:WordHash", *DEMO, "--family", "words")
    assert outcome.code == 1
    assert "words (1)" in outcome.out
    [error] = outcome.errors
    assert "words.toml: the family cannot be written (No space left on device)" in error


def test_steps_for_all_members_stay_in_their_names(command: Command, seeds: list[str]):
    asked = ["--vary", "pooler=avg", "--vary", "pooler=cls", "--steps", "normalize"]
    lines = command("--model", seeds[0], *asked, *DEMO).out.splitlines()
    assert [re.split(r"  +", line)[0] for line in lines[2:4]] == [
        "runs/seed-1 (avg) + normalize",
        "runs/seed-1 (cls) + normalize",
    ]


def test_the_family_stands_below_its_members_in_every_table(command: Command, mine: str):
    asked = ["--model", f"{mine}:WordHash", *STEPS, *DEMO, "--family", "cut"]
    scores = np.array(scores_of(command(*asked, "--format", "json").out)) * 100
    shown = f"{scores.mean():.2f} ± {scores.std(ddof=1):.2f}"
    ends = f"{scores.min():.2f}\N{EN DASH}{scores.max():.2f}"
    lines = command(*asked).out.splitlines()
    assert [re.split(r"  +", line)[0] for line in lines[2:7]] == [
        "word-hash (truncate:8)",
        "word-hash (truncate:16)",
        "word-hash (none)",
        "cut (3)",
        "cut (3), least to greatest",
    ]
    assert lines[5].endswith(shown)
    assert lines[6].endswith(ends)
    for form, signs in (("markdown", {}), ("latex", {"±": r"$\pm$", "\N{EN DASH}": "--"})):
        written = command(*asked, "--format", form).out
        for told in (shown, ends):
            assert told.translate(str.maketrans(signs)) in written
    told = [*csv.DictReader(io.StringIO(command(*asked, "--format", "csv").out))]
    assert float(told[-1]["score"]) == pytest.approx(scores.mean() / 100, abs=1e-12)
    assert float(told[-1]["deviation"]) == pytest.approx(scores.std(ddof=1) / 100, abs=1e-12)
    assert (told[-1]["model"], told[-1]["count"]) == ("cut (3)", "3")


def test_several_models_are_one_family(command: Command, mine: str):
    names = [f"{mine}:WordHash", f"{mine}:Other"]
    outcome = command("--model", *names, *DEMO, "--family", "words")
    assert "words (2) = mean ± standard deviation (n - 1) of word-hash, other" in outcome.out
    [kept] = read_families([Path("results")])
    assert [member.model for member in kept.members] == ["word-hash", "other"]


def test_a_later_run_adds_to_a_family_and_nobody_is_there_twice(command: Command, mine: str):
    command("--model", f"{mine}:WordHash", *DEMO, "--family", "words")
    outcome = command("--model", f"{mine}:WordHash", f"{mine}:Other", *DEMO, "--family", "words")
    assert outcome.code == 0, outcome.err
    [kept] = read_families([Path("results")])
    assert [member.model for member in kept.members] == ["word-hash", "other"]


def test_one_member_has_no_deviation_and_that_is_said(command: Command, mine: str):
    out = command("--model", f"{mine}:WordHash", *DEMO, "--family", "words").out
    assert "words (1) = word-hash alone: one member has no standard deviation" in out
    assert "±" not in out


def test_several_models_in_the_same_settings_are_a_family_each(command: Command, mine: str):
    names = [f"{mine}:WordHash", f"{mine}:Other"]
    steps = ["--vary", "steps=truncate:4", "--vary", "steps=none"]
    outcome = command("--model", *names, *steps, *DEMO, "--family", "cut")
    assert outcome.code == 0, outcome.err
    first, second = read_families([Path("results")])
    assert (first.name, second.name) == ("mine.py:Other by cut", "mine.py:WordHash by cut")
    assert [m.setting for m in first.members] == [m.setting for m in second.members]
    assert {member.model for member in first.members} == {"other"}


def test_a_member_that_fails_is_in_no_family_and_that_is_said(command: Command, mine: str):
    outcome = command("--model", f"{mine}:WordHash", f"{mine}:Raises", *DEMO, "--family", "words")
    assert outcome.code != 0
    assert "family words: raises is no member, nothing of it was scored" in outcome.err
    [kept] = read_families([Path("results")])
    assert [member.model for member in kept.members] == ["word-hash"]


def test_settings_that_come_to_the_same_are_one_member(command: Command, seeds: list[str]):
    asked = ["--vary", "pooler=avg", "--vary", "pooler=cls", "--vary", "pooler="]
    outcome = command("--model", seeds[0], *asked, *DEMO, "--format", "json")
    assert outcome.code == 0, outcome.err
    [shown] = json.loads(outcome.out)["families"]
    assert shown["tasks"]["DemoSTS"]["count"] == 2
    [family] = read_families([Path("results")])
    assert family.name == "runs/seed-1 by pooler"
    assert [member.setting for member in family.members] == ["avg", "cls"]
    assert "runs/seed-1 (as documented) is no member, it is what runs/seed-1 (" in outcome.err


def test_weights_that_are_trained_again_take_the_place_of_the_old(
    command: Command, seeds: list[str], tmp_path: Path
):
    asked = ["--model", *seeds[:2], *DEMO, "--family", "seeds"]
    command(*asked)
    [before] = read_families([Path("results")])
    write_plain(tmp_path / seeds[0], seed=7)
    command(*asked)
    [after] = read_families([Path("results")])
    assert [member.model for member in after.members] == seeds[:2]
    assert after.members[0].fingerprints != before.members[0].fingerprints
    assert len(after.members[0].fingerprints) == 1
    assert after.members[1] == before.members[1]


@pytest.mark.parametrize(
    ("asked", "phrases"),
    [
        (["--model", "runs/sead-*"], ["--model runs/sead-*: no match"]),
        (["--vary", "poler=cls"], ["--vary poler", "did you mean --pooler?"]),
        (
            ["--vary", "max_lenght=3"],
            ["--vary max_lenght", "did you mean --max-length?"],
        ),
        (["--vary", "pooler=clss"], ["clss"]),
        (["--family", "a,b"], ["--family 'a,b'", "without commas"]),
        (["--family", " "], ["--family"]),
        (
            ["--family", "x", "--steps", "truncate:8", "--steps", "truncate:16"],
            ["--steps names several chains"],
        ),
    ],
    ids=str,
)
def test_what_cannot_be_a_family_is_refused_before_anything_is_done(
    command: Command, asked: list[str], phrases: list[str]
):
    command(*asked, *DEMO).refused(2, *phrases)
    assert not Path("results").exists()


def test_another_variation_under_a_name_is_refused_before_anything_is_done(
    command: Command, mine: str
):
    command("--model", f"{mine}:WordHash", *DEMO, "--family", "words")
    asked = ["--model", f"{mine}:WordHash", *STEPS, *DEMO, "--family", "words"]
    command(*asked).refused(2, "--family words: its members differ in seed, not in steps")


def test_a_dry_run_shows_every_setting(command: Command, seeds: list[str]):
    asked = ["--model", *seeds[:2], "--vary", "pooler=avg", "--vary", "pooler=cls", *DEMO]
    document = json.loads(command(*asked, "--dry-run", "--format", "json").out)
    assert [(model["model"], model["pooler"]) for model in document["models"]] == [
        ("runs/seed-1 (avg)", "avg"),
        ("runs/seed-1 (cls)", "cls"),
        ("runs/seed-2 (avg)", "avg"),
        ("runs/seed-2 (cls)", "cls"),
    ]
    assert not Path("results").exists()


# --- in Python ------------------------------------------------------------------------------------


def test_python_has_the_same(tmp_path: Path):
    vary = {"steps": [["truncate:8"], ["truncate:16"]]}
    runs = evaluate([WordHash()], "DemoSTS", vary=vary, output_dir=tmp_path / "out")
    assert [run.label for run in runs] == ["word-hash (truncate:8)", "word-hash (truncate:16)"]
    [family] = runs.families
    assert (family.name, family.varied) == ("word-hash by steps", "steps")
    assert read_families([tmp_path / "out"]) == [family]
    scores = [run["DemoSTS"].main_score for run in runs]
    assert f"{100 * np.mean(scores):.2f} ± {100 * np.std(scores, ddof=1):.2f}" in str(runs)
    assert "word-hash by steps (2)" in str(records(tmp_path / "out"))


def test_encoders_in_memory_are_a_family_without_a_file():
    runs = evaluate([WordHash(), Other()], "DemoSTS", family="words")
    assert [member.model for member in runs.families[0].members] == ["word-hash", "other"]
    assert "words (2)" in str(runs)


def test_what_gives_several_rows_needs_a_list(seeds: list[str]):
    with pytest.raises(UsageError, match="`vary` gives 2 rows: give the model in a list"):
        evaluate(WordHash(), "DemoSTS", vary={"steps": [["truncate:8"], ["truncate:16"]]})
    with pytest.raises(UsageError, match="stands for 3 rows: give the model in a list"):
        evaluate("runs/seed-*", "DemoSTS")
    assert len(seeds) == 3


# --- what becomes of them -------------------------------------------------------------------------


def test_a_leaderboard_has_one_row_for_a_family(command: Command, mine: str, made_up_data: Path):
    data = ["--data-dir", made_up_data, "--unverified-data"]
    command("--model", f"{mine}:WordHash", *STEPS, "--tasks", "sts", *data, "--family", "cut")
    asked = ["leaderboard", "results", "--tasks", "sts", "--no-published", "--format", "json"]
    assert main(asked) == 0
    board = json.loads(Path("leaderboards/STS.json").read_text("utf-8"))
    [row] = [row for section in board["sections"] for row in section["rows"]]
    assert (row["kind"], row["label"], row["varied"]) == ("family", "cut (3)", "steps")
    averages = [float(member["average"]["text"]) for member in row["members"]]
    assert row["average"]["text"] == f"{np.mean(averages):.2f}"
    assert row["average"]["deviation"] == f"{np.std(averages, ddof=1):.2f}"
    assert row["average"]["interval"][0] < row["average"]["score"] < row["average"]["interval"][1]
