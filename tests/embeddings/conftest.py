"""What these tests share: a log that can be read."""

from __future__ import annotations

from tests import fixtures

log = fixtures.log
