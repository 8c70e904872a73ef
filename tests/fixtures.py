"""Fixtures that the tests of several rooms share; a conftest names those it wants."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    """Tiny models gain nothing from threads, and lose a lot where these wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let `caplog` see what the package says, though a command may have taken its logger over."""
    monkeypatch.setattr(logging.getLogger("benchmark"), "propagate", True)
    with caplog.at_level(logging.INFO, logger="benchmark"):
        yield
