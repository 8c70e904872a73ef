"""A checkpoint folder and its settings, put together into an encoder."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from benchmark.encoders.asked.catalogue import CatalogueModel
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.files.agreement import require_sensible_sizes
from benchmark.encoders.files.checkpoint import (
    CHAT_TEMPLATES,
    Checkpoint,
    joined_sha256,
    read_object,
)
from benchmark.encoders.transformer.backends.backend import choose_precision, require_installed
from benchmark.encoders.transformer.dense import LayerFolder
from benchmark.encoders.transformer.encoder import ADAPTER_VERSION, TransformerEncoder
from benchmark.encoders.transformer.length import length_limit
from benchmark.encoders.transformer.poolers import pooler_by_name
from benchmark.encoders.transformer.sentence_transformers import (
    SentenceTransformersSettings,
    read_settings,
)
from benchmark.encoders.transformer.tokenizer import require_one_type
from benchmark.errors import ModelError, NotComputedHere
from benchmark.foreign import Fields, shown_name
from benchmark.options import EncoderOptions
from benchmark.steps import Normalize, Truncate

logger = logging.getLogger(__name__)


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
    settings = read_settings(checkpoint.folder, code=options.trust_remote_code)
    if settings and settings.transformer:
        checkpoint = replace(checkpoint, folder=checkpoint.folder / settings.transformer)
        checkpoint.require_whole()
    settings_sha256 = checkpoint.settings_sha256(code=options.trust_remote_code)
    config = Fields(checkpoint.folder / "config.json", checkpoint.config(), ModelError)
    require_sensible_sizes(checkpoint, config)
    _require_code_allowed(checkpoint, config.values, trusted=options.trust_remote_code)
    weights_sha256 = checkpoint.weights_sha256()
    documented = (
        (model.pooler if model else None)
        or (settings.pooler if settings else None)
        or documented_pooler(checkpoint)
    )
    tokenizer = _tokenizer_settings(checkpoint)
    require_one_type(checkpoint, tokenizer)
    if settings is None and documented is None and options.pooler is None:
        _require_plain_text(checkpoint, tokenizer)
    if settings and settings.similarity:
        logger.warning(
            "%s: is meant to be compared by %s; the table's similarity is the cosine",
            checkpoint.name,
            shown_name(settings.similarity),
        )
    if settings is None and _is_cross_encoder(config.values):
        _say_what_it_scores(checkpoint.name, options.pooler)
    pooler = pooler_by_name(_choose_pooler(checkpoint.name, documented, options.pooler))
    steps = _steps(checkpoint, settings, model)
    layers = [step for step in steps if isinstance(step, LayerFolder)]
    scaled = steps[-1:] == (Normalize(),)
    cut = Truncate(settings.truncate, or_fewer=True) if settings and settings.truncate else None
    card = EncoderCard(
        name=checkpoint.name,
        version=ADAPTER_VERSION,
        adapter="transformers",
        source=checkpoint.source,
        revision=checkpoint.revision,
        weights_sha256=joined_sha256([weights_sha256, *(layer.sha256() for layer in layers)]),
        settings_sha256=settings_sha256,
        pooler="+".join([pooler.name, *(step.name for step in (steps[:-1] if scaled else steps))]),
        max_length=length_limit(
            checkpoint, config, settings.max_length if settings else None, options.max_length
        ),
        normalize=scaled,
        prompt=settings.prompt if settings else None,
        precision=choose_precision(options.precision, options.backend, options.device),
        backend=options.backend,
        steps=(cut.name,) if cut else (),
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
            steps=(),
        ),
        lower_case=bool(settings and settings.lower_case),
        steps=(*steps, cut) if cut else steps,
        trust_remote_code=options.trust_remote_code,
    )


def _tokenizer_settings(checkpoint: Checkpoint) -> Mapping[str, Any]:
    path = checkpoint.folder / "tokenizer_config.json"
    return read_object(path) if path.is_file() else {}


def _require_plain_text(checkpoint: Checkpoint, tokenizer: Mapping[str, Any]) -> None:
    """Leave to its library what it does not give to the tokenizer as it is."""
    files = (checkpoint.folder / name for name in CHAT_TEMPLATES)
    if tokenizer.get("chat_template") is not None or any(file.exists() for file in files):
        raise NotComputedHere(
            f"{checkpoint.name}: no pooler is documented for this checkpoint, and it has a chat "
            "template, into which sentence-transformers puts every sentence; name a `pooler` to "
            "score sentences without it"
        )


def _require_code_allowed(
    checkpoint: Checkpoint, config: Mapping[str, Any], *, trusted: bool
) -> None:
    """Refuse a checkpoint that brings code, unless it may be run and was hashed.

    The loading library passes over such code where it knows a model of that name, which may
    compute something else from the same weights (attention in one direction, say).
    """
    brought = {
        "config.json": _code(config, ("AutoConfig", "AutoModel")),
        "tokenizer_config.json": _code(_tokenizer_settings(checkpoint), ("AutoTokenizer",)),
    }
    for file, names in brought.items():
        if names and not trusted:
            raise ModelError(
                f"{checkpoint.name}: runs code of its own from its repository (auto_map in {file} "
                f"names {names[0][:80]!r}); read that code, then pass `trust_remote_code`"
            )
        if away := [name for name in names if "--" in name]:
            raise ModelError(
                f"{checkpoint.name}: its code lies in another repository ({away[0][:80]!r} in "
                f"{file}), whose content no hash here covers; score a copy that holds the code "
                "and names it without that repository"
            )


def _code(settings: Mapping[str, Any], wanted: Sequence[str]) -> list[str]:
    """Return the classes of its own that a checkpoint names."""
    named = settings.get("auto_map")
    found = [named.get(key) for key in wanted] if isinstance(named, dict) else [named]
    flat = [name for entry in found for name in (entry if isinstance(entry, list) else [entry])]
    return [name for name in flat if isinstance(name, str)]


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


def _steps(
    checkpoint: Checkpoint,
    settings: SentenceTransformersSettings | None,
    model: CatalogueModel | None,
) -> tuple[LayerFolder | Normalize, ...]:
    """Return what is done to the pooled vectors; the catalogue overrules the last scaling."""
    if settings is None:
        own: tuple[LayerFolder | Normalize, ...] = ()
    else:
        own = tuple(
            replace(step, seal=checkpoint.seal) if isinstance(step, LayerFolder) else step
            for step in settings.steps
        )
    scaled = own[-1:] == (Normalize(),)
    if model is None or model.normalize is None or model.normalize == scaled:
        return own
    return (*own, Normalize()) if model.normalize else own[:-1]


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
