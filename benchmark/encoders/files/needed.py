"""Which files of a repository an encoder is made of."""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.encoders.files.checkpoint import SETTINGS_PATTERNS, choose_weights, read_json
from benchmark.encoders.transformer.dense import WEIGHTS

_MODULES = "modules.json"


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a folder, or of a repository before they are fetched.

    Attributes:
        names: paths below it, with slashes.
        read: gives the JSON in one of them; a file of the hub is fetched for it.
    """

    names: Sequence[str]
    read: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Needed:
    """Which files of a repository an encoder is made of.

    Attributes:
        files: all of them.
        weights: the one with the weights, relative to the folder of the weights; None if there
            are none that can be used, "" if none are needed or no single one says it.
    """

    files: Sequence[str]
    weights: str | None


Choose = Callable[[Files, str | None, bool], Needed]
"""From the files that there are, a weights file that was asked for, and whether code is run."""


def files_below(folder: Path) -> Files:
    """Return the files of a folder and of those in it: modules, their routes, exports lie there."""
    found = [path for pattern in ("*", "*/*", "*/*/*") for path in folder.glob(pattern)]
    names = [path.relative_to(folder).as_posix() for path in found if path.is_file()]
    return Files(sorted(names), lambda name: read_json(folder / name))


def is_weights(name: str) -> bool:
    """Tell whether a file holds weights of torch, or says which files do."""
    return name.endswith((".safetensors", ".bin", ".index.json"))


def transformer_files(files: Files, weights_file: str | None, code: bool) -> Needed:
    """Return what a transformer is made of: configuration, tokenizer, one form of the weights."""
    inside = _transformer_folder(files.read(_MODULES)) if _MODULES in files.names else ""
    weights = _weights(files.names, inside, weights_file)
    found = _needed(files.names, inside, weights, code) if weights is not None else []
    return Needed(found, weights)


def _transformer_folder(content: Any) -> str:
    """Return where ``modules.json`` has the transformer (``0_Transformer/`` in older ones)."""
    first = content[0] if isinstance(content, list) and content else None
    path = first.get("path") if isinstance(first, dict) else None
    return f"{path.strip('/')}/" if isinstance(path, str) and path.strip("/") else ""


def _weights(names: Sequence[str], inside: str, asked: str | None) -> str | None:
    """Return the name of the weights file in the transformer's folder."""
    here = [name.removeprefix(inside) for name in names if name.startswith(inside)]
    wanted = [asked] if asked else choose_weights(here)
    return next((name for name in wanted if name in here), None)


def settings_in(inside: str) -> list[str]:
    """Return patterns of settings: of the whole, and of the folder inside that has the weights."""
    own = [f"{glob.escape(inside)}{pattern}" for pattern in SETTINGS_PATTERNS] if inside else []
    return [*SETTINGS_PATTERNS, *own]


def _needed(names: Sequence[str], inside: str, weights: str, code: bool) -> list[str]:
    """Return configuration, tokenizer, weights and shards among the names of a repository."""
    where = glob.escape(inside)
    patterns = [*settings_in(inside), *(["*.py"] if code else []), where + weights]
    if weights.endswith(".index.json"):
        patterns.append(f"{where}{weights.partition('.')[0]}-*-of-*")
    for config in fnmatch.filter(names, "*_Dense/config.json"):
        forms = [config.removesuffix("config.json") + file for file in WEIGHTS]
        patterns += [name for name in forms if name in names][:1]
    found = [name for pattern in patterns for name in fnmatch.filter(names, pattern)]
    return list(dict.fromkeys(found))
