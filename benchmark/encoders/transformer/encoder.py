"""Transformer checkpoints: BERT, RoBERTa, MiniLM, DistilBERT, MPNet and their kin."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.device import device_name
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.identity import versions
from benchmark.encoders.protocol import EncoderInput, TokenizedSentences
from benchmark.encoders.text import SEVERAL
from benchmark.encoders.transformer.backends.backend import (
    BACKENDS,
    Computation,
    Compute,
    decides,
    load_compute,
)
from benchmark.encoders.transformer.dense import LayerFolder
from benchmark.encoders.transformer.poolers import (
    POOLERS,
    Pooler,
    pooler_by_name,
    side_by_side,
)
from benchmark.encoders.transformer.prompts import Prompts
from benchmark.encoders.transformer.reading import Reading
from benchmark.encoders.transformer.templates import parts_of, start_mean
from benchmark.encoders.transformer.width import width_of
from benchmark.errors import ModelError
from benchmark.steps import Normalize, Truncate, apply_steps

ADAPTER_VERSION = "1"
"""Raised whenever this adapter would give other vectors for the same files."""

_VERSION_OF_SOME = "2"

_LOADING_VERSION = "3"
"""Raised whenever what is loaded is checked otherwise: vectors from before are not taken then, for
some are of what is refused now. The signature does not hold it: scores of what is loaded stay."""

_SLICE = 64

_BATCH_TOKENS = {"cpu": 1024, "cuda": 65536, "mps": 16384}
"""Beyond these a batch gains nothing: it leaves a CPU's cache, or fills the device anyway."""


def adapter_version(*, lower_case: bool, precision: str) -> str:
    """Return the version of this adapter for an encoder: what changed for some alone.

    With version 2 the tokenizer lower-cases, which leaves special tokens in a text alone, and
    weights are read in 16 bits as their library reads them, which keeps rotations in 32.
    """
    changed = lower_case or precision in ("bfloat16", "float16")
    return _VERSION_OF_SOME if changed else ADAPTER_VERSION


