"""Which files of a repository an encoder is made of."""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.encoders.files.checkpoint import CHAT_TEMPLATES, SETTINGS_PATTERNS, read_json
from benchmark.encoders.files.weights_files import (
    ADAPTER_WEIGHTS,
    choose_graph,
    choose_weights,
    named_weights,
    require_one_model,
)
from benchmark.encoders.transformer.dense import WEIGHTS
from benchmark.errors import ModelError

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
    folders = _module_folders(files.read(_MODULES)) if _MODULES in files.names else []
    inside = folders[0] if folders else ""
    wanted = weights_file or _named_weights(files, f"{inside}config.json")
    weights = _weights(files.names, inside, wanted)
    found = _needed(files.names, inside, weights, code) if weights is not None else []
    return Needed([*dict.fromkeys([*found, *_behind(files.names, folders[1:])])], weights)


def _named_weights(files: Files, config: str) -> str | None:
    if config not in files.names:
        return None
    try:
        content = files.read(config)
    except ModelError:
        return None  # what is wrong with it is told when it is hashed or read in earnest
    return named_weights(Path(config), content) if isinstance(content, dict) else None


def _module_folders(content: Any) -> list[str]:
    """Return where ``modules.json`` has each module; the first is the transformer.

    That lies in ``0_Transformer/`` in older ones, else in the folder of the whole.
    """
    modules = content if isinstance(content, list) else []
    paths = [module.get("path") if isinstance(module, dict) else None for module in modules]
    texts = [path.strip("/") if isinstance(path, str) else "" for path in paths]
    return [f"{text}/" if text not in ("", ".") else "" for text in texts]


def _behind(names: Sequence[str], folders: Sequence[str]) -> list[str]:
    """Return settings of the modules behind the transformer, and one form of their weights."""
    found = []
    for folder in filter(None, folders):
        forms = [name for file in WEIGHTS if (name := folder + file) in names]
        found += [name for name in (f"{folder}config.json", *forms[:1]) if name in names]
    return found


def _weights(names: Sequence[str], inside: str, asked: str | None) -> str | None:
    """Return the name of the weights file in the transformer's folder."""
    here = [name.removeprefix(inside) for name in names if name.startswith(inside)]
    require_one_model(here)
    wanted = [asked] if asked else [*choose_weights(here), *ADAPTER_WEIGHTS]
    return next((name for name in wanted if name in here), None) or choose_graph(here, "onnx")


def settings_in(inside: str) -> list[str]:
    """Return patterns of settings: of the whole, and of the folder inside that has the weights."""
    own = [f"{glob.escape(inside)}{pattern}" for pattern in SETTINGS_PATTERNS] if inside else []
    return [*SETTINGS_PATTERNS, *own]


def _needed(names: Sequence[str], inside: str, weights: str, code: bool) -> list[str]:
    """Return configuration, tokenizer, weights and shards among the names of a repository."""
    where = glob.escape(inside)
    patterns = [*settings_in(inside), *(["*.py"] if code else []), where + weights]
    patterns += [f"{where}{template}*" for template in CHAT_TEMPLATES]  # that there are any counts
    if weights.endswith(".index.json"):
        patterns.append(f"{where}{weights.partition('.')[0]}-*-of-*")
    if weights.endswith(".xml"):
        patterns.append(where + weights.removesuffix(".xml") + ".bin")
    elif weights.endswith(".onnx"):
        patterns.append(where + weights.removesuffix(".onnx") + "*data*")
    found = [name for pattern in patterns for name in fnmatch.filter(names, pattern)]
    return list(dict.fromkeys(found))
