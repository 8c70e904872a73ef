"""Folders and repositories of token vectors: model2vec's, and sentence-transformers' own.

model2vec writes ``model.safetensors`` with ``embeddings``, perhaps ``weights`` and ``mapping``, and
a ``config.json`` of which ``normalize`` and ``max_length`` decide a vector
(``model2vec/persistence``); versions before 0.3 wrote no ``model_type``. It also writes a
``modules.json``, so that sentence-transformers can load the folder: that library keeps the unknown
tokens and cuts nothing, and gives other vectors. What model2vec wrote is scored by its rules.
sentence-transformers writes ``embedding.weight``, in the folder or in ``0_StaticEmbedding``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmark.encoders.asked.catalogue import CatalogueModel
from benchmark.encoders.asked.options import require_usual
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.files.checkpoint import (
    Checkpoint,
    joined_sha256,
    read_fields,
    read_json,
)
from benchmark.encoders.files.needed import Files
from benchmark.encoders.files.tensors import list_tensors, read_as_stored
from benchmark.encoders.static.token_bags import (
    ADAPTER_VERSION,
    Rules,
    TokenBagEncoder,
    TokenTable,
)
from benchmark.encoders.transformer.dense import require_scaling
from benchmark.encoders.transformer.transformer_settings import WAY_OUT
from benchmark.errors import ModelError, NotComputedHere
from benchmark.foreign import Unreadable, read_text, shown, shown_name
from benchmark.options import EncoderOptions

_WEIGHTS = "model.safetensors"
_OF_LIBRARY = "sentence_transformers."
_KIND = "StaticEmbedding"
_OLD_SETTINGS = {"tokenizer_name", "apply_pca", "apply_zipf", "embedding_dtype", "normalize"}
"""Of model2vec's ``config.json``, where it has no ``model_type``; all others have one."""

_DEFAULT_LIMIT = 512
"""model2vec's, where a folder says none."""

_MOST_TOKENIZER = 2**28
_PARTS = ({"embeddings", "weights", "mapping"}, {"embedding.weight"})
_TYPES = {"float16", "float32", "float64", "int8"}
"""That model2vec writes."""

_COMPUTED = {"float32", "float64"}
"""Of sentence-transformers' form: in 16 bits torch rounds sums as the processor has it."""

_HARMLESS = {"__version__", "prompts", "model_type", "similarity_fn_name"}
"""Of ``config_sentence_transformers.json``: what changes no vector, or is looked at by itself."""

_OF_MODULE = {"idx", "name", "path", "type", "kwargs"}


def is_static(files: Files) -> bool:
    """Tell whether files are those of token vectors, by the settings among them."""
    try:
        if "modules.json" in files.names:
            return _first_kind(files.read("modules.json")) == _KIND
        if not {_WEIGHTS, "config.json", "tokenizer.json"} <= set(files.names):
            return False
        config = files.read("config.json")
    except ModelError:  # whoever reads it next says why
        return False
    return isinstance(config, dict) and _is_model2vec(config)


def _first_kind(modules: Any) -> str:
    first = modules[0] if isinstance(modules, list) and modules else None
    kind = first.get("type") if isinstance(first, dict) else None
    return kind.rpartition(".")[2] if isinstance(kind, str) and _is_theirs(kind) else ""


def _is_theirs(kind: str) -> bool:
    return kind.startswith(_OF_LIBRARY)


def _is_model2vec(config: Mapping[str, Any]) -> bool:
    kind, architectures = config.get("model_type"), config.get("architectures")
    named = isinstance(architectures, list) and "StaticModel" in architectures
    return kind == "model2vec" or named or (kind is None and not _OLD_SETTINGS.isdisjoint(config))


