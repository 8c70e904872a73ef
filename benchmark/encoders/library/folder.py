"""What a folder asks of the library, read and judged before the library sees it.

The library trusts its settings: it reads a tokenizer from wherever they say, takes any argument
for loading, falls back where it does not trust one. Here each of that is known to be harmless, or
refused. What is read, and what it means, is as in the library's version 6.2.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.encoders.files.checkpoint import read_fields, read_json
from benchmark.encoders.files.own_code import named_code, require_code_allowed
from benchmark.encoders.library.files import MODULES, ROUTERS
from benchmark.encoders.transformer.length import tokenizer_limit
from benchmark.encoders.transformer.prompts import Prompts, read_prompts
from benchmark.encoders.transformer.sentence_transformers import (
    path_inside,
    read_modules,
    read_whole,
)
from benchmark.errors import ModelError, UsageError
from benchmark.foreign import Fields, shown, shown_name

TRANSFORMERS = ("Transformer", "CLIPModel")
"""Modules that the library loads through transformers."""

_ROUTERS = ("Router", "Asym")
_KNOWN = {
    *TRANSFORMERS,
    *_ROUTERS,
    *("BoW", "CNN", "Dense", "Dropout", "LSTM", "LayerNorm", "Normalize", "Pooling"),
    *("StaticEmbedding", "WeightedLayerPooling", "WordEmbeddings", "WordWeights"),
}
"""Modules of the library that make vectors of sentences."""

_OF_OLD = ("ALBERT", "BERT", "CamemBERT", "DistilBERT", "RoBERTa", "T5", "XLMRoBERTa", "XLNet")
"""Transformers of the library's version 0.2, which later ones have under one name."""

