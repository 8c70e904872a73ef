"""A key: into the header of a request and nowhere else, not even where a service repeats it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Self

from benchmark.errors import ModelError
from benchmark.one_line import one_line

_WINDOW = 8
"""Characters of a key that are hidden wherever they stand; some services repeat a part of it."""

_LEAST = 4
"""Shorter ones are no secrets but words like ``x``, that servers without keys are given."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A key, or none.

    Attributes:
        key: in no message, record or representation.
    """

    key: str = field(repr=False)

    @classmethod
    def of_environment(cls, name: str, variable: str) -> Self:
        """Return the key that an environment variable holds; an empty one where there is none.

        Args:
            name: of the model, for the message.
            variable: of the environment.

        Raises:
            ModelError: no header can hold it.
        """
        key = "".join(os.environ.get(variable, "").split())
        if not (key.isascii() and key.isprintable()):
            raise ModelError(f"{name}: {variable} holds characters that no key can have")
        return cls(key)

    @property
    def headers(self) -> dict[str, str]:
        """What goes with a request."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def hidden_in(self, text: str, most: int) -> str:
        """Return a text on one line, cut, with ``***`` for the key and for every part of it."""
        size = min(_WINDOW, len(self.key))
        shown = one_line(text)
        if size >= _LEAST:
            parts = {self.key[start : start + size] for start in range(len(self.key) - size + 1)}
            hidden = [False] * len(shown)
            for start in range(len(shown) - size + 1):
                if shown[start : start + size] in parts:
                    hidden[start : start + size] = [True] * size
            shown = _starred(shown, hidden)
        return shown if len(shown) <= most else f"{shown[:most]}..."


def _starred(text: str, hidden: list[bool]) -> str:
    kept = []
    for place, character in enumerate(text):
        if not hidden[place]:
            kept.append(character)
        elif place == 0 or not hidden[place - 1]:
            kept.append("***")
    return "".join(kept)
