"""The models and the methods with a name (``models.toml``)."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace

from benchmark.encoders.text import SEVERAL
from benchmark.toml_tables import packaged_table


@dataclass(frozen=True, slots=True)
class CheckpointSource:
    """Where the files of a checkpoint are published: a hub repository or a package.

    ``vocabulary_file`` names the words of static vectors, row by row; ``service`` is the address
    of what answers without files; ``prompt`` is the documented one of these tasks alone.
    """

    repo: str | None = None
    revision: str | None = None
    package: str | None = None
    weights_file: str | None = None
    weights_sha256: str | None = None
    vocabulary_file: str | None = None
    service: str | None = None
    prompt: str | None = None

    @property
    def id(self) -> str:
        """The repository or package name, or the address."""
        return self.repo or self.package or self.service or ""


@dataclass(frozen=True, slots=True)
class Service:
    """What answers for a model that has no files: its name here, and its address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A named model: its adapter (one of `build.ADAPTERS`), documented pooler and checkpoints.

    ``checkpoints`` has the key ``any``, or one key for each role (``sts``, ``transfer``: the
    tasks that it answers); ``extra`` names the optional dependency group that carries the package;
    ``normalize`` overrules what a sentence-transformers folder says about scaling; ``prompt`` is
    the documented text before every sentence, which overrules the folder's own (empty for none);
    ``preset`` is the `Preset` that its published scores go through, whose pooler is the documented
    one. ``pooler_source`` is where the pooler is documented; ``max_length`` are the tokens that its
    published scores were cut at, where that is not the checkpoint's own limit; ``year``,
    ``backbone`` (a key of the published figures' ``backbones.toml``) and ``training`` (as there)
    are for lists and filters.
    """

    title: str
    adapter: str
    pooler: str
    licence: str
    citation: str
    checkpoints: dict[str, CheckpointSource]
    extra: str | None = None
    normalize: bool | None = None
    prompt: str | None = None
    preset: str | None = None
    max_length: int | None = None
    pooler_source: str = ""
    year: int | None = None
    backbone: str = ""
    training: str = ""

    def source(self, role: str) -> CheckpointSource:
        """Return the checkpoint that answers in this role."""
        return self.checkpoints.get(role) or self.checkpoints["any"]

    def by(self, source: CheckpointSource) -> CatalogueModel:
        """Return what is documented of one checkpoint: its own prompt, if it has one."""
        return self if source.prompt is None else replace(self, prompt=source.prompt)


@dataclass(frozen=True, slots=True)
class Preset:
    """What a method does to a sentence, whatever model it is used with.

    ``templates`` and ``rules`` are as `benchmark.encoders.text` reads them (vectors of several
    templates are averaged), ``pooler`` as `--pooler` takes it; ``source`` is the paper, and the
    files of the authors' code in which all of this stands.
    """

    title: str
    templates: tuple[str, ...]
    pooler: str
    source: str
    citation: str
    rules: tuple[str, ...] = ()

    @property
    def template(self) -> str:
        """All templates as one text."""
        return SEVERAL.join(self.templates)


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A checkpoint that would give a wrong number: its repository, and why, after its name."""

    repo: str
    why: str


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """The file: models and presets by name, and the papers that they cite."""

    models: dict[str, CatalogueModel]
    citations: dict[str, str]
    presets: dict[str, Preset] = field(default_factory=dict)
    unsupported: dict[str, Unsupported] = field(default_factory=dict)


def named_models() -> dict[str, CatalogueModel]:
    """Return every model of the catalogue by name.

    Raises:
        UsageError: an entry has an unknown key, lacks one, or has a value of the wrong type.
    """
    return _catalogue().models


def named_presets() -> dict[str, Preset]:
    """Return every preset by name.

    Raises:
        UsageError: as `named_models`.
    """
    return _catalogue().presets


def unsupported_models() -> dict[str, Unsupported]:
    """Return the checkpoints that are asked for and cannot be scored, by name.

    Raises:
        UsageError: as `named_models`.
    """
    return _catalogue().unsupported


@functools.cache
def _catalogue() -> _Catalogue:
    return packaged_table(__package__, "models.toml", _Catalogue)


def model_of_repository(repo: str) -> tuple[CatalogueModel, CheckpointSource] | None:
    """Return the catalogue's model that is published in this hub repository, if any.

    Where several entries share a repository (BERT with two poolers) there is no documented
    pooler to speak of, and the answer is None.
    """
    found = [
        (model, source)
        for model in named_models().values()
        for source in model.checkpoints.values()
        if source.repo == repo
    ]
    return found[0] if len(found) == 1 else None
