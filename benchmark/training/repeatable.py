"""The same bits again on a GPU: what torch and cuBLAS are asked while a run trains."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

_WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"


@contextmanager
def repeatable(device: torch.device) -> Iterator[None]:
    """Have a GPU compute by kernels that come to the same bits each time.

    ``full_determinism`` of the library's trainer waits for each kernel as well
    (``CUDA_LAUNCH_BLOCKING``), which costs time and changes no bit; and it is for good.

    Args:
        device: that a run trains on; a CPU is asked nothing.

    Source: "Reproducibility" in torch's notes.
    """
    if device.type != "cuda":
        yield
        return
    cudnn, before = torch.backends.cudnn, os.environ.get(_WORKSPACE)
    with ExitStack() as after:
        after.callback(
            torch.use_deterministic_algorithms,
            torch.are_deterministic_algorithms_enabled(),
            warn_only=torch.is_deterministic_algorithms_warn_only_enabled(),
        )
        after.callback(setattr, cudnn, "deterministic", cudnn.deterministic)
        after.callback(setattr, cudnn, "benchmark", cudnn.benchmark)
        if before is None:  # one that is set already may be another that is as good
            os.environ[_WORKSPACE] = ":4096:8"
            after.callback(os.environ.pop, _WORKSPACE, None)
        torch.use_deterministic_algorithms(True)
        cudnn.deterministic, cudnn.benchmark = True, False
        yield
