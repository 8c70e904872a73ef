"""docs/add-a-format.md done to the letter: one file touched, and every verb offers the format."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
SOURCE = PROJECT / "benchmark" / "sheet.py"
ENCODERS = PROJECT / "tests" / "encoder_files.py"
MODELS = (f"{ENCODERS}:WordHash", f"{ENCODERS}:Other")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with the format of the page in it; all files but one are those of the project."""
    folder = tmp_path_factory.mktemp("house")
    package = folder / "benchmark"
    package.mkdir()
    for path in (PROJECT / "benchmark").iterdir():
        if path.name not in (SOURCE.name, "__pycache__"):
            (package / path.name).symlink_to(path)
    page = (PROJECT / "docs" / "add-a-format.md").read_text("utf-8")
    function, table = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    start = "SHEET_FORMATS: "
    before, _, rest = SOURCE.read_text("utf-8").partition(start)
    after = rest.partition("\n}\n")[2]
    assert table.startswith(start)
    (package / SOURCE.name).write_text(f"{before}{function}\n\n{table}{after}", "utf-8")
    return folder


def asked(house: Path, *arguments: object, command: str = "main") -> str:
    """What a command prints in that house."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; from benchmark.cli import {command}; sys.exit({command}(sys.argv[1:]))",
            *map(str, arguments),
        ],
        capture_output=True,
        check=False,
        text=True,
        cwd=house,
        env={**os.environ, "BENCHMARK_CACHE_DIR": str(house / "cache"), "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def scored(house: Path) -> str:
    """What a run of two models prints; their records are in ``results``."""
    arguments = ("--model", *MODELS, "--tasks", "DemoSTS", "--format", "tsv")
    return asked(house, *arguments, command="run_eval")


def test_run_offers_it(scored: str):
    heading, *rows = (line.split("\t") for line in scored.splitlines())
    assert heading == ["Model", "Demo"]
    assert [re.fullmatch(r"\d+\.\d\d", row[1]) is None for row in rows] == [False, False]


def test_lists_offer_it(house: Path):
    said = asked(house, "--list-tasks", "--format", "tsv", command="run_eval")
    assert said.startswith("task\talso\tgroups\tpairs\t")


@pytest.mark.usefixtures("scored")
@pytest.mark.parametrize(
    ("verb", "heading"),
    [
        (("compare", "--resamples", "100"), "Task\tA\tB\tA-B\t95 % interval"),
        (("explain",), "Task\t\tSpearman all"),
    ],
)
def test_judging_verbs_offer_it(house: Path, verb: tuple[str, ...], heading: str):
    models = ("--models", "word-hash", "other")
    said = asked(house, *verb, "results", *models, "--format", "tsv", "--quiet")
    assert said.startswith(heading)
    assert any(line.startswith("Demo\t") for line in said.splitlines())


@pytest.mark.parametrize("verb", ["run", "compare", "explain"])
def test_the_help_names_it(house: Path, verb: str):
    said = asked(house, verb, "--help")
    choices = re.search(r"--format CHOICE.*?choices:\s([^]]*)", said, re.DOTALL)
    known = ["table", "markdown", "latex", "csv", "csv-table", "tsv", "json"]
    assert re.findall(r"[\w-]+", choices[1]) == known
