"""What is wrong with a later model is said before anything is encoded for an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checkpoints import write_plain
from tests.cli.conftest import Command

Calls = Callable[[], list[str]]
DEMO = ("--tasks", "DemoSTS")


@pytest.mark.parametrize(
    ("later", "options", "code", "phrases"),
    [
        ("mine.py:Nope", (), 4, ["mine.py: has no 'Nope'", "it has WordHash, Other"]),
        ("mine.py:Wordhash", (), 4, ["did you mean WordHash?"]),
        ("gone.py:Mine", (), 4, ["gone.py:Mine: no such file"]),
        ("./gone", (), 4, ["./gone: no such folder"]),
        ("all-minilm-l6-v2", ("--pooler", "cls"), 2, ["mine.py:WordHash has no such setting"]),
        ("all-minilm-l6-v2", ("--steps", "truncate:385"), 2, ["have only 384 dimensions"]),
        ("glove-6b-50d", ("--steps", "normalize,truncate:64"), 2, ["have only 50 dimensions"]),
        ("all-minilm-l6-v2", ("--steps", "whiten:500"), 2, ["have only 384 dimensions"]),
        ("all-minilm-l6-v2", ("--prompt-name", "STS"), 2, ["--prompt-name STS: mine.py:WordHash"]),
    ],
)
def test_what_was_asked_wrongly_is_refused_before_anything_is_encoded(
    command: Command,
    mine: str,
    calls: Calls,
    later: str,
    options: tuple[str, ...],
    code: int,
    phrases: list[str],
):
    outcome = command("--model", f"{mine}:WordHash", later, *DEMO, *options)
    outcome.refused(code, *phrases)
    assert calls() == []


def test_a_name_is_not_taken_for_a_module_that_the_file_imports(command: Command, mine: str):
    outcome = command("--model", f"{mine}:nq", *DEMO)
    outcome.refused(4, "has no 'nq'")
    assert "np" not in outcome.errors[0]


def test_a_pooler_that_a_later_checkpoint_has_no_weights_for(
    command: Command, calls: Calls, mine: str, tmp_path: Path
):
    from safetensors.torch import load_file, save_file

    write_plain(tmp_path / "checkpoint")
    path = tmp_path / "checkpoint" / "model.safetensors"
    kept = {name: value for name, value in load_file(path).items() if "pooler" not in name}
    save_file(kept, path, metadata={"format": "pt"})
    named = ("--model", "all-minilm-l6-v2", "checkpoint", *DEMO, "--pooler", "cls")
    outcome = command(*named)
    assert outcome.code == 4
    lines = outcome.err.splitlines()
    said = next(n for n, line in enumerate(lines) if "no pooling head" in line)
    encoded = next(n for n, line in enumerate(lines) if "encoding" in line)
    assert said < encoded
    assert lines[said].startswith("warning: checkpoint: will not be scored: ")


@pytest.mark.parametrize(
    ("content", "phrase"),
    [("raise RuntimeError('no disk')\n", "no disk"), ("import nowhere_to_be_found\n", "nowhere")],
)
def test_a_file_that_cannot_be_run_is_said_first_and_stops_no_other(
    command: Command, mine: str, content: str, phrase: str
):
    Path("broken.py").write_text(content + "class Mine: ...\n")
    outcome = command("--model", f"{mine}:WordHash", "broken.py:Mine", *DEMO)
    assert outcome.code == 4
    assert outcome.out.splitlines()[2].startswith("word-hash")
    [warning] = [line for line in outcome.err.splitlines() if line.startswith("warning: broken")]
    assert "will not be scored" in warning
    assert phrase in warning
    assert outcome.err.index(warning) < outcome.err.index("word-hash: encoding")
    assert len(outcome.errors) == 1


def test_a_package_that_a_later_model_needs(
    command: Command, mine: str, monkeypatch: pytest.MonkeyPatch
):
    from importlib import metadata

    whole = metadata.distribution

    def absent(name: str) -> metadata.Distribution:
        if "glove" in name:
            raise metadata.PackageNotFoundError(name)
        return whole(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    outcome = command("--model", f"{mine}:WordHash", "glove-6b-50d", *DEMO)
    assert outcome.code == 4
    warning = outcome.err.index("warning: glove-6b-50d: will not be scored")
    assert warning < outcome.err.index("word-hash: encoding")
    assert "pip install" in outcome.err[warning:].splitlines()[0]


def test_data_that_is_missing_is_said_before_the_rest_is_scored(
    command: Command, mine: str, own_data: Path
):
    (own_data / "STS/STS12-en-test/STS.gs.MSRpar.txt").unlink()
    outcome = command(
        *("--model", f"{mine}:WordHash", "--tasks", "STS12,DemoSTS"),
        *("--data-dir", own_data, "--unverified-data"),
    )
    assert outcome.code == 3
    warning = outcome.err.index("warning: STS12: will not be scored")
    assert warning < outcome.err.index("word-hash: encoding")


def test_encoders_of_two_files_find_their_own_neighbours(command: Command, tmp_path: Path):
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "neighbour_of_it.py").write_text(f"NAME = {name!r}\n")
        (folder / f"enc_{name}.py").write_text(
            "from benchmark import EncoderCard\n"
            "import numpy as np, sys\n"
            "class Mine:\n"
            "    def __init__(self):\n"
            "        sys.modules.pop('neighbour_of_it', None)\n"
            "        import neighbour_of_it\n"
            "        self.card = EncoderCard(name='of-' + neighbour_of_it.NAME)\n"
            "    def encode(self, sentences):\n"
            "        return np.random.default_rng(1).random((len(sentences), 4), np.float32)\n"
        )
    outcome = command("--model", "one/enc_one.py:Mine", "two/enc_two.py:Mine", *DEMO)
    assert outcome.code == 0, outcome.err
    assert [line.split()[0] for line in outcome.out.splitlines()[2:4]] == ["of-one", "of-two"]
