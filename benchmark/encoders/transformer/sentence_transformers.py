"""The settings that a sentence-transformers folder carries: pooling, length, what comes behind.

Only files are read; the library itself is not needed. A folder that asks for something that
is not done here (a module of another kind, a setting that is not known) is refused: leaving it
out would give the score of another model. `NotComputedHere` is for what the library can do. What
is read, and what it means, is as in the library's version 6.2 (``base/model.py``,
``base/modules``, ``sentence_transformer/model.py`` and ``modules``).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from benchmark.encoders.files.checkpoint import read_fields, read_json
from benchmark.encoders.transformer.dense import (
    LayerFolder,
    read_dense,
    read_layer_norm,
    require_scaling,
    settings_of_module,
)
from benchmark.encoders.transformer.poolers import POOLERS, pooler_by_name
from benchmark.encoders.transformer.prompts import Prompts, read_prompts
from benchmark.encoders.transformer.transformer_settings import (
    WAY_OUT,
    not_done,
    read_transformer_settings,
)
from benchmark.errors import ModelError, NotComputedHere
from benchmark.foreign import Fields, shown, shown_name
from benchmark.steps import Normalize

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

_KIND = "SentenceTransformer"

_LONGEST_PATH = 255

_WHOLE = "config_sentence_transformers.json"
_OF_WHOLE = {"model_type", "prompts", "default_prompt_name", "truncate_dim", "similarity_fn_name"}
_OF_MODULE = {"idx", "name", "path", "type", "kwargs"}
"""Settings that are known. The last one of a module names what it may be given in addition when
sentences are encoded; nothing is given here."""

_FILES = {
    "Transformer": "transformer",
    "Pooling": "pooling",
    "Dense": "dense",
    "LayerNorm": "layer_norm",
    "Dropout": "dropout",
    "Normalize": "normalize",
}
"""The modules that are done here, and the library's file of each."""

_HOME = re.compile(
    r"sentence_transformers\.(?:models|base\.modules|sentence_transformer\.modules"
    r"|sparse_encoder\.(?:models|modules)|cross_encoder\.modules)(?:\.(\w+))?\.(\w+)"
)
"""Where the library has, and had, its modules: the file, and the class."""


@dataclass(frozen=True, slots=True)
class SentenceTransformersSettings:
    """What ``modules.json`` and the files it names say about the vectors.

    Attributes:
        transformer: folder of the transformer, relative to the model's folder.
        pooler: our name of the pooling.
        max_length: limit in tokens, None for the tokenizer's own.
        steps: what is done to the pooled vectors, in order.
        truncate: how many dimensions are kept at the end, None for all.
        lower_case: whether sentences are lower-cased before the tokenizer sees them.
        similarity: what the library would compare vectors by, if it is not the cosine.
        prompts: texts to put before each sentence, and which is the default.
        include_prompt: whether the tokens of a prompt are pooled, too.
        dtype: type that the library is told to compute in; None for that of the files.
    """

    transformer: str
    pooler: str
    max_length: int | None
    steps: tuple[LayerFolder | Normalize, ...]
    truncate: int | None
    lower_case: bool
    similarity: str | None
    prompts: Prompts
    include_prompt: bool
    dtype: str | None = None

    @property
    def normalize(self) -> bool:
        """Whether vectors are scaled to length one, at the end."""
        return self.steps[-1:] == (Normalize(),)


def read_settings(folder: Path, *, code: bool = False) -> SentenceTransformersSettings | None:
    """Return the settings of a sentence-transformers folder, None for any other.

    Args:
        folder: the folder.
        code: whether modules with code of their own may be run: by the library, not here.

    Raises:
        ModelError: the folder names a folder outside or code of its own, says something of the
            wrong type, or what the library could not use either.
        NotComputedHere: it asks for a step that only the library does.
    """
    if not os.path.lexists(folder / "modules.json"):
        return None
    whole = read_whole(folder)
    _require_known(whole)
    modules = read_modules(folder)
    paths = [path_inside(folder, module) for module in modules]
    kinds = _kinds(folder, modules, code=code)
    transformer = read_transformer_settings(folder / paths[0])
    pooling = read_fields(folder / paths[1] / "config.json")
    behind = zip(kinds[2:], paths[2:], strict=True)
    similarity = whole.text("similarity_fn_name")
    return SentenceTransformersSettings(
        transformer=paths[0],
        pooler=_pooler(folder, pooling, transformer.layer),
        max_length=transformer.max_length,
        steps=tuple(step for kind, path in behind for step in _steps(kind, folder / path)),
        truncate=whole.number("truncate_dim", least=1),
        lower_case=transformer.lower_case,
        similarity=None if similarity == "cosine" else similarity,
        prompts=read_prompts(whole) if os.path.lexists(whole.path) else Prompts(),
        # The library takes null for false.
        include_prompt=pooling.flag("include_prompt", "include_prompt" not in pooling.values),
        dtype=transformer.dtype,
    )


