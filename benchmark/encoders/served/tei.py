"""Hugging Face's Text Embeddings Inference: ``/info`` says what it serves, ``/embed`` serves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmark.encoders.asked.catalogue import CatalogueModel, Service
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.served.address import model_of
from benchmark.encoders.served.client import Client
from benchmark.encoders.served.encoder import LIMITS, ServedEncoder
from benchmark.encoders.served.identity import first_attempts, identified, settings_of
from benchmark.encoders.served.rows import require_rows
from benchmark.encoders.served.words import with_text
from benchmark.errors import ModelError
from benchmark.foreign import Fields
from benchmark.options import EncoderOptions

ADAPTER_VERSION = "1"

KEY = "TEI_API_KEY"

_SAYS = ("model_id", "model_sha", "model_dtype", "model_type", "max_input_length", "version", "sha")
"""What of ``/info`` decides vectors: the model, its form, its limit, the program. (The rest are
numbers of requests and threads.)"""


@dataclass(frozen=True, slots=True)
class Tei:
    """How it is asked: it cuts what is too long, and scales vectors to length one.

    It would refuse what is too long otherwise, or cut it, as it was started; and scale, unless it
    is told not to. Both are said so that neither depends on that.
    """

    path = "/embed"

    def body(self, sentences: Sequence[str]) -> dict[str, Any]:
        """Return the request."""
        return {"inputs": list(sentences), "truncate": True, "normalize": True}

    def rows(self, answer: Any, sentences: int) -> list[Any]:
        """Return the vectors, which come in order."""
        return require_rows(answer, sentences)

    def called(self, answer: Any) -> str | None:
        """An answer holds no name."""


def tei_encoder(
    service: Service, model: CatalogueModel | None, options: EncoderOptions
) -> ServedEncoder:
    """Return the encoder that an address names, once it has said who it is.

    Raises:
        UsageError: that is no address.
        ModelError: it cannot be asked, or serves no encoder.
    """
    meant = model_of("tei", service.address)
    client = Client.of(service.name if model else meant.address, meant, KEY)
    info = first_attempts(client.name, LIMITS).answer(lambda: client.get("/info"), "info")
    if not isinstance(info, dict):
        raise ModelError(f"{client.name}: /info tells of no model")
    says = Fields(Path("/info"), info, ModelError)
    identifier = says.text("model_id")
    if not identifier:
        raise ModelError(f"{client.name}: /info tells of no model")
    name = service.name if model else identifier
    version = says.text("version")
    card = EncoderCard(
        name,
        version=ADAPTER_VERSION,
        adapter="tei",
        source=f"tei:{identifier}@{meant.address}",
        revision=says.text("model_sha"),
        settings_sha256=settings_of({key: info.get(key) for key in _SAYS}),
        pooler=_pooling(says, client.name),
        max_length=says.number("max_input_length", least=1),
        precision=says.text("model_dtype") or "unknown",
        backend=f"tei {version}" if version else "tei",
    )
    card = with_text(card, model, options)
    most = min(LIMITS.sentences, says.number("max_client_batch_size", least=1) or LIMITS.sentences)
    limits = replace(LIMITS, sentences=most)
    return identified(ServedEncoder(card, limits, replace(client, name=name), Tei()))


def _pooling(says: Fields, name: str) -> str | None:
    """Return how it pools; what it serves beside encoders is refused."""
    kinds = says.inner("model_type")
    if kinds.values and "embedding" not in kinds.values:
        other = ", ".join(sorted(map(str, kinds.values)))
        raise ModelError(f"{name}: it serves no encoder ({other[:60]!a})")
    pooling = kinds.inner("embedding").text("pooling")
    if pooling == "splade":
        raise ModelError(f"{name}: it serves sparse vectors (splade), which are not scored here")
    return pooling
