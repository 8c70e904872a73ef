"""Names of several models: globs of folders on this disk, and folders of one training's seeds."""

from __future__ import annotations

import glob
import logging
import os
from pathlib import Path

from benchmark.encoders.asked.catalogue import named_models
from benchmark.encoders.asked.reference import names_what_is_there
from benchmark.encoders.files.weights_files import GRAPHS
from benchmark.encoders.served.address import served_model
from benchmark.errors import UsageError
from benchmark.globs import SEED, is_glob, natural
from benchmark.one_line import one_line

logger = logging.getLogger(__name__)

_MARKS = ("config.json", "modules.json", "adapter_config.json")
"""Files one of which the folder of a checkpoint holds."""


"""What training calls the folders of its runs, in that of all of them."""


def folders_of_glob(text: str) -> list[str] | None:
    """Return the checkpoints that a name stands for, seed-2 before seed-10; None if it is one.

    The shell leaves a glob as it is where it is quoted, and on Windows. Names of the catalogue and
    of the hub are never matched: a run is of what somebody named, or put into a folder. A folder
    that is no checkpoint, and holds those of several seeds, stands for these.

    Raises:
        UsageError: it matches nothing, or nothing that holds a checkpoint.
    """
    if served_model(text):
        return None
    if os.path.lexists(text):
        return _seeds_in(text)
    if not is_glob(text) or names_what_is_there(text):
        return None
    found, names = _matched(text)
    if not names:
        raise UsageError(
            f"`model` {text}: {_nothing(found)}; a glob stands for folders on this disk"
        )
    _say_others(text, found, names)
    return names


def _seeds_in(text: str) -> list[str] | None:
    """Return the checkpoints of a training of several seeds; None if a folder is none of these."""
    folder = Path(text)
    if not folder.is_dir() or _is_model(folder) or text in named_models():
        return None
    found, names = _matched(f"{glob.escape(text.rstrip('/'))}/{SEED}*")
    if not names:
        return None
    _say_others(text, found, names)
    return names


def _matched(pattern: str) -> tuple[list[str], list[str]]:
    """Return what a glob matches, in the order of numbers, and what of it is a checkpoint."""
    paths = glob.glob(pattern)  # noqa: PTH207 - leaves hidden folders out, as shells do
    found = sorted((path.replace(os.sep, "/") for path in paths), key=natural)
    return found, [path.rstrip("/") for path in found if _is_model(Path(path))]


def _say_others(text: str, found: list[str], names: list[str]) -> None:
    others = [path for path in found if path.rstrip("/") not in names]
    if others:
        logger.warning(
            "%s: passed over, they hold no checkpoint: %s", one_line(text), _some(others)
        )


def _is_model(path: Path) -> bool:
    if path.is_dir():
        return any((path / mark).is_file() for mark in _MARKS)
    return path.suffix in GRAPHS


def _nothing(found: list[str]) -> str:
    return f"none of what it matches holds a checkpoint ({_some(found)})" if found else "no match"


def _some(paths: list[str], most: int = 5) -> str:
    return one_line(", ".join(paths[:most]) + (", ..." if len(paths) > most else ""))
