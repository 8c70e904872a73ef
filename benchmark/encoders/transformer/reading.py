"""From sentences to token ids: rules of text, prompt or template, tokenizer, limit."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.protocol import EncoderInput, InputToken, TokenizedSentences
from benchmark.encoders.text import Rule, apply_rules, parse_rules, parse_templates
from benchmark.encoders.transformer.hidden import PLAIN, Marks, pooled_places
from benchmark.encoders.transformer.poolers import POOLERS, Pooler
from benchmark.encoders.transformer.prompts import Prompts
from benchmark.encoders.transformer.templates import TemplateTokens, joined, token_ids
from benchmark.encoders.transformer.tokenizer import (
    load_tokenizer,
    lower_case,
    promised_end,
    require_known,
)
from benchmark.errors import ModelError


@dataclass(frozen=True)
class Reading:
    """What becomes of a sentence before a transformer computes; nothing is loaded before it is due.

    Attributes:
        checkpoint: has the tokenizer.
        card: has prompt, template, rules and limit.
        pooler: which some tokens are there for.
        prompts: that the folder brings.
        lower_case: have the tokenizer lower-case all text (some older folders ask for it).
        trust_remote_code: allow code that the checkpoint brings.
    """

    checkpoint: Checkpoint
    card: EncoderCard
    pooler: Pooler
    prompts: Prompts
    lower_case: bool
    trust_remote_code: bool

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        """Return token ids with special tokens, cut at the model's limit.

        Raises:
            ModelError: the tokenizer is not the model's, as far as ids can tell, or a text lacks
                what the pooler needs.
        """
        texts = [self._prepared(sentence) for sentence in sentences]
        if not texts:
            return TokenizedSentences([], frozenset())
        found = [one.tokenize(texts) for one in self.templates] or [self._tokenized(texts)]
        for one in found:
            require_known(self.checkpoint, self.tokenizer, one.ids)
            self._require_mask(one.ids)
            self._require_end(one.ids)
        return joined(found)

    def input_of(self, sentence: str) -> EncoderInput:
        """Return what becomes of a sentence before it is computed with; no weights are loaded.

        Of several templates all are shown, one behind the other.

        Raises:
            ModelError: the tokenizer cannot be loaded, or the text lacks what the pooler needs.
        """
        text = self._prepared(sentence)
        if self.templates:
            shown = " | ".join(one.shown(text) for one in self.templates)
            rows = [one.tokenize([text]).ids[0] for one in self.templates]
            whole = [replace(one, limit=None).tokenize([text]).ids[0] for one in self.templates]
        else:
            shown, rows, whole = text, self._tokenized([text]).ids, self._ids([text])
        self._require_mask(rows)
        return EncoderInput(
            sentence,
            self.card.prompt,
            self.prompts.by_name,
            shown,
            tuple(token for row in rows for token in self._shown(row)),
            cut=sum(map(len, whole)) - sum(map(len, rows)),
            templates=len(rows),
        )

    @functools.cached_property
    def tokenizer(self) -> Any:
        """The tokenizer of the checkpoint.

        Raises:
            ModelError: it cannot be loaded.
        """
        with self.checkpoint.seal.unchanged():
            tokenizer = load_tokenizer(self.checkpoint, trust_remote_code=self.trust_remote_code)
        if self.lower_case:
            lower_case(tokenizer)
        return tokenizer

    @functools.cached_property
    def templates(self) -> tuple[TemplateTokens, ...]:
        """One for each template; none without."""
        text = self.card.template
        if text is None:
            return ()
        return tuple(
            TemplateTokens(self.card.name, self.tokenizer, template, self.card.max_length)
            for template in parse_templates(text)
        )

    @functools.cached_property
    def marks(self) -> Marks:
        """What the pooler must know of all this.

        Raises:
            ModelError: the tokenizer has no mask token, and the pooler takes its state.
        """
        pooler, skipped = self.pooler, self._skipped
        if not pooler.needs_template and not skipped:
            return PLAIN
        mask = self.tokenizer.mask_token_id if pooler.needs_mask else None
        if pooler.needs_mask and mask is None:
            raise self._no_mask("tokenizer has none; use another `pooler` or `preset`")
        return Marks(
            mask,
            skipped,
            self.templates[0].copies if pooler.needs_copies else None,
            self.templates[0].bare if pooler.needs_bare else None,
        )

    def _prepared(self, sentence: str) -> str:
        text = apply_rules(self._rules, sentence)
        return f"{self.card.prompt}{text}" if self.card.prompt else text

    @functools.cached_property
    def _rules(self) -> tuple[Rule, ...]:
        return parse_rules(",".join(self.card.rules))

    def _tokenized(self, texts: list[str]) -> TokenizedSentences:
        self._require_room()
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
        return TokenizedSentences(ids, frozenset(long))

    def _ids(self, texts: list[str], **options: Any) -> list[list[int]]:
        return token_ids(self.tokenizer, texts, **options)

    def _shown(self, row: Sequence[int]) -> list[InputToken]:
        pooled = pooled_places(self.pooler, row, self.marks) if row else frozenset()
        special = set(self.tokenizer.all_special_ids)
        names = self.tokenizer.convert_ids_to_tokens(list(row))
        return [
            InputToken(str(name), token, token in special, place in pooled)
            for place, (name, token) in enumerate(zip(names, row, strict=True))
        ]

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
        ends = self._prompt_ids[-1] in self.tokenizer.all_special_ids
        return len(self._prompt_ids) - ends

    def _require_mask(self, rows: Sequence[Sequence[int]]) -> None:
        mask, skipped = self.marks.mask, self.marks.skipped
        if mask is not None and not all(mask in row[skipped:] for row in rows):
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
            token = self.tokenizer.convert_ids_to_tokens(end) if end >= 0 else "an end token"
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
        return promised_end(self.checkpoint, self.tokenizer)
