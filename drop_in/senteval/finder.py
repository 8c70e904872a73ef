"""Imports of a script that is run: `senteval` stays ours, and transformers has its old names.

A script may put any folder at the head of the path, or import the copy in its checkout by the
name of the folder around it (``SentEval.senteval``).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType

from senteval import identity
from senteval._project import PACKAGE
from senteval.identity import WHO, is_copy
from senteval.old_names import HOME, put_back

_OURS = "senteval"


def install() -> None:
    """Ask this finder first, in this process."""
    sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds what is ours, what stands for it, and the module that gets its old names back."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 - part of the protocol
    ) -> ModuleSpec | None:
        """Return where a module comes from; None for what others may find.

        Raises:
            ModuleNotFoundError: a part of SentEval that the drop-in does not have.
        """
        if fullname.partition(".")[0] == _OURS:
            return _ours(fullname)
        parents, middle, inner = fullname.partition(f".{_OURS}")
        if parents and middle and inner[:1] in ("", "."):
            return _stand_in(fullname, path, _OURS + inner)
        if fullname == HOME:
            return _with_old_names(fullname, path)
        return None


def _ours(name: str) -> ModuleSpec:
    parent, _, _ = name.rpartition(".")
    folder = PACKAGE.parent.joinpath(*parent.split(".")) if parent else PACKAGE.parent
    spec = PathFinder.find_spec(name, [str(folder)])
    if spec is None:
        raise ModuleNotFoundError(
            f"No module named {name!r}: {WHO} ({PACKAGE}), which has no such part", name=name
        )
    return spec


def _stand_in(name: str, path: Sequence[str] | None, ours: str) -> ModuleSpec | None:
    """Return ours for ``X.senteval`` where that is a copy of SentEval, and for all below it."""
    if ours == _OURS:
        found = PathFinder.find_spec(name, path)
        places = [Path(p) for p in (found.submodule_search_locations or ())] if found else []
        copies = [place for place in places if is_copy(place)]
        if not copies:
            return None
        identity.tell(f"{copies[0]}, imported as {name}, is not used: {WHO} ({PACKAGE})")
    elif sys.modules.get(name.removesuffix(ours.removeprefix(_OURS))) is not sys.modules[_OURS]:
        return None
    return ModuleSpec(name, _StandIn(ours))


class _StandIn(Loader):
    """Gives a module of ours under a second name, and leaves it as it was."""

    def __init__(self, name: str) -> None:
        self._module = importlib.import_module(name)
        self._spec = self._module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:  # noqa: ARG002
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


def _with_old_names(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    spec = PathFinder.find_spec(name, path)
    if spec is not None and isinstance(spec.loader, SourceFileLoader):
        spec.loader = _OldNames(spec.loader.name, spec.loader.path)
    return spec


class _OldNames(SourceFileLoader):
    """Loads the module of the tokenizers' base class, and gives that its old methods."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        put_back(module)
