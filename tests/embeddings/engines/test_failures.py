"""What goes wrong in a worker arrives as it would in one process: one line, the same words."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.embeddings import Processes, embed
from benchmark.encoders import as_encoder, build_encoder, parse_reference
from benchmark.errors import BenchmarkError, ModelError, UsageError
from benchmark.options import EncoderOptions
from tests import checkpoints, encoder_files
from tests.embeddings.engines import encoders
from tests.embeddings.engines.conftest import SENTENCES
from tests.embeddings.engines.encoders import Narrow, Plain, vectors_of

SOME = SENTENCES[:20]


def failure(encoder: Any, engine: Processes | None) -> BenchmarkError:
    with pytest.raises(BenchmarkError) as caught:
        embed(encoder, SOME, engine=engine)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("Fails", "fails: encoding raised RuntimeError: the cable is unplugged (encoders.py, line"),
        ("Refuses", "refuses: said well already"),
        ("CannotLoad", "cannot-load: encoding raised OSError: [Errno 5] the disk is gone"),
        ("WrongShape", "plain: encode returned shape (19, 3) for 20 sentences, not (20, d)"),
    ],
)
def test_an_error_in_a_worker(kind: str, said: str) -> None:
    there = failure(getattr(encoders, kind)(), Processes(1))
    here = failure(getattr(encoders, kind)(), None)
    assert type(there) is type(here) is ModelError
    assert str(there) == str(here)
    assert str(there).startswith(said)
    assert "\n" not in str(there)


def test_an_error_that_cannot_be_sent() -> None:
    error = failure(encoders.RaisesItsOwn(), Processes(1))
    assert type(error) is ModelError
    assert str(error).startswith("raised Unreadable: 1 and 2 (encoders.py, line")


def test_where_it_was_raised_is_not_lost() -> None:
    """For ``--debug``."""
    [note] = failure(encoders.Fails(), Processes(1)).__notes__
    assert note.startswith("In a worker process:\nTraceback")
    assert "is unplugged" in note


def test_code_that_ends_the_program() -> None:
    with pytest.raises(ModelError, match=r"encoding raised SystemExit: usage: me \(encoders\.py"):
        embed(encoders.Quits(), SOME, engine=Processes(1))


def test_dimensions_that_differ_between_workers() -> None:
    sentences = [f"{'w' * (place // 2000 + 1)}{place:05}" for place in range(4000)]
    with pytest.raises(ModelError, match=r"wide: encode returned \d+ dimensions after \d+ before"):
        embed(encoders.OfManyWidths(), sentences, engine=Processes(2))


def test_memory_that_is_too_small_in_a_worker(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Chunks are halved there, and stay so."""
    notes = tmp_path / "notes"
    sentences = [f"sentence {place}" for place in range(2500)]
    embeddings = embed(Narrow(300, str(notes)), sentences, engine=Processes(2))
    assert np.array_equal(embeddings[sentences], vectors_of(sentences))
    assert len(notes.read_text().splitlines()) == len(sentences)
    printed = capfd.readouterr()
    assert "out of memory with 1024 sentences at once, going on with 512" in printed.err
    assert "out of memory with 512 sentences at once, going on with 256" in printed.err
    assert printed.out == ""


def test_memory_that_is_too_small_for_one() -> None:
    error = failure(Narrow(0, os.devnull), Processes(1))
    assert str(error).startswith("narrow: out of memory on a single sentence")


# --- what cannot be sent --------------------------------------------------------------------------


def refused(encoder: Any) -> str:
    error = failure(encoder, Processes(1))
    assert type(error) is UsageError
    said = str(error)
    assert "\n" not in said
    assert said.endswith("module that can be imported there, or compute in one process")
    return said


def test_an_encoder_that_cannot_be_pickled() -> None:
    said = refused(encoders.CannotBeSent())
    assert said.startswith("locked cannot be sent to another process (TypeError: cannot pickle")


def test_a_class_inside_a_function() -> None:
    class Inner(Plain):
        pass

    assert "Inner" in refused(Inner())


def test_an_object_without_a_card() -> None:
    class Nameless:
        def encode(self, sentences: Any) -> Any:
            return vectors_of(sentences)

    assert "Nameless cannot be sent" in refused(as_encoder(Nameless()))


def test_an_encoder_that_cannot_be_read_there() -> None:
    said = refused(encoders.CannotBeReceived())
    assert "cannot be received by a worker process (ValueError: invalid literal" in said


def test_an_encoder_of_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its module has a name that only this process knows."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    copied = shutil.copy(encoder_files.__file__, tmp_path)
    reference = parse_reference(f"{copied}:WordHash")
    said = refused(build_encoder(reference, "sts", EncoderOptions()))
    assert "No module named '_encoder_file_encoder_files'" in said
    del sys.modules["_encoder_file_encoder_files"]


@pytest.mark.slow
def test_weights_that_cannot_be_loaded_there(tmp_path: Path) -> None:
    """The parent reads only the tokenizer: the worker finds what happened to the weights."""
    folder = checkpoints.write_plain(tmp_path / "m")
    options = EncoderOptions(pooler="avg", device="cpu")
    encoder = build_encoder(parse_reference(str(folder)), "sts", options)
    (folder / "model.safetensors").write_bytes(b"damaged")
    error = failure(encoder, Processes(1))
    assert type(error) is ModelError
    assert str(error).startswith(f"{folder / 'model.safetensors'}: changed while it was being read")


# --- scripts --------------------------------------------------------------------------------------

UNGUARDED = """
from tests.embeddings.engines.encoders import Plain
from benchmark.embeddings import Processes, embed
from benchmark.errors import ModelError
try:
    embed(Plain(), ["a", "b"], engine=Processes(2))
except ModelError as error:
    print("told:", error)
"""


def test_a_script_without_a_guard(tmp_path: Path) -> None:
    """Python runs it again in each worker; that it starts workers itself is told, and ends."""
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    project = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert "told: plain: its worker processes die before their first answer" in done.stdout
