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
from benchmark.encoders.text import SEVERAL, Rule, apply_rules, parse_rules, parse_templates
from benchmark.encoders.transformer.backends.backend import (
    BACKENDS,
    Computation,
    Compute,
    decides,
    load_compute,
)
from benchmark.encoders.transformer.dense import DenseFolder
from benchmark.encoders.transformer.hidden import PLAIN, Marks
from benchmark.encoders.transformer.poolers import POOLERS, Pooler
from benchmark.encoders.transformer.templates import (
    TemplateTokens,
    joined,
    parts_of,
    start_mean,
    token_ids,
)
from benchmark.encoders.transformer.tokenizer import load_tokenizer, promised_end, require_known
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
        lower_case: lower-case sentences before the tokenizer (some older folders ask for it).
        steps: what is done to the pooled vectors after they were stored.
        trust_remote_code: allow code that the checkpoint brings.
    """

    checkpoint: Checkpoint
    pooler: Pooler
    card: EncoderCard
    stored_card: EncoderCard
    device: str = "auto"
    lower_case: bool = False
    steps: tuple[DenseFolder | Normalize, ...] = ()
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
        return replace(self, checkpoint=self.checkpoint.absolute(), device=device)

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        """Return token ids with special tokens, cut at the model's limit.

        Raises:
            ModelError: the tokenizer is not the model's, as far as ids can tell.
        """
        texts = [self._prepared(sentence) for sentence in sentences]
        if not texts:
            return TokenizedSentences([], frozenset())
        found = [one.tokenize(texts) for one in self._templates] or [self._tokenized(texts)]
        for one in found:
            require_known(self.checkpoint, self._tokenizer, one.ids)
            self._require_mask(one.ids)
            self._require_end(one.ids)
        return joined(found)

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the pooled vectors of one batch of token id lists of the same length.

        Raises:
            MemoryError: too much for the device.
        """
        if len(self._templates) > 1:
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
        if len(self._templates) > 1:
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

    def _prepared(self, sentence: str) -> str:
        text = apply_rules(self._rules, sentence)
        text = f"{self.card.prompt}{text}" if self.card.prompt else text
        return text.lower() if self.lower_case else text

    def _tokenized(self, texts: list[str]) -> TokenizedSentences:
        ids = token_ids(self._tokenizer, texts)
        limit = self.card.max_length
        long = [place for place, row in enumerate(ids) if limit and len(row) > limit]
        if long:
            some = [texts[place] for place in long]
            cut = token_ids(self._tokenizer, some, truncation=True, max_length=limit)
            for place, row in zip(long, cut, strict=True):
                ids[place] = row
        return TokenizedSentences(ids, frozenset(long))

    @functools.cached_property
    def _rules(self) -> tuple[Rule, ...]:
        return parse_rules(",".join(self.card.rules))

    @functools.cached_property
    def _templates(self) -> tuple[TemplateTokens, ...]:
        """One for each template; none without."""
        text = self.card.template
        if text is None:
            return ()
        return tuple(
            TemplateTokens(self.card.name, self._tokenizer, template, self.card.max_length)
            for template in parse_templates(text.lower() if self.lower_case else text)
        )

    def _require_mask(self, rows: Sequence[Sequence[int]]) -> None:
        mask = self._marks.mask
        if mask is not None and not all(mask in row for row in rows):
            raise self._no_mask(
                "text, as the encoder reads it, has none; give a `template` with one"
            )

    def _no_mask(self, why: str) -> ModelError:
        return ModelError(
            f"{self.card.name}: pooler {self.pooler.name} takes the state of a mask token, and the "
            f"{why}"
        )

    def _require_end(self, rows: Sequence[Sequence[int]]) -> None:
        end = self._end
        if end is not None and any(row[-1:] != [end] for row in rows):
            token = self._tokenizer.convert_ids_to_tokens(end) if end >= 0 else "an end token"
            raise ModelError(
                f"{self.card.name}: pooler {self.pooler.name} takes the last token's state, which "
                f"the tokenizer's files promise to be {token}, and its ids do not end in that; "
                "give a `template` that does, or another `pooler`"
            )

    @functools.cached_property
    def _end(self) -> int | None:
        """The token that texts must end in for this pooler, None if any will do."""
        parts = self.pooler.parts or (self.pooler,)
        if all(part.reduce is not POOLERS["last_token"].reduce for part in parts):
            return None
        return promised_end(self.checkpoint, self._tokenizer)

    @functools.cached_property
    def _marks(self) -> Marks:
        if not self.pooler.needs_template:
            return PLAIN
        if self.pooler.needs_mask and self._tokenizer.mask_token_id is None:
            raise self._no_mask("tokenizer has none; use another `pooler` or `preset`")
        return Marks(
            mask=self._tokenizer.mask_token_id if self.pooler.needs_mask else None,
            copies=self._templates[0].copies if self.pooler.needs_copies else None,
            bare=self._templates[0].bare if self.pooler.needs_bare else None,
        )

    @functools.cached_property
    def _tokenizer(self) -> Any:
        with self.checkpoint.seal.unchanged():
            return load_tokenizer(self.checkpoint, trust_remote_code=self.trust_remote_code)

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
                marks=self._marks,
            )
        )
