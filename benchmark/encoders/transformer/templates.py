"""Sentences within a template, as token ids: cut so that the template stays, its places marked."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.protocol import TokenizedSentences
from benchmark.encoders.text import TOKENS, Filled, Template, fill
from benchmark.encoders.transformer.hidden import Bare, Copies
from benchmark.encoders.transformer.poolers import Pooler
from benchmark.errors import ModelError, UsageError

_BEGINS = 2**30
"""Is added to a token with which another template's part of a row begins."""

_AT_ONCE = 8192
"""Texts that a tokenizer is given in one call."""

_MASK_TAKES_BLANK = "Roberta"
_BLANK_AND_MASK = re.compile(r"\s+\{mask\}")

Rows = Sequence[Sequence[int]]
Start = Callable[[Rows], Callable[[], NDArray[np.float32]]]
"""Starts on a batch of token id lists of one length; what it returns waits for their vectors."""


def require_fitting(pooler: Pooler, templates: Sequence[Template], name: str) -> None:
    """Refuse a pooler that takes of a template what this one does not have.

    Args:
        pooler: that was chosen.
        templates: around the sentence, none or several.
        name: of the encoder.

    Raises:
        UsageError: it does not fit.
    """
    if pooler.needs_copies and (len(templates) != 1 or templates[0].whole):
        raise UsageError(
            f"{name}: pooler {pooler.name} takes the tokens of a copy of the sentence; give one "
            "`template` in pieces, such as {bos}Say:{/}{text}{/}Again:{/}{text}"
        )
    plain = len(templates) == 1 and templates[0].whole and templates[0].copies == 1
    if pooler.needs_bare and not plain:
        raise UsageError(
            f"{name}: pooler {pooler.name} takes the template alone; give one `template` that "
            "holds {text} once, and not in pieces"
        )


@dataclass(frozen=True)
class TemplateTokens:
    """A tokenizer and a template, together what makes token ids of sentences.

    Attributes:
        name: of the encoder.
        tokenizer: of the checkpoint.
        template: around each sentence.
        limit: most tokens, the template's and special ones included; None for no limit.
    """

    name: str
    tokenizer: Any
    template: Template
    limit: int | None

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        """Return token ids of sentences in the template; of the long ones the end is cut.

        Raises:
            ModelError: the tokenizer lacks a token that the template names, the template leaves
                no room for a sentence, or it is not known which tokens are the sentence's.
        """
        return self._whole(sentences) if self.template.whole else self._in_pieces(sentences)

    def shown(self, sentence: str) -> str:
        """Return a sentence in the template, as text."""
        return "".join(fill(piece, sentence, self._named).text for piece in self._texts)

    @property
    def copies(self) -> Copies:
        """Where copies of the sentence lie, in a template of pieces."""
        ids = [piece for piece in self._pieces if piece is not None]
        last = max(place for place, piece in enumerate(self._pieces) if piece is None)
        behind = sum(len(piece or ()) for piece in self._pieces[last + 1 :])
        return Copies(self.template.copies, sum(map(len, ids)), behind)

    @property
    def bare(self) -> Bare:
        """The template alone, as PromptBERT's scripts make it: a blank for the sentence.

        A blank on each side of that and itself become one, as they do there for RoBERTa.
        """
        [piece] = self._texts
        filled = fill(piece, " ", self._named)
        [(start, _)] = filled.spans
        text = filled.text.replace("   ", " ").strip()
        [ids, plain] = self._ids([text])[0], self._ids([text], special=False)[0]
        first = next(
            (at for at in range(len(ids)) if ids[at : at + len(plain)] == plain),
            len(ids) - len(plain),
        )
        before = self._ids([filled.text[:start].strip()], special=False)[0]
        return Bare(tuple(ids), first + len(before))

    def _whole(self, sentences: Sequence[str]) -> TokenizedSentences:
        [piece] = self._texts
        filled = [fill(piece, sentence, self._named) for sentence in sentences]
        ids = self._ids([one.text for one in filled])
        limit = self.limit
        long = [place for place, row in enumerate(ids) if limit and len(row) > limit]
        for place in long:
            ids[place] = self._cut(filled[place])
        return TokenizedSentences(ids, frozenset(long))

    def _cut(self, filled: Filled) -> list[int]:
        """Return as many tokens as may be: all that are not wholly the sentence's, and its first.

        A token of both (the sentence's full stop and the quotation mark behind it) is kept.
        """
        if not getattr(self.tokenizer, "is_fast", False):
            raise ModelError(
                f"{self.name}: a sentence in the template is longer than {self.limit} tokens, and "
                "this tokenizer does not tell which are the sentence's; give a greater `max_length`"
            )
        encoded = self.tokenizer(filled.text, return_offsets_mapping=True, verbose=False)
        ids, places = encoded["input_ids"], encoded["offset_mapping"]
        copies = [
            [at for at, (a, b) in enumerate(places) if start <= a < b <= end]
            for start, end in filled.spans
        ]
        kept = self._room(len(ids) - sum(map(len, copies)))
        cut = {at for copy in copies for at in copy[kept:]}
        return [token for at, token in enumerate(ids) if at not in cut]

    def _in_pieces(self, sentences: Sequence[str]) -> TokenizedSentences:
        texts = self._ids(list(sentences), special=False)
        others = sum(len(piece or ()) for piece in self._pieces)
        rows, long = [], set()
        for place, text in enumerate(texts):
            shown = text
            if self.limit and others + self.template.copies * len(text) > self.limit:
                shown = text[: self._room(others)]
                long.add(place)
            row = [shown if piece is None else piece for piece in self._pieces]
            rows.append([token for piece in row for token in piece])
        return TokenizedSentences(rows, frozenset(long))

    def _room(self, others: int) -> int:
        """Return how many tokens each copy of the sentence may have beside so many others."""
        room = ((self.limit or 0) - others) // self.template.copies
        if room < 1:
            raise ModelError(
                f"{self.name}: the template has {others} tokens, which leaves no room for a "
                f"sentence in {self.limit}; give a greater `max_length` or a shorter `template`"
            )
        return room

    @functools.cached_property
    def _texts(self) -> tuple[str, ...]:
        """The pieces of the template as the tokenizer reads them.

        RoBERTa's mask token takes the white space before it, as its ``tokenizer.json`` says. Of a
        vocabulary without that file, version 5 of the library makes one that does not; the versions
        that the methods' scripts ran with did.
        """
        takes = type(self.tokenizer).__name__.startswith(_MASK_TAKES_BLANK)
        return tuple(
            _BLANK_AND_MASK.sub("{mask}", text) if takes else text for text in self.template.pieces
        )

    @functools.cached_property
    def _pieces(self) -> list[list[int] | None]:
        """Token ids of each piece; None where the sentence goes."""
        filled = [
            None if "{text}" in piece else fill(piece, "", self._named).text
            for piece in self._texts
        ]
        return [None if text is None else self._ids([text], special=False)[0] for text in filled]

    @functools.cached_property
    def _named(self) -> dict[str, str]:
        found = {name: getattr(self.tokenizer, f"{name}_token", None) for name in TOKENS}
        missing = sorted(name for name in self.template.tokens if found[name] is None)
        if missing:
            raise ModelError(
                f"{self.name}: the template holds {{{missing[0]}}}, and the tokenizer has no such "
                "token; use another `template` or `preset`, or another model"
            )
        return {name: token for name, token in found.items() if token is not None}

    def _ids(self, texts: list[str], *, special: bool = True) -> list[list[int]]:
        return token_ids(self.tokenizer, texts, add_special_tokens=special)


