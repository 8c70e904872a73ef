"""The layout of docs/architecture.md, read from the source: who may import whom, and manners."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "benchmark"
FILES = sorted(PACKAGE.rglob("*.py"))

LEAVES = {"errors", "atomic", "suggestions", "one_line"}
"""Small modules of their own, which know nothing of the rest."""

MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(LEAVES, set()),
    "metrics": set(),
    "hub": LEAVES,
    "datasets": {"hub", *LEAVES},
    "tasks": {"datasets", "metrics", *LEAVES},
    "encoders": {"hub", *LEAVES},
    "embeddings": {"encoders", *LEAVES},
    "results": {"tasks", "encoders", "__init__", *LEAVES},
    "reports": {"results", "tasks", "metrics", *LEAVES},
    "evaluation": {"tasks", "encoders", "embeddings", "results", *LEAVES},
    "plan": {"datasets", "tasks", "encoders", "embeddings", "results", "hub", *LEAVES},
    "__init__": {"evaluation", "encoders", "results", "reports", *LEAVES},
    "__main__": {"cli"},
}
"""Beside themselves; the command line may import everything."""

HEAVY = {"torch", "transformers"}
HOMES_OF_HEAVY = {"encoders", "embeddings", "metrics"}
SLOW = HEAVY | {"scipy", "sklearn", "pandas", "huggingface_hub", "pyarrow"}
"""Libraries that take long to load: never at the head of a module."""

BANNED_WORDS = {"util", "utils", "helper", "helpers", "common", "manager", "misc", "tools"}
MOST_LINES = 350


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def room_of(path: Path) -> str:
    """The folder or module directly below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imported(node: ast.AST) -> list[str]:
    """The modules that an import statement names, ``benchmark.x`` for ``from benchmark import x``."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute here"
        if node.module == "benchmark":
            return [f"benchmark.{alias.name}" for alias in node.names]
        return [node.module or ""]
    return []


def rooms_imported(path: Path) -> set[str]:
    """The rooms that a file imports, anywhere in it."""
    modules = [name.split(".") for node in ast.walk(tree_of(path)) for name in imported(node)]
    ours = [parts for parts in modules if parts[0] == "benchmark"]
    return {parts[1] if len(parts) > 1 else "__init__" for parts in ours}


def is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def at_module_level(tree: ast.Module) -> Iterator[ast.AST]:
    """Every statement that runs when the module is imported."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or is_for_type_checkers(node):
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))


def libraries(nodes: Iterator[ast.AST]) -> set[str]:
    return {name.split(".")[0] for node in nodes for name in imported(node)}


each_file = pytest.mark.parametrize("path", FILES, ids=name_of)


# --- who may import whom --------------------------------------------------------------------------


def test_the_reading_of_imports_finds_some():
    assert {"embeddings", "results", "tasks"} <= rooms_imported(PACKAGE / "evaluation.py")
    assert rooms_imported(PACKAGE / "cli" / "app.py") >= {"__init__", "cli", "errors"}
    pooling = tree_of(PACKAGE / "encoders" / "weights.py")
    assert "torch" in libraries(ast.walk(pooling))
    assert "torch" not in libraries(at_module_level(pooling))


def test_every_room_is_known():
    assert {room_of(path) for path in FILES} == {*MAY_IMPORT, "cli"}


@each_file
def test_imports_go_downward_only(path: Path):
    room = room_of(path)
    if room == "cli":
        return
    assert rooms_imported(path) <= MAY_IMPORT[room] | {room}


def test_the_permissions_have_no_circle():
    done: set[str] = set()
    waiting = {
        room: {r for r in allowed if r != "__init__"} for room, allowed in MAY_IMPORT.items()
    }
    waiting["__main__"].discard("cli")
    while waiting:
        free = {room for room, allowed in waiting.items() if allowed <= done}
        assert free, waiting
        done |= free
        waiting = {room: allowed for room, allowed in waiting.items() if room not in free}


def test_tasks_and_encoders_do_not_see_each_other():
    for room, other in (("tasks", "encoders"), ("encoders", "tasks")):
        files = [path for path in FILES if room_of(path) == room]
        assert files
        assert not [name_of(path) for path in files if other in rooms_imported(path)]


@each_file
def test_nobody_imports_the_command_line(path: Path):
    if room_of(path) not in ("cli", "__main__"):
        assert "cli" not in rooms_imported(path)


# --- what is loaded when --------------------------------------------------------------------------


@each_file
def test_heavy_libraries_stay_where_vectors_are_made(path: Path):
    if room_of(path) not in HOMES_OF_HEAVY:
        assert not libraries(ast.walk(tree_of(path))) & HEAVY


@each_file
def test_slow_libraries_are_loaded_when_used(path: Path):
    assert not libraries(at_module_level(tree_of(path))) & SLOW


# --- manners --------------------------------------------------------------------------------------


@each_file
def test_only_the_command_line_prints(path: Path):
    if room_of(path) == "cli":
        return
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "print"]


@each_file
def test_names_say_what_is_inside(path: Path):
    words = {word for part in path.relative_to(PROJECT).parts for word in part[:-3].split("_")}
    words |= {word for part in path.relative_to(PROJECT).parts for word in part.split("_")}
    assert not words & BANNED_WORDS


@each_file
def test_files_are_short(path: Path):
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES


def public_definitions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Public functions and classes of a module, and public methods of public classes."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, kinds) and not node.name.startswith("_"):
            yield node.name, node
            for child in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(child, kinds) and not child.name.startswith("_"):
                    yield f"{node.name}.{child.name}", child


@each_file
def test_what_is_public_is_explained(path: Path):
    tree = tree_of(path)
    assert ast.get_docstring(tree), "the module has no docstring"
    without = [name for name, node in public_definitions(tree) if not ast.get_docstring(node)]
    assert without == []


@each_file
def test_modules_hold_no_state(path: Path):
    """Constants are spelled in capitals, and nothing is declared ``global``."""
    assert not [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Global)]
