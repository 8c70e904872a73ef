"""The places where evaluation data may lie on this machine, in the order they are asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from benchmark.datasets.catalogue import Part
from benchmark.errors import DataError

DATA_VARIABLE = "BENCHMARK_DATA_DIR"
"""Environment variable that names a folder of evaluation data."""

_PACKAGE = Path(__file__).resolve().parents[1]
_LAYOUTS = ("senteval", "", "downstream", "data/downstream")


@dataclass(frozen=True, slots=True)
class Folder:
    """A candidate folder: ``root`` holds ``STS/``, ``SICK/`` ...; ``label`` is for messages."""

    root: Path
    label: str

    def holds(self, part: Part) -> bool:
        """Tell whether any file of this part is here, even one that cannot be read."""
        paths = [self.root / entry.path for entry in part.files]
        return any(os.path.lexists(path) and not path.is_dir() for path in paths)


def candidate_folders(
    data_dir: str | os.PathLike[str] | None, *, with_environment: bool = True
) -> list[Folder]:
    """Return where to look: the folder asked for, the environment's, the project's own.

    Args:
        data_dir: the folder asked for.
        with_environment: whether the environment's counts; it was not named for this run.

    Raises:
        DataError: a folder that was named on purpose does not exist.
    """
    folders: list[Folder] = []
    if data_dir is not None:
        folders += _layouts_of(Path(data_dir), f"--data-dir {data_dir}")
    named = os.environ.get(DATA_VARIABLE)
    if named and with_environment:
        folders += _layouts_of(Path(named), f"{DATA_VARIABLE}={named}")
    kept = download_folder().parent
    return [*folders, *(_layouts_of(kept, str(kept)) if kept.is_dir() else [])]


def _layouts_of(root: Path, label: str) -> list[Folder]:
    try:
        if not root.is_dir():
            raise DataError(
                f"{label}: no such folder; give the SentEval folder that holds STS/ and SICK/"
            )
        layouts = [root / layout for layout in _LAYOUTS if (root / layout).is_dir()]
        for layout in layouts:  # what is locked is not data that lies elsewhere
            next(layout.iterdir(), None)
        return [Folder(layout, label) for layout in layouts]
    except OSError as error:
        raise DataError(f"{label}: cannot be read ({error.strerror})") from error


def download_folder() -> Path:
    """Return the folder that downloaded data is kept in, in SentEval's layout.

    ``data/senteval`` at the top of a checkout; for an installed package a folder of the
    user's cache (``XDG_CACHE_HOME`` is respected).
    """
    if (_PACKAGE.parent / "pyproject.toml").is_file():
        return _PACKAGE.parent / "data" / "senteval"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "sentence-embedding-benchmark" / "senteval"
