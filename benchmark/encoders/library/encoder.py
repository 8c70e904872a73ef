"""A folder whose vectors the library sentence-transformers computes, module by module."""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.device import choose_device, device_name
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.identity import version_of, versions
from benchmark.encoders.library.batches import encode_by_length
from benchmark.encoders.library.folder import LibraryFolder
from benchmark.encoders.raising import fails_in_one_line
from benchmark.errors import UsageError

logger = logging.getLogger(__name__)

LIBRARY = "sentence-transformers"

_ADAPTER_VERSION = "1"
"""Raised whenever this adapter would give other vectors for the same files and libraries."""


def adapter_version() -> str:
    """Return what decides beside the files, for a card: the library is not ours to describe."""
    return f"{_ADAPTER_VERSION}+{version_of(LIBRARY)}+transformers-{version_of('transformers')}"


def computed_with(device: str) -> dict[str, str]:
    """Return the kind of device, and the versions of the libraries that compute."""
    return {"device": device, **versions((LIBRARY, "tokenizers", "torch", "transformers"))}


@dataclass(frozen=True)
class LibraryEncoder:
    """A model of the library, from a folder.

    Nothing heavy happens before the first sentence: the card comes from the files alone.

    Attributes:
        checkpoint: the folder of the whole model.
        asked: what the folder asks for.
        card: identity, see `EncoderCard`.
        max_length: limit in tokens that was asked for; None for the model's own.
        device: ``auto``, or a name of torch.
        trust_remote_code: allow code that the folder brings.
    """

    checkpoint: Checkpoint
    asked: LibraryFolder
    card: EncoderCard
    max_length: int | None = None
    device: str = "auto"
    trust_remote_code: bool = False

    @property
    def computation(self) -> str:
        """What makes the vectors, in words for a line of the log."""
        prompt = f"with the prompt {self.card.prompt!r}" if self.card.prompt else "without a prompt"
        return f"{self.card.pooler} is computed by {LIBRARY} {version_of(LIBRARY)}, {prompt}"

    @property
    def computes_on(self) -> str:
        """The kind of device in use, for the record."""
        return device_name(self.device)

    @property
    def computed_with(self) -> dict[str, str]:
        """The device, and the libraries that tokenize and compute."""
        return computed_with(self.computes_on)

    def load(self) -> None:
        """Load the model now instead of at the first sentence.

        Raises:
            ModelError: it cannot be loaded, or its weights are not all of the files.
            UsageError: the device is not there, or the model has no limit in tokens.
        """
        _ = self._model

    def replica(self, device: str) -> LibraryEncoder:
        """Return the same encoder for a device, with nothing loaded: for another process.

        Its folder is absolute: a process of a cluster may stand in another one.
        """
        checkpoint = replace(self.checkpoint, folder=self.checkpoint.folder.absolute())
        return replace(self, checkpoint=checkpoint, device=device)

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Return the (n, d) float32 vectors that the library gives sentences, in their order.

        Raises:
            MemoryError: one sentence is too much for the device.
            ModelError: the library fails on them.
        """
        model, card = self._model, self.card
        with fails_in_one_line(f"{card.name}: {LIBRARY}"):
            return encode_by_length(model, sentences, card.prompt or "", card.encode_as)

    @functools.cached_property
    def _model(self) -> Any:
        from benchmark.encoders.library.weights import load_by_library

        model = load_by_library(
            self.checkpoint,
            self.asked,
            self.card.precision,
            trust_remote_code=self.trust_remote_code,
        )
        if self.max_length is not None:
            self._shorten(model, self.max_length)
        elif self.card.max_length not in (None, model.max_seq_length):
            logger.warning(
                "%s: the library cuts at %s tokens, where the files say %s",
                *(self.card.name, model.max_seq_length, self.card.max_length),
            )
        return model.to(choose_device(self.device))

    def _shorten(self, model: Any, asked: int) -> None:
        own = model.max_seq_length
        if own is None or own == math.inf:
            raise UsageError(f"`max_length` {asked}: {self.card.name} has no limit in tokens")
        if asked > own:
            raise UsageError(f"`max_length` {asked}: {self.card.name} takes at most {own} tokens")
        model.max_seq_length = asked
