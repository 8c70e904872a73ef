"""The interface of OpenAI, which vLLM, llama.cpp, LM Studio, Infinity and many others have, too.

``POST /embeddings`` with ``model``, ``input`` and ``encoding_format`` gives ``data``: rows with
``index`` and ``embedding``; ``GET /models`` lists what there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from benchmark.encoders.asked.catalogue import CatalogueModel, Service
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.served.address import OPENAI, ServedModel, model_of
from benchmark.encoders.served.client import Client, Refused
from benchmark.encoders.served.encoder import LIMITS, ServedEncoder
from benchmark.encoders.served.identity import first_attempts, identified, settings_of
from benchmark.encoders.served.rows import name_in, ordered_by_index
from benchmark.encoders.served.words import with_text
from benchmark.errors import ModelError, UsageError
from benchmark.foreign import shown
from benchmark.options import EncoderOptions
from benchmark.suggestions import did_you_mean

ADAPTER_VERSION = "1"

KEY = "OPENAI_API_KEY"

_SAYS = ("owned_by", "root", "max_model_len", "meta")
"""What servers tell of a model that stays the same as long as it is the same: vLLM the folder of
its weights and its limit, llama.cpp its sizes. (``created`` is, with some, the time of day.)"""

_CUT = 0.99999
"""Least cosine of two texts that are the same where they are cut."""


@dataclass(frozen=True, slots=True)
class OpenAI:
    """How a service with this interface is asked.

    Attributes:
        model: the name that the service has for it.
        max_length: tokens at which the service is to cut: vLLM does, others do not know the field.
    """

    model: str
    max_length: int | None = None

    path = "/embeddings"

    def body(self, sentences: Sequence[str]) -> dict[str, Any]:
        """Return the request: for numbers, which every server knows to give."""
        cut = {} if self.max_length is None else {"truncate_prompt_tokens": self.max_length}
        return {
            "model": self.model,
            "input": list(sentences),
            "encoding_format": "float",
            **cut,
        }

    def rows(self, answer: Any, sentences: int) -> list[Any]:
        """Return the embeddings in the order of their index."""
        data = answer.get("data") if isinstance(answer, dict) else answer
        return [row.get("embedding") for row in ordered_by_index(data, sentences)]

    def called(self, answer: Any) -> str | None:
        """Return ``model``; some give another name than they were asked by."""
        return name_in(answer)


def openai_encoder(
    service: Service, model: CatalogueModel | None, options: EncoderOptions
) -> ServedEncoder:
    """Return the encoder that ``MODEL@ADDRESS`` names, once it has said who it is.

    Raises:
        UsageError: that is no model, or no address.
        ModelError: it cannot be asked, or does not have the model.
    """
    meant = model_of("openai", service.address)
    name = service.name if model else meant.model
    client = Client.of(name, meant, KEY)
    if meant.address == OPENAI:
        client.require_key()
    says = _listed(client, meant)
    card = EncoderCard(
        name,
        version=ADAPTER_VERSION,
        adapter="openai",
        source=f"openai:{meant.model}@{meant.address}",
        settings_sha256=settings_of(says) if says else None,
        max_length=options.max_length,
        precision="unknown",
        backend=says.get("owned_by"),
    )
    card = with_text(card, model, options)
    _require_within(options.max_length, says.get("max_model_len"), name)
    dialect = OpenAI(meant.model, options.max_length)
    encoder = identified(ServedEncoder(card, LIMITS, client, dialect))
    if options.max_length is not None:
        _require_cut(encoder, options.max_length)
    if encoder.called not in (None, meant.model):
        return replace(encoder, card=replace(encoder.card, revision=encoder.called))
    return encoder


def _listed(client: Client, meant: ServedModel) -> dict[str, Any]:
    """Return what the service tells of the model; nothing where it has no list, or it is not there.

    A service with a single model gives that one whatever is asked for: another name is refused.
    """
    try:
        answer = first_attempts(client.name, LIMITS).answer(lambda: client.get("/models"), "models")
    except Refused:  # it has no such page, or not for this key
        return {}
    rows = answer.get("data") if isinstance(answer, dict) else None
    listed = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    names = [str(row.get("id")) for row in listed]
    if meant.model in names:
        row = listed[names.index(meant.model)]
        return {key: str(row[key]) for key in _SAYS if row.get(key) is not None}
    if len(names) == 1:
        meaning = did_you_mean(meant.model, names) or f"; it has {names[0]} alone"
        raise ModelError(f"{client.address} has no model {shown(meant.model)}{meaning}")
    return {}


def _require_within(asked: int | None, limit: str | None, name: str) -> None:
    if asked and limit and limit.isdecimal() and len(limit) < 10 and asked > int(limit):
        raise UsageError(f"`max_length` {asked}: {name} takes at most {limit} tokens")


def _require_cut(encoder: ServedEncoder, tokens: int) -> None:
    """Refuse a service that does not cut where it was told to: most pass over the field in silence.

    A word has a token at least. Two texts that share so many words at their beginning are one text
    when they are cut there, and have one vector.

    Raises:
        ModelError: they have not.
    """
    begin = "word " * tokens
    ends = "a cat sat by the sea " * tokens, "no bank ever raised its rates " * tokens
    attempts = first_attempts(encoder.card.name, LIMITS)
    try:
        one, other = (
            attempts.answer(partial(encoder.encode, [begin + end]), end)[0] for end in ends
        )
    except ModelError as error:
        raise ModelError(f"{error}; it was told to cut at `max_length` {tokens}") from None
    cosine = one @ other / np.sqrt((one @ one) * (other @ other))
    if not cosine > _CUT:
        raise ModelError(
            f"{encoder.card.name}: `max_length` {tokens}: the service does not cut there; leave it "
            "out, or ask vLLM, which knows `truncate_prompt_tokens`"
        )
