"""One of two encoders that are compared: how it is asked, and with what changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings import embed
from benchmark.encoders import Encoder, ModelReference, as_encoder, build_encoder, parse_reference
from benchmark.encoders.asked.options import require_possible, require_usual
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.identity import Answerer, answerer
from benchmark.encoders.protocol import TokenEncoder, TokenizedSentences, offers
from benchmark.encoders.raising import answers_for_itself, failure_of, passed_through_others
from benchmark.errors import ModelError
from benchmark.one_line import one_line
from benchmark.options import EncoderOptions
from benchmark.steps import Normalize, fit_on_corpora, sentences_to_fit_on
from benchmark.steps.step import Matrix

Ids = list[int]


@dataclass(frozen=True, slots=True)
class Side:
    """One of two encoders.

    Attributes:
        letter: A or B.
        who: the encoder, and the steps behind it.
        reference: what was named; None for an encoder in memory.
        options: what was asked of it.
    """

    letter: str
    who: Answerer
    reference: ModelReference | None
    options: EncoderOptions

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.reference.called if self.reference else self.who.card.name

    @property
    def card(self) -> EncoderCard:
        """Identity of the encoder with its steps."""
        return self.who.card

    def vectors(self, sentences: Sequence[str]) -> Matrix:
        """Return the (n, d) vectors of n sentences as they would be scored, computed now.

        Raises:
            ModelError: the encoder fails, or gives what is not finite.
        """
        return self._vectors(self.who.encoder, sentences)

    def vectors_of_ids(self, sentences: Sequence[str], change: Callable[[Ids], Ids]) -> Matrix:
        """Return the vectors of sentences whose token ids were changed.

        Raises:
            ModelError: as `vectors`; it takes no token ids; or none are left of a sentence.
        """
        if not offers(self.who.encoder, TokenEncoder):
            raise ModelError(f"{self.name}: takes no token ids")
        return self._vectors(_Changed(self.who.encoder, change), sentences)

    def ids(self, sentences: Sequence[str]) -> list[Ids] | None:
        """Return the token ids that it reads of sentences, None if it does not tell."""
        if not offers(self.who.encoder, TokenEncoder):
            return None
        return self.who.encoder.tokenize(list(sentences)).ids

    def scaled(self) -> Side:
        """Return the same encoder with vectors of length one."""
        return replace(self, who=replace(self.who, steps=(*self.who.steps, Normalize())))

    def plain(self, pooler: str | None = None) -> Side | None:
        """Return the same model in torch and float32; None for what computes in its own way.

        Args:
            pooler: another one; None for its own.

        Raises:
            BenchmarkError: the model does not give what this pooler takes.
        """
        if self.reference is None or self.card.adapter != "transformers":
            return None
        chosen = self.options.pooler if pooler is None else pooler
        options = replace(self.options, pooler=chosen, backend="torch", precision="float32")
        return side_of(self.letter, self.reference, options)

    def within(self, template: str) -> Side | None:
        """Return the same model, each sentence in a template; None for what reads in its own way.

        Args:
            template: the sentence, and what stands around it and a prompt.

        Raises:
            BenchmarkError: its tokenizer does not have what the template names.
        """
        card = self.card
        if self.reference is None or card.adapter != "transformers" or card.template is not None:
            return None
        prompt = card.prompt or ""
        if "{" in prompt or not card.include_prompt:
            return None
        whole = template.replace("{text}", f"{prompt}{{text}}")
        options = replace(self.options, template=whole, prompt=None, prompt_name=None)
        return side_of(self.letter, self.reference, options)

    def _vectors(self, encoder: Encoder, sentences: Sequence[str]) -> Matrix:
        try:
            steps = self.who.steps
            embeddings = embed(encoder, [*sentences, *sentences_to_fit_on(steps)])
            fitted = fit_on_corpora(steps, embeddings.__getitem__)
            found = embeddings.after(fitted, sentences)[sentences]
        except BaseException as error:
            raise failure_of(self.name, error, theirs=passed_through_others(error)) from error
        wrong = np.flatnonzero(~np.isfinite(found).all(axis=1))
        if len(wrong):
            text = one_line(repr(sentences[wrong[0]]))[:60]
            raise ModelError(f"{self.name}: the vector of {text} is not finite")
        return found


@dataclass(frozen=True, slots=True)
class _Changed:
    """An encoder whose token ids are changed before it reads them."""

    encoder: TokenEncoder
    change: Callable[[Ids], Ids]

    @property
    def card(self) -> EncoderCard:
        return self.encoder.card

    @property
    def batch_tokens(self) -> int:
        return self.encoder.batch_tokens

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        ids = [self.change(list(row)) for row in self.encoder.tokenize(sentences).ids]
        return TokenizedSentences(ids, frozenset())

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        return self.encoder.encode_tokens(rows)

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        return self.encoder.encode(sentences)


def side_of(letter: str, model: str | ModelReference | Any, options: EncoderOptions) -> Side:
    """Return one side of a comparison.

    Args:
        letter: A or B.
        model: as for `benchmark.evaluate`; of a model with a checkpoint for each kind of task, that
            for similarity.
        options: what is asked of it.

    Raises:
        UsageError, ModelError: unknown, not found, not supported, or the options do not fit.
    """
    if not isinstance(model, str | ModelReference):
        require_usual(options, "an encoder in memory")
        encoder = as_encoder(model)
        with answers_for_itself(encoder.card.name):
            return Side(letter, answerer(encoder), None, options)
    require_possible(options)
    reference = parse_reference(model, options.revision) if isinstance(model, str) else model
    encoder = build_encoder(reference, reference.checkpoint("sts"), options)
    with answers_for_itself(encoder.card.name):
        return Side(letter, answerer(encoder), reference, options)


@contextmanager
def unheard() -> Iterator[None]:
    """Let nobody hear what building and asking an encoder says, which trials do again and again."""
    logger = logging.getLogger("benchmark")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
