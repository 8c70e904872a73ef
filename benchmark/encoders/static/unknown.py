"""How many words of what is asked have no vector: of another language, or of another case.

What has no vector is left out without a sign, as the libraries do it. A vocabulary that knows
hardly a word still gives a plausible score.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

logger = logging.getLogger(__name__)

_MANY = 0.1
_ENOUGH = 1000
"""Words after which a share says something."""


@dataclass
class Unknown:
    """Counts over all calls of an encoder, and says once when it is many.

    Attributes:
        asked: words so far.
        missing: of these, how many had no vector.
        is_told: whether it was said.
    """

    asked: int = 0
    missing: int = 0
    is_told: bool = False

    def count(self, name: str, asked: int, known: int) -> None:
        """Add the words of one call.

        Args:
            name: of the encoder.
            asked: how many words there were.
            known: how many of them had a vector.
        """
        self.asked += asked
        self.missing += asked - known
        if self.is_told or self.asked < _ENOUGH or self.missing <= _MANY * self.asked:
            return
        self.is_told = True
        logger.warning(
            "%s: %.0f%% of %s words have no vector and are left out; is it of another language, or "
            "in another case?",
            name,
            100 * self.missing / self.asked,
            f"{self.asked:,}",
        )
