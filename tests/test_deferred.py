"""Packages whose names are loaded when they are asked for say the same thing three times."""

from __future__ import annotations

import ast
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PACKAGES = [
    "benchmark",
    "benchmark.datasets",
    "benchmark.datasets.tables",
    "benchmark.embeddings",
    "benchmark.embeddings.engines",
    "benchmark.embeddings.storage",
    "benchmark.encoders",
    "benchmark.reproduction",
    "benchmark.results",
    "benchmark.tasks",
    "benchmark.training",
]
AT_ONCE = {"embed", "Advance", "unwatched", "Embeddings", "EncodingReport", "distinct"}
"""What is loaded with its package: a name that is also a module's, and what stands beside it."""


def source_of(package: str) -> ast.Module:
    return ast.parse((PROJECT / package.replace(".", "/") / "__init__.py").read_text("utf-8"))


def for_type_checkers(package: str) -> dict[str, set[str]]:
    """The names that type checkers see imported, by module."""
    [block] = [node for node in source_of(package).body if isinstance(node, ast.If)]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {
        (node.module or "").removeprefix(f"{package}."): {alias.name for alias in node.names}
        for node in imports
    }


def when_it_runs(package: str) -> dict[str, set[str]]:
    """The names that are loaded when asked for, by module."""
    calls = [node for node in ast.walk(source_of(package)) if isinstance(node, ast.Call)]
    [call] = [node for node in calls if ast.unparse(node.func) == "deferred"]
    said: dict[str, str] = {}
    for word in call.keywords:  # what has a dot in its name cannot be a keyword
        value = ast.literal_eval(word.value)
        said |= value if word.arg is None else {word.arg: value}
    return {module: set(names.split()) for module, names in said.items()}


def test_all_packages_that_defer_are_known():
    files = (PROJECT / "benchmark").rglob("__init__.py")
    deferring = {path for path in files if "deferred(" in path.read_text("utf-8")}
    assert {PROJECT / name.replace(".", "/") / "__init__.py" for name in PACKAGES} == deferring


@pytest.mark.parametrize("package", PACKAGES)
def test_what_runs_is_what_type_checkers_see(package: str):
    assert when_it_runs(package) == for_type_checkers(package)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_is_there_and_is_that_of_its_module(package: str):
    loaded = import_module(package)
    for module, names in when_it_runs(package).items():
        for name in names:
            assert getattr(loaded, name) is getattr(import_module(f"{package}.{module}"), name)
    assert {name for names in when_it_runs(package).values() for name in names} == {
        name for name in loaded.__all__ if not name.startswith("__") and name not in AT_ONCE
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_no_name_is_hidden_by_a_module(package: str):
    """A module that was imported by anyone is an attribute of its package, and comes first."""
    folder = PROJECT / package.replace(".", "/")
    modules = {module.name for module in pkgutil.iter_modules([str(folder)])}
    assert not modules & {name for names in when_it_runs(package).values() for name in names}


def test_an_unknown_name_is_refused_as_usual():
    loaded = import_module("benchmark")
    with pytest.raises(AttributeError, match="'benchmark' has no attribute 'evaluat'"):
        _ = loaded.evaluat
    with pytest.raises(ImportError, match="cannot import name 'Encodr'"):
        exec("from benchmark.encoders import Encodr")


def test_the_star_gives_all_of_them():
    names: dict[str, object] = {}
    exec("from benchmark import *", names)
    assert set(import_module("benchmark").__all__) <= set(names)


def test_a_name_loads_its_module_and_no_other():
    code = (
        "import sys, benchmark; before = set(sys.modules); benchmark.ModelError\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    ours = [name for name in done.stdout.split() if name.startswith("benchmark")]
    assert ours == ["benchmark.deferred", "benchmark.errors"]
