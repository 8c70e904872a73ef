"""Count the tokens that go through a transformer, padding included."""

from __future__ import annotations

from typing import Any


class PaddedTokens:
    """Sees every batch that enters a model and adds up its size.

    It watches the word embeddings: libraries call a model in different ways, but all of them
    look up its words.

    Attributes:
        count: tokens so far: rows times columns of every batch.
    """

    def __init__(self, model: Any) -> None:
        """Watch a model, or the transformers model somewhere inside it."""
        self.count = 0
        _transformer(model).get_input_embeddings().register_forward_pre_hook(self._see)

    def _see(self, _module: Any, inputs: tuple[Any, ...]) -> None:
        self.count += inputs[0].numel()


def _transformer(model: Any) -> Any:
    from transformers import PreTrainedModel

    return next(module for module in model.modules() if isinstance(module, PreTrainedModel))
