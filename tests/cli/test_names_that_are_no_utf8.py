"""A folder or a card may be called by any bytes: its record is kept, and read by all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.checkpoints import write_plain
from tests.cli.conftest import Command
from tests.cli.verbs import verb

__all__ = ["verb"]

NAME = os.fsdecode(b"caf\xe9")
SHOWN = r"caf\udce9"

OWN = f"""
from mine import EncoderCard, WordHash

class Mine(WordHash):
    card = EncoderCard(name={NAME!a}, version="1", prompt={NAME!a})
"""


@pytest.fixture(params=["folder", "card"])
def model(request: pytest.FixtureRequest, command: Command, tmp_path: Path, mine: str) -> str:
    """A model of that name."""
    if request.param == "card":
        (tmp_path / "own.py").write_text(OWN)
        return "own.py:Mine"
    # The libraries that read weights refuse such a path, but stored vectors need no weights.
    folder = write_plain(tmp_path / "plain")
    assert command("--model", "plain", "--tasks", "DemoSTS", "--output-dir", "before").code == 0
    try:
        folder.rename(tmp_path / NAME)
    except OSError:
        pytest.skip("this file system has no such names")
    return f"./{NAME}"


def test_weights_in_such_a_folder_are_refused_in_one_line(command: Command, tmp_path: Path):
    try:
        write_plain(tmp_path / "plain").rename(tmp_path / NAME)
    except OSError:
        pytest.skip("this file system has no such names")
    command("--model", f"./{NAME}", "--tasks", "DemoSTS").refused(4, SHOWN, "cannot be loaded")


def test_its_record_is_kept_and_read(command: Command, verb: Command, model: str):
    asked = ("--model", model, "--tasks", "DemoSTS")
    outcome = command(*asked)
    assert outcome.code == 0, outcome.err
    assert SHOWN in outcome.out
    [path] = Path("results").rglob("*.json")
    record = json.loads(path.read_bytes())
    assert record["model"]["name"].endswith(SHOWN)
    assert f"|model:{record['model']['card']['source'] or SHOWN}|" in record["signature"]
    assert path.parts[1].endswith("caf-udce9")
    again = json.loads(command(*asked, "--format", "json").out)["runs"][0]
    assert again["resumed"] == ["DemoSTS"]
    assert again["model"] == record["model"]["name"]
    done = verb("check", "results", "--baseline", "baseline.toml", "--update")
    assert done.code == 0
    assert SHOWN in done.out
    assert verb("check", "results", "--baseline", "baseline.toml").code == 0
    assert verb("explain", "results").code == 0
