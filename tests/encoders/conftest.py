"""What the encoder tests share: a hub, and a log that can be read."""

from __future__ import annotations

from tests import fixtures
from tests.hub import client

hub = client.hub
hub_cache = client.hub_cache
naps = client.naps
log = fixtures.log
