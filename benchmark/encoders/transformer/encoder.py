"""Transformer checkpoints: BERT, RoBERTa, MiniLM, DistilBERT, MPNet and their kin."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.device import device_name
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.identity import versions
from benchmark.encoders.protocol import TokenizedSentences
from benchmark.encoders.transformer.backends.backend import (
    BACKENDS,
    Computation,
    Compute,
    decides,
    load_compute,
)
from benchmark.encoders.transformer.dense import LayerFolder
from benchmark.encoders.transformer.poolers import PLAIN, Marks, Pooler
from benchmark.encoders.transformer.tokenizer import load_tokenizer, lower_case, require_known
from benchmark.errors import ModelError
from benchmark.steps import Normalize, Truncate, apply_steps

ADAPTER_VERSION = "1"
"""Raised whenever this adapter would give other vectors for the same files."""

_LOADING_VERSION = "2"
"""Raised whenever what is loaded is checked otherwise: vectors from before are not taken then, for
some are of what is refused now. The signature does not hold it: scores of what is loaded stay."""

_SLICE = 64

_BATCH_TOKENS = {"cpu": 1024, "cuda": 65536, "mps": 16384}
"""Beyond these a batch gains nothing: it leaves a CPU's cache, or fills the device anyway."""


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
        lower_case: whether the tokenizer lower-cases what it is given (some folders ask for it).
        steps: what is done to the pooled vectors after they were stored.
        trust_remote_code: allow code that the checkpoint brings.
    """

    checkpoint: Checkpoint
    pooler: Pooler
    card: EncoderCard
    stored_card: EncoderCard
    device: str = "auto"
    lower_case: bool = False
    steps: tuple[LayerFolder | Normalize | Truncate, ...] = ()
    trust_remote_code: bool = False

    @property
    def batch_tokens(self) -> int:
        """The token budget of a batch that suits the device."""
        return _BATCH_TOKENS[self._device_name]

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

    def replica(self, device: str) -> TransformerEncoder:
        """Return the same encoder for a device, with nothing loaded: for another process.

        Its folder is absolute: a process of a cluster may stand in another one.
        """
        checkpoint = replace(self.checkpoint, folder=self.checkpoint.folder.absolute())
        return replace(self, checkpoint=checkpoint, device=device)

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        """Return token ids with special tokens, cut at the model's limit.

        Raises:
            ModelError: the tokenizer is not the model's, as far as ids can tell.
        """
        texts = [self._prepared(sentence) for sentence in sentences]
        if not texts:
            return TokenizedSentences([], frozenset())
        ids = self._ids(texts)
        limit = self.card.max_length
        long = [place for place, row in enumerate(ids) if limit and len(row) > limit]
        if long:
            cut = self._ids([texts[place] for place in long], truncation=True, max_length=limit)
            for place, row in zip(long, cut, strict=True):
                if limit and len(row) > limit:  # the library's tokenizers then cut nothing
                    raise ModelError(
                        f"{self.card.name}: a `max_length` of {limit} has no room for the special "
                        "tokens"
                    )
                ids[place] = row
        require_known(self.checkpoint, self._tokenizer, ids)
        self._require_mask(ids)
        return TokenizedSentences(ids, frozenset(long))

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the pooled vectors of one batch of token id lists of the same length.

        Raises:
            MemoryError: too much for the device.
        """
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

    def _prepared(self, sentence: str) -> str:
        return f"{self.card.prompt}{sentence}" if self.card.prompt else sentence

    def _ids(self, texts: list[str], **options: Any) -> list[list[int]]:
        encoded = self._tokenizer(
            texts,
            padding=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,
            **options,
        )
        return encoded["input_ids"]  # type: ignore[no-any-return]

    def _require_mask(self, rows: Sequence[Sequence[int]]) -> None:
        mask = self._marks.mask
        if self.pooler.needs_mask and not all(mask in row for row in rows):
            what = (
                "tokenizer has none" if mask is None else "text, as the encoder reads it, has none"
            )
            raise ModelError(
                f"{self.card.name}: pooler {self.pooler.name} takes the state of a mask token, and "
                f"the {what}; give a `template` with one"
            )

    @property
    def _marks(self) -> Marks:
        return Marks(self._tokenizer.mask_token_id) if self.pooler.needs_mask else PLAIN

    @functools.cached_property
    def _tokenizer(self) -> Any:
        with self.checkpoint.seal.unchanged():
            found = load_tokenizer(self.checkpoint, trust_remote_code=self.trust_remote_code)
        if self.lower_case:
            lower_case(found)
        return found

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
                tokenize=lambda sentences: self.tokenize(sentences).ids,
                marks=self._marks,
            )
        )
