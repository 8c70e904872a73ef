"""The command line as a function: arguments in, exit code and both streams out."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from huggingface_hub import constants

from benchmark.cli import run_eval
from tests import encoder_files
from tests.hub.client import hub, hub_cache, naps
from tests.made_up_data import write_senteval

__all__ = ["hub", "hub_cache", "naps"]

Command = Callable[..., "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines that tell an error."""
        return [line for line in self.err.splitlines() if line.startswith("error: ")]

    def refused(self, code: int, *phrases: str) -> None:
        """Require one line that says what is wrong, this exit code, and nothing else."""
        assert self.code == code, self.err
        assert len(self.errors) == 1, self.err
        assert self.err.splitlines()[-1] == self.errors[0]
        assert "Traceback" not in self.err
        assert self.errors[0].isprintable()
        assert self.out == ""
        for phrase in phrases:
            assert phrase in self.errors[0]


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """In a folder of its own, with downloads of its own; imports put back."""
    monkeypatch.chdir(tmp_path)
    for module in ("benchmark.datasets.files", "benchmark.tasks.loading"):
        monkeypatch.setattr(f"{module}.download_folder", lambda: tmp_path / "kept" / "senteval")
    monkeypatch.setattr(sys, "path", sys.path[:])
    yield
    for name in [name for name in sys.modules if name.startswith("_encoder_file_")]:
        del sys.modules[name]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run ``run_eval.py`` in this process."""

    def call(*arguments: object) -> Outcome:
        capsys.readouterr()
        for handler in logging.getLogger("transformers").handlers:
            if type(handler) is logging.StreamHandler:  # not those that pytest adds
                # It keeps the stream of the test that loaded the library.
                handler.stream, handler.flush = sys.stderr, sys.stderr.flush
        code = run_eval([str(argument) for argument in arguments])
        streams = capsys.readouterr()
        return Outcome(code, streams.out, streams.err)

    return call


@pytest.fixture
def mine(tmp_path: Path) -> str:
    """A file of encoders in the current folder."""
    shutil.copy(encoder_files.__file__, tmp_path / "mine.py")
    return "mine.py"


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What the encoders of `mine` were asked so far."""
    path = tmp_path / "calls.txt"
    monkeypatch.setenv(encoder_files.CALLS, str(path))
    return lambda: path.read_text().splitlines() if path.exists() else []


@pytest.fixture(scope="session")
def made_up_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SentEval folder of made-up pairs, for ``--unverified-data``; not to be changed."""
    return write_senteval(tmp_path_factory.mktemp("senteval"))


@pytest.fixture
def own_data(tmp_path: Path) -> Path:
    """The same, to be damaged at will."""
    return write_senteval(tmp_path / "senteval")


def point_client_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``HF_ENDPOINT`` does, for a client that has read it already."""
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
