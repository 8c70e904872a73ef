"""What these tests share: stores with known vectors, and a log that can be read."""

from __future__ import annotations

from tests import fixtures
from tests.embeddings.storage import known

log = fixtures.log
store = known.store
clock = known.clock
empty = known.empty
original = known.original
filled = known.filled