def read_whole(folder: Path) -> Fields:
    """Return what is set for the model as a whole, nothing where there is no such file.

    Raises:
        ModelError: the library would make a model of another type.
    """
    path = folder / _WHOLE
    settings = read_fields(path) if os.path.lexists(path) else Fields(path, {}, ModelError)
    kind = settings.text("model_type") or "nothing" if "model_type" in settings.values else _KIND
    if kind != _KIND:  # the library then makes another model of its transformer
        said = f"model_type is {shown_name(kind)}, only {_KIND} is supported"
        raise ModelError(f"{path}: {said}; score a model that gives a vector for each sentence")
    return settings


def _require_known(whole: Fields) -> None:
    for key, value in whole.values.items():
        met = key == "requirements" and not value
        if key not in {*_OF_WHOLE, "__version__"} and not met:
            raise not_done(whole.path, shown_name(key))


def _steps(kind: str, folder: Path) -> tuple[LayerFolder | Normalize, ...]:
    if kind == "Dense":
        return (read_dense(folder),)
    if kind == "LayerNorm":
        return (read_layer_norm(folder),)
    if kind == "Normalize":
        require_scaling(folder)
        return (Normalize(),)
    settings_of_module(folder, "a dropout", {"dropout"}, ModelError)
    return ()


def read_modules(folder: Path) -> list[Fields]:
    """Return what ``modules.json`` says of each module, in order.

    Raises:
        ModelError: it cannot be read, or is no list of modules.
    """
    path = folder / "modules.json"
    modules = read_json(path)
    listed = isinstance(modules, list) and modules
    if not listed or not all(isinstance(module, dict) for module in modules):
        raise ModelError(f"{folder}: modules.json holds no list of modules")
    found = [Fields(path, module, ModelError) for module in modules]
    names = [name for module in found if (name := module.text("name")) is not None]
    if len(set(names)) < len(names):  # of two with one name, the library drops the first
        raise ModelError(f"{folder}: modules.json gives two modules one name")
    return found


def _kinds(folder: Path, modules: list[Fields], *, code: bool) -> list[str]:
    """Return the kinds of the modules, if they are done here in this order."""
    named = [_class(module) for module in modules]
    short = [_kind(each) for each in named]
    if short[:2] == ["Transformer", "Pooling"] and set(short[2:]) <= set(_FILES) - set(short[:2]):
        return short
    last = [each.rsplit(".", 1)[-1] if _is_librarys(each) else each for each in named]
    said = f"its modules are {' -> '.join(last)[:300]}"
    if not code and (own := [each for each in named if not _is_librarys(each)]):
        raise ModelError(
            f"{folder}: {said}, and {shown(own[0])} is code of its own; read that code, then pass "
            "`trust_remote_code`"
        )
    raise NotComputedHere(
        f"{folder}: {said}, of which only Transformer -> Pooling (-> Dense, LayerNorm, Dropout, "
        f"Normalize in any order) is supported; {WAY_OUT}"
    )


def _class(module: Fields) -> str:
    if other := next((key for key in module.values if key not in _OF_MODULE), None):
        raise not_done(module.path, shown_name(other))
    given = module.values.get("kwargs") or []
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise module.wrong("kwargs", "a list of names")
    named = module.text("type") or "nothing"
    if not named.isprintable():
        raise module.wrong("type", "the name of a class")
    return named


def _is_librarys(named: str) -> bool:
    return named.startswith("sentence_transformers.")


def _kind(named: str) -> str:
    """Return the short name of a class that is done here; the whole name of another."""
    matched = _HOME.fullmatch(named)
    file, kind = matched.groups() if matched else (None, "")
    return kind if kind in _FILES and file in (None, kind, _FILES[kind]) else named


def path_inside(folder: Path, module: Fields) -> str:
    """Return the path of a module's folder, which must lie below the model's own.

    Files may be links (those of the hub's cache lead from a snapshot to its blobs).

    Raises:
        ModelError: it names none, or one that lies elsewhere.
    """
    path = module.text("path")
    if path is None or not path.isprintable() or len(path) > _LONGEST_PATH:
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


def _pooler(folder: Path, pooling: Fields, layer: int | None) -> str:
    known = {*_FLAGS, *_DIMENSIONS, "pooling_mode", "include_prompt"}
    if other := next((key for key in pooling.values if key not in known), None):
        raise ModelError(
            f"{pooling.path}: asks for {shown_name(other)}, which sentence-transformers 6.2 does "
            "not know either; written by a later version, or by mistake"
        )
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
    at = "" if layer is None else f"@{layer}"
    return pooler_by_name("+".join(f"{ours[mode]}{at}" for mode in modes)).name
