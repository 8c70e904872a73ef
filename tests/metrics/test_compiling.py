"""Scripts that log everything are not told the byte code of our kernels."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import PROJECT

SCRIPT = """
import logging
logging.basicConfig(format="%(name)s", level=logging.DEBUG)
{configured}
from benchmark.metrics.compiling import njit
logging.basicConfig(format="%(name)s", level=logging.DEBUG, force=True)
assert njit(lambda number: number + 1)(1) == 2
"""


@pytest.mark.parametrize(
    ("configured", "talks"),
    [
        ("", False),
        pytest.param(
            "logging.getLogger('numba').setLevel(logging.DEBUG)", True, marks=pytest.mark.slow
        ),
        pytest.param(
            "logging.getLogger('numba').addHandler(logging.NullHandler())",
            True,
            marks=pytest.mark.slow,
        ),
    ],
)
def test_numba_is_quiet_unless_it_is_asked(configured: str, talks: bool) -> None:
    command = [sys.executable, "-c", SCRIPT.format(configured=configured)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert ("numba.core.byteflow" in done.stderr.split()) is talks, done.stderr
