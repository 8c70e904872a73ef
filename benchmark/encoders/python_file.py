"""What a Python file of a user defines, found out without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmark.errors import ModelError, NotThere
from benchmark.foreign import Unreadable, read_bytes
from benchmark.suggestions import did_you_mean

_MOST_BYTES = 2**24
_MOST_NAMES = 5
"""That are told where none is like what was typed."""

_DEFINE_UNSEEN = {"exec", "globals", "setattr", "vars", "__dict__"}
"""What a file that mentions one may define cannot be seen in its text."""

_APART = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
"""What has names of its own inside."""


def require_name(path: Path, name: str, shown: str) -> None:
    """Refuse a name that a file surely does not define; its code is not run.

    Args:
        path: of the file.
        name: of an object in it.
        shown: what messages call the file.

    Raises:
        ModelError: it cannot be read, or is no Python.
        NotThere: nothing in it is called so.
    """
    try:
        tree = ast.parse(read_bytes(path, _MOST_BYTES), shown)
    except Unreadable as error:
        raise ModelError(f"{shown}: {error}") from error
    except (RecursionError, MemoryError):  # too deep for a tree; running it will tell
        return
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f", line {line}" if line else ""
        what = getattr(error, "msg", None) or str(error)
        raise ModelError(f"{shown}{where}: {type(error).__name__}: {what}") from error
    defined, imported = set(_defined(tree)), set(_imported(tree))
    if name not in defined | imported and "*" not in imported and not _hides(tree):
        raise no_such_name(shown, name, sorted(defined))


def no_such_name(file: str, name: str, others: Iterable[str]) -> NotThere:
    """Return the refusal of a name that is not in a file, with what may be meant.

    Args:
        file: as messages call it.
        name: that was asked for.
        others: names in the file that could be encoders.
    """
    names = [other for other in others if not other.startswith("_")]
    meant = did_you_mean(name, names)
    if not meant and names:
        more = ", ..." if len(names) > _MOST_NAMES else ""
        meant = f"; it has {', '.join(names[:_MOST_NAMES])}{more}"
    return NotThere(f"{file}: has no {name!r}{meant}")


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in _at_top(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from node.names


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in _at_top(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0]


def _at_top(tree: ast.AST) -> Iterator[ast.AST]:
    """Go through what runs when the file is run, conditions and loops included."""
    waiting = [*ast.iter_child_nodes(tree)]
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, _APART):
            waiting[:0] = ast.iter_child_nodes(node)


def _hides(tree: ast.Module) -> bool:
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return bool(_DEFINE_UNSEEN & names) or "__getattr__" in set(_defined(tree))
