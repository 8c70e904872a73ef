"""An encoder that changes the working directory moves nothing of ours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmark import EncoderCard, evaluate
from tests.checkpoints import write_plain
from tests.cli.conftest import Command
from tests.encoder_files import WordHash

MOVING = """
import os
from pathlib import Path
from mine import WordHash, EncoderCard

class Moving(WordHash):
    card = EncoderCard(name="moving", version="1")

    def encode(self, sentences):
        Path("elsewhere").mkdir(exist_ok=True)
        os.chdir("elsewhere")
        return super().encode(sentences)
"""


@pytest.fixture
def moving(mine: str, tmp_path: Path) -> str:
    """The encoder, beside those it is made of."""
    (tmp_path / "moving.py").write_text(MOVING)
    return "moving.py:Moving"


def test_what_was_named_is_what_it_was_at_the_start(
    command: Command, moving: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", "vectors kept")
    write_plain(tmp_path / "checkpoint")
    outcome = command("--model", moving, "mine.py:WordHash", "./checkpoint", "--tasks", "demo")
    assert Path.cwd() != tmp_path
    assert outcome.code == 0, outcome.err
    records = {path.parent.parent.name for path in (tmp_path / "results").rglob("*.json")}
    assert records == {"moving", "word-hash", "checkpoint"}
    assert list((tmp_path / "vectors kept" / "vectors").iterdir())
    assert [path for path in (tmp_path / "elsewhere").rglob("*") if path.is_file()] == []


def test_records_of_an_encoder_in_memory_stay_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Moving(WordHash):
        card = EncoderCard(name="moving", version="1")

        def encode(self, sentences):
            os.chdir("/")
            return super().encode(sentences)

    monkeypatch.chdir(tmp_path)
    run = evaluate(Moving(), "DemoSTS", output_dir="results")
    assert Path.cwd() == Path("/")
    assert not run.failures
    assert [path.name for path in (tmp_path / "results").rglob("*.json")] == ["DemoSTS.json"]
