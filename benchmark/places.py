"""Folders: the data that ships with the program, the user's cache, and those that are named."""

from __future__ import annotations

import functools
import os
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any

from benchmark.errors import UsageError

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
    """Return where vectors and exported models are kept.

    A relative name means the same folder as long as the program runs.
    """
    import platformdirs

    named = os.environ.get(CACHE_VARIABLE)
    return _once(named or platformdirs.user_cache_dir("sentence-embedding-benchmark"))


def folders_of(data_dir: Any) -> tuple[Path, ...]:
    """Return the folders that an option names: none, one, or several in a list.

    Raises:
        UsageError: it is something else.
    """
    several = isinstance(data_dir, Sequence) and not isinstance(data_dir, str | bytes)
    named = data_dir if several else [] if data_dir is None else [data_dir]
    if not all(isinstance(one, str | os.PathLike) for one in named):
        raise UsageError(f"`data_dir` {data_dir!a:.60}: a folder is needed, or a list of them")
    return tuple(map(Path, named))


def folder_name(path: str, taken: Container[str] = ()) -> str:
    """Return the one name of a folder or file, however it was typed.

    Below the working directory it is the way from there; elsewhere its last two parts, which say
    more than ``../../..`` does and nothing of whose disk it is.

    >>> folder_name("./runs//x/")
    'runs/x'

    Args:
        path: as it was typed.
        taken: names that mean something else; such a one has the folder above in front.
    """
    whole, here = Path(os.path.abspath(path)), absolute(Path())  # noqa: PTH100 - links stay links
    below = whole.relative_to(here).as_posix() if whole.is_relative_to(here) else "."
    return below if below != "." and below not in taken else "/".join(whole.parts[1:][-2:])


def absolute(path: Path) -> Path:
    """Return where a path leads from the working directory, which may change later."""
    try:
        return path.absolute()
    except FileNotFoundError:  # the working directory is gone; who uses the path will say so
        return path


@functools.cache
def _once(name: str) -> Path:
    return absolute(Path(name))
