"""``python -m benchmark VERB`` as a function."""

from __future__ import annotations

import pytest

from benchmark.cli import main
from tests.cli.conftest import Command, Outcome


@pytest.fixture
def verb(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run ``python -m benchmark`` in this process."""

    def call(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        streams = capsys.readouterr()
        return Outcome(code, streams.out, streams.err)

    return call
