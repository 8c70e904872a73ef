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
from benchmark.encoders.protocol import EncoderInput, InputToken, TokenizedSentences
from benchmark.encoders.transformer.backends.backend import (
    BACKENDS,
    Computation,
    Compute,
    decides,
    load_compute,
)
from benchmark.encoders.transformer.dense import DenseFolder
from benchmark.encoders.transformer.hidden import Marks, pooled_places
from benchmark.encoders.transformer.poolers import Pooler
from benchmark.encoders.transformer.prompts import Prompts
from benchmark.encoders.transformer.tokenizer import load_tokenizer, lower_all, require_known
from benchmark.errors import ModelError
from benchmark.steps import Normalize, apply_steps

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
        lower_case: have the tokenizer lower-case all text (some older folders ask for it).
        prompts: that the model brings, whichever of them is used.
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
    steps: tuple[DenseFolder | Normalize, ...] = ()
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
            if isinstance(step, DenseFolder):
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
        found = self._tokenized(texts)
        require_known(self.checkpoint, self._tokenizer, found.ids)
        self._require_mask(found.ids)
        return found

    def input_of(self, sentence: str) -> EncoderInput:
        """Return what becomes of a sentence before it is computed with; no weights are loaded.

        Raises:
            ModelError: the tokenizer cannot be loaded, or the text lacks what the pooler needs.
        """
        text = self._prepared(sentence)
        [row] = ids = self._tokenized([text]).ids
        self._require_mask(ids)
        pooled = pooled_places(self.pooler, row, self._marks) if row else frozenset()
        special = set(self._tokenizer.all_special_ids)
        names = self._tokenizer.convert_ids_to_tokens(row)
        return EncoderInput(
            sentence,
            self.card.prompt,
            self.prompts.by_name,
            text,
            tuple(
                InputToken(str(name), token, token in special, place in pooled)
                for place, (name, token) in enumerate(zip(names, row, strict=True))
            ),
            cut=len(self._ids([text])[0]) - len(row),
        )

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

    def _tokenized(self, texts: list[str]) -> TokenizedSentences:
        self._require_room()
        ids = self._ids(texts)
        limit = self.card.max_length
        long = [place for place, row in enumerate(ids) if limit and len(row) > limit]
        if long:
            cut = self._ids([texts[place] for place in long], truncation=True, max_length=limit)
            for place, row in zip(long, cut, strict=True):
                ids[place] = row
        return TokenizedSentences(ids, frozenset(long))

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

    def _require_room(self) -> None:
        """Refuse a prompt that is cut itself: nothing of the sentences would tell them apart."""
        limit, tokens = self.card.max_length, len(self._prompt_ids)
        if limit and tokens > limit:
            raise ModelError(
                f"{self.card.name}: its prompt alone has {tokens:,} tokens, and texts are cut at "
                f"{limit:,}; give a shorter `prompt`"
            )

    @functools.cached_property
    def _prompt_ids(self) -> list[int]:
        return self._ids([self.card.prompt])[0] if self.card.prompt else []

    @functools.cached_property
    def _skipped(self) -> int:
        """How many tokens the pooler leaves out: as many as the prompt has by itself.

        As sentence-transformers counts them, with the special tokens before it and without one
        that ends it; where the prompt's last characters make a token with the sentence's first
        ones, that one may be among them.
        """
        if self.card.include_prompt or not self.card.prompt:
            return 0
        if not self._prompt_ids:
            raise ModelError(
                f"{self.card.name}: its prompt has no token, so that there is none to leave out "
                "of the pooling (include_prompt); give another `prompt`"
            )
        ends = self._prompt_ids[-1] in self._tokenizer.all_special_ids
        return len(self._prompt_ids) - ends

    def _require_mask(self, rows: Sequence[Sequence[int]]) -> None:
        mask, skipped = self._marks.mask, self._marks.skipped
        if self.pooler.needs_mask and not all(mask in row[skipped:] for row in rows):
            what = (
                "tokenizer has none" if mask is None else "text, as the encoder reads it, has none"
            )
            raise ModelError(
                f"{self.card.name}: pooler {self.pooler.name} takes the state of a mask token, and "
                f"the {what}; give a `template` with one"
            )

    @property
    def _marks(self) -> Marks:
        mask = self._tokenizer.mask_token_id if self.pooler.needs_mask else None
        return Marks(mask, self._skipped)

    @functools.cached_property
    def _tokenizer(self) -> Any:
        with self.checkpoint.seal.unchanged():
            tokenizer = load_tokenizer(self.checkpoint, trust_remote_code=self.trust_remote_code)
        if self.lower_case:
            lower_all(self.checkpoint, tokenizer)
        return tokenizer

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
