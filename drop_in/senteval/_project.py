"""Find the project that does the work: installed beside this package, or around its folder."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
"""This package: in ``drop_in`` of a checkout, beside ``benchmark`` where it is installed."""

_told: set[Path] = set()


def make_importable() -> None:
    """Import the project's package ``benchmark``, whatever else has its name.

    Where it is not on the path, it goes to its end, so that it hides nothing of the caller's.

    Raises:
        ImportError: it is nowhere, or a package of that name was imported before.
    """
    around = (PACKAGE.parent, PACKAGE.parents[1])
    home = next((folder for folder in around if _is_project(folder / "benchmark")), None)
    spec = importlib.util.find_spec("benchmark")
    if spec is None or spec.origin is None:  # nothing, or a mere folder of that name
        if home is None:
            raise ImportError(
                f"the senteval in {PACKAGE.parent} is the drop-in of sentence-embedding-benchmark "
                "and needs its package 'benchmark', which is not found: install the tool, or put "
                "the folder of its checkout on the path (PYTHONPATH)"
            )
        sys.path.append(str(home))
    elif not _is_project(Path(spec.origin).parent):
        if home is None or "benchmark" in sys.modules:
            remedy = "install the tool" if home is None else "import senteval before it"
            raise ImportError(
                f"{spec.origin} hides the package 'benchmark' that this senteval needs; {remedy}"
            )
        _import_before(Path(spec.origin), home)


def _import_before(namesake: Path, home: Path) -> None:
    """Import ours; the path stays what the script made it."""
    before = list(sys.path)
    sys.path.insert(0, str(home))
    try:
        importlib.import_module("benchmark")
    finally:
        sys.path[:] = before
    _tell_of(namesake)


def tell_of_namesake(folder: Path) -> None:
    """Say, once, of what lies in a folder under the project's name that nobody imports it."""
    for form in ("benchmark.py", "benchmark/__init__.py"):
        namesake = folder / form
        if namesake.is_file() and not _is_project(namesake.parent):
            _tell_of(namesake)


def _tell_of(namesake: Path) -> None:
    if namesake.resolve() not in _told:
        _told.add(namesake.resolve())
        logging.getLogger(__name__).warning(
            "%s is passed over: `import benchmark` gives the package of that name which the "
            "senteval in %s needs",
            *(namesake, PACKAGE.parent),
        )


def _is_project(folder: Path) -> bool:
    return (folder / "tasks" / "tasks.toml").is_file()
