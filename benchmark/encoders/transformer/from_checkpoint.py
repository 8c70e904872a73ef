"""A checkpoint folder and its settings, put together into an encoder."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmark.encoders.asked.catalogue import CatalogueModel
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.files.agreement import require_sensible_sizes
from benchmark.encoders.files.checkpoint import (
    Checkpoint,
    joined_sha256,
    read_fields,
    read_object,
)
from benchmark.encoders.transformer.backends.backend import choose_precision, require_installed
from benchmark.encoders.transformer.encoder import ADAPTER_VERSION, TransformerEncoder
from benchmark.encoders.transformer.poolers import pooler_by_name
from benchmark.encoders.transformer.sentence_transformers import (
    SentenceTransformersSettings,
    read_settings,
)
from benchmark.errors import ModelError, UsageError
from benchmark.foreign import Fields
from benchmark.options import EncoderOptions
from benchmark.steps import Normalize

logger = logging.getLogger(__name__)

_BEYOND_ANY_TEXT = 10**6

_SHIFTED_POSITIONS = {"roberta", "xlm-roberta", "camembert", "mpnet", "longformer", "data2vec-text"}


def transformer_encoder(
    checkpoint: Checkpoint, model: CatalogueModel | None, options: EncoderOptions
) -> TransformerEncoder:
    """Return the encoder of a checkpoint, identified but not loaded.

    Args:
        checkpoint: the folder; a sentence-transformers folder's own settings are used.
        model: the catalogue's entry, if it has one; it says which pooler is documented.
        options: what was asked.

    Raises:
        ModelError: no checkpoint, or one that asks for what is not supported.
        UsageError: an unknown pooler, or a length that the model does not take.
    """
    checkpoint.require_whole()
    checkpoint.settings_sha256()  # of the modules' settings too, before they are read
    with checkpoint.seal.unchanged(hash_again=False):
        return _identified(checkpoint, model, options)


def _identified(
    checkpoint: Checkpoint, model: CatalogueModel | None, options: EncoderOptions
) -> TransformerEncoder:
    settings = read_settings(checkpoint.folder)
    if settings and settings.transformer:
        checkpoint = replace(checkpoint, folder=checkpoint.folder / settings.transformer)
        checkpoint.require_whole()
    settings_sha256 = checkpoint.settings_sha256(code=options.trust_remote_code)
    config = Fields(checkpoint.folder / "config.json", checkpoint.config(), ModelError)
    require_sensible_sizes(checkpoint, config)
    brought = _brought(checkpoint, config.values)
    require_code_allowed(checkpoint.name, brought, trusted=options.trust_remote_code)
    weights_sha256 = checkpoint.weights_sha256()
    documented = (
        (model.pooler if model else None)
        or (settings.pooler if settings else None)
        or documented_pooler(checkpoint)
    )
    if settings is None and _is_cross_encoder(config.values):
        _say_what_it_scores(checkpoint.name, options.pooler)
    pooler = pooler_by_name(_choose_pooler(checkpoint.name, documented, options.pooler))
    dense = tuple(
        replace(layer, seal=checkpoint.seal) for layer in (settings.dense if settings else ())
    )
    card = EncoderCard(
        name=checkpoint.name,
        version=ADAPTER_VERSION,
        adapter="transformers",
        source=checkpoint.source,
        revision=checkpoint.revision,
        weights_sha256=joined_sha256([weights_sha256, *(layer.sha256() for layer in dense)]),
        settings_sha256=settings_sha256,
        pooler="+".join([pooler.name, *(layer.name for layer in dense)]),
        max_length=_max_length(checkpoint, config, settings, options.max_length),
        normalize=_normalizes(settings, model),
        prompt=settings.prompt if settings else None,
        precision=choose_precision(options.precision, options.backend, options.device),
        backend=options.backend,
    )
    require_installed(options.backend, card.precision)
    return TransformerEncoder(
        checkpoint,
        pooler,
        card,
        device=options.device,
        stored_card=replace(
            card,
            weights_sha256=weights_sha256,
            settings_sha256=checkpoint.settings_sha256(code=options.trust_remote_code, steps=False),
            pooler=pooler.name,
            normalize=False,
        ),
        lower_case=bool(settings and settings.lower_case),
        steps=(*dense, *([Normalize()] if card.normalize else [])),
        trust_remote_code=options.trust_remote_code,
    )


def require_code_allowed(name: str, brought: Mapping[str, Sequence[str]], *, trusted: bool) -> None:
    """Refuse a checkpoint that brings code, unless it may be run and was hashed.

    The loading library passes over such code where it knows a model of that name, which may
    compute something else from the same weights (attention in one direction, say).

    Args:
        name: of the model.
        brought: the classes that each file of settings names.
        trusted: whether they may be run.

    Raises:
        ModelError: they may not, or they lie in another repository.
    """
    for file, names in brought.items():
        if names and not trusted:
            raise ModelError(
                f"{name}: runs code of its own from its repository (auto_map in {file} "
                f"names {names[0][:80]!r}); read that code, then pass `trust_remote_code`"
            )
        if away := [each for each in names if "--" in each]:
            raise ModelError(
                f"{name}: its code lies in another repository ({away[0][:80]!r} in "
                f"{file}), whose content no hash here covers; score a copy that holds the code "
                "and names it without that repository"
            )


def named_code(settings: Mapping[str, Any], wanted: Sequence[str] | None = None) -> list[str]:
    """Return the classes of its own that a file of settings names.

    Args:
        settings: of a model, a tokenizer or a processor.
        wanted: what they are for (``AutoModel``); None for anything.
    """
    named = settings.get("auto_map")
    keys = wanted if wanted is not None else list(named) if isinstance(named, dict) else []
    found = [named.get(key) for key in keys] if isinstance(named, dict) else [named]
    flat = [name for entry in found for name in (entry if isinstance(entry, list) else [entry])]
    return [name for name in flat if isinstance(name, str)]


def _brought(checkpoint: Checkpoint, config: Mapping[str, Any]) -> dict[str, list[str]]:
    tokenizer = checkpoint.folder / "tokenizer_config.json"
    return {
        "config.json": named_code(config, ("AutoConfig", "AutoModel")),
        tokenizer.name: named_code(
            read_object(tokenizer) if tokenizer.is_file() else {}, ("AutoTokenizer",)
        ),
    }


def _is_cross_encoder(config: Mapping[str, Any]) -> bool:
    """Tell whether a checkpoint was trained to score pairs: one class, or the library's mark."""
    architectures = config.get("architectures")
    classifies = isinstance(architectures, list) and any(
        str(name).endswith("ForSequenceClassification") for name in architectures
    )
    labels = config.get("id2label")
    one = config.get("num_labels") == 1 or (isinstance(labels, dict) and len(labels) == 1)
    return classifies and (one or "sentence_transformers" in config)