@dataclass(frozen=True, slots=True)
class _Read:
    """Gives the table of a folder; a record of its own, so that an encoder can be copied."""

    checkpoint: Checkpoint

    def __call__(self) -> TokenTable:
        path = self.checkpoint.folder / _WEIGHTS
        with self.checkpoint.seal.unchanged():
            try:
                found = read_as_stored(path)
                tokenizer = read_text(self.checkpoint.folder / "tokenizer.json", _MOST_TOKENIZER)
            except Unreadable as error:
                raise ModelError(
                    f"{self.checkpoint.folder / 'tokenizer.json'}: cannot be read ({error})"
                ) from error
            except ModelError:
                raise
            except Exception as error:
                raise ModelError(f"{path}: cannot be read ({shown(str(error))})") from error
        vectors = found.pop("embeddings" if "embeddings" in found else "embedding.weight")
        table = TokenTable(vectors, tokenizer, found.get("weights"), found.get("mapping"))
        require_table(str(path), table)
        return table


def require_table(name: str, table: TokenTable) -> None:
    """Refuse a table that is none: other shapes than a matrix and lists, rows that are not there.

    Args:
        name: of the file or the object, for the message.
        table: what it holds.

    Raises:
        ModelError: it is none.
    """
    vectors, weights, mapping = table.vectors, table.weights, table.mapping
    if vectors.ndim != 2 or not vectors.size:
        raise ModelError(f"{name}: its vectors have the shape {vectors.shape}, not (tokens, d)")
    if weights is not None and (weights.ndim != 1 or weights.dtype.kind != "f"):
        raise ModelError(f"{name}: its weights are no list of numbers")
    if mapping is None:
        return
    if mapping.ndim != 1 or mapping.dtype.kind not in "iu":
        raise ModelError(f"{name}: its mapping is no list of row numbers")
    if not mapping.size or int(mapping.min()) < 0 or int(mapping.max()) >= len(vectors):
        raise ModelError(f"{name}: its mapping names rows beyond its {len(vectors):,} vectors")


def static_model(
    checkpoint: Checkpoint, _model: CatalogueModel | None, options: EncoderOptions
) -> TokenBagEncoder:
    """Return the encoder of a folder of token vectors, identified but not loaded.

    Args:
        checkpoint: the folder.
        _model: the catalogue's entry, if it has one; nothing of it is needed.
        options: what was asked; `max_length` of model2vec's alone.

    Raises:
        ModelError: no such folder, or not sound.
        NotComputedHere: modules or types beyond what is computed here.
        UsageError: an option that it has no use for.
    """
    checkpoint.require_whole()
    root = checkpoint.folder
    settings = [checkpoint.settings_sha256()]
    with checkpoint.seal.unchanged(hash_again=False):
        modules = _modules(root)
        if modules and modules[0]:
            checkpoint = replace(checkpoint, folder=root / modules[0])
            settings.append(checkpoint.settings_sha256())
        if not (checkpoint.folder / _WEIGHTS).exists():
            raise _left(f"{checkpoint.folder}: a {_KIND} without {_WEIGHTS}")
        checkpoint = replace(checkpoint, weights=_WEIGHTS)
        weights_sha256 = checkpoint.weights_sha256()
        rules = _rules(checkpoint, modules)
        if rules == "model2vec":
            limit, normalize = _of_model2vec(checkpoint, options.max_length)
            require_usual(replace(options, revision=None, max_length=None), checkpoint.name)
        else:
            limit, normalize = None, len(modules) > 1
            _require_plain(root)
            if options.prompt is not None or options.prompt_name is not None:
                raise _left(f"{checkpoint.name}: a prompt before vectors of tokens")
            require_usual(replace(options, revision=None), checkpoint.name)
    card = EncoderCard(
        name=checkpoint.name,
        version=ADAPTER_VERSION,
        adapter=rules,
        source=checkpoint.source,
        revision=checkpoint.revision,
        weights_sha256=weights_sha256,
        settings_sha256=joined_sha256(settings),
        pooler="avg_tokens",
        max_length=limit,
        normalize=normalize,
        backend="numpy",
    )
    return TokenBagEncoder(card, rules, _Read(checkpoint))


