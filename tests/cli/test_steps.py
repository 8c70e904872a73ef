"""``--steps`` on the command line: one row for each, encoded once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command

Calls = Callable[[], list[str]]


def rows(out: str) -> dict[str, str]:
    lines = out.split("\n\n", maxsplit=1)[0].splitlines()[2:]
    return {line[:-8].strip(): line[-8:].strip() for line in lines}


@pytest.mark.parametrize("more", [[], ["--no-cache"]])
def test_a_sweep_is_a_row_each(command: Command, mine: str, calls: Calls, more: list[str]) -> None:
    given = ("--model", f"{mine}:WordHash", "--tasks", "DemoSTS", *more)
    swept = command(*given, "--steps", "none", "--steps", "truncate:16,normalize", "--steps=binary")
    assert swept.code == 0, swept.err
    assert len(calls()) == 1
    found = rows(swept.out)
    assert list(found) == ["word-hash", "word-hash + truncate:16 + normalize", "word-hash + binary"]
    assert len(set(found.values())) == 3
    assert "|steps:truncate:16,normalize|" in swept.out
    alone = command(*given, "--steps", "truncate:16,normalize", "--output-dir", "other")
    assert rows(alone.out).items() < found.items()


def test_what_a_step_is_fitted_on_may_be_a_file(
    command: Command, mine: str, tmp_path: Path
) -> None:
    file = tmp_path / "some, words.txt"
    file.write_text("a man plays\nthe guitar\na woman runs\n")
    outcome = command(
        *("--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--format", "json"),
        *("--steps", f"center@{file},normalize"),
    )
    [run] = json.loads(outcome.out)["runs"]
    [result] = run["tasks"].values()
    assert "|steps:center@some__words.txt/" in result["signature"]


def test_a_dry_run_names_the_steps(command: Command, mine: str, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("quite new words\n")
    given = ("--model", "all-minilm-l6-v2", "--tasks", "DemoSTS", "--dry-run")
    plain = command(*given)
    assert "steps" not in plain.out
    one = command(*given, "--steps", "truncate:16,normalize")
    assert "\nsteps: truncate:16 + normalize\n" in one.out
    several = command(*given, "--steps", "none", "--steps", "center@words.txt")
    assert "\na row each for steps none; center@words.txt/" in several.out
    assert "366 of them distinct" in several.out
    plan = json.loads(command(*given, "--steps", "binary", "--format", "json").out)
    assert plan["steps"] == [["binary"]]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("truncat:3", "no step is called 'truncat:3' (did you mean truncate?)"),
        ("truncate:8,", "no step is called ''"),
        ("center@nowhere.txt", "step 'center@nowhere.txt': nowhere.txt cannot be read"),
        ("whiten:4,center@words.txt", "cannot follow whiten:4@own"),
    ],
)
def test_what_is_no_step(
    command: Command, mine: str, calls: Calls, tmp_path: Path, typed: str, said: str
) -> None:
    (tmp_path / "words.txt").write_text("a man\n")
    outcome = command("--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--steps", typed)
    outcome.refused(2, said)
    assert calls() == []


def test_a_chain_that_fails_says_which(command: Command, mine: str) -> None:
    outcome = command(
        *("--model", f"{mine}:WordHash", "--tasks", "DemoSTS"),
        *("--steps", "truncate:8", "--steps", "truncate:80"),
    )
    assert outcome.code == 2
    assert list(rows(outcome.out).values())[1] == "-"
    [error] = outcome.errors
    assert error == (
        "error: word-hash + truncate:80: step truncate:80: the vectors have only 64 dimensions"
    )
