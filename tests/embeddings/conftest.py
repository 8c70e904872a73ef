"""What these tests share: a log that can be read."""

from __future__ import annotations

from tests import fixtures
from tests.embeddings import stored

log = fixtures.log
store = stored.store
clock = stored.clock
empty = stored.empty
original = stored.original
filled = stored.filled
