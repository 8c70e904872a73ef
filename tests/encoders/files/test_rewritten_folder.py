"""A folder that a trainer writes anew at some moment while it is scored.

Whatever the moment, vectors are those of the state that the fingerprint names, or there are none.
"""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import benchmark
from benchmark.encoders import build_encoder, parse_reference
from benchmark.errors import ModelError
from benchmark.options import EncoderOptions
from tests.checkpoints import SENTENCES, as_files, write_json, write_sentence_transformers
from tests.encoders.transformer.test_dense import write_layer

MOST_MOMENTS, EACH = 1000, 5
"""A folder is read in some four hundred openings of files, each of which is a moment."""


class Watch:
    """Does something when a file of a folder is opened for the nth time."""

    def __init__(self) -> None:
        self.folder, self.left, self.then = "", 0, lambda: None

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not self.left or not isinstance(arguments[0], str | bytes | Path):
            return
        if self.folder in str(arguments[0]):
            self.left -= 1
            if not self.left:
                self.then()


WATCH = Watch()
sys.addaudithook(WATCH)  # for ever: there is no taking back


@contextmanager
def at_opening(number: int, folder: Path, then: Any) -> Iterator[Watch]:
    WATCH.folder, WATCH.left, WATCH.then = str(folder), number, then
    try:
        yield WATCH
    finally:
        WATCH.left = 0


def write_state(folder: Path, seed: int) -> Path:
    """Write a folder whose every part says which state it is of."""
    write_sentence_transformers(folder, after=("Dense",))
    write_layer(
        folder / "1_Dense" if (folder / "1_Dense").exists() else folder / "2_Dense", 8 + seed
    )
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer"})
    settings = folder / "config.json"
    settings.write_text(settings.read_text().replace("1e-12", f"1e-{3 + 2 * seed}"))
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 12 + 3 * seed})
    return folder


def found(folder: Path) -> tuple[str | None, bytes]:
    encoder: Any = build_encoder(parse_reference(str(folder)), "sts", EncoderOptions())
    return encoder.card.fingerprint, np.asarray(encoder.encode(SENTENCES)).tobytes()


def put(files: dict[str, bytes], folder: Path, *, renamed: bool) -> None:
    for name, content in files.items():
        path = folder / name
        if renamed:
            other = path.with_name(f"{path.name}.new")
            other.write_bytes(content)
            other.replace(path)
        else:
            path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize("renamed", [True, False])
def test_at_every_moment_it_is_one_state_or_refused(tmp_path: Path, renamed: bool):
    old, new = (write_state(tmp_path / f"state-{seed}", seed) for seed in (0, 1))
    states = {found(old), found(new)}
    assert len({fingerprint for fingerprint, _ in states}) == 2
    assert len({vectors for _, vectors in states}) == 2
    files, folder, refused, whole = as_files(new), tmp_path / "checkpoint", 0, 0
    left = 0
    for moment in range(1, MOST_MOMENTS, EACH):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(old, folder)
        with at_opening(moment, folder, lambda: put(files, folder, renamed=renamed)) as watch:
            try:
                assert found(folder) in states, moment
                whole += 1
            except ModelError:
                refused += 1
            left = watch.left
        if left:
            break  # fewer files are opened than that: there is no later moment
    assert left
    assert refused > 5
    assert whole > 1


def test_a_folder_that_is_written_after_it_was_read_is_told(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    folder = write_state(tmp_path / "checkpoint", 0)
    new = as_files(write_state(tmp_path / "new", 1))
    before = benchmark.evaluate(str(folder), "DemoSTS", cache=False)
    assert "since it was read" not in caplog.text
    from benchmark import evaluation

    embed = evaluation.embed

    def written_meanwhile(*arguments: Any, **options: Any) -> Any:
        vectors = embed(*arguments, **options)
        put(new, folder, renamed=True)
        return vectors

    monkeypatch.setattr(evaluation, "embed", written_meanwhile)
    with caplog.at_level(logging.WARNING):
        run = benchmark.evaluate(str(folder), "DemoSTS", cache=False)
    assert "changed since it was read: the scores are of what it was before" in caplog.text
    assert run.fingerprint == before.fingerprint
    assert run.scores == before.scores
