"""Who an encoder is: everything that decides which vector a sentence gets."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from benchmark.errors import ModelError

_LATER = {
    "base": None,
    "stored": None,
    "include_prompt": True,
    "template": None,
    "rules": (),
    "encode_as": None,
    "steps": (),
}
"""What came to cards after the first records, and its value where it says nothing."""


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """Identity of an encoder.

    An encoder of your own needs a ``name``, and a ``version`` that you change whenever its
    vectors change; without one its results are never taken from an earlier run.

    Attributes:
        name: what the tables show.
        version: version of a user's encoder, or of the adapter.
        adapter: the code that makes the vectors (``transformers``, ``sentence-transformers``,
            ``static-words``, ``python``).
        source: where the weights come from: hub id, package, folder.
        revision: commit or package version of the source.
        weights_sha256: of the weights file (of all shards, in order of name).
        base: what it is an adapter upon, if it is one: hub id and commit, or folder; the hash of
            the weights covers both.
        settings_sha256: of configuration and tokenizer files.
        pooler: how token vectors become a sentence vector.
        max_length: longest input in tokens, special tokens included; longer ones are cut.
        normalize: whether vectors are scaled to length one.
        prompt: text put before every sentence.
        include_prompt: whether the tokens of that text are pooled, too.
        template: what a sentence is put into, for more than text before it: ``{text}`` stands for
            the sentence.
        rules: what is done to the text of a sentence before that, in order.
        encode_as: which of several ways through the model sentences take: ``query`` or
            ``document``, None for the plain one.
        precision: of the computation.
        backend: library that runs the computation, None for the encoder's own.
        steps: what else is done to vectors after they were stored, and on what it was fitted, see
            `benchmark.steps.label_of`.
        stored: type of the weights in their files where it is not float32 alone; their own library
            computes in that.
    """

    name: str
    version: str | None = None
    adapter: str = "python"
    source: str | None = None
    revision: str | None = None
    weights_sha256: str | None = None
    base: str | None = None
    settings_sha256: str | None = None
    pooler: str | None = None
    max_length: int | None = None
    normalize: bool = False
    prompt: str | None = None
    include_prompt: bool = True
    template: str | None = None
    rules: tuple[str, ...] = ()
    encode_as: str | None = None
    precision: str = "float32"
    backend: str | None = None
    steps: tuple[str, ...] = ()
    stored: str | None = None

    @classmethod
    def of_files(cls, name: str, *files: str | os.PathLike[str], **fields: Any) -> Self:
        """Return the card of an encoder that is what these files say: ``weights_sha256`` of them.

        Name all that decide a vector, the Python file of the encoder too (``__file__``): when
        the content of one changes it is another encoder, and nothing of the old one is taken.

        Args:
            name: what the tables show.
            files: files, and folders with all that is below them but for hidden files.
            fields: others of the card.

        Raises:
            ModelError: a file is not there or cannot be read.
        """
        whole = hashlib.sha256()
        for path in map(Path, files):
            for file in _files_of(path):
                line = f"{_sha256(file)} {file.relative_to(path).as_posix()}\n"
                whole.update(line.encode("utf-8", "surrogateescape"))
        return cls(name, weights_sha256=whole.hexdigest(), **fields)

    @property
    def fingerprint(self) -> str | None:
        """Hexadecimal SHA-256 of all that decides a vector, or None when that is unknown.

        The name, the source, its revision and the type that the weights are stored in are left out:
        the weights speak for themselves.
        For an encoder without weights of known content, name and version stand in; and of one
        that a user wrote they count in any case, for two may read the same file.
        """
        identity = self.fields()
        if self.weights_sha256 is None and self.version is None:
            return None
        if self.weights_sha256 is not None and self.adapter != "python":
            for key in ("name", "source", "revision", "base", "stored"):
                identity.pop(key, None)
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()

    def fields(self) -> dict[str, Any]:
        """Return what it says as JSON has it, for records and hashes.

        What came to cards after the first records is left out where it says nothing: the hash of
        an encoder stays.
        """
        said = asdict(self)
        for name, nothing in _LATER.items():
            if said[name] == nothing:
                del said[name]
            elif isinstance(said[name], tuple):
                said[name] = list(said[name])
        return said


def _files_of(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    below = (file for file in path.rglob("*") if file.is_file())
    return sorted(
        file
        for file in below
        if not any(part.startswith(".") for part in file.relative_to(path).parts)
    )


def _sha256(file: Path) -> str:
    if file.exists() and not file.is_file():
        raise ModelError(f"{file}: not a file that can be read to its end")
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror})") from error
