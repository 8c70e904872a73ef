"""Fixtures that the tests of several rooms share; a conftest names those it wants."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let `caplog` see what the package says, though a command may have taken its logger over."""
    monkeypatch.setattr(logging.getLogger("benchmark"), "propagate", True)
    with caplog.at_level(logging.INFO, logger="benchmark"):
        yield