def _modules(folder: Path) -> list[str]:
    """Return the folders of StaticEmbedding and, if there is one, of Normalize; none without any.

    Raises:
        NotComputedHere: other modules.
        ModelError: no list of modules, or a folder outside.
    """
    path = folder / "modules.json"
    if not path.is_file():
        return []
    modules = read_json(path)
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise ModelError(f"{folder}: modules.json holds no list of modules")
    names = [module.get("name") for module in modules]
    others = [key for module in modules for key in module if key not in _OF_MODULE]
    others += ["kwargs" for module in modules if module.get("kwargs")]
    if others or len(set(map(str, names))) < len(names):
        raise _left(f"{path}: {shown_name(others[0]) if others else 'two modules of one name'}")
    kinds = [str(module.get("type")) for module in modules]
    short = [kind.rpartition(".")[2] if _is_theirs(kind) else shown(kind) for kind in kinds]
    if short not in ([_KIND], [_KIND, "Normalize"]):
        listed = " -> ".join(map(shown_name, short))[:300]
        raise _left(f"{folder}: its modules are {listed}, of which more than {_KIND} -> Normalize")
    inside = [str(module.get("path", "")).strip("/") for module in modules]
    for place in inside:
        if place not in ("", ".") and (Path(place).name != place or place == ".."):
            raise ModelError(f"{folder}: modules.json names {shown(place)}, no folder in it")
    for place in inside[1:]:
        require_scaling(folder / place)
    return ["" if place == "." else place for place in inside]


def _rules(checkpoint: Checkpoint, modules: list[str]) -> Rules:
    """Tell whose folder it is, by the names of its weights, and refuse what is no part of it."""
    path = checkpoint.folder / _WEIGHTS
    try:
        found = list_tensors(path)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{path}: cannot be read ({shown(str(error))})") from error
    known = _PARTS[0] if "embeddings" in found else _PARTS[1]
    if not set(found) <= known or not found:
        odd = next((name for name in found if name not in known), "nothing")
        raise ModelError(
            f"{path}: holds {shown_name(odd)}, where the vectors of tokens are expected alone "
            "(embeddings, weights, mapping of model2vec, or embedding.weight)"
        )
    mine = "embeddings" in found and not (modules and modules[0])
    mine = mine and (checkpoint.folder / "config.json").is_file()
    kind = found["embeddings" if "embeddings" in found else "embedding.weight"].dtype
    if mine and kind not in _TYPES:
        raise ModelError(f"{path}: vectors of {kind}, which model2vec does not load")
    if mine:
        return "model2vec"
    if not modules:
        raise ModelError(
            f"{checkpoint.folder}: model2vec looks for embeddings in {_WEIGHTS}, and "
            "sentence-transformers for a modules.json; there is neither"
        )
    if kind not in _COMPUTED:
        raise _left(f"{path}: a mean of {kind} vectors")
    return "static-embedding"


def _of_model2vec(checkpoint: Checkpoint, asked: int | None) -> tuple[int | None, bool]:
    """Return the limit in tokens, and whether vectors are scaled."""
    config = read_fields(checkpoint.folder / "config.json")
    limit = config.number("max_length", least=1)
    if "max_length" not in config.values:
        limit = _DEFAULT_LIMIT
    return asked if asked is not None else limit, config.flag("normalize", False)


def _require_plain(folder: Path) -> None:
    """Refuse what sentence-transformers does before and after the modules."""
    path = folder / "config_sentence_transformers.json"
    if not path.is_file():
        return
    settings = read_fields(path)
    prompts = settings.inner("prompts")
    asked = [key for key, value in settings.values.items() if value and key not in _HARMLESS]
    asked += ["prompts"] if any(map(prompts.text, prompts.values)) else []
    if settings.text("model_type") not in (None, "SentenceTransformer"):
        asked.append("model_type")
    if asked:
        raise _left(f"{path}: {shown_name(asked[0])} with vectors of tokens")


def _left(what: str) -> NotComputedHere:
    return NotComputedHere(f"{what} is not computed here; {WAY_OUT}")
