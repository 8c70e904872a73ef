"""What answers at once must not load what takes seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
HEAVY = ("torch", "transformers", "numba", "scipy", "pandas", "huggingface_hub", "sklearn")

REPORT = """
import sys
{statement}
print("LOADED", *sorted({heavy} & set(sys.modules)))
"""


def loaded_by(statement: str, *arguments: str) -> list[str]:
    """Return which heavy libraries a statement loads, in a process of its own."""
    code = REPORT.format(statement=statement, heavy=set(HEAVY))
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
    )
    return done.stdout.splitlines()[-1].split()[1:]


def test_the_library_loads_nothing_heavy():
    assert loaded_by("import benchmark") == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["--list-models"],
        ["--list-tasks"],
        ["--list-models", "--list-tasks", "--format", "json"],
        ["--model", "zzz"],
    ],
    ids=" ".join,
)
def test_the_command_loads_nothing_heavy_before_it_must(arguments: list[str]):
    statement = "from benchmark.cli import run_eval; run_eval(sys.argv[1:])"
    assert loaded_by(statement, *arguments) == []


@pytest.mark.parametrize("name", ["compare", "explain"])
def test_the_help_of_what_reads_records_loads_nothing_heavy(name: str):
    statement = "from benchmark.cli import main; main(sys.argv[1:])"
    assert loaded_by(statement, name, "--help") == []


def test_a_quick_encoder_of_ones_own_needs_no_torch(tmp_path: Path):
    statement = "from benchmark.cli import run_eval; run_eval(sys.argv[1:])"
    file = PROJECT / "tests" / "encoder_files.py"
    arguments = ["--model", f"{file}:WordHash", "--tasks", "DemoSTS", "--output-dir", str(tmp_path)]
    assert loaded_by(statement, *arguments) == []


def test_torch_is_found_by_this_test():
    assert loaded_by("import torch") == ["torch"]
