"""Which files of a folder hold what a model computes with: weights, an adapter, or a graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from benchmark.errors import ModelError

WHOLE_WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
"""Of a whole model, in the order of preference: indices name shards."""

ADAPTER_CONFIG = "adapter_config.json"
"""What PEFT writes beside the weights of an adapter."""

ADAPTER_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")
"""The weights of an adapter, the preferred file first."""

_LONGEST_NAME = 255

GRAPHS = (".onnx", ".xml")
"""Endings of graphs, of ONNX and of OpenVINO."""


def choose_weights(names: Sequence[str]) -> list[str]:
    """Return which of these files are weights, the preferred one first."""
    return [name for name in WHOLE_WEIGHTS if name in names]


def require_one_model(names: Sequence[str]) -> None:
    """Refuse the files of an adapter (PEFT) that are not all there is, or not all there.

    Raises:
        ModelError: a whole model lies beside it, or it lacks its settings.
    """
    adapter = [name for name in (ADAPTER_CONFIG, *ADAPTER_WEIGHTS) if name in names]
    if adapter and choose_weights(names):
        raise ModelError(
            f"holds a whole model and {adapter[0]} of an adapter (PEFT); merge them "
            "(merge_and_unload) and save that, or give the adapter a folder of its own"
        )
    if adapter and ADAPTER_CONFIG not in names:
        raise ModelError(f"{adapter[0]} without {ADAPTER_CONFIG}, which says what becomes of it")


def choose_graph(names: Sequence[str], asked: str) -> str | None:
    """Return which of these paths is a graph to compute; None if there is none.

    Args:
        names: with slashes, of a folder and of those in it.
        asked: a backend, whose own form comes first.

    Raises:
        ModelError: there are several, and none has the usual name.
    """
    found = [name for name in names if name.endswith(GRAPHS) and name.count("/") < 2]
    own = ".xml" if asked == "openvino" else ".onnx"
    found.sort(key=lambda name: (not name.endswith(own), name))
    usual = [n for n in found if n.rpartition("/")[2] in ("model.onnx", "openvino_model.xml")]
    if not usual and len(found) > 1:
        raise ModelError(
            f"there are graphs of several kinds ({', '.join(found)[:200]}); name the file of one "
            "as the model"
        )
    return next(iter([*usual, *found]), None)


def graph_files(path: Path) -> list[Path]:
    """Return a graph and the files with its weights, if they lie beside it.

    Raises:
        ModelError: it is not there, or lacks its weights.
    """
    if path.suffix == ".xml":
        return [path, path.with_suffix(".bin")]
    beside = path.parent.glob(f"{path.stem}*")
    return [path, *sorted(file for file in beside if "data" in file.name[len(path.stem) :])]


def named_weights(path: Path, config: Mapping[str, Any]) -> str | None:
    """Return the weights file that a configuration names instead of the usual ones, if it does.

    Args:
        path: of the configuration, for messages.
        config: its content.

    Raises:
        ModelError: it names what the loading library does not take.
    """
    named = config.get("transformers_weights")
    if named is None:
        return None
    require_inside(path, named)
    if not named.endswith((".safetensors", ".safetensors.index.json")) or "/" in named:
        raise ModelError(
            f"{path}: names {named[:80]!r} as the weights (transformers_weights), which is no "
            "safetensors file beside it"
        )
    return str(named)


def require_inside(index: Path, shard: object) -> None:
    """Refuse what an index may not name: links in the folder are the owner's, names are not.

    Raises:
        ModelError: it is no name of a file in the folder.
    """
    if not isinstance(shard, str) or not shard:
        raise ModelError(f"{index}: names no file, but {str(shard)[:40]!r}")
    path = PurePosixPath(shard.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or len(shard) > _LONGEST_NAME or "\0" in shard:
        raise ModelError(
            f"{index}: names {shard[:40]!r}, which is no file of this folder; the checkpoint is "
            "damaged, or meant to do harm"
        )
