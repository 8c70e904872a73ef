"""Find the project that does the work: installed beside this package, or around its folder."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
"""This package: in ``drop_in`` of a checkout, beside ``benchmark`` where it is installed."""


def make_importable() -> None:
    """Put the project on the path unless its package ``benchmark`` is found already.

    It goes to the end, so that nothing of the caller's is hidden by it.

    Raises:
        ImportError: it is nowhere, or another package of that name comes first.
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
        remedy = "install the tool" if home is None else f"put {home} before it on the path"
        raise ImportError(
            f"{spec.origin} hides the package 'benchmark' that this senteval needs; {remedy}"
        )


def _is_project(folder: Path) -> bool:
    return (folder / "tasks" / "tasks.toml").is_file()
