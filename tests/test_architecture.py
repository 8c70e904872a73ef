"""The layout of docs/architecture.md, read from the source: who may import whom, and manners."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "benchmark"
FILES = sorted(PACKAGE.rglob("*.py"))

LEAVES = {
    "errors",
    "atomic",
    "suggestions",
    "one_line",
    "escaping",
    "hub_failures",
    "places",
    "foreign",
    "deferred",
    "toml_tables",
    "options",
    "recipe_options",
    "keywords",
    "extras",
    "invocation",
    "printable",
    "globs",
}
"""Small modules of their own, which know nothing of the rest."""

MAY_IMPORT: dict[str, set[str]] = {
    **{leaf: set() for leaf in LEAVES},
    "toml_tables": {"errors", "suggestions"},
    "options": {"errors", "suggestions"},
    "recipe_options": {"errors", "options"},
    "places": {"errors"},
    "keywords": {"errors", "suggestions"},
    "escaping": {"one_line"},
    "invocation": {"extras"},
    "printable": {"__init__"},
    "latex_floats": LEAVES,
    "sheet": {"latex_floats", *LEAVES},
    "metrics": set(),
    "measures": {"metrics"},
    "hub": LEAVES,
    "steps": LEAVES,
    "datasets": {"hub", *LEAVES},
    "tasks": {"datasets", "metrics", "measures", *LEAVES},
    "encoders": {"hub", "steps", *LEAVES},
    "embeddings": {"encoders", "steps", *LEAVES},
    "results": {"tasks", "encoders", "embeddings", "metrics", "__init__", *LEAVES},
    "comparisons": {"results", "tasks", "datasets", "metrics", "measures", *LEAVES},
    "leaderboard": {"results", "tasks", "datasets", "metrics", "measures", "comparisons", *LEAVES},
    "gate": {"results", "tasks", "measures", "comparisons", *LEAVES},
    "interchange": {"results", "tasks", "datasets", *LEAVES},
    "equivalence": {"tasks", "encoders", "embeddings", "steps", "metrics", *LEAVES},
    "reproduction": {
        "comparisons",
        "encoders",
        "embeddings",
        "evaluation",
        "leaderboard",
        "measures",
        "results",
        "settings",
        "tasks",
        *LEAVES,
    },
    "reports": {
        "results",
        "tasks",
        "metrics",
        "measures",
        "comparisons",
        "leaderboard",
        "gate",
        "equivalence",
        "reproduction",
        "latex_floats",
        "sheet",
        *LEAVES,
    },
    "settings": {"embeddings", "encoders", "results", "steps"},
    "training": {
        *("evaluation", "encoders", "embeddings", "measures", "results", "settings", "steps"),
        *("tasks", "datasets", "hub", "comparisons", "interchange", "__init__"),
        *LEAVES,
    },
    "variants": {"encoders", "steps", *LEAVES},
    "members": {"encoders", "results", "steps", "variants", *LEAVES},
    "mistaken": {"encoders", "tasks", *LEAVES},
    "beforehand": {"tasks", "encoders", "members", "steps", *LEAVES},
    "evaluation": {
        *("tasks", "encoders", "embeddings", "results", "settings", "steps", "members"),
        *("beforehand", "mistaken"),
        *LEAVES,
    },
    "plan": {
        *("datasets", "tasks", "encoders", "embeddings", "results", "hub", "steps", "members"),
        "beforehand",
        *LEAVES,
    },
    "named": {"comparisons", "results", "tasks", *LEAVES},
    "api": {
        "named",
        "comparisons",
        "encoders",
        "gate",
        "leaderboard",
        "measures",
        "results",
        "tasks",
        *LEAVES,
    },
    "differences": {"named", "comparisons", "results", "tasks", *LEAVES},
    "__init__": {
        "api",
        "comparisons",
        "differences",
        "encoders",
        "equivalence",
        "evaluation",
        "gate",
        "leaderboard",
        "reports",
        "reproduction",
        "results",
        "tasks",
        *LEAVES,
    },
    "__main__": {"cli"},
}
"""Beside themselves; the command line may import everything."""

HEAVY = {"torch", "transformers", "numba"}
HOMES_OF_HEAVY = {"encoders", "embeddings", "metrics", "training"}
MADE_OF_HEAVY = {"training"}
"""Rooms whose modules define networks; nothing imports them but who trains."""
TRAINERS = {"benchmark/cli/train.py"}
PACKED = "benchmark/encoders/transformer/backends/packed.py"
"""The one module elsewhere that defines a layer of torch; it is loaded when a model was."""
SLOW = {
    "torch",
    "transformers",
    "scipy",
    "sklearn",
    "pandas",
    "huggingface_hub",
    "pyarrow",
    "jinja2",
    "vl_convert",
}
"""Libraries that take long to load: never at the head of a module. (numba's decorator must be at
the head of the compiled kernel, which is itself loaded when used: tests/cli/test_startup.py.)"""

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
    """Return the modules that a statement imports; ``from benchmark import x`` is benchmark.x."""
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


def offenders(offence: Callable[[Path], object], but_for: Collection[str] = ()) -> dict[str, Any]:
    """Return what each file outside these rooms does wrong."""
    found = {name_of(path): offence(path) for path in FILES if room_of(path) not in but_for}
    return {name: what for name, what in found.items() if what}


# --- who may import whom --------------------------------------------------------------------------


def test_the_reading_of_imports_finds_some():
    assert {"embeddings", "results", "tasks"} <= rooms_imported(PACKAGE / "evaluation.py")
    assert rooms_imported(PACKAGE / "cli" / "app.py") >= {"__init__", "cli", "errors"}
    pooling = tree_of(PACKAGE / "encoders" / "transformer" / "backends" / "in_torch.py")
    assert "torch" in libraries(ast.walk(pooling))
    assert "torch" not in libraries(at_module_level(pooling))


def test_every_room_is_known():
    assert {room_of(path) for path in FILES} == {*MAY_IMPORT, "cli"}


def test_imports_go_downward_only():
    def upward(path: Path) -> set[str]:
        room = room_of(path)
        return rooms_imported(path) - MAY_IMPORT[room] - {room}

    assert offenders(upward, but_for={"cli"}) == {}


def test_the_permissions_have_no_circle():
    done: set[str] = set()
    waiting = {
        room: {r for r in allowed if r != "__init__"} for room, allowed in MAY_IMPORT.items()
    }
    del waiting["__main__"]
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


def test_nobody_imports_the_command_line():
    assert offenders(lambda path: rooms_imported(path) & {"cli"}, {"cli", "__main__"}) == {}


# --- what is loaded when --------------------------------------------------------------------------


def test_heavy_libraries_stay_where_vectors_are_made():
    assert offenders(lambda path: libraries(ast.walk(tree_of(path))) & HEAVY, HOMES_OF_HEAVY) == {}


def test_slow_libraries_are_loaded_when_used():
    def slow(path: Path) -> set[str]:
        return libraries(at_module_level(tree_of(path))) & SLOW

    found = offenders(slow, but_for=MADE_OF_HEAVY)
    assert found == {PACKED: {"torch"}}
    importers = [name_of(path) for path in FILES if rooms_imported(path) & MADE_OF_HEAVY]
    assert {name for name in importers if "/training/" not in name} <= TRAINERS


# --- who reads files ------------------------------------------------------------------------------

RAW_READING = {"open", "safe_open", "np.load", "np.lib.format.read_array", "pd.read_parquet"}
RAW_READING |= {"torch.load", "json.load", "json.loads", "msgspec.json.decode", "csv.reader"}
RAW_READING |= {
    "tomllib.load",
    "tomllib.loads",
    "zipfile.ZipFile",
    "tarfile.open",
    "csv.DictReader",
}
RAW_READING |= {"pickle.load", "pickle.loads", "pickletools.genops"}
RAW_METHODS = {"read_text", "read_bytes", "open"}

OURS = {
    "toml_tables": "tables that people write",
    **dict.fromkeys(("interchange/quoted_rows", "reports/page/assets"), "files that we ship"),
    "encoders/transformer/backends/graph": "files that we ship",
    "encoders/device": "what the system tells",
    **dict.fromkeys(("embeddings/engines/replica", "embeddings/engines/processes"), "sent by us"),
    **dict.fromkeys(("atomic", "cli/check", "cli/process"), "written to"),
    "encoders/card": "files of a user's own encoder, hashed only",
}
"""Who reads what nobody else wrote."""

FOREIGN = {
    "foreign": "the place for it",
    "datasets/extract": "an archive, within bounds of its own",
    "datasets/readers": "quoted columns, of text that was read within bounds",
    "encoders/files/tensors": "weights, by the libraries for them",
    "encoders/transformer/tokenizer": "the first byte of a vocabulary",
    "encoders/transformer/backends/published": "graphs, searched for one word",
    "encoders/static/packaged_words": "word vectors, by the libraries for them",
    "encoders/static/vectors_file": "word vectors of any size, within bounds of its own",
    "results/soundness": "records",
    "results/predictions": "predictions",
    "leaderboard/statistics": "statistics",
}
"""Who reads what others wrote; everybody else asks `benchmark.foreign`."""


def raw_reading(path: Path) -> set[str]:
    """The ways in which a file reads files that are not those of `benchmark.foreign`."""
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    named = {ast.unparse(func) for func in calls}
    methods = {func.attr for func in calls if isinstance(func, ast.Attribute)}
    return named & RAW_READING | methods & RAW_METHODS


def test_files_of_others_are_read_in_known_places():
    """A new reader asks `benchmark.foreign`, and is tried in tests/test_every_reader.py."""
    reading = {
        path.relative_to(PACKAGE).with_suffix("").as_posix() for path in FILES if raw_reading(path)
    }
    assert reading == {*OURS, *FOREIGN}


# --- manners --------------------------------------------------------------------------------------


def test_only_the_command_line_prints():
    def prints(path: Path) -> list[int]:
        calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
        return [call.lineno for call in calls if ast.unparse(call.func) == "print"]

    assert offenders(prints, but_for={"cli"}) == {}
    assert prints(PACKAGE / "cli" / "app.py")


FLAG = re.compile(r"(?<!var\()(?<![\w-])--[a-z]")
COMMAND = re.compile(r"\b(sebench|run_eval\.py|python -m benchmark|pip install)\b")
BY_HAND = "Scores are fractions of 1."
"""The head of a baseline file, for whoever edits it and goes on at the command line."""


def test_only_the_command_line_writes_dashes():
    """A message names an option as Python knows it, `data_dir`; whole commands may be named."""

    def texts(path: Path) -> Iterator[str]:
        nodes = list(ast.walk(tree_of(path)))
        joined = [node for node in nodes if isinstance(node, ast.JoinedStr)]
        apart = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
        apart |= {id(part) for node in joined for part in node.values}
        for node in joined:
            yield "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
        for node in nodes:
            if isinstance(node, ast.Constant) and id(node) not in apart:
                yield str(node.value)

    def dashes(path: Path) -> list[str]:
        found = [text for text in texts(path) if FLAG.search(text)]
        return [text for text in found if not COMMAND.search(text) and BY_HAND not in text]

    assert offenders(dashes, but_for={"cli"}) == {}
    assert dashes(PACKAGE / "cli" / "cache.py")


def test_names_say_what_is_inside():
    def words(path: Path) -> set[str]:
        return set(
            path.relative_to(PROJECT).with_suffix("").as_posix().replace("/", "_").split("_")
        )

    assert offenders(lambda path: words(path) & BANNED_WORDS) == {}


def test_files_are_short():
    def lines_too_many(path: Path) -> int:
        return max(len(path.read_text("utf-8").splitlines()) - MOST_LINES, 0)

    assert offenders(lines_too_many) == {}


def public_definitions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Public functions and classes of a module, and public methods of public classes."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, kinds) and not node.name.startswith("_"):
            yield node.name, node
            for child in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(child, kinds) and not child.name.startswith("_"):
                    yield f"{node.name}.{child.name}", child


def test_what_is_public_is_explained():
    def unexplained(path: Path) -> list[str]:
        named = [("the module", tree_of(path)), *public_definitions(tree_of(path))]
        return [name for name, node in named if not ast.get_docstring(node)]

    assert offenders(unexplained) == {}


def test_no_module_changes_its_own_variables():
    def changed(path: Path) -> list[str]:
        statements = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Global)]
        return [name for statement in statements for name in statement.names]

    assert offenders(changed) == {}
