"""The whole output of one small run in every format, letter for letter."""

from __future__ import annotations

import pytest

from benchmark.reports import FORMATS
from tests.reports.golden_runs import GOLDEN, SUFFIXES, rendered


@pytest.mark.parametrize("form", FORMATS)
def test_output_is_as_kept(form: str):
    kept = (GOLDEN / f"small.{SUFFIXES[form]}").read_text("utf-8")
    assert rendered(form) == kept, "if this is meant: python -m tests.reports.golden_runs"
