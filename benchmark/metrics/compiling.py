"""numba's ``njit`` for the kernels, without what it says while it compiles.

At DEBUG it logs the byte code, some 22,500 lines for our kernels, and scripts that evaluate with
SentEval's interface set just that level for everything (SimCSE's and DiffCSE's among them). Where
somebody gave its logger a level or a handler, that stays.
"""

from __future__ import annotations

import logging

from numba import njit

__all__ = ["njit"]

_logger = logging.getLogger("numba")
if _logger.level == logging.NOTSET and not _logger.handlers:
    _logger.setLevel(logging.INFO)
