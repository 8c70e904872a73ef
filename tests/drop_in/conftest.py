"""The drop-in on the path, and made-up data for it to read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT
from tests.drop_in.synthetic import Writer

DROP_IN = PROJECT / "drop_in"
sys.path.insert(0, str(DROP_IN))

FAST = {"nhid": 0, "optim": "rmsprop", "batch_size": 128, "tenacity": 3, "epoch_size": 2}
FULL = {"nhid": 0, "optim": "adam", "batch_size": 64, "tenacity": 5, "epoch_size": 4}


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder ``data`` with every task in it."""
    root = tmp_path_factory.mktemp("senteval") / "data"
    Writer(root).everything()
    return root


@pytest.fixture
def params(made_up: Path) -> dict[str, Any]:
    """What SimCSE's script gives in its fast mode, for the made-up data."""
    return {
        "task_path": str(made_up),
        "usepytorch": True,
        "kfold": 5,
        "classifier": dict(FAST),
        "unverified_data": True,
    }