def token_ids(tokenizer: Any, texts: list[str], **options: Any) -> list[list[int]]:
    """Return what a tokenizer of the library makes of texts, without padding.

    The library holds some thousand bytes of each text until it gives the ids of all, and a number
    of its own for each token: it is asked for some after the others, and equal ids are one.
    """
    one: dict[int, int] = {}
    rows: list[list[int]] = []
    for start in range(0, len(texts), _AT_ONCE):
        encoded = tokenizer(
            texts[start : start + _AT_ONCE],
            padding=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,
            **options,
        )
        rows += [[one.setdefault(token, token) for token in row] for row in encoded["input_ids"]]
    return rows


def joined(found: Sequence[TokenizedSentences]) -> TokenizedSentences:
    """Return what several templates made of the same sentences as one row for each sentence.

    The first token of each part but the first stands there under a number that no tokenizer gives,
    so that a row has as many tokens as its parts.

    Raises:
        ModelError: one of several made no token at all of a sentence.
    """
    if len(found) == 1:
        return found[0]
    if not all(row for one in found for row in one.ids):
        raise ModelError(
            "one of several templates makes no token of an empty sentence; leave it out"
        )
    rows = [list(row) for row in found[0].ids]
    for one in found[1:]:
        for row, (first, *others) in zip(rows, one.ids, strict=True):
            row += [first + _BEGINS, *others]
    return TokenizedSentences(rows, frozenset[int]().union(*(one.truncated for one in found)))


def parts_of(row: Sequence[int]) -> list[list[int]]:
    """Return what each template made of a sentence, from a row of `joined`."""
    parts: list[list[int]] = [[]]
    for token in row:
        if token >= _BEGINS:
            parts.append([])
        parts[-1].append(token % _BEGINS)
    return parts


def start_mean(start: Start, rows: Rows) -> Callable[[], NDArray[np.float32]]:
    """Start on a batch of `joined` rows; wait for the means of their parts' vectors.

    Rows of one length may have parts of several: each batch that is started has one.
    """
    split = [parts_of(row) for row in rows]
    places: dict[tuple[int, ...], list[int]] = {}
    for place, parts in enumerate(split):
        places.setdefault(tuple(map(len, parts)), []).append(place)
    begun = [
        [start([split[place][part] for place in group]) for part in range(len(lengths))]
        for lengths, group in places.items()
    ]

    def wait() -> NDArray[np.float32]:
        means = [_mean(one() for one in parts) for parts in begun]
        order = np.argsort([place for group in places.values() for place in group])
        return np.concatenate(means)[order]

    return wait


def _mean(vectors: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    mean: NDArray[np.float64] = np.stack(list(vectors)).mean(axis=0, dtype=np.float64)
    return mean.astype(np.float32)
