"""``python -m benchmark parity``: two models to a verdict and an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.checkpoints import write_plain
from tests.cli.conftest import Command
from tests.cli.verbs import verb

__all__ = ["verb"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint, and a few sentences."""
    (tmp_path / "s.txt").write_text("A man plays.\na cat\nTwo dogs run in the park\nyes\nno way\n")
    return write_plain(tmp_path / "m", "roberta")


GIVEN = ("--pooler", "avg", "--device", "cpu", "--sentences", "s.txt")


def test_the_same_is_zero(folder: Path, verb: Command) -> None:
    outcome = verb("parity", "m", folder, *GIVEN, "--top", "1")
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[:2] == ["A = m", f"B = {folder}"] or lines[0].startswith("A = m")
    assert any(line.startswith("the same: largest difference ") for line in lines)
    assert sum(line.startswith('    "') for line in lines) == 1


def test_a_difference_is_one_and_says_why(folder: Path, verb: Command) -> None:
    outcome = verb("parity", "m", "m", *GIVEN, "--b", "pooler=max", "--format", "json")
    assert outcome.code == 1
    found = json.loads(outcome.out)
    assert (found["same"], found["finding"]["cause"]) == (False, "pooling")
    assert [model["card"]["pooler"] for model in found["models"]] == ["avg", "max"]
    assert "trying whether it is pooling" in outcome.err
    quiet = verb("parity", "m", "m", *GIVEN, "--b", "pooler=max", "--quiet")
    assert quiet.err == ""
    assert "\nwhy: B pools by max, A by avg\n" in quiet.out
    assert "\nwhat to do: give A --pooler max, or let B pool as A does\n" in quiet.out


def test_what_one_of_them_is_asked_alone(folder: Path, verb: Command) -> None:
    outcome = verb(
        *("parity", "m", "m", *GIVEN, "--format", "json", "--tolerance", "0.9"),
        *("--a", "max-length=12", "--a", "trust_remote_code=false", "--b", "pooler=max"),
    )
    assert outcome.code == 0, outcome.err
    cards = [model["card"] for model in json.loads(outcome.out)["models"]]
    assert next((card["max_length"], card["pooler"]) for card in cards) == (12, "avg")
    assert cards[1]["pooler"] == "max"
    assert cards[1]["max_length"] != 12


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("poler=cls", "--b poler=cls: no option 'poler' (did you mean pooler?)"),
        ("pooler", "--b pooler: a value belongs behind it, as in pooler=..."),
        ("max-length=x", "--b max-length=x: a whole number is needed"),
        ("offline=yes", "--b offline=yes: true or false is needed"),
        ("pooler=clss", "unknown pooler 'clss'"),
        ("progress_bar=x", "no option 'progress_bar'"),
    ],
)
def test_what_is_no_option(folder: Path, verb: Command, word: str, said: str) -> None:
    verb("parity", "m", "m", "--b", word).refused(2, said)


def test_what_is_no_model_or_file(folder: Path, verb: Command) -> None:
    verb("parity", "zzz", "m").refused(2, "unknown model 'zzz'")
    verb("parity", "./none", "m").refused(4, "no such folder")
    verb("parity", "m", "m", "--sentences", "none.txt").refused(3, "none.txt: cannot be read")
    verb("parity", "m", "m", "--tolerance", "2").refused(2, "--tolerance 2: a part of the largest")


def test_lengths_do_not_count_where_directions_are_asked(folder: Path, verb: Command) -> None:
    Path("twice.py").write_text(
        "from benchmark import load_encoder\n"
        "class Twice:\n"
        "    inside = load_encoder('m', pooler='avg', device='cpu')\n"
        "    def encode(self, sentences):\n"
        "        return 2 * self.inside.encode(sentences)\n"
    )
    asked = ("parity", "m", "twice.py:Twice", "--a", "pooler=avg", "--sentences", "s.txt")
    outcome = verb(*asked)
    assert outcome.code == 1
    assert "those of B are 2 times as long" in outcome.out
    assert verb(*asked, "--directions").code == 0


def test_what_an_encoder_prints_is_not_the_result(folder: Path, verb: Command) -> None:
    Path("loud.py").write_text(
        "import numpy as np\n"
        "class Loud:\n"
        "    def encode(self, sentences):\n"
        "        print('loud')\n"
        "        return np.array([[len(s), 1] for s in sentences], np.float32)\n"
    )
    outcome = verb("parity", "loud.py:Loud", "loud.py:Loud", "--format", "json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["same"]
