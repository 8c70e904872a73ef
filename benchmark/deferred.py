"""Names of a package that are loaded when they are first asked for (PEP 562).

A package that exports from many modules would else load all of them, and all that they need, for
whoever wants one name of one of them: ``--list-models`` would wait for numpy.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def deferred(package: str, **modules: str) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package.

    Args:
        package: its full name.
        **modules: modules of the package, each with the names that it has for others, separated by
            blanks. No name may be that of a module: Python would give the module.
    """
    homes = {name: module for module, names in modules.items() for name in names.split()}

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return load
