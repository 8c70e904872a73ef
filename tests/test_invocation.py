"""What somebody is told to type is what works where they are."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from benchmark import invocation
from benchmark.cli import main, run_eval
from benchmark.cli.app import VERBS
from tests.conftest import PROJECT

CALLED = {
    "/somewhere/bin/sebench": ("sebench", "sebench run"),
    "/somewhere/bin/sentence-embedding-benchmark": (
        "sentence-embedding-benchmark",
        "sentence-embedding-benchmark run",
    ),
    "/site-packages/sebench.py": ("python -m sebench", "python -m sebench run"),
    "run_eval.py": ("python -m benchmark", "python run_eval.py"),
    str(PROJECT / "benchmark" / "__main__.py"): ("python -m benchmark", "python -m benchmark run"),
    "somebodys_script.py": ("python -m benchmark", "python -m benchmark run"),
    "": ("python -m benchmark", "python -m benchmark run"),
}


@pytest.mark.parametrize("called", CALLED)
def test_a_verb_is_named_as_the_program_was_called(called: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", [called])
    program, run = CALLED[called]
    assert (invocation.program(), invocation.command("run")) == (program, run)
    assert invocation.command("check") == f"{program} check"


@pytest.mark.parametrize("called", ["bin/sebench", "run_eval.py"])
def test_help_shows_it(
    called: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", [called])
    monkeypatch.setenv("COLUMNS", "200")
    for verb in ("compare", "cache"):
        assert main([verb, "--help"]) == 0
        assert capsys.readouterr().out.startswith(f"Usage: {CALLED_BY[called]} {verb}")
    run_eval(["--help"])
    assert capsys.readouterr().out.startswith("Usage: run_eval.py ")


CALLED_BY = {"bin/sebench": "sebench", "run_eval.py": "python -m benchmark"}


def test_an_installed_package_has_pages_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert invocation.page("data") == "docs/data.md"
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "data.md").write_text("# Data")
    monkeypatch.setattr(invocation, "_PACKAGE", tmp_path)
    monkeypatch.setattr(sys, "argv", ["sebench"])
    said = invocation.as_called("`sebench check x`, my-sebench run, a/sebench x; docs/data.md.")
    page = tmp_path / "docs" / "data.md"
    assert said == f"`sebench check x`, my-sebench run, a/sebench x; {page}."


def test_every_page_and_verb_that_is_named_is_there():
    files = [*(PROJECT / "benchmark").rglob("*.py"), *(PROJECT / "drop_in").rglob("*.py")]
    for path in files:
        text = path.read_text("utf-8")
        pages = set(re.findall(r"docs/([\w-]+)\.md|\bpage\(['\"]([\w-]+)['\"]\)", text))
        for name in {one or other for one, other in pages} - {"data", "PAGE"}:
            assert (PROJECT / "docs" / f"{name}.md").is_file(), (path, name)
        verbs = set(re.findall(r"(?<![\w./-])sebench ([a-z]+)|\bcommand\(['\"](\w+)['\"]\)", text))
        assert {one or other for one, other in verbs} <= VERBS.keys(), path


def test_texts_are_written_for_the_installed_program():
    """What names another way to call it names `invocation`, or says what that way is."""
    ways = re.compile(r"python -m benchmark (?=[a-z])|python run_eval\.py")
    named = [
        path.relative_to(PROJECT).as_posix()
        for path in (PROJECT / "benchmark").rglob("*.py")
        if ways.search(path.read_text("utf-8"))
    ]
    assert named == []


def test_both_commands_are_those_of_the_project():
    scripts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts[invocation.COMMAND] == scripts[invocation.LONG_COMMAND] == "sebench:main"
