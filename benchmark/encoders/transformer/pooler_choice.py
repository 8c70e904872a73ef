"""Which pooler a checkpoint is scored with: asked, documented, or its library's usual one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from benchmark.encoders.asked.catalogue import CatalogueModel
from benchmark.encoders.asked.presets import TextSettings
from benchmark.encoders.files.checkpoint import CHAT_TEMPLATES, Checkpoint, read_object
from benchmark.encoders.transformer.poolers import Pooler, pooler_by_name
from benchmark.errors import ModelError, NotComputedHere
from benchmark.options import EncoderOptions

logger = logging.getLogger(__name__)

NO_HEAD = (
    "the checkpoint has no pooling head, so pooler cls would score a random layer; use `pooler` "
    "cls_before_pooler"
)
"""Why pooler cls is refused, whether that is seen before the weights are loaded or then."""

_USUAL = {
    "avg": "avg (mean of the last layer)",
    "last_token": "last_token (a decoder has read the whole text there)",
}
"""Poolers where none is documented, in words."""

_BOTH_WAYS_BY_ALL = {"diffusion_gemma_text", "gemma4_text", "gemma4_unified_text"}
"""Architectures whose configuration says in a way of its own that a sentence is looked at from both
sides; in that of any other the same words are passed over."""


def choose_pooler(
    checkpoint: Checkpoint,
    config: Mapping[str, Any],
    of_folder: str | None,
    model: CatalogueModel | None,
    text: TextSettings,
    options: EncoderOptions,
) -> Pooler:
    """Return the pooler of a checkpoint, and say what is not usual about it.

    Args:
        checkpoint: the folder.
        config: its ``config.json``.
        of_folder: pooler that a sentence-transformers folder names; None for any other folder.
        model: the catalogue's entry, if it has one.
        text: with the pooler of a preset.
        options: what was asked.

    Raises:
        ModelError: it is no encoder of sentences, and no pooler was asked for.
        NotComputedHere: its library scores something else than the sentence alone.
        UsageError: an unknown pooler.
    """
    documented = (model.pooler if model else None) or of_folder
    if documented is None and options.preset is None:
        documented = documented_pooler(checkpoint)
    asked = options.pooler or (text.pooler if options.preset else None)
    if options.pooler and options.preset:  # the preset says what is documented
        documented = text.pooler
    if of_folder is None and documented is None and asked is None:
        _require_plain_text(checkpoint)
    if of_folder is None and _is_cross_encoder(config):
        _say_what_it_scores(checkpoint.name, asked)
    usual = _usual_pooler(config)
    return pooler_by_name(_named(checkpoint.name, documented, asked, usual))


def _require_plain_text(checkpoint: Checkpoint) -> None:
    """Leave to its library what it does not give to the tokenizer as it is."""
    path = checkpoint.folder / "tokenizer_config.json"
    settings = read_object(path) if path.is_file() else {}
    files = (checkpoint.folder / name for name in CHAT_TEMPLATES)
    if settings.get("chat_template") is not None or any(file.exists() for file in files):
        raise NotComputedHere(
            f"{checkpoint.name}: no pooler is documented for this checkpoint, and it has a chat "
            "template, into which sentence-transformers puts every sentence; name a `pooler` to "
            "score sentences without it"
        )


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


def _usual_pooler(config: Mapping[str, Any]) -> str:
    """Return the pooler that sentence-transformers takes where none is documented.

    Its rule, in ``_load_default_modules`` of version 6.2: the last token of what was trained as a
    language model, unless it looks at a sentence from both sides; the mean of anything else, of a
    decoder saved without its head too.
    """
    named = config.get("architectures")
    first = str(named[0]) if isinstance(named, list) and named else ""
    both_ways = config.get("use_bidirectional_attention") == "all"
    both_ways = both_ways and config.get("model_type") in _BOTH_WAYS_BY_ALL
    causal = bool(config.get("is_causal", True)) and not both_ways
    return "last_token" if causal and first.endswith("ForCausalLM") else "avg"


def _named(name: str, documented: str | None, asked: str | None, usual: str) -> str:
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
