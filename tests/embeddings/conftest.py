"""What these tests share: one thread, and a log that can be read."""

from __future__ import annotations

from tests import fixtures
from tests.embeddings import stored

one_thread = fixtures.one_thread
log = fixtures.log
store = stored.store
clock = stored.clock
empty = stored.empty
original = stored.original
filled = stored.filled
