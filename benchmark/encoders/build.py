"""From a model reference to an encoder that is ready to be asked."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmark.encoders.asked.catalogue import (
    CatalogueModel,
    CheckpointSource,
    Service,
    model_of_repository,
    named_models,
)
from benchmark.encoders.asked.options import require_usual
from benchmark.encoders.asked.reference import ModelReference
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.files.checkpoint import Checkpoint, packaged_checkpoint
from benchmark.encoders.files.needed import (
    Choose,
    Files,
    Needed,
    files_below,
    transformer_files,
)
from benchmark.encoders.files.weights_files import GRAPHS
from benchmark.encoders.library.files import begins_otherwise, library_files
from benchmark.encoders.library.from_folder import is_installed, library_encoder
from benchmark.encoders.protocol import Encoder, EncoderInput
from benchmark.encoders.served.ollama import ollama_encoder
from benchmark.encoders.served.openai import openai_encoder
from benchmark.encoders.served.tei import tei_encoder
from benchmark.encoders.served.words import TAKEN, sent, with_text
from benchmark.encoders.static.published import is_static, static_model
from benchmark.encoders.transformer.from_checkpoint import transformer_encoder
from benchmark.errors import ModelError, NotComputedHere, UsageError
from benchmark.extras import installing
from benchmark.options import EncoderOptions
from benchmark.suggestions import did_you_mean

logger = logging.getLogger(__name__)

_CONFIG = "config.json"


def build_encoder(reference: ModelReference, role: str, options: EncoderOptions) -> Encoder:
    """Return the encoder that answers in a role.

    Files are located, downloaded if need be, and identified by hash; weights are loaded only
    when the first sentence comes.

    Args:
        reference: the model.
        role: ``sts`` or ``transfer``; some models have a checkpoint for each.
        options: what was asked of it.

    Raises:
        ModelError: not found, not the published weights, not supported.
        UsageError: an option that does not fit the model.
    """
    if reference.origin == "object":
        from benchmark.encoders.python_object import load_object

        require_usual(options, reference.name)
        file, _, name = reference.name.rpartition(":")
        return load_object(f"{reference.location or file}:{name}")
    options = options.of(role)
    if reference.origin == "catalogue":
        entry = named_models()[reference.name]
        source = entry.source(role)
        entry = entry.by(source)
        options = _with_length(reference.name, entry, options)
        adapter = _adapter(reference.name, entry)
        if source.service:
            service = _service(reference, entry.adapter, source.service, options)
            return adapter(service, entry, options)
        locate = functools.partial(_locate, reference, entry, source, options)
        if adapter is not transformer_encoder:
            return adapter(locate(_needed), entry, options)
        return _computed(locate, lambda found: adapter(found, entry, options), entry, options)
    if reference.origin == "folder":
        here = _on_disk(reference.location or Path(reference.name), reference.name)
        return _computed(lambda _choose: here, _of_form(None, options), None, options)
    if reference.origin == "words":
        from benchmark.encoders.static.word_vectors import word_vectors_encoder

        path = reference.location or Path(reference.name)
        return word_vectors_encoder(reference.name, path, options)
    if reference.origin == "service":
        kind, _, asked = reference.name.partition(":")
        service = _service(reference, kind, asked, options)
        return ADAPTERS[kind](service, None, options)
    known = model_of_repository(reference.name)
    model = known[0].by(known[1]) if known else None
    options = _with_length(reference.name, model, options)
    fetch = functools.partial(_fetch, reference.name, reference.revision, options)
    return _computed(fetch, _of_form(model, options), model, options)


def _with_length(
    name: str, model: CatalogueModel | None, options: EncoderOptions
) -> EncoderOptions:
    """Return what was asked, with the documented length where none was."""
    documented = model.max_length if model else None
    if documented is None or options.max_length == documented:
        return options
    if options.max_length is None:
        return replace(options, max_length=documented)
    logger.warning(
        "%s: %d tokens instead of the documented %d; scores are not those of the published method",
        name,
        options.max_length,
        documented,
    )
    return options


def _on_disk(path: Path, source: str) -> Checkpoint:
    """Return a folder, or that of a graph, which may lie in one of its own (``onnx/``)."""
    if path.suffix not in GRAPHS:
        return Checkpoint(path, path.resolve().name, source)
    homes = [home for home in (path.parent, path.parent.parent) if (home / _CONFIG).is_file()]
    if not homes:
        raise ModelError(f"{path}: a graph without {_CONFIG}, beside it or in the folder above")
    weights = path.relative_to(homes[0]).as_posix()
    return Checkpoint(homes[0], homes[0].resolve().name, source, weights=weights)


def _computed(
    located: Callable[[Choose], Checkpoint],
    ours: Callable[[Checkpoint], Encoder],
    model: CatalogueModel | None,
    options: EncoderOptions,
) -> Encoder:
    """Return an encoder that we compute; one of its library where that is asked for, or can alone.

    Args:
        located: gets the files that are chosen.
        ours: makes our encoder of them.
        model: the catalogue's entry, if it has one.
        options: what was asked.
    """
    plain = options.encode_as == "plain"
    if options.adapter == "transformers" and not plain:
        raise UsageError(
            f"`encode_as` {options.encode_as}: only the library knows it; leave `adapter` out"
        )
    if options.adapter == "sentence-transformers" or not plain:
        encoder = library_encoder(located(library_files), model, options)
        logger.info("%s: %s", encoder.card.name, encoder.computation)
        return encoder
    try:
        return ours(located(_needed))
    except NotComputedHere as error:
        if options.adapter == "transformers" or options.pooler or options.backend != "torch":
            raise
        if not is_installed():
            raise NotComputedHere(f"{error}; {installing('sentence-transformers')}") from error
        encoder = library_encoder(located(library_files), model, options)
        why = str(error).rpartition("; ")[0] or str(error)
        logger.info("%s: %s (%s)", encoder.card.name, encoder.computation, why)
        return encoder


@dataclass(frozen=True, slots=True)
class Format:
    """A form in which people publish encoders.

    Attributes:
        recognises: tells from its files whether a folder or repository is of this form.
        needed: which files of a repository to fetch.
        encoder: makes the encoder of its files, once they are here.
    """

    recognises: Callable[[Files], bool]
    needed: Choose
    encoder: Adapter


def _format_of(files: Files) -> Format:
    return next(form for form in FORMATS if form.recognises(files))


def _of_form(
    model: CatalogueModel | None, options: EncoderOptions
) -> Callable[[Checkpoint], Encoder]:
    def made(checkpoint: Checkpoint) -> Encoder:
        form = _format_of(files_below(checkpoint.folder))
        return form.encoder(checkpoint, model, options)

    return made


def _needed(files: Files, weights_file: str | None, code: bool) -> Needed:
    needed = _format_of(files).needed(files, weights_file, code)
    unfit = needed.weights is None or needed.weights.endswith(GRAPHS)
    elsewhere = unfit and begins_otherwise(files)
    return library_files(files, weights_file, code) if elsewhere else needed


def _adapter(name: str, model: CatalogueModel) -> Adapter:
    if model.adapter not in ADAPTERS:
        meant = did_you_mean(model.adapter, ADAPTERS) or f"; choose from {', '.join(ADAPTERS)}"
        raise UsageError(f"{name}: there is no adapter {model.adapter!r}{meant}")
    return ADAPTERS[model.adapter]


def _service(
    reference: ModelReference, adapter: str, address: str, options: EncoderOptions
) -> Service:
    name = reference.name
    require_usual(replace(options, revision=None), name, taken=_TAKEN.get(adapter, ()))
    if reference.revision:
        raise UsageError(f"{name} is a service and has no `revision`")
    if options.offline:
        raise UsageError(f"{name} is a service; it cannot be asked with `offline`")
    return Service(name, address)


def input_of_service(
    reference: ModelReference, role: str, options: EncoderOptions, sentence: str
) -> EncoderInput | None:
    """Return what a service would be sent for a sentence; it is not asked.

    None for an adapter of somebody's own: what that does to text is not known here.

    Raises:
        UsageError: an option that the service has no use for.
    """
    options, entry, kind = options.of(role), None, reference.name.partition(":")[0]
    if reference.origin == "catalogue":
        entry = named_models()[reference.name]
        entry, kind = entry.by(entry.source(role)), entry.adapter
    _service(reference, kind, "", replace(options, offline=False))
    if kind not in _TAKEN:
        return None
    card = with_text(EncoderCard(reference.name), entry, options)
    return EncoderInput(sentence, card.prompt, {}, sent(card, sentence), (), 0)


def _locate(
    reference: ModelReference,
    model: CatalogueModel,
    source: CheckpointSource,
    options: EncoderOptions,
    choose: Choose,
) -> Checkpoint:
    if source.package:
        weights = source.weights_file or ""
        if reference.revision:
            raise UsageError(f"{reference.name} comes in a package and has no `revision`")
        found = packaged_checkpoint(reference.name, source.package, weights, model.extra)
    else:
        revision = reference.revision or source.revision
        found = _fetch(source.id, revision, options, choose, source.weights_file)
    if source.weights_sha256 and not reference.revision:
        _require_published(found, source)
    return replace(found, name=reference.name)


def _fetch(
    repo: str,
    revision: str | None,
    options: EncoderOptions,
    choose: Choose,
    weights_file: str | None = None,
) -> Checkpoint:
    from benchmark.encoders.files.hub_checkpoint import fetch_checkpoint

    return fetch_checkpoint(
        repo,
        revision,
        choose=choose,
        weights_file=weights_file,
        offline=options.offline,
        trust_remote_code=options.trust_remote_code,
        progress_bar=options.progress_bar,
    )


def _require_published(checkpoint: Checkpoint, source: CheckpointSource) -> None:
    digest = checkpoint.weights_sha256()
    if digest != source.weights_sha256:
        raise ModelError(
            f"{source.id}: the weights are not the published ones (sha256 {digest[:12]}…, expected "
            f"{(source.weights_sha256 or '')[:12]}…); a damaged download (clear the cache) or "
            "replaced upstream (name the repository itself to score it as it is)"
        )


def _static_words(
    checkpoint: Checkpoint, model: CatalogueModel | None, options: EncoderOptions
) -> Encoder:
    from benchmark.encoders.static import packaged_words

    assert model is not None  # noqa: S101 - only the catalogue names this adapter
    require_usual(replace(options, revision=None), checkpoint.name)  # the reference has it
    source = model.source("any")
    card = EncoderCard(
        name=checkpoint.name,
        version=packaged_words.ADAPTER_VERSION,
        adapter="static-words",
        source=checkpoint.source,
        revision=checkpoint.revision,
        weights_sha256=checkpoint.weights_sha256(),
        settings_sha256=checkpoint.sha256_of(source.vocabulary_file or ""),
        pooler=model.pooler,
        backend="numpy",
    )
    return packaged_words.StaticWordsEncoder(
        checkpoint, card, source.weights_file or "", source.vocabulary_file or ""
    )


Adapter = Callable[[Any, CatalogueModel | None, EncoderOptions], Encoder]
"""Makes an encoder of a `Checkpoint` whose files are here, or of a `Service`."""

ADAPTERS: dict[str, Adapter] = {
    "transformers": transformer_encoder,
    "sentence-transformers": library_encoder,
    "static-words": _static_words,
    "openai": openai_encoder,
    "tei": tei_encoder,
    "ollama": ollama_encoder,
}
"""By the name that an entry of ``models.toml`` gives as its ``adapter``."""

_TAKEN = {"openai": (*TAKEN, "max_length"), "tei": TAKEN, "ollama": TAKEN}
"""Options that the adapter of a service has a use for."""

FORMATS: tuple[Format, ...] = (
    Format(is_static, transformer_files, static_model),
    Format(lambda _files: True, transformer_files, transformer_encoder),
)
"""Forms of folders and repositories; the first that knows the files as its own takes them."""
