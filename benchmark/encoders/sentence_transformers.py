"""The settings that a sentence-transformers folder carries: pooling, length, normalisation.

Only files are read; the library itself is not needed. A folder that asks for something that
is not done here (a layer norm on top, another pooling) is refused: leaving a step out would
give the score of another model.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.encoders.checkpoint import read_json, read_object
from benchmark.encoders.dense import Dense, read_dense
from benchmark.errors import ModelError

_POOLERS = {
    "pooling_mode_cls_token": "cls_before_pooler",
    "pooling_mode_mean_tokens": "avg",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "avg_sqrt_len",
}
_NAMED_POOLERS = {
    "cls": "cls_before_pooler",
    "mean": "avg",
    "max": "max",
    "mean_sqrt_len_tokens": "avg_sqrt_len",
}
_WAY_OUT = "write an encoder of your own around the library (docs/add-an-encoder.md)"


@dataclass(frozen=True, slots=True)
class SentenceTransformersSettings:
    """What ``modules.json`` and the files it names say about the vectors.

    Attributes:
        transformer: folder of the transformer, relative to the model's folder.
        pooler: our name of the pooling.
        max_length: limit in tokens, None for the tokenizer's own.
        dense: layers behind the pooling, in order.
        normalize: whether vectors are scaled to length one, at the end.
        lower_case: whether sentences are lower-cased before the tokenizer sees them.
        prompt: text put before each sentence by default.
    """

    transformer: str
    pooler: str
    max_length: int | None
    dense: tuple[Dense, ...]
    normalize: bool
    lower_case: bool
    prompt: str | None


def read_settings(folder: Path) -> SentenceTransformersSettings | None:
    """Return the settings of a sentence-transformers folder, None for any other.

    Raises:
        ModelError: the folder asks for a step that is not supported.
    """
    if not (folder / "modules.json").is_file():
        return None
    modules = read_json(folder / "modules.json")
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise ModelError(f"{folder}: modules.json holds no list of modules")
    kinds = [_kind(str(module.get("type"))) for module in modules]
    layers = kinds[2:].count("Dense")
    if kinds[:2] != ["Transformer", "Pooling"] or kinds[2:] not in (
        ["Dense"] * layers,
        ["Dense"] * layers + ["Normalize"],
    ):
        raise ModelError(
            f"{folder}: its modules are {' -> '.join(kinds)}, of which only Transformer -> "
            f"Pooling (-> Dense) (-> Normalize) is supported; {_WAY_OUT}"
        )
    transformer = folder / modules[0].get("path", "")
    lengths = _first_json(transformer, "sentence_*_config.json")
    pooling = read_object(folder / modules[1].get("path", "") / "config.json")
    prompt = _default_prompt(folder)
    if prompt and not pooling.get("include_prompt", True):
        raise ModelError(f"{folder}: pooling without the prompt is not supported; {_WAY_OUT}")
    return SentenceTransformersSettings(
        transformer=modules[0].get("path", ""),
        pooler=_pooler(folder, pooling),
        max_length=lengths.get("max_seq_length"),
        dense=tuple(read_dense(folder / module.get("path", "")) for module in modules[2:][:layers]),
        normalize=kinds[-1] == "Normalize",
        lower_case=bool(lengths.get("do_lower_case", False)),
        prompt=prompt,
    )


def _kind(module: str) -> str:
    """Return the short name of a module of the library; another's module is no such thing."""
    return module.rsplit(".", 1)[-1] if module.startswith("sentence_transformers.") else module


def _first_json(folder: Path, pattern: str) -> dict[str, Any]:
    found = sorted(folder.glob(pattern))
    return read_object(found[0]) if found else {}


def _pooler(folder: Path, settings: dict[str, Any]) -> str:
    on = [key for key, value in settings.items() if key.startswith("pooling_mode_") and value]
    named = settings.get("pooling_mode")
    pooler = _NAMED_POOLERS.get(str(named)) if named else None
    if pooler is None and len(on) == 1:
        pooler = _POOLERS.get(on[0])
    if pooler is None:
        asked = str(named) if named else " + ".join(on) or "nothing"
        raise ModelError(f"{folder}: pooling by {asked} is not supported; {_WAY_OUT}")
    return pooler


def _default_prompt(folder: Path) -> str | None:
    settings = _first_json(folder, "config_sentence_transformers.json")
    name = settings.get("default_prompt_name")
    return (settings.get("prompts") or {}).get(name) or None if name else None
