"""A checkpoint folder and its settings, put together into an encoder."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from benchmark.encoders.asked.catalogue import CatalogueModel
from benchmark.encoders.asked.presets import TextSettings, text_settings
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.files.agreement import require_sensible_sizes
from benchmark.encoders.files.checkpoint import Checkpoint, joined_sha256, read_fields, read_object
from benchmark.encoders.files.weights_files import choose_graph, choose_weights
from benchmark.encoders.text import parse_templates
from benchmark.encoders.transformer.backends.backend import choose_precision, require_installed
from benchmark.encoders.transformer.encoder import ADAPTER_VERSION, TransformerEncoder
from benchmark.encoders.transformer.peft_adapter import adapter_sha256, name_of_base, with_base
from benchmark.encoders.transformer.poolers import pooler_by_name
from benchmark.encoders.transformer.prompts import Prompts, choose_prompt
from benchmark.encoders.transformer.sentence_transformers import (
    SentenceTransformersSettings,
    read_settings,
)
from benchmark.encoders.transformer.templates import require_fitting
from benchmark.errors import ModelError, UsageError
from benchmark.foreign import Fields
from benchmark.options import Backend, EncoderOptions
from benchmark.steps import Normalize

logger = logging.getLogger(__name__)

_USUAL = {
    "avg": "avg (mean of the last layer)",
    "last_token": "last_token (a decoder has read the whole text there)",
}
"""Poolers where none is documented, in words."""

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
        UsageError: an unknown pooler or preset, a template that the pooler cannot be used with, or
            a length that the model does not take.
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
    checkpoint = with_base(checkpoint, lambda repo, revision: _fetched(repo, revision, options))
    checkpoint, options = _with_graph(checkpoint, options)
    settings_sha256 = checkpoint.settings_sha256(code=options.trust_remote_code)
    config = Fields(checkpoint.folder / "config.json", checkpoint.config(), ModelError)
    require_sensible_sizes(checkpoint, config)
    _require_code_allowed(checkpoint, config.values, trusted=options.trust_remote_code)
    weights_sha256 = joined_sha256([checkpoint.weights_sha256(), *adapter_sha256(checkpoint)])
    documented = (model.pooler if model else None) or (settings.pooler if settings else None)
    if documented is None and options.preset is None:
        documented = documented_pooler(checkpoint)
    if settings is None and _is_cross_encoder(config.values):
        _say_what_it_scores(checkpoint.name, options.pooler)
    text = text_settings(checkpoint.name, model, options)
    asked = options.pooler or (text.pooler if options.preset else None)
    if options.pooler and options.preset:  # the preset says what is documented
        documented = text.pooler
    usual = _usual_pooler(config.values)
    pooler = pooler_by_name(_choose_pooler(checkpoint.name, documented, asked, usual))
    require_fitting(
        pooler, parse_templates(text.template) if text.template else (), checkpoint.name
    )
    prompts = settings.prompts if settings else Prompts()
    prompt = _prompt(checkpoint.name, prompts, model, text, options)
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
        base=name_of_base(checkpoint),
        settings_sha256=settings_sha256,
        pooler="+".join([pooler.name, *(layer.name for layer in dense)]),
        max_length=_max_length(checkpoint, config, settings, options.max_length),
        normalize=_normalizes(settings, model),
        prompt=prompt,
        include_prompt=prompt is None or settings is None or settings.include_prompt,
        template=text.template,
        rules=text.rules,
        precision=_precision(checkpoint, options),
        stored=_stored(checkpoint),
        backend=options.backend,
    )
    require_installed(options.backend, card.precision, options.device)
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
        prompts=prompts,
        steps=(*dense, *([Normalize()] if card.normalize else [])),
        trust_remote_code=options.trust_remote_code,
    )


def _with_graph(
    checkpoint: Checkpoint, options: EncoderOptions
) -> tuple[Checkpoint, EncoderOptions]:
    """Take a published graph where there are no weights, and the backend that it is for."""
    if checkpoint.base is None and checkpoint.weights is None:
        names = [path.name for path in checkpoint.folder.iterdir()]
        if choose_weights(names):
            return checkpoint, options
        found = [path for pattern in ("*", "*/*") for path in checkpoint.folder.glob(pattern)]
        paths = [path.relative_to(checkpoint.folder).as_posix() for path in found]
        try:
            chosen = choose_graph(paths, options.backend)
        except ModelError as error:
            raise ModelError(f"{checkpoint.name}: {error}") from error
        checkpoint = replace(checkpoint, weights=chosen)
    if not checkpoint.graph:
        return checkpoint, options
    xml = str(checkpoint.weights).endswith(".xml")
    if xml and options.backend == "onnx":
        raise UsageError(f"`backend` onnx: {checkpoint.name} is published for openvino")
    backend: Backend = "openvino" if xml or options.backend == "openvino" else "onnx"
    logger.info("%s: computing its %s by %s", checkpoint.name, checkpoint.weights, backend)
    return checkpoint, replace(options, backend=backend)


def _precision(checkpoint: Checkpoint, options: EncoderOptions) -> str:
    if not checkpoint.graph:
        return choose_precision(options.precision, options.backend, options.device)
    if options.precision != "float32":
        raise UsageError(
            f"`precision` {options.precision}: {checkpoint.name} is a published graph, which is "
            "computed as it is"
        )
    choose_precision("float32", options.backend, options.device)
    return "published"


def _fetched(repo: str, revision: str | None, options: EncoderOptions) -> Checkpoint:
    from benchmark.encoders.files.hub_checkpoint import fetch_checkpoint

    return fetch_checkpoint(
        repo,
        revision,
        offline=options.offline,
        trust_remote_code=options.trust_remote_code,
        progress_bar=options.progress_bar,
    )


def _require_code_allowed(
    checkpoint: Checkpoint, config: Mapping[str, Any], *, trusted: bool
) -> None:
    """Refuse a checkpoint that brings code, unless it may be run and was hashed.

    The loading library passes over such code where it knows a model of that name, which may
    compute something else from the same weights (attention in one direction, say).
    """
    tokenizer = checkpoint.tokenizer_folder / "tokenizer_config.json"
    brought = {
        "config.json": _code(config, ("AutoConfig", "AutoModel")),
        tokenizer.name: _code(
            read_object(tokenizer) if tokenizer.is_file() else {}, ("AutoTokenizer",)
        ),
    }
    for file, names in brought.items():
        if names and not trusted:
            raise ModelError(
                f"{checkpoint.name}: runs code of its own from its repository (auto_map in {file} "
                f"names {names[0][:80]!r}); read that code, then pass `trust_remote_code`; or take "
                "auto_map out of a copy, which scores the loading library's own class of that name"
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


def _stored(checkpoint: Checkpoint) -> str | None:
    """Return what the weights are stored in where it is not float32 alone."""
    from benchmark.encoders.files.tensors import stored_types

    found = "+".join(stored_types(checkpoint))
    return None if found in ("", "float32") else found


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


def _prompt(
    name: str,
    prompts: Prompts,
    model: CatalogueModel | None,
    text: TextSettings,
    options: EncoderOptions,
) -> str | None:
    """Return the text before every sentence; a template has its own, and takes the place of it."""
    documented = model.prompt if model else None
    if text.template is None:
        return choose_prompt(name, prompts, documented, options)
    if options.prompt or options.prompt_name:
        raise UsageError(
            f"{name}: a template and a `prompt` are two texts around a sentence; write the prompt "
            "into the `template`"
        )
    usual = prompts.documented if documented is None else documented
    if usual:
        logger.warning(
            "%s: a template instead of the documented prompt %r; scores are not those of the "
            "published model",
            name,
            usual,
        )
    return None


def _normalizes(
    settings: SentenceTransformersSettings | None, model: CatalogueModel | None
) -> bool:
    if model is not None and model.normalize is not None:
        return model.normalize
    return bool(settings and settings.normalize)


def _usual_pooler(config: Mapping[str, Any]) -> str:
    """Return the pooler that sentence-transformers takes where none is documented.

    Its rule, in ``_load_default_modules`` of version 6.2: the last token of what was trained as a
    language model, unless it looks at a sentence from both sides; the mean of anything else, of a
    decoder saved without its head too.
    """
    named = config.get("architectures")
    first = str(named[0]) if isinstance(named, list) and named else ""
    # Gemma 4 says in a way of its own that it looks both ways; Gemma 3's does not count there.
    both_ways = config.get("use_bidirectional_attention") == "all"
    causal = bool(config.get("is_causal", True)) and not both_ways
    return "last_token" if causal and first.endswith("ForCausalLM") else "avg"


def _choose_pooler(name: str, documented: str | None, asked: str | None, usual: str) -> str:
    if asked is None and documented is None:
        logger.warning(
            "%s: no pooler is documented for this checkpoint; using %s, choose with `pooler`",
            name,
            _USUAL[usual],
        )
    elif asked is not None and documented not in (None, asked):
        logger.warning(
            "%s: pooler %s instead of the documented %s; scores are not those of the published "
            "model",
            name,
            asked,
            documented,
        )
    return asked or documented or usual


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
    own = [limit for limit in (positions, _tokenizer_limit(checkpoint)) if limit and limit > 0]
    if asked is not None and own and asked > min(own):
        raise UsageError(f"`max_length` {asked}: {checkpoint.name} takes at most {min(own)} tokens")
    stated = settings.max_length if settings else None
    limits = [asked] if asked is not None else [*own, *([stated] if stated else [])]
    return min(limits) if limits else None


def _tokenizer_limit(checkpoint: Checkpoint) -> int | None:
    path = checkpoint.tokenizer_folder / "tokenizer_config.json"
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