def _say_what_it_scores(name: str, asked: str | None) -> None:
    """Nobody's vectors are meant where no pooler is named; who names one is told."""
    what = "a cross-encoder: it was trained to score pairs, not to give vectors"
    if asked is None:
        raise ModelError(f"{name}: {what}; to score its encoder all the same, name a `pooler`")
    logger.warning("%s: %s; scoring its encoder with pooler %s, as asked", name, what, asked)


def documented_pooler(checkpoint: Checkpoint) -> str | None:
    """Return the pooler that goes with the names of a checkpoint's weights, None if they tell none.

    Nothing of it is in the configuration.
    DiffCSE (``discriminator.*``): ``cls_before_pooler``, as its authors evaluate. SimCSE's
    unconverted training output (``mlp.dense.*``): ``cls_before_pooler`` too, which is right
    for the unsupervised kind; the supervised kind wants ``cls``, so a note says so.
    """
    from benchmark.encoders.files.tensors import weight_names

    names = weight_names(checkpoint)
    if any(name.startswith("discriminator.") for name in names):
        return "cls_before_pooler"
    if "mlp.dense.weight" in names:
        logger.info(
            "%s: SimCSE's training layout; using cls_before_pooler (unsupervised models), for a "
            "supervised one give `pooler` cls",
            checkpoint.name,
        )
        return "cls_before_pooler"
    return None


def _normalizes(
    settings: SentenceTransformersSettings | None, model: CatalogueModel | None
) -> bool:
    if model is not None and model.normalize is not None:
        return model.normalize
    return bool(settings and settings.normalize)


def _choose_pooler(name: str, documented: str | None, asked: str | None) -> str:
    if asked is None and documented is None:
        logger.warning(
            "%s: no pooler is documented for this checkpoint; using avg (mean of the last layer), "
            "choose with `pooler`",
            name,
        )
    elif asked is not None and documented not in (None, asked):
        logger.warning(
            "%s: pooler %s instead of the documented %s; scores are not those of the published "
            "model",
            name,
            asked,
            documented,
        )
    return asked or documented or "avg"


def _max_length(
    checkpoint: Checkpoint,
    config: Fields,
    settings: SentenceTransformersSettings | None,
    asked: int | None,
) -> int | None:
    """Return the limit in tokens: what was asked, else the model's own, else none."""
    positions = config.number("max_position_embeddings", least=-1)
    if positions and config.text("model_type") in _SHIFTED_POSITIONS:
        # Their positions are counted from the padding id on.
        padding = config.number("pad_token_id", least=-1)
        positions -= (1 if padding is None else padding) + 1
        if positions < 1:
            raise config.wrong("max_position_embeddings", "more than the padding id")
    # XLNet writes -1 for positions without limit.
    own = [
        limit for limit in (positions, tokenizer_limit(checkpoint.folder)) if limit and limit > 0
    ]
    if asked is not None and own and asked > min(own):
        raise UsageError(f"`max_length` {asked}: {checkpoint.name} takes at most {min(own)} tokens")
    stated = settings.max_length if settings else None
    limits = [asked] if asked is not None else [*own, *([stated] if stated else [])]
    return min(limits) if limits else None


def tokenizer_limit(folder: Path) -> int | None:
    """Return the limit in tokens that the tokenizer of a folder states; None if it states none.

    Raises:
        ModelError: it cannot be read, or is no number of tokens.
    """
    path = folder / "tokenizer_config.json"
    if not os.path.lexists(path):
        return None
    settings = read_fields(path)
    limit = settings.values.get("model_max_length")
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not limit > 0:
        raise settings.wrong("model_max_length", "a number of tokens")
    # "No limit" is written as a number beyond any text.
    return int(limit) if limit < _BEYOND_ANY_TEXT else None
