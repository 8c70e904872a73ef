"""What answers at once must not load what takes long: a test of what is loaded, not of seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from benchmark.cli import check, leaderboard
from benchmark.cli.app import VERBS
from benchmark.reports.gate import GATE_FORMATS
from benchmark.reports.leaderboard import LEADERBOARD_FORMATS

PROJECT = Path(__file__).parents[2]
HEAVY = {"torch", "transformers", "numba", "scipy", "pandas", "huggingface_hub", "sklearn"}
"""Seconds, or a good part of one."""

QUICK = HEAVY | {"numpy", "sqlite3", "asyncio", "urllib.request", "ssl"}
"""And what a help text or a list has no use for."""

WITHOUT_FIGURES = QUICK | {"msgspec", "tabulate", "tomllib"}
"""And what reads our tables."""

ROOMS = {path.name for path in (PROJECT / "benchmark").iterdir() if path.is_dir()} - {"cli"}

REPORT = """
import sys
{statement}
print("LOADED", *sys.modules)
"""
RUN_EVAL = "from benchmark.cli import run_eval; run_eval(sys.argv[1:])"
MAIN = "from benchmark.cli import main; main(sys.argv[1:])"


def modules_of(statement: str, *arguments: str) -> set[str]:
    """Return which modules a statement loads, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(statement=statement), *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


def loaded_by(statement: str, *arguments: str) -> list[str]:
    """Return which heavy libraries a statement loads, in a process of its own."""
    return sorted(modules_of(statement, *arguments) & HEAVY)


def rooms_of(modules: set[str]) -> set[str]:
    """Return which rooms of ours are among modules."""
    return {name.split(".")[1] for name in modules if name.startswith("benchmark.")} & ROOMS


def test_the_library_loads_nothing_before_it_is_used():
    loaded = modules_of("import benchmark")
    assert [name for name in loaded if name.startswith("benchmark")] == ["benchmark"]
    assert not loaded & WITHOUT_FIGURES


def test_what_the_library_is_for_loads_nothing_heavy():
    assert loaded_by("from benchmark import *") == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]], ids=" ".join)
def test_help_loads_no_room(arguments: list[str]):
    loaded = modules_of(RUN_EVAL, *arguments)
    assert not loaded & WITHOUT_FIGURES
    assert rooms_of(loaded) == set()


@pytest.mark.parametrize("verb", [*VERBS, None])
def test_help_of_verbs_loads_no_room_and_no_other_verb(verb: str | None):
    loaded = modules_of(MAIN, *([verb] if verb else []), "--help")
    assert not loaded & WITHOUT_FIGURES
    assert rooms_of(loaded) == set()
    modules = {name: f"benchmark.cli.{place.partition(':')[0]}" for name, place in VERBS.items()}
    assert set(modules.values()) & loaded == ({modules[verb]} if verb else {*modules.values()})


def test_the_answer_to_the_shells_completion_loads_no_room():
    loaded = modules_of(MAIN, "__complete", "bash", "check", "--for")
    assert not loaded & WITHOUT_FIGURES
    assert rooms_of(loaded) == set()


@pytest.mark.parametrize(
    ("arguments", "rooms"),
    [
        (["--list-models"], {"encoders", "datasets", "tasks"}),
        (["--list-tasks"], {"encoders", "datasets", "tasks"}),
        (["--list-models", "--list-tasks", "--format", "json"], {"encoders", "datasets", "tasks"}),
    ],
    ids=["models", "tasks", "json"],
)
def test_lists_load_the_catalogues_alone(arguments: list[str], rooms: set[str]):
    loaded = modules_of(RUN_EVAL, *arguments)
    assert not loaded & QUICK
    assert rooms_of(loaded) == rooms
    ours = {name for name in loaded if name.startswith(tuple(f"benchmark.{r}." for r in rooms))}
    assert ours == {
        "benchmark.datasets.catalogue",
        "benchmark.encoders.asked",
        "benchmark.encoders.asked.catalogue",
        "benchmark.encoders.text",
        "benchmark.tasks.catalogue",
    }


def test_an_unknown_model_is_refused_before_anything_heavy_is_loaded():
    assert loaded_by(RUN_EVAL, "--model", "zzz") == []


def test_a_quick_encoder_of_ones_own_needs_no_torch(tmp_path: Path):
    file = PROJECT / "tests" / "encoder_files.py"
    arguments = ["--model", f"{file}:WordHash", "--tasks", "DemoSTS", "--output-dir", str(tmp_path)]
    for _ in range(2):  # then all records are there
        loaded = modules_of(RUN_EVAL, *arguments)
        assert not loaded & HEAVY
        assert not loaded & {"multiprocessing.connection", "filelock", "tqdm"}


def test_a_named_model_is_known_without_what_other_models_need():
    build = (
        "from benchmark.encoders import build_encoder, parse_reference\n"
        "from benchmark.options import EncoderOptions\n"
        "build_encoder(parse_reference('all-minilm-l6-v2'), 'sts', EncoderOptions(device='cpu'))"
    )
    loaded = modules_of(build)
    assert not loaded & (HEAVY | {"pickletools", "onnxruntime", "openvino", "urllib.request"})
    assert not loaded & {"benchmark.hub", "benchmark.encoders.static.packaged_words"}
    backends = {name for name in loaded if ".backends." in name}
    assert backends == {"benchmark.encoders.transformer.backends.backend"}


def test_torch_is_found_by_this_test():
    assert loaded_by("import torch") == ["torch"]


def test_the_formats_that_can_be_asked_for_are_those_there_are():
    """Where a verb has formats of its own, it spells them out: a help text loads no room."""
    assert get_args(check.Format) == tuple(GATE_FORMATS)
    assert get_args(leaderboard.Format) == (*LEADERBOARD_FORMATS, "html", "all")
