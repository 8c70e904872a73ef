"""Who an encoder is: everything that decides which vector a sentence gets."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """Identity of an encoder.

    An encoder of your own needs a ``name``, and a ``version`` that you change whenever its
    vectors change; without one its results are never taken from an earlier run.

    Attributes:
        name: what the tables show.
        version: version of a user's encoder, or of the adapter.
        adapter: the code that makes the vectors (``transformers``, ``static-words``, ``python``).
        source: where the weights come from: hub id, package, folder.
        revision: commit or package version of the source.
        weights_sha256: of the weights file (of all shards, in order of name).
        settings_sha256: of configuration and tokenizer files.
        pooler: how token vectors become a sentence vector.
        max_length: longest input in tokens, special tokens included; longer ones are cut.
        normalize: whether vectors are scaled to length one.
        prompt: text put before every sentence.
        precision: of the computation.
        backend: library that runs the computation, None for the encoder's own.
    """

    name: str
    version: str | None = None
    adapter: str = "python"
    source: str | None = None
    revision: str | None = None
    weights_sha256: str | None = None
    settings_sha256: str | None = None
    pooler: str | None = None
    max_length: int | None = None
    normalize: bool = False
    prompt: str | None = None
    precision: str = "float32"
    backend: str | None = None

    @property
    def fingerprint(self) -> str | None:
        """Hexadecimal SHA-256 of all that decides a vector, or None when that is unknown.

        The name, the source and its revision are left out: the weights speak for themselves.
        For an encoder without weights of known content, name and version stand in.
        """
        identity = asdict(self)
        if self.weights_sha256 is None and self.version is None:
            return None
        if self.weights_sha256 is not None:
            for key in ("name", "source", "revision"):
                del identity[key]
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
