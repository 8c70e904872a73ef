"""Made-up data, a hub that serves it to the real client, and a project folder without any."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.datasets.synthetic import ARCHIVE, REPO, REVISION, World
from tests.hub import client
from tests.hub.server import HubServer

naps, hub_cache, empty_hub = client.naps, client.hub_cache, client.hub


@pytest.fixture(scope="session")
def _world() -> World:
    return World()


@pytest.fixture
def world(_world: World) -> Iterator[World]:
    """The made-up data; whatever a test changes in it is forgotten."""
    kept = dict(vars(_world))
    yield _world
    vars(_world).update(kept)


@pytest.fixture
def hub(empty_hub: HubServer, world: World) -> HubServer:
    """A hub with the made-up archive."""
    empty_hub.add_repo(REPO, {ARCHIVE: world.tar}, repo_type="dataset", commit=REVISION)
    return empty_hub


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout in the place of this one: its ``data`` folder holds nothing."""
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    (root / "pyproject.toml").touch()
    monkeypatch.setattr("benchmark.datasets.files._PACKAGE", root / "benchmark")
    return root
