"""The made-up data of the tests of data sets, as the catalogue that tasks are loaded from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.datasets import conftest as datasets
from tests.datasets.synthetic import World

naps, hub_cache, empty_hub = datasets.naps, datasets.hub_cache, datasets.empty_hub
_world, world, hub, project = datasets._world, datasets.world, datasets.hub, datasets.project


@pytest.fixture
def made_up(world: World, project: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The made-up catalogue in the place of the real one, in a project without data."""
    monkeypatch.setattr("benchmark.tasks.loading.load_catalogue", lambda: world.catalogue)
    return world