_SETTINGS = tuple(
    f"sentence_{kind}_config.json"
    for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
"""In the order in which the library looks for them."""

_OF_PROCESSORS = ("tokenizer_config.json", "processor_config.json", "preprocessor_config.json")
"""Read by transformers; other files of modules may hold whole vocabularies."""

_LENGTH_SAID = ("wordembedding_config.json",)
_LIBRARY_CODE = "sentence_transformers."
_TORCH_CODE = "torch."

_HARMLESS = {"dtype", "torch_dtype", "add_pooling_layer", "low_cpu_mem_usage", "trust_remote_code"}
_ATTENTION = ("eager", "sdpa", "flash_attention_2")
_ELSEWHERE = re.compile(
    r".*(_file|_dir|_path|revision)$|subfolder|token|proxies|force_download|auto_map"
    r"|quantization_config|transformers_weights"
)
"""Arguments for loading that lead to other files than those that are hashed."""

_LAYERS = re.compile(r"(num|n)_.*layers?$|.*_layers$")

_BEYOND_ANY_TEXT = 10**6


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the library.

    Attributes:
        kind: its class, for one of the library the last part of the name.
        path: its folder, relative to the model's; "" for the same.
        fewer_layers: whether its settings ask for another number of layers than the model has.
    """

    kind: str
    path: str
    fewer_layers: bool = False


@dataclass(frozen=True, slots=True)
class LibraryFolder:
    """What a folder asks for.

    Attributes:
        modules: all, in order; those that a router leads to come behind it.
        label: what the vectors go through, in a word for the signature.
        max_length: limit in tokens, as far as files tell.
        normalize: whether vectors are scaled to length one at the end.
        prompts: texts to put before each sentence, and which is the default.
    """

    modules: tuple[Module, ...]
    label: str
    max_length: int | None
    normalize: bool
    prompts: Prompts

    @property
    def folders(self) -> list[str]:
        """Folders of modules, relative to the model's, and that one itself."""
        return list(dict.fromkeys(["", *(module.path for module in self.modules)]))


def read_folder(name: str, folder: Path, encode_as: str, *, trusted: bool) -> LibraryFolder:
    """Return what a folder asks of the library.

    Args:
        name: of the model, for messages.
        folder: of the model; without ``modules.json`` the library puts a pooling of its own choice
            behind the transformer.
        encode_as: ``plain``, ``query`` or ``document``.
        trusted: whether code that it brings may be run.

    Raises:
        ModelError: it asks for what is not known to be harmless, or it names code.
        UsageError: it has no such way to encode.
    """
    if not os.path.lexists(folder / MODULES):
        top, kinds = [Module("Transformer", "")], ["default"]
    else:
        named = read_modules(folder)
        top = [
            Module(_kind(name, folder, each, trusted), path_inside(folder, each)) for each in named
        ]
        kinds = [module.kind for module in top]
    routers = [module for module in top if module.kind in _ROUTERS]
    inner = [each for one in routers for each in _routed(name, folder, one, encode_as, trusted)]
    modules = tuple(_judged(folder, each, trusted) for each in (*top, *inner))
    for module in (Module("", ""), *modules):
        require_code_allowed(name, _code_in(folder, module), trusted=trusted)
    whole = read_whole(folder)
    prompts, truncated = read_prompts(whole), whole.number("truncate_dim", least=1)
    cut = [f"truncate{truncated}"] if truncated else []
    return LibraryFolder(
        modules,
        label="+".join([*kinds, *cut]),
        max_length=_length(folder, top[0]),
        normalize=kinds[-1] == "Normalize",
        prompts=prompts,
    )


def _kind(name: str, folder: Path, module: Fields, trusted: bool) -> str:
    """Return the kind of a module, one of the library or of the folder's own code."""
    named = module.text("type") or "nothing"
    if not named.isprintable():
        raise module.wrong("type", "the name of a class")
    if not named.startswith(_LIBRARY_CODE):
        _require_own_code(name, folder, named, module.path.name, trusted)
        return named
    kind = named.rpartition(".")[2]
    if kind in _OF_OLD:
        raise ModelError(
            f"{name}: its module {kind} is of sentence-transformers 0.2, and later versions have "
            "none of that name; as sentence_transformers.models.Transformer in "
            f"{module.path.name} it is read again"
        )
    if kind not in _KNOWN:
        raise ModelError(
            f"{name}: its module {shown_name(kind)} is not known to make vectors of sentences; "
            "score a model that gives a vector for each sentence"
        )
    return kind


def _require_own_code(name: str, folder: Path, named: str, where: str, trusted: bool) -> None:
    """Refuse a class that is not the library's, unless it is code of the folder and trusted."""
    require_code_allowed(name, {where: [named]}, trusted=trusted)
    file, _, _ = named.partition(".")
    if named.count(".") != 1 or not (folder / f"{file}.py").is_file():
        raise ModelError(
            f"{name}: its module {shown(named)} is of another package, whose content no hash here "
            "covers; score a copy that holds the code in a file of its own"
        )


def _routed(
    name: str, folder: Path, router: Module, encode_as: str, trusted: bool
) -> Iterator[Module]:
    """Yield the modules that a router leads to."""
    here = folder / router.path
    path = next(
        (here / file for file in ROUTERS if os.path.lexists(here / file)), here / ROUTERS[0]
    )
    settings = read_fields(path)
    _require_route(name, settings, encode_as)
    for inner, kind in settings.inner("types").values.items():
        said = {"type": kind, "path": "/".join(filter(None, [router.path, inner]))}
        module = Fields(path, said, ModelError)
        yield Module(_kind(name, folder, module, trusted), path_inside(folder, module))


def _require_route(name: str, settings: Fields, encode_as: str) -> None:
    """Refuse a way to encode that a router does not have."""
    parameters = settings.inner("parameters")
    routes = list(settings.inner("structure").values)
    if parameters.inner("route_mappings").values:
        return  # the library goes by more than names
    default = parameters.text("default_route") or parameters.flag("allow_empty_key", True)
    if not default if encode_as == "plain" else encode_as not in routes:
        there = ", ".join(map(shown_name, routes))[:200]
        raise UsageError(f"`encode_as` {encode_as}: {name} has no such way; its routes are {there}")


def _judged(folder: Path, module: Module, trusted: bool) -> Module:
    """Refuse settings of a module that lead elsewhere, or that the library would pass over."""
    here = folder / module.path
    if module.kind in TRANSFORMERS:
        settings = [read_fields(path) for path in sorted(here.glob("sentence_*_config.json"))]
        fewer = [_requires_fewer_layers(each) for each in settings]
        return Module(module.kind, module.path, any(fewer))
    if module.kind == "Dense":
        _require_class(here / "config.json", "activation_function", _TORCH_CODE, trusted)
    if module.kind == "WordEmbeddings":
        _require_class(here / _LENGTH_SAID[0], "tokenizer_class", _LIBRARY_CODE, trusted)
    return module


def _requires_fewer_layers(settings: Fields) -> bool:
    """Look at what is handed on to transformers; tell whether it changes the number of layers."""
    if settings.text("tokenizer_name_or_path") is not None:
        raise _not_understood(settings, "tokenizer_name_or_path")
    fewer = False
    for what in ("model", "tokenizer", "processor", "config"):
        for key in (f"{what}_args", f"{what}_kwargs"):
            asked = settings.inner(key).values
            fewer |= what == "config" and any(_LAYERS.match(name) for name in asked)
            odd = [name for name in asked if not _is_harmless(what, name, asked[name])]
            if odd:
                raise _not_understood(settings, f"{key} with {shown_name(odd[0])}")
    return fewer


def _is_harmless(what: str, name: str, value: object) -> bool:
    if what == "model":
        return name in _HARMLESS or (name == "attn_implementation" and value in _ATTENTION)
    return name == "trust_remote_code" or not _ELSEWHERE.fullmatch(name)


def _not_understood(settings: Fields, what: str) -> ModelError:
    return ModelError(
        f"{settings.path}: asks for {what}, which may lead to other files than those of the "
        "folder; refused, take it out where you know that it does nothing"
    )


def _require_class(path: Path, key: str, home: str, trusted: bool) -> None:
    """Refuse a class that the library would import from elsewhere, or replace by its own."""
    if not os.path.lexists(path):
        return
    named = read_fields(path).text(key)
    if named is not None and not named.startswith(home) and not trusted:
        raise ModelError(
            f"{path}: {key} is {shown(named)}, code of its own; read that code, then pass "
            "`trust_remote_code`"
        )


def _code_in(folder: Path, module: Module) -> Mapping[str, Sequence[str]]:
    """Return the classes of its own that each file of settings names, of those that may."""
    files = ("config.json", *_OF_PROCESSORS) if module.kind in TRANSFORMERS else _OF_PROCESSORS
    paths = [folder / module.path / file for file in files]
    contents = {path.name: read_json(path) for path in paths if os.path.lexists(path)}
    return {
        name: named_code(content) for name, content in contents.items() if isinstance(content, dict)
    }


def _length(folder: Path, first: Module) -> int | None:
    """Return the limit in tokens by the library's rule: what is stated overrules all else."""
    here = folder / first.path
    for name in (*_SETTINGS, *_LENGTH_SAID):
        if os.path.lexists(here / name) and (settings := read_fields(here / name)).values:
            stated = settings.number("max_seq_length", least=1)
            if stated is not None:
                return stated if stated < _BEYOND_ANY_TEXT else None
            break
    if first.kind not in TRANSFORMERS:
        return None
    config = read_fields(here / "config.json")
    positions = [config.number(key, least=-1) for key in ("max_position_embeddings", "n_positions")]
    limits = [*positions, tokenizer_limit(here)]
    return min((limit for limit in limits if limit and limit > 0), default=None)
