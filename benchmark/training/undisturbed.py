"""What an evaluation leaves as it was: random numbers, threads, precision of products, memory.

The model itself is not touched at all (see live.py); this is what it shares with everything else
in the process.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch

_EXACT = ("none", "ieee")
"""What torch calls products in full float32: its default, and the same when asked for."""


@contextmanager
def undisturbed(device: torch.device) -> Iterator[None]:
    """Let what is done inside leave no trace in a training process, whatever becomes of it.

    Inside there is no autocast, and products of float32 are not rounded to fewer bits (TF32), as
    in a process that evaluates and does nothing else.

    Args:
        device: that the model computes on.
    """
    threads = torch.get_num_threads()
    reserved = _reserved(device)
    with ExitStack() as after:
        after.callback(_free, device, reserved)
        after.callback(torch.set_num_threads, threads)
        after.callback(random.setstate, random.getstate())
        after.callback(np.random.set_state, np.random.get_state())  # noqa: NPY002 - what others draw from
        after.callback(torch.random.set_rng_state, torch.random.get_rng_state())
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            after.callback(torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all())
        if device.type == "mps":
            after.callback(torch.mps.set_rng_state, torch.mps.get_rng_state())
        after.enter_context(_full_products())
        for kind in {"cpu", device.type}:
            after.enter_context(torch.autocast(kind, enabled=False))
        yield


@contextmanager
def _full_products() -> Iterator[None]:
    """Compute products of float32 in float32; what is for all is asked before what is for one."""
    places: list[Any] = [
        torch.backends,
        torch.backends.cuda.matmul,
        getattr(torch.backends.mkldnn, "matmul", None),
    ]
    with ExitStack() as after:
        for place in places:
            rounding = getattr(place, "fp32_precision", "none")
            if rounding not in _EXACT:
                after.callback(setattr, place, "fp32_precision", rounding)
                place.fp32_precision = "ieee"
        yield


def _reserved(device: torch.device) -> int:
    return torch.cuda.memory_reserved(device) if device.type == "cuda" else 0


def _free(device: torch.device, reserved: int) -> None:
    """Give back what the evaluation made torch keep of a GPU: training has a use for it."""
    if _reserved(device) > reserved:
        torch.cuda.empty_cache()
