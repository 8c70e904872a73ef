"""Whose senteval this is, and which others the path holds that do not answer."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import benchmark
from senteval._project import PACKAGE

WHO = f"senteval is here the drop-in of sentence-embedding-benchmark {benchmark.__version__}"

tell: Callable[[str], object] = logging.getLogger(__name__).warning
"""Takes a line for the user; the runner, which knows no log of the script's, has its own."""

_told: set[Path] = set()


def is_copy(folder: Path) -> bool:
    """Tell whether a folder is another package with SentEval's engine."""
    return (folder / "engine.py").is_file() and folder.resolve() != PACKAGE


def name_others() -> None:
    """Name each other senteval on the path, once: it is there and does not answer."""
    for entry in sys.path:
        folder = Path(entry or os.curdir) / "senteval"
        if is_copy(folder) and folder.resolve() not in _told:
            _told.add(folder.resolve())
            tell(f"{folder} is on the path too, and not used: {WHO} ({PACKAGE})")
