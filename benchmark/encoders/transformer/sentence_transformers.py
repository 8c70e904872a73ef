"""The settings that a sentence-transformers folder carries: pooling, length, normalisation.

Only files are read; the library itself is not needed. A folder that asks for something that
is not done here (a layer norm on top, another pooling) is refused: leaving a step out would
give the score of another model. What is read, and what it means, is as in the library's version
6.2 (``base/model.py``, ``base/modules/transformer.py``, ``sentence_transformer/modules``).
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from benchmark.encoders.files.checkpoint import read_fields, read_json
from benchmark.encoders.transformer.dense import (
    DenseFolder,
    read_dense,
    require_pooled_vectors,
)
from benchmark.encoders.transformer.poolers import POOLERS
from benchmark.errors import ModelError, NotComputedHere
from benchmark.foreign import Fields, shown, shown_name

_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
"""In the order in which the library puts the vectors one behind the other."""

_DIMENSIONS = {"embedding_dimension", "word_embedding_dimension"}

_OF_TRANSFORMER = "sentence_*_config.json"
_READ_BY_LIBRARY = {
    f"sentence_{kind}_config.json"
    for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
}
_DONE_HERE: dict[str, Collection[object]] = {
    "transformer_task": (None, "feature-extraction"),
    "module_output_name": (None, "token_embeddings"),
    "modality_config": (
        None,
        {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
    ),
    "processing_kwargs": (None, {}),
    "tokenizer_name_or_path": (None,),
}
"""What else the settings of a transformer may say: that it is done as it is done here."""

_ARGUMENTS = {
    f"{what}_{kind}"
    for what in ("model", "tokenizer", "processor", "config")
    for kind in ("args", "kwargs")
}
_ROUNDING = {"dtype", "torch_dtype", "attn_implementation", "add_pooling_layer"}
_WITHOUT_EFFECT = {"trust_remote_code", *_ROUNDING}
"""Arguments of the loading library that change no vector of ours, or that we set ourselves."""

_FOR_OTHERS = {"unpad_inputs", "query_length", "document_length", "query_expansion"}
"""Settings of a transformer for searching, and for a kernel: they change no sentence's vector."""

_KIND = "SentenceTransformer"
_WAY_OUT = "`adapter` sentence-transformers lets the library compute it"


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
    dense: tuple[DenseFolder, ...]
    normalize: bool
    lower_case: bool
    prompt: str | None


def read_settings(folder: Path) -> SentenceTransformersSettings | None:
    """Return the settings of a sentence-transformers folder, None for any other.

    Raises:
        ModelError: the folder asks for a step that is not supported, names a folder outside, or
            says something of the wrong type.
    """
    if not os.path.lexists(folder / "modules.json"):
        return None
    modules = read_modules(folder)
    kinds = [_kind(module) for module in modules]
    layers = kinds[2:].count("Dense")
    if kinds[:2] != ["Transformer", "Pooling"] or kinds[2:] not in (
        ["Dense"] * layers,
        ["Dense"] * layers + ["Normalize"],
    ):
        raise NotComputedHere(
            f"{folder}: its modules are {' -> '.join(kinds)[:300]}, of which only Transformer -> "
            f"Pooling (-> Dense) (-> Normalize) is supported; {_WAY_OUT}"
        )
    paths = [path_inside(folder, module) for module in modules]
    transformer = _of_transformer(folder / paths[0])
    pooling = read_fields(folder / paths[1] / "config.json")
    prompt = _default_prompt(folder)
    # The library takes null for false.
    with_prompt = pooling.flag("include_prompt", "include_prompt" not in pooling.values)
    if prompt and not with_prompt:
        raise NotComputedHere(f"{folder}: pooling without the prompt is not supported; {_WAY_OUT}")
    for path in paths[2 + layers :]:
        require_pooled_vectors(folder / path, "a scaling to length one")
    return SentenceTransformersSettings(
        transformer=paths[0],
        pooler=_pooler(folder, pooling),
        max_length=transformer.number("max_seq_length", least=1),
        dense=tuple(read_dense(folder / path) for path in paths[2:][:layers]),
        normalize=kinds[-1] == "Normalize",
        lower_case=transformer.flag("do_lower_case", False),
        prompt=prompt,
    )


def read_modules(folder: Path) -> list[Fields]:
    """Return what ``modules.json`` says of each module, in order.

    Raises:
        ModelError: it cannot be read, or is no list of modules.
    """
    path = folder / "modules.json"
    content = read_json(path)
    if not isinstance(content, list) or not all(isinstance(module, dict) for module in content):
        raise ModelError(f"{folder}: modules.json holds no list of modules")
    found = [Fields(path, module, ModelError) for module in content]
    names = [name for module in found if (name := module.text("name")) is not None]
    if len(set(names)) < len(names):  # of two with one name, the library drops the first
        raise ModelError(f"{folder}: modules.json gives two modules one name")
    return found


