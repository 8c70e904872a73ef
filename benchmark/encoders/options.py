"""What a user may ask of an encoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EncoderOptions:
    """What a user may ask of an encoder.

    Attributes:
        pooler: another pooler than the documented one.
        max_length: cut sentences at this many tokens, special tokens included.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        offline: make no request to the network.
        trust_remote_code: allow code that a checkpoint brings.
        precision: of the computation, see `benchmark.encoders.backends.PRECISIONS`, or ``auto``.
        backend: what computes, see `benchmark.encoders.backends.BACKENDS`.
        progress_bar: a tqdm class for downloads.
    """

    pooler: str | None = None
    max_length: int | None = None
    device: str = "auto"
    offline: bool = False
    trust_remote_code: bool = False
    precision: str = "float32"
    backend: str = "torch"
    progress_bar: Callable[..., Any] | None = None
