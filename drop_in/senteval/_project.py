"""Find the project that does the work, where only this package's folder is on the path."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def make_importable() -> None:
    """Put the project on the path unless its package ``benchmark`` is found already.

    It goes to the end, so that nothing of the caller's is hidden by it.

    Raises:
        ImportError: another package of that name comes first.
    """
    spec = importlib.util.find_spec("benchmark")
    if spec is None or spec.origin is None:  # nothing, or a mere folder of that name
        sys.path.append(str(PROJECT))
    elif not (Path(spec.origin).parent / "tasks" / "tasks.toml").is_file():
        raise ImportError(
            f"{spec.origin} hides the package 'benchmark' that this senteval needs; "
            f"put {PROJECT} before it on the path"
        )
