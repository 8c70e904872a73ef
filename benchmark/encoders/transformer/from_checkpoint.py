"""A checkpoint folder and its settings, put together into an encoder."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchmark.encoders.asked.catalogue import CatalogueModel
from benchmark.encoders.asked.options import require_usual
from benchmark.encoders.asked.presets import TextSettings, text_settings
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.files.agreement import require_sensible_sizes
from benchmark.encoders.files.checkpoint import Checkpoint, joined_sha256, read_object
from benchmark.encoders.files.own_code import named_code, require_code_allowed
from benchmark.encoders.text import parse_templates
from benchmark.encoders.transformer.backends.backend import require_installed
from benchmark.encoders.transformer.dense import LayerFolder
from benchmark.encoders.transformer.encoder import TransformerEncoder, adapter_version
from benchmark.encoders.transformer.length import length_limit
from benchmark.encoders.transformer.peft_adapter import adapter_sha256, name_of_base, with_base
from benchmark.encoders.transformer.pooler_choice import NO_HEAD, choose_pooler
from benchmark.encoders.transformer.prompts import Prompts, choose_prompt
from benchmark.encoders.transformer.published_graph import precision_of, with_graph
from benchmark.encoders.transformer.sentence_transformers import (
    SentenceTransformersSettings,
    read_settings,
)
from benchmark.encoders.transformer.templates import require_fitting
from benchmark.encoders.transformer.tokenizer import require_one_type
from benchmark.errors import ModelError, UsageError
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
        UsageError: an unknown pooler or preset, a template that the pooler cannot be used with, a
            length that the model does not take, or what is for word vectors alone.
    """
    of_words = EncoderOptions(word_rules=options.word_rules, word_weights=options.word_weights)
    require_usual(of_words, checkpoint.name)
    checkpoint.require_whole()
    checkpoint.settings_sha256()  # of the modules' settings too, before they are read
    with checkpoint.seal.unchanged(hash_again=False):
        return _identified(checkpoint, model, options)


def _identified(
    checkpoint: Checkpoint, model: CatalogueModel | None, options: EncoderOptions
) -> TransformerEncoder:
    from benchmark.encoders.files.tensors import stored_in

    settings = read_settings(checkpoint.folder, code=options.trust_remote_code)
    if settings and settings.transformer:
        checkpoint = replace(checkpoint, folder=checkpoint.folder / settings.transformer)
        checkpoint.require_whole()
    checkpoint = with_base(checkpoint, lambda repo, revision: _fetched(repo, revision, options))
    checkpoint, options = with_graph(checkpoint, options)
    settings_sha256 = checkpoint.settings_sha256(code=options.trust_remote_code)
    config = Fields(checkpoint.folder / "config.json", checkpoint.config(), ModelError)
    require_sensible_sizes(checkpoint, config)
    brought = _code_in(checkpoint, config.values)
    require_code_allowed(checkpoint.name, brought, trusted=options.trust_remote_code)
    require_one_type(checkpoint, _tokenizer_settings(checkpoint))
    weights_sha256 = joined_sha256([checkpoint.weights_sha256(), *adapter_sha256(checkpoint)])
    if settings and settings.similarity:
        logger.warning(
            "%s: is meant to be compared by %s; the table's similarity is the cosine",
            checkpoint.name,
            shown_name(settings.similarity),
        )
    text = text_settings(checkpoint.name, model, options)
    of_folder = settings.pooler if settings else None
    pooler = choose_pooler(checkpoint, config.values, of_folder, model, text, options)
    if pooler.needs_head and options.backend == "torch":
        _require_head(checkpoint)
    templates = parse_templates(text.template) if text.template else ()
    require_fitting(pooler, templates, checkpoint.name)
    prompts = settings.prompts if settings else Prompts()
    prompt = _prompt(checkpoint.name, prompts, model, text, options)
    steps = _steps(checkpoint, settings, model)
    layers = [step for step in steps if isinstance(step, LayerFolder)]
    scaled = steps[-1:] == (Normalize(),)
    cut = Truncate(settings.truncate, or_fewer=True) if settings and settings.truncate else None
    precision = precision_of(checkpoint, options)
    if options.precision == "auto":
        _say_chosen(checkpoint.name, precision)
    stored = stored_in(checkpoint)
    named = [
        settings.dtype if settings else None,
        *map(config.values.get, ("dtype", "torch_dtype")),
    ]
    _say_other_type(checkpoint.name, next(filter(None, named), stored), precision)
    lower_case = bool(settings and settings.lower_case)
    card = EncoderCard(
        name=checkpoint.name,
        version=adapter_version(lower_case=lower_case, precision=precision),
        adapter="transformers",
        source=checkpoint.source,
        revision=checkpoint.revision,
        weights_sha256=joined_sha256([weights_sha256, *(layer.sha256() for layer in layers)]),
        base=name_of_base(checkpoint),
        settings_sha256=settings_sha256,
        pooler="+".join([pooler.name, *(step.name for step in (steps[:-1] if scaled else steps))]),
        max_length=length_limit(
            checkpoint, config, settings.max_length if settings else None, options.max_length
        ),
        normalize=scaled,
        prompt=prompt,
        include_prompt=prompt is None or settings is None or settings.include_prompt,
        template=text.template,
        rules=text.rules,
        precision=precision,
        stored=stored,
        backend=options.backend,
        steps=(cut.name,) if cut else (),
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
            steps=(),
        ),
        lower_case=lower_case,
        prompts=prompts,
        steps=(*steps, cut) if cut else steps,
        trust_remote_code=options.trust_remote_code,
    )


def _require_head(checkpoint: Checkpoint) -> None:
    """Refuse a file without any pooling head now: that is hours before it is loaded, perhaps.

    Whether the head fits is known when it is loaded; so is all of what may be pickled code.
    """
    from benchmark.encoders.files.tensors import weight_names

    holder = checkpoint.base or checkpoint
    if any(path.suffix != ".safetensors" for path in holder.weights_files()):
        return
    names = weight_names(holder)
    if names and not any("pooler" in name or name.endswith("mlp.dense.weight") for name in names):
        raise ModelError(f"{checkpoint.name}: {NO_HEAD}")


def _fetched(repo: str, revision: str | None, options: EncoderOptions) -> Checkpoint:
    from benchmark.encoders.files.hub_checkpoint import fetch_checkpoint

    return fetch_checkpoint(
        repo,
        revision,
        offline=options.offline,
        trust_remote_code=options.trust_remote_code,
        progress_bar=options.progress_bar,
    )


def _tokenizer_settings(checkpoint: Checkpoint) -> Mapping[str, Any]:
    path = checkpoint.tokenizer_folder / "tokenizer_config.json"
    return read_object(path) if path.is_file() else {}


def _code_in(checkpoint: Checkpoint, config: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        "config.json": named_code(config, ("AutoConfig", "AutoModel")),
        "tokenizer_config.json": named_code(_tokenizer_settings(checkpoint), ("AutoTokenizer",)),
    }


def _say_chosen(name: str, precision: str) -> None:
    """What was measured: docs/precision.md, docs/speed.md."""
    if precision == "float32":
        told = "there are no instructions here for less"
    else:
        told = "scores move by some hundredths of a point from those of float32"
    logger.info("%s: `precision` auto is %s: %s", name, precision, told)


def _say_other_type(name: str, meant: str | None, precision: str) -> None:
    """The loading library computes in the type that the settings name, else in the file's."""
    if precision == "float32" and meant in ("bfloat16", "float16"):
        logger.info(
            "%s: its library computes in %s, as its files say; here in float32 (`precision`)",
            name,
            meant,
        )


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
