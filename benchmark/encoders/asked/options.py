"""What a user may ask of an encoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmark.encoders.device import DEVICES, choose_device
from benchmark.encoders.transformer.backends.backend import choose_precision
from benchmark.encoders.transformer.poolers import pooler_by_name
from benchmark.errors import UsageError


@dataclass(frozen=True, slots=True)
class EncoderOptions:
    """What a user may ask of an encoder.

    Attributes:
        pooler: another pooler than the documented one.
        max_length: cut sentences at this many tokens, special tokens included.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        offline: make no request to the network.
        trust_remote_code: allow code that a checkpoint brings.
        precision: of the computation, one of `backend.PRECISIONS`, or ``auto``.
        backend: what computes, an entry of `backend.BACKENDS`.
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


def require_possible(options: EncoderOptions) -> None:
    """Refuse what no model could be asked for, before any model is fetched.

    Raises:
        UsageError: an unknown pooler, device, precision or backend, a limit of no tokens, or
            something that this machine does not have.
    """
    if options.pooler is not None:
        pooler_by_name(options.pooler)
    if options.max_length is not None and options.max_length < 1:
        raise UsageError(f"--max-length {options.max_length}: a sentence has at least one token")
    if options.device not in DEVICES:
        raise UsageError(
            f"--device {options.device}: there is none; choose from {', '.join(DEVICES)}"
        )
    if options.device in ("cuda", "mps"):
        choose_device(options.device)
    choose_precision(options.precision, options.backend, options.device)
