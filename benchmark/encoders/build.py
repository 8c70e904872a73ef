"""From a model reference to an encoder that is ready to be asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmark.encoders import static_words, transformer
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.catalogue import (
    CatalogueModel,
    CheckpointSource,
    model_of_repository,
    named_models,
)
from benchmark.encoders.checkpoint import Checkpoint, read_json
from benchmark.encoders.hub_checkpoint import fetch_checkpoint
from benchmark.encoders.layout import documented_pooler
from benchmark.encoders.packages import packaged_checkpoint
from benchmark.encoders.poolers import pooler_by_name
from benchmark.encoders.protocol import Encoder
from benchmark.encoders.python_object import load_object
from benchmark.encoders.reference import ModelReference
from benchmark.encoders.sentence_transformers import SentenceTransformersSettings, read_settings
from benchmark.errors import ModelError, UsageError

logger = logging.getLogger(__name__)

_SHIFTED_POSITIONS = {"roberta", "xlm-roberta", "camembert", "mpnet", "longformer", "data2vec-text"}


@dataclass(frozen=True, slots=True)
class EncoderOptions:
    """What a user may ask of an encoder.

    Attributes:
        pooler: another pooler than the documented one.
        max_length: cut sentences at this many tokens, special tokens included.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        offline: make no request to the network.
        trust_remote_code: allow code that a checkpoint brings.
        progress_bar: a tqdm class for downloads.
    """

    pooler: str | None = None
    max_length: int | None = None
    device: str = "auto"
    offline: bool = False
    trust_remote_code: bool = False
    progress_bar: Callable[..., Any] | None = None


def build_encoder(reference: ModelReference, kind: str, options: EncoderOptions) -> Encoder:
    """Return the encoder that answers for a kind of task.

    Files are located, downloaded if need be, and identified by hash; weights are loaded only
    when the first sentence comes.

    Args:
        reference: the model.
        kind: ``sts`` or ``transfer``; some models have a checkpoint for each.
        options: what was asked of it.

    Raises:
        ModelError: not found, not the published weights, not supported.
        UsageError: an option that does not fit the model.
    """
    if reference.kind == "object":
        _refuse_options(options, reference.name)
        return load_object(reference.name)
    if reference.kind == "catalogue":
        model = named_models()[reference.name]
        source = model.source(kind)
        checkpoint = _locate(reference, model, source, options)
        if model.adapter == "static-words":
            return _static_words(checkpoint, model, options)
        return _transformer(checkpoint, model.pooler, options)
    if reference.kind == "folder":
        path = Path(reference.name)
        checkpoint = Checkpoint(path, path.resolve().name, reference.name)
        return _transformer(checkpoint, None, options)
    known = model_of_repository(reference.name)
    checkpoint = _fetch(reference.name, reference.revision, options)
    return _transformer(checkpoint, known[0].pooler if known else None, options)


def _locate(
    reference: ModelReference,
    model: CatalogueModel,
    source: CheckpointSource,
    options: EncoderOptions,
) -> Checkpoint:
    if source.package:
        weights = source.weights_file or ""
        if reference.revision:
            raise UsageError(f"{reference.name} comes in a package and has no --revision")
        found = packaged_checkpoint(reference.name, source.package, weights, model.extra)
    else:
        revision = reference.revision or source.revision
        found = _fetch(source.id, revision, options, source.weights_file)
    if source.weights_sha256 and not reference.revision:
        _require_published(found, source)
    return replace(found, name=reference.name)


def _fetch(
    repo: str, revision: str | None, options: EncoderOptions, weights_file: str | None = None
) -> Checkpoint:
    return fetch_checkpoint(
        repo,
        revision,
        weights_file=weights_file,
        offline=options.offline,
        trust_remote_code=options.trust_remote_code,
        progress_bar=options.progress_bar,
    )


def _require_published(checkpoint: Checkpoint, source: CheckpointSource) -> None:
    digest = checkpoint.sha256_of(source.weights_file or "")
    if digest != source.weights_sha256:
        raise ModelError(
            f"{source.id}: the weights are not the published ones (sha256 {digest[:12]}…, expected "
            f"{(source.weights_sha256 or '')[:12]}…); a damaged download (clear the cache) or "
            "replaced upstream (name the repository itself to score it as it is)"
        )


def _transformer(
    checkpoint: Checkpoint, documented: str | None, options: EncoderOptions
) -> Encoder:
    settings = read_settings(checkpoint.folder)
    if settings and settings.transformer:
        checkpoint = replace(checkpoint, folder=checkpoint.folder / settings.transformer)
    config = checkpoint.config()
    documented = (
        documented or (settings.pooler if settings else None) or documented_pooler(checkpoint)
    )
    pooler = pooler_by_name(_choose_pooler(checkpoint.name, documented, options.pooler))
    card = EncoderCard(
        name=checkpoint.name,
        version=transformer.ADAPTER_VERSION,
        adapter="transformers",
        source=checkpoint.source,
        revision=checkpoint.revision,
        weights_sha256=checkpoint.weights_sha256(),
        settings_sha256=checkpoint.settings_sha256(),
        pooler=pooler.name,
        max_length=_max_length(checkpoint, config, settings, options.max_length),
        normalize=bool(settings and settings.normalize),
        prompt=settings.prompt if settings else None,
        backend="torch",
    )
    return transformer.TransformerEncoder(
        checkpoint,
        pooler,
        card,
        device=options.device,
        lower_case=bool(settings and settings.lower_case),
        trust_remote_code=options.trust_remote_code,
    )


def _choose_pooler(name: str, documented: str | None, asked: str | None) -> str:
    if asked is None and documented is None:
        logger.warning(
            "%s: no pooler is documented for this checkpoint; using avg (mean of the last layer), "
            "choose with --pooler",
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
    config: Mapping[str, Any],
    settings: SentenceTransformersSettings | None,
    asked: int | None,
) -> int | None:
    """Return the limit in tokens: what was asked, else the model's own, else none."""
    positions = config.get("max_position_embeddings")
    if positions and config.get("model_type") in _SHIFTED_POSITIONS:
        # Their positions are counted from the padding id on.
        positions -= int(config.get("pad_token_id", 1)) + 1
    own = [limit for limit in (positions, _tokenizer_limit(checkpoint)) if limit]
    if asked is not None and own and asked > min(own):
        raise UsageError(f"--max-length {asked}: {checkpoint.name} takes at most {min(own)} tokens")
    stated = settings.max_length if settings else None
    limits = [asked] if asked is not None else [*own, *([stated] if stated else [])]
    return min(limits) if limits else None


