"""The encoders of docs/add-an-encoder.md, as they stand there: they know what they are made of.

Whatever decides their vectors is changed from outside: then no old score and no old vector is
taken. Where nothing was changed both are.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark import EncoderCard, ModelError, Run, evaluate
from tests import checkpoints
from tests.conftest import PROJECT
from tests.encoders.service import Service

PAGE = (PROJECT / "docs" / "add-an-encoder.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
WORDS = sorted(set((PROJECT / "data" / "demo" / "pairs.tsv").read_text("utf-8").split()))

Change = Callable[[], None]


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    before = dict(sys.modules)
    sys.modules.pop("sentence_transformers", None)
    yield
    for name in set(sys.modules) - set(before):
        if name.startswith(("_encoder_file_", "sentence_transformers")):
            del sys.modules[name]


def vector(word: str, seed: int) -> np.ndarray:
    digest = hashlib.sha256(f"{seed} {word}".encode()).digest()
    return np.frombuffer(digest, np.uint8).astype(np.float32) - 127.5


def own_code(folder: Path, _: pytest.MonkeyPatch) -> Change:
    """An edit of the code that moves every vector."""
    file = folder / "my_encoder.py"

    def change() -> None:
        text = file.read_text("utf-8")
        assert "* 31" in text
        file.write_text(text.replace("* 31", "* 33"))

    return change


def write_word_vectors(path: Path, seed: int) -> None:
    lines = (f"{word} {' '.join(map(str, vector(word, seed)))}\n" for word in WORDS)
    path.write_text("".join(lines), "utf-8")


LIBRARY = '''
"""Stands for the library: bags of words, by a seed that is in the folder."""
import hashlib
from pathlib import Path

import numpy as np


class SentenceTransformer:
    def __init__(self, folder):
        self.seed = Path(folder, "weights").read_text()

    def encode(self, sentences, **_options):
        def vector(word):
            digest = hashlib.sha256(f"{self.seed} {word}".encode()).digest()
            return np.frombuffer(digest, np.uint8).astype(np.float32) - 127.5

        return np.stack([sum(map(vector, sentence.split())) for sentence in sentences])
'''


def library(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Change:
    (folder / "sentence_transformers.py").write_text(LIBRARY)
    (folder / "model").mkdir()
    (folder / "model" / "weights").write_text("1")
    monkeypatch.setenv("ST_MODEL", str(folder / "model"))
    return lambda: (folder / "model" / "weights").write_text("2") and None


def word_vectors(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Change:
    write_word_vectors(folder / "vectors.txt", 1)
    monkeypatch.setenv("WORD_VECTORS", str(folder / "vectors.txt"))
    return lambda: write_word_vectors(folder / "vectors.txt", 2)


def checkpoint(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Change:
    def write(seed: int) -> None:
        checkpoints.write_plain(folder / "checkpoint", seed=seed, max_position_embeddings=128)

    write(0)
    monkeypatch.setenv("CHECKPOINT", str(folder / "checkpoint"))

    def change() -> None:
        shutil.rmtree(folder / "checkpoint")
        write(1)

    return change


def scored(reference: str, **options: Any) -> tuple[Run, float]:
    run = evaluate(reference, "DemoSTS", output_dir="results", **options)
    return run, run["DemoSTS"].main_score


def require_that_changes_are_seen(reference: str, change: Change) -> None:
    first, before = scored(reference)
    assert first.resumed == set()
    assert scored(reference)[0].resumed == {"DemoSTS"}
    shutil.rmtree("results")
    stored, same = scored(reference)
    assert (stored.counts["encoded_sentences"], same) == (0, before)
    change()
    changed, after = scored(reference)
    assert changed.resumed == set()
    assert changed.counts["encoded_sentences"] == changed.counts["distinct_sentences"]
    assert after != before


def test_every_example_is_tried() -> None:
    assert {*EXAMPLES} == {
        "my_encoder.py",
        "st_encoder.py",
        "service_encoder.py",
        "static_encoder.py",
        "prompted.py",
        "token_encoder.py",
    }


@pytest.mark.parametrize(
    ("file", "name", "prepare"),
    [
        (
            "my_encoder.py",
            "LetterPairs",
            own_code,
        ),
        ("st_encoder.py", "Library", library),
        ("prompted.py", "prompted", library),
        ("static_encoder.py", "WordVectors", word_vectors),
        ("token_encoder.py", "MiddleLayer", checkpoint),
    ],
)
def test_a_change_from_outside_is_seen(
    file: str, name: str, prepare: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / file).write_text(EXAMPLES[file])
    change = prepare(tmp_path, monkeypatch)
    require_that_changes_are_seen(f"{file}:{name}", change)


def test_a_service_that_runs_another_model(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("service_encoder.py").write_text(EXAMPLES["service_encoder.py"])
    with Service(key=None) as service:
        monkeypatch.setenv("EMBEDDING_SERVICE", service.address)
        monkeypatch.setenv("EMBEDDING_MODEL", "served")
        require_that_changes_are_seen(
            "service_encoder.py:Service", partial(setattr, service, "seed", 2)
        )


def test_the_score_that_the_page_prints() -> None:
    Path("my_encoder.py").write_text(EXAMPLES["my_encoder.py"])
    printed = re.search(r"^    letter-pairs +([\d.]+)$", PAGE, re.MULTILINE)
    assert printed is not None
    assert f"{100 * scored('my_encoder.py:LetterPairs')[1]:.2f}" == printed[1]


# --- a version that was forgotten -----------------------------------------------------------------

FORGETFUL = """
import hashlib
from pathlib import Path