def _kind(module: Fields) -> str:
    """Return the short name of a module of the library; another's module is no such thing."""
    named = module.text("type") or "nothing"
    if not named.isprintable():
        raise module.wrong("type", "the name of a class")
    return named.rsplit(".", 1)[-1] if named.startswith("sentence_transformers.") else named


def path_inside(folder: Path, module: Fields) -> str:
    """Return the path of a module's folder, which must lie below the model's own.

    Files may be links (those of the hub's cache lead from a snapshot to its blobs).

    Raises:
        ModelError: it names none, or one that lies elsewhere.
    """
    path = module.text("path")
    if path is None or not path.isprintable():
        raise module.wrong("path", "a folder")
    parts = PureWindowsPath(path)  # knows the separators of every system
    try:
        leaves = bool(parts.anchor) or ".." in parts.parts
        leaves = leaves or not (folder / path).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as error:  # too long, links in a circle, a NUL
        raise module.wrong("path", "a folder") from error
    if leaves:
        raise ModelError(
            f"{folder}: {module.path.name} names {shown(path)}, which leads out of the folder; "
            "refused, copy what it needs into it"
        )
    return path


def _of_transformer(folder: Path) -> Fields:
    """Return the settings of the transformer; what they ask for beyond ours is refused."""
    found = sorted(folder.glob(_OF_TRANSFORMER))
    if len(found) > 1 or any(path.name not in _READ_BY_LIBRARY for path in found):
        raise ModelError(
            f"{folder}: {', '.join(path.name for path in found)}: which of them counts is not "
            "certain; keep one alone, as sentence_bert_config.json"
        )
    if not found:
        return Fields(folder, {}, ModelError)
    settings = read_fields(found[0])
    for key, done in _DONE_HERE.items():
        if settings.values.get(key) not in done:
            raise _not_done(found[0], key)
    for key in sorted(_ARGUMENTS):
        _refuse_others(found[0], settings.inner(key).values, _WITHOUT_EFFECT, f"{key} with ")
    known = {"max_seq_length", "do_lower_case", *_DONE_HERE, *_ARGUMENTS, *_FOR_OTHERS}
    _refuse_others(found[0], settings.values, known)
    return settings


def _refuse_others(
    path: Path, asked: Collection[str], known: Collection[str], inside: str = ""
) -> None:
    other = next((key for key in asked if key not in known), None)
    if other is not None:
        raise _not_done(path, f"{inside}{shown_name(other)}")


def _not_done(path: Path, what: str) -> ModelError:
    return NotComputedHere(f"{path}: asks for {what}, which is not done here; {_WAY_OUT}")


def _pooler(folder: Path, pooling: Fields) -> str:
    known = {*_FLAGS, *_DIMENSIONS, "pooling_mode", "include_prompt"}
    _refuse_others(pooling.path, pooling.values, known)
    on = [mode for flag, mode in _FLAGS.items() if pooling.flag(flag, False)]
    named = pooling.values.get("pooling_mode")
    if named is None:
        modes: Any = on or ["mean"]
    else:  # the library then looks at no flag
        modes = [named] if isinstance(named, str) else named
    ours = {one.library_mode: one.name for one in POOLERS.values() if one.library_mode}
    spelled = isinstance(modes, list) and all(
        isinstance(mode, str) and mode in ours for mode in modes
    )
    if not modes or not spelled:
        asked = shown_name(named) if isinstance(named, str) else shown(named)
        raise ModelError(
            f"{folder}: pooling by {asked} is not supported; the library knows none of that name"
        )
    return "+".join(ours[mode] for mode in modes)


def _default_prompt(folder: Path) -> str | None:
    path = folder / "config_sentence_transformers.json"
    if not os.path.lexists(path):
        return None
    settings = read_fields(path)
    kind = settings.text("model_type") or "nothing" if "model_type" in settings.values else _KIND
    if kind != _KIND:  # the library then reads its modules in another way
        said = f"model_type is {shown_name(kind)}, only {_KIND} is supported"
        raise ModelError(f"{path}: {said}; score a model that gives a vector for each sentence")
    if settings.values.get("truncate_dim") is not None:
        raise _not_done(path, "truncate_dim")
    inside = settings.inner("prompts")
    # These two are there without being written, and empty.
    prompts: dict[str, str | None] = {"query": None, "document": None}
    prompts |= {name: inside.text(name) for name in inside.values}
    name = settings.text("default_prompt_name")
    if name is None:
        return None
    if name not in prompts:
        raise ModelError(
            f"{path}: default_prompt_name is {shown(name)}, and there is no prompt of that name; "
            "scored without one it would be another model"
        )
    return prompts[name] or None
