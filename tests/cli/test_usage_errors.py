"""What the request itself gets wrong: exit code 2, one line, a way out."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from benchmark.cli import main, run_eval
from tests.cli.conftest import Command, Outcome

CASES = {
    "unknown model": (
        ["--model", "diffcse-bert-bas"],
        ["unknown model 'diffcse-bert-bas'", "did you mean diffcse-bert-base?", "--list-models"],
    ),
    "unknown model, nothing like it": (["--model", "zzz"], ["unknown model 'zzz'", "org/name"]),
    "name that acts on a terminal": (
        ["--model", "z\x1b[31mz\u202e"],
        [r"unknown model 'z\x1b[31mz\u202e'"],
    ),
    "no model": (["--model", ""], ["--model names no model", "--list-models"]),
    "commas for models": (["--model", ",,"], ["--model names no model"]),
    "option of models without value": (["--model", "--tasks", "DemoSTS"], ["--model"]),
    "unknown task": (
        ["--tasks", "STSBenchmrk"],
        ["unknown task 'STSBenchmrk'", "did you mean STSBenchmark?", "--list-tasks"],
    ),
    "unknown group": (["--tasks", "st"], ["unknown task 'st'", "did you mean sts?"]),
    "unknown exclusion": (["--tasks", "sts", "!STS99"], ["unknown task 'STS99'"]),
    "glob without match": (["--tasks", "XTS*"], ["unknown task 'XTS*'"]),
    "no task": (["--tasks", ""], ["leaves no task", "--list-tasks"]),
    "everything excluded": (["--tasks", "demo,!demo"], ["leaves no task"]),
    "unknown option": (["--modle", "x"], ["Unknown option", "--modle", "--model", "--help"]),
    "unknown flag": (["--dry-rnu"], ["--dry-rnu", "--dry-run", "--help"]),
    "stray word": (["STS12"], ["STS12", "--help"]),
    "bad format": (["--format", "tabel"], ["tabel", "--format", "table"]),
    "bad device": (["--device", "gpu"], ["gpu", "--device", "cuda"]),
    "no value": (["--output-dir"], ["--output-dir requires an argument"]),
    "length of zero": (["--max-length", "0"], ["--max-length", ">= 1"]),
    "negative length": (["--max-length=-5"], ["--max-length", ">= 1"]),
    "length in words": (["--max-length", "long"], ["--max-length", "long"]),
    "no tokens in a batch": (["--batch-tokens", "0"], ["--batch-tokens", ">= 1"]),
    "unknown pooler": (
        ["--pooler", "cls_before_poler"],
        ["unknown pooler", "did you mean cls_before_pooler?", "avg_first_last"],
    ),
    "two prompts": (
        ["--prompt", "", "--prompt-name", "query"],
        ["--prompt and --prompt-name are two prompts"],
    ),
    "prompt that is no text": (["--prompt", "\udce9"], [r"--prompt '\udce9': a text is needed"]),
    "prompt that a model does not bring": (
        ["--prompt-name", "STS", "--tasks", "DemoSTS"],
        ["--prompt-name STS: all-minilm-l6-v2 brings no prompts; give the text as --prompt"],
    ),
    "prompt for no kind": (["--prompt-for.stss", "a"], ["--prompt-for 'stss'", "sts, transfer"]),
    "prompt for whatever kind": (["--prompt-for", "a"], ["--prompt-for"]),
    "prompt of words": (
        ["--model", "glove-6b-50d", "--prompt", "a ", "--tasks", "DemoSTS"],
        ["--prompt a : glove-6b-50d has no such setting"],
    ),
    "two revisions": (
        ["--model", "org/name@one", "--revision", "two"],
        ["org/name@one", "--revision two", "two revisions"],
    ),
    "revision of a folder": (
        ["--model", ".", "--revision", "main"],
        ["--revision", "on this disk"],
    ),
    "revision of a package": (
        ["--model", "all-minilm-l6-v2@1.0", "--tasks", "DemoSTS"],
        ["all-minilm-l6-v2", "--revision"],
    ),
}


@pytest.mark.parametrize(("arguments", "phrases"), CASES.values(), ids=CASES)
def test_is_refused_in_one_line(command: Command, arguments: list[str], phrases: list[str]):
    command(*arguments).refused(2, *phrases)
    assert list(Path().iterdir()) in ([], [Path("results")])


@pytest.mark.parametrize(
    ("options", "phrase"),
    [
        (["--pooler", "avg"], "--pooler avg"),
        (["--max-length", "32"], "--max-length 32"),
        (["--revision", "main"], "--revision"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_options_of_transformers_do_not_fit_a_python_object(
    command: Command, mine: str, options: list[str], phrase: str
):
    outcome = command("--model", f"{mine}:WordHash", "--tasks", "DemoSTS", *options)
    outcome.refused(2, phrase, f"{mine}:WordHash")


def test_static_words_have_no_pooler(command: Command):
    outcome = command("--model", "glove-6b-50d", "--tasks", "DemoSTS", "--pooler", "avg")
    outcome.refused(2, "--pooler avg", "glove-6b-50d", "no such setting")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--model", "zzz"],
        ["--model", "mine.py:Raises", "--tasks", "DemoSTS"],
        ["--data-dir", "zzz"],
    ],
    ids=["usage", "model", "data"],
)
def test_debug_shows_where_an_error_comes_from(command: Command, mine: str, arguments: list[str]):
    plain, debug = command(*arguments), command(*arguments, "--debug")
    assert "Traceback" not in plain.err
    assert "Traceback" in debug.err
    assert debug.errors == plain.errors
    assert debug.code == plain.code != 0


# --- the package's own command --------------------------------------------------------------------


def test_an_unknown_verb_is_refused(capsys: pytest.CaptureFixture[str]):
    code = main(["rnu"])
    Outcome(code, *capsys.readouterr()).refused(2, "rnu", "run")


def test_a_verb_refuses_what_the_command_refuses(capsys: pytest.CaptureFixture[str]):
    code = main(["run", "--tasks", "STSBenchmrk"])
    Outcome(code, *capsys.readouterr()).refused(2, "did you mean STSBenchmark?")


def test_without_a_verb_there_is_help(capsys: pytest.CaptureFixture[str]):
    assert main([]) == 0
    assert "run" in capsys.readouterr().out


@pytest.mark.parametrize("entry", [run_eval, main])
def test_the_version_is_told(entry, capsys: pytest.CaptureFixture[str]):
    assert entry(["--version"]) == 0
    assert capsys.readouterr().out == "0.1.0\n"


# --- the output folder ----------------------------------------------------------------------------


@pytest.mark.parametrize("below", ["", "/below"])
def test_a_file_in_the_place_of_the_output_folder(command: Command, mine: str, below: str):
    Path("taken").write_text("mine\n")
    outcome = command(
        "--model", f"{mine}:WordHash", "--tasks", "DemoSTS", f"--output-dir=taken{below}"
    )
    outcome.refused(2, f"{os.sep}taken{below}: cannot be written", "choose another folder")
    assert Path("taken").read_text() == "mine\n"


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_an_output_folder_that_may_not_be_written(
    command: Command, mine: str, monkeypatch: pytest.MonkeyPatch, code: int
):
    def refuse(*arguments: object, **options: object) -> tuple[int, str]:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("benchmark.atomic.tempfile.mkstemp", refuse)
    outcome = command("--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--output-dir", "there")
    outcome.refused(2, "/there: cannot be written", os.strerror(code), "another folder")


def test_the_output_folder_is_tried_before_any_work(command: Command, mine: str, calls):
    Path("taken").touch()
    command("--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--output-dir", "taken")
    assert calls() == []


# --- a full disk ----------------------------------------------------------------------------------


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No content finds room any more; empty files do."""
    sync = os.fsync

    def full(descriptor: int) -> None:
        status = os.fstat(descriptor)
        if status.st_size and stat.S_ISREG(status.st_mode):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", full)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_keeps_the_table_and_says_so(command: Command, mine: str):
    outcome = command("--model", f"{mine}:WordHash", "--tasks", "DemoSTS")
    assert outcome.code == 1
    assert outcome.out.splitlines()[2].startswith("word-hash")
    [error] = outcome.errors
    assert "DemoSTS.json: the record cannot be written (No space left on device)" in error
    assert "give another --output-dir" in error
    assert "Traceback" not in outcome.err
    assert [path for path in Path("results").rglob("*") if path.is_file()] == []
