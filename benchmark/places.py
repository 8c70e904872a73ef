"""Folders that belong to the program: the data that ships with it, and the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

CACHE_VARIABLE = "BENCHMARK_CACHE_DIR"
"""Environment variable that names the cache folder."""

_PACKAGE = Path(__file__).resolve().parent


def embedded_folder() -> Path:
    """Return the folder of the data that ships with the project (the demo set).

    It is ``data/`` at the top of a checkout; an installed wheel carries a copy inside.
    """
    installed = _PACKAGE / "embedded_data"
    return installed if installed.is_dir() else _PACKAGE.parent / "data"


def cache_folder() -> Path:
    """Return where vectors and exported models are kept."""
    import platformdirs

    named = os.environ.get(CACHE_VARIABLE)
    return Path(named or platformdirs.user_cache_dir("sentence-embedding-benchmark"))
