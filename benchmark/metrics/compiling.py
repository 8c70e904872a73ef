"""numba's ``njit`` for the kernels, without what it says while it compiles, and what it lacks.

At DEBUG it logs the byte code, some 22,500 lines for our kernels, and scripts that evaluate with
SentEval's interface set just that level for everything (SimCSE's and DiffCSE's among them). Where
somebody gave its logger a level or a handler, that stays.
"""

from __future__ import annotations

import logging
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

__all__ = ["njit", "prefetch"]

_logger = logging.getLogger("numba")
if _logger.level == logging.NOTSET and not _logger.handlers:
    _logger.setLevel(logging.INFO)

_CACHE_LINE = 64


@intrinsic
def _prefetch_line(_context: Any, _address: Any) -> Any:
    """Ask memory for the cache line of an address; a wrong one does no harm."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        read, into_second_cache, data = number(0), number(2), number(1)
        place = builder.inttoptr(arguments[0], pointer)
        builder.call(function, [place, read, into_second_cache, data])
        return context.get_dummy_value()

    return types.none(types.uintp), generate


@njit(nogil=True, cache=True)
def prefetch(row: Any) -> None:
    """Ask memory for a row that will be read soon, and go on without waiting for it."""
    for offset in range(0, row.nbytes, _CACHE_LINE):
        _prefetch_line(row.ctypes.data + offset)
