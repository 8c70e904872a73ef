"""Every door that a record goes through: what is not sound is computed again, or refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.verbs import verb
from tests.results.edits import edit, forge

__all__ = ["verb"]

READERS = {
    "check": ("check", "results", "--baseline", "baseline.toml"),
    "check, a folder as baseline": ("check", "sound", "--baseline", "results"),
    "check --update": ("check", "results", "--baseline", "baseline.toml", "--update"),
    "compare": ("compare", "results", "sound"),
    "explain": ("explain", "results"),
    "leaderboard": ("leaderboard", "results", "--tasks", "sts", "--output", "board"),
    "export to mteb": ("export", "results", "--output", "exported"),
    "export to model-index": ("export", "results", "--to", "model-index"),
    "export to eval-results": ("export", "results", "--to", "eval-results"),
}


@pytest.fixture
def results(command: Command, verb: Command, mine: str) -> Path:
    """Records of the demonstration, a sound copy of them, and a baseline."""
    assert command("--model", f"{mine}:WordHash", "--tasks", "DemoSTS").code == 0
    shutil.copytree("results", "sound")
    assert verb("check", "results", "--baseline", "baseline.toml", "--update").code == 0
    return Path("results")


def record_of(folder: Path) -> Path:
    return next(folder.rglob("DemoSTS.json"))


def raised(path: Path) -> float:
    """A score that a reader would like to believe."""
    return round(json.loads(path.read_text())["main_score"] + 0.1, 4)


def lose_checksum(path: Path) -> None:
    edit(path, main_score=raised(path))


def contradict(path: Path) -> None:
    forge(path, main_score=raised(path))


def count_wrongly(path: Path) -> None:
    edit(path, counts=json.loads(path.read_text())["counts"] | {"pairs": 7})


def age(path: Path) -> None:
    edit(path, schema_version=1)


def flip_prediction(path: Path) -> None:
    content = bytearray(path.with_suffix(".npy").read_bytes())
    content[-3] ^= 1
    path.with_suffix(".npy").write_bytes(content)


DAMAGES = {
    lose_checksum: "DemoSTS.json: changed after it was written",
    contradict: "DemoSTS.json: its score is",
    count_wrongly: "DemoSTS.json: changed after it was written",
    age: "DemoSTS.json: schema version 1, this program reads 2 and 3",
    flip_prediction: "DemoSTS.npy: damaged, or of another record",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_what_is_not_sound_is_refused_by_all_who_read(results: Path, verb: Command, damage):
    damage(record_of(results))
    before = Path("baseline.toml").read_bytes()
    for arguments in READERS.values():
        verb(*arguments).refused(3, DAMAGES[damage], "score it again")
    assert Path("baseline.toml").read_bytes() == before
    assert not Path("board").exists()
    assert not Path("exported").exists()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_what_is_not_sound_is_computed_again_by_a_run(
    results: Path, command: Command, mine: str, damage
):
    path = record_of(results)
    sound = json.loads(path.read_text())
    damage(path)
    outcome = command("--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--format", "json")
    [told] = json.loads(outcome.out)["runs"]
    assert outcome.code == 0
    assert told["resumed"] == []
    assert told["tasks"]["DemoSTS"]["main_score"] == sound["main_score"]
    [warning] = [line for line in outcome.err.splitlines() if line.startswith("warning: ")]
    assert DAMAGES[damage] in warning
    assert warning.endswith("; computing it again")
    again = command("--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--format", "json")
    assert json.loads(again.out)["runs"][0]["resumed"] == ["DemoSTS"]
