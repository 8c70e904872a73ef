"""A ``SentenceTransformer`` in memory, identified by its content: training it makes it another."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.library.batches import encode_by_length
from benchmark.encoders.library.content import settings_sha256, unknown_part, weights_sha256
from benchmark.encoders.library.encoder import LIBRARY, adapter_version, computed_with
from benchmark.encoders.raising import raised
from benchmark.encoders.transformer.prompts import Prompts
from benchmark.errors import ModelError

logger = logging.getLogger(__name__)

_BEYOND_ANY_TEXT = 10**6


@dataclass(frozen=True, slots=True)
class InMemoryEncoder:
    """A model of the library in memory, as it was when its card was made.

    Attributes:
        model: a ``SentenceTransformer``; its mode (training or not) is left as it is.
        card: identity, see `EncoderCard`.
    """

    model: Any
    card: EncoderCard

    @property
    def computes_on(self) -> str:
        """The kind of device that the model is on."""
        return str(self.model.device.type)

    @property
    def computed_with(self) -> dict[str, str]:
        """The device, and the libraries that tokenize and compute."""
        return computed_with(self.computes_on)

    def load(self) -> None:
        """See to it that the model is still what the card says.

        Raises:
            ModelError: it was trained, or changed otherwise.
        """
        if identified(self.model, self.card.name).card != self.card:
            raise ModelError(
                f"{self.card.name}: changed since it was identified; hand it over again"
            )

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Return the (n, d) float32 vectors that the library gives sentences, in their order.

        Raises:
            MemoryError: one sentence is too much for the device.
        """
        with _mode_as_it_is(self.model):
            return encode_by_length(self.model, sentences, self.card.prompt or "", None)


def is_of_library(candidate: object) -> bool:
    """Tell whether this is a ``SentenceTransformer`` without a card of its user's.

    The library is not imported for it.
    """
    kind = getattr(sys.modules.get(LIBRARY.replace("-", "_")), "SentenceTransformer", None)
    if not isinstance(kind, type) or not isinstance(candidate, kind):
        return False
    return getattr(candidate, "card", None) is None


def known_by_content(model: Any, name: str | None = None) -> InMemoryEncoder | None:
    """Return the encoder of a ``SentenceTransformer``; None, and say why, if no hash covers it all.

    Args:
        model: see `is_of_library`.
        name: for its card; where it comes from is the default.
    """
    try:
        unknown = unknown_part(model)
        if unknown is None:
            encoder = identified(model, name)
            _say_prompts(model, encoder.card)
            return encoder
    except Exception as error:  # a part that cannot be written down: a tokenizer's own step, say
        unknown = raised(error)
    logger.info(
        "%s: %s, so that nothing of it is taken from an earlier run",
        *(name or type(model).__name__, unknown),
    )
    return None


def identified(model: Any, name: str | None = None) -> InMemoryEncoder:
    """Return the encoder of a ``SentenceTransformer`` of known content.

    Args:
        model: for which `content.unknown_part` says nothing.
        name: for its card; where it comes from is the default.
    """
    kinds = [type(module).__name__ for module in model.children()]
    cut = [f"truncate{model.truncate_dim}"] if model.truncate_dim else []
    limit = model.max_seq_length
    prompt = model.prompts.get(model.default_prompt_name) if model.default_prompt_name else None
    card = EncoderCard(
        name=name or _name(model),
        version=adapter_version(),
        adapter=LIBRARY,
        weights_sha256=weights_sha256(model),
        settings_sha256=settings_sha256(model),
        pooler="+".join([*kinds, *cut]),
        max_length=limit if isinstance(limit, int) and limit < _BEYOND_ANY_TEXT else None,
        normalize=kinds[-1] == "Normalize",
        prompt=prompt or None,
        precision=str(model.dtype or "float32").removeprefix("torch."),
        backend="torch",
    )
    return InMemoryEncoder(model, card)


def _say_prompts(model: Any, card: EncoderCard) -> None:
    """Name the prompts of a model that has no default one: each would give other scores."""
    prompts = Prompts(model.prompts)
    if card.prompt is None and model.default_prompt_name is None and any(model.prompts.values()):
        logger.warning(
            "%s: scored without any of its prompts (%s); choose by its default_prompt_name",
            *(card.name, prompts),
        )


def _name(model: Any) -> str:
    """Return the name that its card bears, or of the folder or repository that it comes from."""
    origin = getattr(model.transformers_model, "name_or_path", None)
    named = getattr(model.model_card_data, "model_id", None) or Path(str(origin or "")).name
    return str(named or type(model).__name__)


@contextmanager
def _mode_as_it_is(model: Any) -> Iterator[None]:
    """Let the library put the model into evaluation mode, and each module back after."""
    training = [module for module in model.modules() if module.training]
    try:
        yield
    finally:
        for module in training:
            module.training = True
