"""A checkpoint and data for all tests; figures of each pooler are computed once."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from benchmark import Run
from tests import fixtures
from tests.checkpoints import write_plain
from tests.reproduction.made_up import Place, write_data

log = fixtures.log


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A BERT with random weights and a pooling head, and similarity data."""
    folder = tmp_path_factory.mktemp("reproduction")
    return Place(write_plain(folder / "bert"), write_data(folder / "data"))


@pytest.fixture(scope="session")
def run_by(place: Place) -> Callable[[str], Run]:
    """What a run by one pooler gives, without any of what is tested."""
    return functools.cache(place.run)