def _tokenizer_limit(checkpoint: Checkpoint) -> int | None:
    path = checkpoint.folder / "tokenizer_config.json"
    limit = read_json(path).get("model_max_length") if path.is_file() else None
    # "No limit" is written as a number beyond any text.
    return int(limit) if limit and limit < 10**6 else None


def _static_words(
    checkpoint: Checkpoint, model: CatalogueModel, options: EncoderOptions
) -> Encoder:
    _refuse_options(replace(options, device="auto", trust_remote_code=False), checkpoint.name)
    source = model.source("any")
    card = EncoderCard(
        name=checkpoint.name,
        version=static_words.ADAPTER_VERSION,
        adapter="static-words",
        source=checkpoint.source,
        revision=checkpoint.revision,
        weights_sha256=source.weights_sha256,
        settings_sha256=checkpoint.sha256_of("glove_6B_index.parquet"),
        pooler=model.pooler,
        backend="numpy",
    )
    return static_words.StaticWordsEncoder(
        checkpoint, card, source.weights_file or "", "glove_6B_index.parquet"
    )


def _refuse_options(options: EncoderOptions, name: str) -> None:
    asked = {"--pooler": options.pooler, "--max-length": options.max_length}
    for option, value in asked.items():
        if value is not None:
            raise UsageError(f"{option} {value}: {name} has no such setting")
