"""What is asked of a GPU for the same bits, by flags that torch has without one too."""

from __future__ import annotations

import os
from typing import Any

import pytest
import torch

from benchmark.training.repeatable import repeatable

WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"


def asked() -> tuple[Any, ...]:
    cudnn = torch.backends.cudnn
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        cudnn.deterministic,
        cudnn.benchmark,
        os.environ.get(WORKSPACE),
        os.environ.get("CUDA_LAUNCH_BLOCKING"),
    )


@pytest.mark.parametrize("workspace", [None, ":16:8"])
def test_kernels_are_the_same_each_time_and_nothing_is_waited_for(
    workspace: str | None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("CUDA_LAUNCH_BLOCKING", raising=False)
    monkeypatch.delenv(WORKSPACE, raising=False)
    if workspace:
        monkeypatch.setenv(WORKSPACE, workspace)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    before = asked()
    with repeatable(torch.device("cuda")):
        assert asked() == (True, False, True, False, workspace or ":4096:8", None)
    assert asked() == before


def test_a_cpu_is_asked_nothing():
    before = asked()
    with repeatable(torch.device("cpu")):
        assert asked() == before
