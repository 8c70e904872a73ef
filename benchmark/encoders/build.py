"""From a model reference to an encoder that is ready to be asked."""

from __future__ import annotations

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
from benchmark.encoders.files.checkpoint import Checkpoint, packaged_checkpoint, read_json
from benchmark.encoders.files.needed import Choose, Files, Needed, transformer_files
from benchmark.encoders.files.weights_files import GRAPHS
from benchmark.encoders.protocol import Encoder
from benchmark.encoders.served.ollama import ollama_encoder
from benchmark.encoders.served.openai import openai_encoder
from benchmark.encoders.served.tei import tei_encoder
from benchmark.encoders.static.published import is_static, static_model
from benchmark.encoders.transformer.from_checkpoint import transformer_encoder
from benchmark.errors import ModelError, UsageError
from benchmark.options import EncoderOptions
from benchmark.suggestions import did_you_mean

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
        model = named_models()[reference.name]
        source = model.source(role)
        model = model.by(source)
        adapter = _adapter(reference.name, model)
        if source.service:
            service = _service(reference, model.adapter, source.service, options)
            return adapter(service, model, options)
        return adapter(_locate(reference, model, source, options), model, options)
    if reference.origin == "folder":
        path = reference.location or Path(reference.name)
        checkpoint = _on_disk(path, reference.name)
        return _format_of(_files_below(checkpoint.folder)).encoder(checkpoint, None, options)
    if reference.origin == "words":
        from benchmark.encoders.static.word_vectors import word_vectors_encoder

        path = reference.location or Path(reference.name)
        return word_vectors_encoder(reference.name, path, options)
    if reference.origin == "service":
        kind, _, asked = reference.name.partition(":")
        service = _service(reference, kind, asked, options)
        return ADAPTERS[kind](service, None, options)
    known = model_of_repository(reference.name)
    checkpoint = _fetch(reference.name, reference.revision, options)
    form = _format_of(_files_below(checkpoint.folder))
    return form.encoder(checkpoint, known[0].by(known[1]) if known else None, options)


def _on_disk(path: Path, source: str) -> Checkpoint:
    """Return a folder, or that of a graph, which may lie in one of its own (``onnx/``)."""
    if path.suffix not in GRAPHS:
        return Checkpoint(path, path.resolve().name, source)
    homes = [home for home in (path.parent, path.parent.parent) if (home / _CONFIG).is_file()]
    if not homes:
        raise ModelError(f"{path}: a graph without {_CONFIG}, beside it or in the folder above")
    weights = path.relative_to(homes[0]).as_posix()
    return Checkpoint(homes[0], homes[0].resolve().name, source, weights=weights)


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


def _needed(files: Files, weights_file: str | None, code: bool) -> Needed:
    return _format_of(files).needed(files, weights_file, code)


def _files_below(folder: Path) -> Files:
    """Return the files of a folder and of the folders in it: modules and exports lie there."""
    found = [path for pattern in ("*", "*/*") for path in folder.glob(pattern)]
    names = [path.relative_to(folder).as_posix() for path in found if path.is_file()]
    return Files(sorted(names), lambda name: read_json(folder / name))


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


def _locate(
    reference: ModelReference,
    model: CatalogueModel,
    source: CheckpointSource,
    options: EncoderOptions,
) -> Checkpoint:
    if source.package:
        weights = source.weights_file or ""
        if reference.revision:
            raise UsageError(f"{reference.name} comes in a package and has no `revision`")
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
    from benchmark.encoders.files.hub_checkpoint import fetch_checkpoint

    return fetch_checkpoint(
        repo,
        revision,
        choose=_needed,
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
    "static-words": _static_words,
    "openai": openai_encoder,
    "tei": tei_encoder,
    "ollama": ollama_encoder,
}
"""By the name that an entry of ``models.toml`` gives as its ``adapter``."""

_TAKEN = {"openai": ("max_length",)}
"""Options that the adapter of a service has a use for."""

FORMATS: tuple[Format, ...] = (
    Format(is_static, transformer_files, static_model),
    Format(lambda _files: True, transformer_files, transformer_encoder),
)
"""Forms of folders and repositories; the first that knows the files as its own takes them."""
