"""What these tests share: one thread, and a log that can be read."""

from __future__ import annotations

from tests import fixtures

one_thread = fixtures.one_thread
log = fixtures.log
