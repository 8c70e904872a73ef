"""Which files of a folder or repository the library reads: they are fetched, and hashed."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from typing import Any

from benchmark.encoders.files.needed import Files, Needed, is_weights
from benchmark.encoders.files.weights_files import choose_weights

MODULES = "modules.json"

ROUTERS = ("router_config.json", "config.json")
"""Where a router says its modules; older ones have no file of their own for it."""

_TEMPLATES = "additional_chat_templates"

_OF_NO_EFFECT = (
    "*.md",
    "LICENSE*",
    "*.onnx",
    "*.onnx_data",
    "*.h5",
    "*.msgpack",
    "*.ot",
    "*.gguf",
    "*.tflite",
    "*.mlmodel",
    "*.png",
    "*.jpg",
    "*.jpeg",
    "*.gif",
    "*.svg",
    "*.pdf",
)
"""Documents, and weights for other libraries."""

_NEVER_READ = ("*.py", "*.pt", "*.pth", "*.pkl", "*.pickle", "*.ckpt", "*.npy", "*.npz", "*.zip")
"""By the library itself: code, and weights that only code could load."""


def library_files(files: Files, weights_file: str | None, code: bool) -> Needed:
    """Return what the library reads: all that lies in the folders of modules, weights in one form.

    Args:
        files: that there are.
        weights_file: nobody asks for one here.
        code: whether code is run; it may read whatever there is.
    """
    del weights_file
    folders = list(dict.fromkeys(module_folders(files)))
    read = [name for name in files.names if code or _folder(name) in _with_templates(folders)]
    left_out = _OF_NO_EFFECT if code else (*_OF_NO_EFFECT, *_NEVER_READ)
    kept = [name for name in read if not _is_hidden(name) and not _matches(name, left_out)]
    found = [name for name in kept if not is_weights(name)]
    weights = [name for folder in _folders(kept) for name in _weights_in(folder, kept)]
    return Needed(found + weights, "")


def module_folders(files: Files) -> Iterator[str]:
    """Yield the folders that modules lie in, "" for the folder itself, as far as files tell.

    What is named there and is no path leads to no file here; who loads it refuses it.
    """
    yield ""
    if MODULES not in files.names:
        return
    content = files.read(MODULES)
    for module in content if isinstance(content, list) else []:
        path = module.get("path") if isinstance(module, dict) else None
        if isinstance(path, str):
            folder = path.strip("/")
            yield folder
            for inner in routed(files, folder):
                yield f"{folder}/{inner}".strip("/")


def begins_otherwise(files: Files) -> bool:
    """Tell whether the first module is said to be something else than a transformer."""
    content = files.read(MODULES) if MODULES in files.names else None
    first = content[0] if isinstance(content, list) and content else None
    kind = first.get("type") if isinstance(first, dict) else None
    return isinstance(kind, str) and not kind.endswith(".Transformer")


def routed(files: Files, folder: str) -> Sequence[str]:
    """Return the folders inside this one that a router leads to; none if there is no router."""
    for name in ROUTERS:
        path = f"{folder}/{name}".strip("/")
        if path in files.names:
            content: Any = files.read(path)
            types = content.get("types") if isinstance(content, dict) else None
            return list(types) if isinstance(types, dict) and "structure" in content else ()
    return ()


def _weights_in(folder: str, names: Sequence[str]) -> list[str]:
    """Return the weights that are loaded from a folder, of several forms the preferred one."""
    here = [name.rpartition("/")[2] for name in names if _folder(name) == folder]
    chosen = choose_weights(here)[:1]
    if chosen and chosen[0].endswith(".index.json"):
        chosen += fnmatch.filter(here, f"{chosen[0].partition('.')[0]}-*-of-*")
    return [f"{folder}/{name}".strip("/") for name in chosen]


def _with_templates(folders: Sequence[str]) -> list[str]:
    return [*folders, *(f"{folder}/{_TEMPLATES}".strip("/") for folder in folders)]


def _folders(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(map(_folder, names)))


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def _matches(name: str, patterns: Sequence[str]) -> bool:
    own = name.rpartition("/")[2]
    return any(fnmatch.fnmatchcase(own, pattern) for pattern in patterns)
