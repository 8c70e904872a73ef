"""Made-up data where the tests of training look for STS-B."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import fixtures
from tests.made_up_data import write_senteval
from tests.training.models import WORDS

log = fixtures.log


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Options that lead to made-up data of the similarity tasks."""
    folder: Path = write_senteval(tmp_path_factory.mktemp("senteval"), words=WORDS)
    return {"data_dir": folder, "unverified_data": True}