@dataclass(frozen=True)
class TransformerEncoder:
    """A transformer from a folder, pooled in one of the named ways.

    Nothing heavy happens before the first sentence: the card comes from the files alone.

    Attributes:
        checkpoint: the folder.
        pooler: how token vectors become a sentence vector.
        card: identity, see `EncoderCard`.
        stored_card: identity of the pooled vectors, before any step.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        lower_case: have the tokenizer lower-case all text (some older folders ask for it).
        prompts: that the folder brings.
        steps: what is done to the pooled vectors after they were stored.
        trust_remote_code: allow code that the checkpoint brings.
    """

    checkpoint: Checkpoint
    pooler: Pooler
    card: EncoderCard
    stored_card: EncoderCard
    device: str = "auto"
    lower_case: bool = False
    prompts: Prompts = field(default_factory=Prompts, compare=False)
    steps: tuple[LayerFolder | Normalize | Truncate, ...] = ()
    trust_remote_code: bool = False

    @property
    def batch_tokens(self) -> int:
        """The token budget of a batch that suits the device; templates are computed in turn."""
        several = (self.card.template or "").count(SEVERAL) + 1
        return several * _BATCH_TOKENS[self._device_name]

    @property
    def computes_on(self) -> str:
        """The kind of device in use, for the record."""
        return self._device_name

    @property
    def computed_with(self) -> dict[str, str]:
        """The device, and the libraries that tokenize and compute."""
        return {
            "device": self._device_name,
            "loading": _LOADING_VERSION,
            **decides(self._backend, self.card.precision),
            **versions(("tokenizers",)),
        }

    @property
    def vector_width(self) -> int | None:
        """How long its vectors are, own steps included; None where the configuration tells not."""
        return width_of(self.checkpoint.config(), self.pooler, self.steps)

    def load(self) -> None:
        """Load tokenizer and weights now instead of at the first sentence.

        Raises:
            ModelError: they cannot be loaded, or the checkpoint lacks what the pooler needs.
            UsageError: the device is not there.
        """
        _ = self._compute, self._tokenizer
        for step in self.steps:
            if isinstance(step, LayerFolder):
                step.load()

    def load_tokenizer(self) -> bool:
        """Load what `tokenize` needs; return whether it may be called while `load` runs.

        An export asks the tokenizer itself, a checkpoint's own code may do anything, and a
        tokenizer in Python would only take turns with loading. What cannot be read is told when
        it is needed: after weights that cannot be loaded.
        """
        if self._backend != "torch" or self.trust_remote_code:
            return False
        try:
            return bool(self._reading.tokenizer.is_fast and self._reading.marks)
        except ModelError:
            return False

    def replica(self, device: str) -> TransformerEncoder:
        """Return the same encoder for a device, with nothing loaded: for another process.

        Its folder is absolute: a process of a cluster may stand in another one.
        """
        return replace(self, checkpoint=self.checkpoint.absolute(), device=device)

    @property
    def poolers(self) -> tuple[str, ...]:
        """Its own pooler, then the entries of the table that mean something with its texts.

        A mask, or copies of the sentence, are there only where its own pooler needs them.
        """
        own = self.pooler
        others = (
            entry.name
            for entry in POOLERS.values()
            if own.needs_mask >= entry.needs_mask and own.needs_copies >= entry.needs_copies
        )
        return tuple(dict.fromkeys([own.name, *others]))

    def pooled(self, *poolers: str) -> TransformerEncoder:
        """Return the same encoder with another pooler, nothing loaded; or with several at once.

        Several share one pass over the layers; their vectors come one behind the other, and its
        card names them all.

        Raises:
            UsageError: there is no such pooler.
        """
        named = [pooler_by_name(name) for name in poolers]
        pooler = named[0] if len(named) == 1 else side_by_side(named)
        steps = self.card.pooler.removeprefix(self.pooler.name) if self.card.pooler else ""
        return replace(
            self,
            pooler=pooler,
            card=replace(self.card, pooler=f"{pooler.name}{steps}"),
            stored_card=replace(self.stored_card, pooler=pooler.name),
        )

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        """Return token ids with special tokens, cut at the model's limit.

        Raises:
            ModelError: the tokenizer is not the model's, as far as ids can tell.
        """
        return self._reading.tokenize(sentences)

    def input_of(self, sentence: str) -> EncoderInput:
        """Return what becomes of a sentence before it is computed with; no weights are loaded.

        Raises:
            ModelError: the tokenizer cannot be loaded, or the text lacks what the pooler needs.
        """
        return self._reading.input_of(sentence)

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the pooled vectors of one batch of token id lists of the same length.

        Raises:
            MemoryError: too much for the device.
        """
        if len(self._reading.templates) > 1:
            return start_mean(self._compute.start, rows)()
        return self._compute(rows)

    @property
    def overlaps(self) -> bool:
        """Whether the device works alone while the next batch is made ready."""
        return self._device_name in BACKENDS[self._backend].overlaps_on

    @property
    def streams(self) -> int:
        """How many threads should compute batches at once."""
        return self._compute.streams

    def enter_stream(self) -> None:
        """Make the calling thread ready to compute beside others."""
        self._compute.enter_stream()

    def leave_streams(self) -> None:
        """Give threads to come the whole CPU again."""
        self._compute.leave_streams()

    def start_tokens(self, rows: Sequence[Sequence[int]]) -> Callable[[], NDArray[np.float32]]:
        """Start on a batch like that of `encode_tokens`; return what waits for its vectors.

        Raises:
            MemoryError: too much for the device; waiting may raise it too.
        """
        if len(self._reading.templates) > 1:
            return start_mean(self._compute.start, rows)
        return self._compute.start(rows)

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Return the (n, d) float32 vectors of sentences, in their order, with all steps applied.

        Sentences of equal length share a batch, so that none is padded; one without any token
        is pooled to the zero vector. For many sentences `benchmark.embeddings.embed` is the fast
        road to what the steps are applied to.
        """
        ids = self.tokenize(sentences).ids
        if not ids:
            return np.empty((0, 0), np.float32)
        by_length: dict[int, list[int]] = {}
        for place, row in enumerate(ids):
            by_length.setdefault(len(row), []).append(place)
        empty = by_length.pop(0, [])
        batches = [
            places[start : start + _SLICE]
            for places in by_length.values()
            for start in range(0, len(places), _SLICE)
        ]
        found = [self.encode_tokens([ids[place] for place in batch]) for batch in batches]
        if empty:  # any token tells the width
            some = found[0] if found else self.encode_tokens([[0]])
            found.append(np.zeros((len(empty), some.shape[1]), np.float32))
            batches.append(empty)
        pooled = np.concatenate(found)[np.argsort(np.concatenate(batches))]
        return apply_steps(self.steps, pooled)

    @functools.cached_property
    def _reading(self) -> Reading:
        return Reading(
            self.checkpoint,
            self.card,
            self.pooler,
            self.prompts,
            self.lower_case,
            self.trust_remote_code,
        )

    @property
    def _tokenizer(self) -> Any:
        return self._reading.tokenizer

    @property
    def _has_fixed_weights(self) -> bool:
        return True

    @property
    def _backend(self) -> str:
        return self.card.backend or "torch"

    @functools.cached_property
    def _device_name(self) -> str:
        return device_name(self.device)

    @functools.cached_property
    def _compute(self) -> Compute:
        return load_compute(
            Computation(
                self.checkpoint,
                self.pooler,
                self.stored_card,
                device=self.device,
                trust_remote_code=self.trust_remote_code,
                tokenize=lambda sentences: [
                    part for row in self.tokenize(sentences).ids for part in parts_of(row)
                ],
                marks=self._reading.marks,
                fixed=self._has_fixed_weights,
            )
        )