import numpy as np
from benchmark import EncoderCard


class Mine:
    card = EncoderCard("mine", version="1")

    def encode(self, sentences):
        seed = Path("seed").read_text()
        def vector(word):
            digest = hashlib.sha256(f"{seed} {word}".encode()).digest()
            return np.frombuffer(digest, np.uint8).astype(np.float32) - 127.5

        return np.stack([sum(map(vector, sentence.split())) for sentence in sentences])
"""


def test_overwrite_encodes_anew_and_stores_that() -> None:
    Path("mine.py").write_text(FORGETFUL)
    Path("seed").write_text("1")
    _, before = scored("mine.py:Mine")
    Path("seed").write_text("2")
    assert scored("mine.py:Mine")[1] == before  # as the page says
    again, after = scored("mine.py:Mine", overwrite=True)
    assert again.counts["encoded_sentences"] == again.counts["distinct_sentences"]
    assert after != before
    shutil.rmtree("results")
    stored, same = scored("mine.py:Mine")
    assert (stored.counts["encoded_sentences"], same) == (0, after)


@pytest.mark.usefixtures("log")
def test_vectors_that_cannot_be_deleted_are_not_taken(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    Path("mine.py").write_text(FORGETFUL)
    Path("seed").write_text("1")
    _, before = scored("mine.py:Mine")
    Path("seed").write_text("2")
    monkeypatch.setattr("benchmark.embeddings.storage.store.delete", refused)
    assert scored("mine.py:Mine", overwrite=True)[1] != before
    [warning] = [m for m in caplog.messages if "deleted" in m]
    assert warning.startswith("mine: the vectors in ")
    assert warning.endswith("cannot be deleted ([Errno 13] Permission denied); going on without")


# --- the card of files ----------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "inner").mkdir(parents=True)
    for name in ("a", "inner/b", ".hidden"):
        (folder / name).write_text(name)
    return folder


def test_of_files_is_their_content(files: Path, tmp_path: Path) -> None:
    card = EncoderCard.of_files("mine", files, files / "a", prompt="p", max_length=3)
    assert (card.name, card.prompt, card.max_length) == ("mine", "p", 3)
    assert card == EncoderCard.of_files("mine", str(files), files / "a", prompt="p", max_length=3)
    moved = shutil.copytree(files, tmp_path / "moved")
    (moved / ".hidden").write_text("other")
    assert card == EncoderCard.of_files("mine", moved, moved / "a", prompt="p", max_length=3)
    assert card.fingerprint is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "inner" / "b").write_text("B"),
        lambda folder: (folder / "inner" / "b").rename(folder / "inner" / "c"),
        lambda folder: (folder / "c").write_text(""),
        lambda folder: (folder / "a").unlink(),
    ],
)
def test_any_change_makes_another_card(files: Path, change: Callable[[Path], Any]) -> None:
    before = EncoderCard.of_files("mine", files)
    change(files)
    assert EncoderCard.of_files("mine", files).fingerprint != before.fingerprint


def test_the_same_file_read_in_two_ways_is_two_encoders(files: Path) -> None:
    mean, maximum = (EncoderCard.of_files(name, files) for name in ("mean", "max"))
    assert mean.weights_sha256 == maximum.weights_sha256
    assert mean.fingerprint != maximum.fingerprint


@pytest.mark.parametrize("name", ["gone", "/dev/zero"])
def test_a_file_that_cannot_be_hashed(name: str) -> None:
    with pytest.raises(ModelError, match=f"{name}: (cannot be read|not a file)"):
        EncoderCard.of_files("mine", name)
