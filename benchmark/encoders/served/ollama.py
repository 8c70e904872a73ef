"""Ollama's own interface: ``/api/tags`` says what it has, ``/api/embed`` makes vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmark.encoders.asked.catalogue import CatalogueModel, Service
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.served.address import model_of
from benchmark.encoders.served.client import Client
from benchmark.encoders.served.encoder import LIMITS, ServedEncoder
from benchmark.encoders.served.identity import first_attempts, identified, settings_of
from benchmark.encoders.served.rows import name_in, require_rows
from benchmark.encoders.served.words import with_text
from benchmark.errors import ModelError
from benchmark.foreign import shown
from benchmark.options import EncoderOptions
from benchmark.suggestions import did_you_mean

ADAPTER_VERSION = "1"

KEY = "OLLAMA_API_KEY"

_USUAL_TAG = ":latest"


@dataclass(frozen=True, slots=True)
class Ollama:
    """How it is asked: without cutting, for it does not tell where it would cut.

    Attributes:
        model: the name that it has for it.
    """

    model: str

    path = "/api/embed"

    def body(self, sentences: Sequence[str]) -> dict[str, Any]:
        """Return the request."""
        return {"model": self.model, "input": list(sentences), "truncate": False}

    def rows(self, answer: Any, sentences: int) -> list[Any]:
        """Return the vectors, which come in order."""
        rows = answer.get("embeddings") if isinstance(answer, dict) else answer
        return require_rows(rows, sentences)

    def called(self, answer: Any) -> str | None:
        """Return ``model``."""
        return name_in(answer)


def ollama_encoder(
    service: Service, model: CatalogueModel | None, options: EncoderOptions
) -> ServedEncoder:
    """Return the encoder that ``MODEL@ADDRESS`` names, once it has said who it is.

    Raises:
        UsageError: that is no model, or no address.
        ModelError: it cannot be asked, or does not have the model.
    """
    meant = model_of("ollama", service.address)
    name = service.name if model else meant.model
    client = Client.of(name, meant, KEY)
    entry = _entry(client, meant.model)
    digest = entry.get("digest")
    if not isinstance(digest, str) or not digest:
        raise ModelError(f"{name}: {meant.address} tells no digest of the model; update Ollama")
    details = entry.get("details")
    level = details.get("quantization_level") if isinstance(details, dict) else None
    version = _page(client, "/api/version").get("version")
    card = EncoderCard(
        name,
        version=ADAPTER_VERSION,
        adapter="ollama",
        source=f"ollama:{meant.model}@{meant.address}",
        revision=digest.removeprefix("sha256:"),
        settings_sha256=settings_of({"details": details}),
        precision=str(level) if level else "unknown",
        backend=f"ollama {version}" if version else "ollama",
    )
    card = with_text(card, model, options)
    return identified(ServedEncoder(card, LIMITS, client, Ollama(meant.model)))


def _entry(client: Client, model: str) -> dict[str, Any]:
    """Return what the list of models has of this one."""
    models = _page(client, "/api/tags").get("models")
    listed = [one for one in models if isinstance(one, dict)] if isinstance(models, list) else []
    named = {str(one.get("name") or one.get("model")): one for one in listed}
    full = model if ":" in model.rpartition("/")[2] else model + _USUAL_TAG
    if full in named:
        return named[full]
    known = [name.removesuffix(_USUAL_TAG) for name in named]
    there = did_you_mean(model, known) or (f"; it has {', '.join(known[:8])}" if known else "")
    raise ModelError(
        f"{client.address} has no model {shown(model)}{there}; `ollama pull` fetches it"
    )


def _page(client: Client, path: str) -> dict[str, Any]:
    answer = first_attempts(client.name, LIMITS).answer(lambda: client.get(path), path)
    if not isinstance(answer, dict):
        raise ModelError(f"{client.name}: what answers at {client.address}{path} is no Ollama")
    return answer
