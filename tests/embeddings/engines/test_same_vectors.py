"""Wherever an encoder computes, a sentence gets the same vector, and is encoded once."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.embeddings import Engine, InProcess, Local, Processes, embed
from benchmark.encoders import EncoderCard, build_encoder, parse_reference
from benchmark.errors import ModelError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES as WORDS
from tests.embeddings.engines.conftest import SENTENCES
from tests.embeddings.engines.encoders import Fitted, Plain, Tokens, vectors_of
from tests.rounding import assert_close

MADE = [
    " ".join(random.Random(seed).choices(" ".join(WORDS).split(), k=seed % 30 + 1))
    for seed in range(800)
]
"""Sentences of many lengths for the tiny models: about three jobs."""


def transformer(folder: Path) -> Any:
    """Return the encoder of a folder, not loaded."""
    options = EncoderOptions(pooler="avg", device="cpu")
    return build_encoder(parse_reference(str(folder)), "sts", options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT."""
    return checkpoints.write_plain(tmp_path_factory.mktemp("models") / "bert")


@pytest.mark.parametrize(
    ("engine", "workers"),
    [(None, 0), (InProcess(), 0), (Local(1), 0), (Processes(2), 2), (Processes(3), 3)],
)
@pytest.mark.parametrize("kind", [Plain, Tokens])
def test_of_a_class_of_ones_own(
    kind: type[Plain], engine: Engine | None, workers: int, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    sentences = random.Random(0).sample(SENTENCES, len(SENTENCES))
    embeddings = embed(kind(str(notes)), [*sentences, *sentences[:9]], engine=engine)
    assert np.array_equal(embeddings[sentences], vectors_of(sentences))
    told = [line.split(" ", 1) for line in notes.read_text().splitlines()]
    assert Counter(sentence for _, sentence in told) == dict.fromkeys(sentences, 1)
    processes = {int(process) for process, _ in told}
    assert (processes == {os.getpid()}) == (workers == 0)
    assert len(processes) <= max(1, workers)


@pytest.mark.slow
def test_of_a_transformer(folder: Path) -> None:
    """A sentence is batched with the same sentences as in one process."""
    alone = embed(transformer(folder), MADE, engine=InProcess())
    encoder = transformer(folder)
    shared = embed(encoder, MADE[::-1], engine=Processes(2))
    assert_close(shared[MADE], alone[MADE])
    assert shared.report.tokens == alone.report.tokens
    assert shared.report.batches == alone.report.batches
    # The weights were loaded where they were needed, and not here.
    assert "tokenizer" in vars(encoder._reading)
    assert "_compute" not in vars(encoder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "pooler"),
    [(Local(1), "cls"), (Local(3), "avg_first_last"), (Processes(1), "cls")],
)
def test_of_a_transformer_by_any_engine(folder: Path, engine: Engine, pooler: str) -> None:
    options = EncoderOptions(pooler=pooler, device="cpu")
    encoder = build_encoder(parse_reference(str(folder)), "sts", options)
    alone = embed(encoder, MADE, batch_tokens=300)
    shared = embed(encoder, MADE, batch_tokens=300, engine=engine)
    assert_close(shared[MADE], alone[MADE])


def test_what_is_loaded_here_does_not_go_along(folder: Path) -> None:
    from benchmark.embeddings.engines.replica import received, sent

    encoder = transformer(folder)
    encoder.load()
    content = sent(encoder, "cuda:1")
    assert len(content) < 5000
    copy: Any = received(content)
    assert copy.card == encoder.card
    assert copy.device == "cuda:1"
    assert encoder.device == "cpu"
    assert not {"_compute", "_reading"} & vars(copy).keys()


def test_a_folder_is_found_from_elsewhere(folder: Path, monkeypatch: Any, tmp_path: Path) -> None:
    from benchmark.embeddings.engines.replica import received, sent

    monkeypatch.chdir(folder.parent)
    content = sent(transformer(Path(folder.name)), "cpu")
    monkeypatch.chdir(tmp_path)
    received(content).load()  # type: ignore[attr-defined]


def test_an_encoder_of_ones_own_goes_with_all_it_holds() -> None:
    """Made anew from its fields it would give other vectors, and nobody would know."""
    encoder = Fitted(4).fit(7)
    sentences = SENTENCES[:50]
    there = embed(encoder, sentences, engine=Processes(2))
    assert np.array_equal(there[sentences], encoder.encode(sentences).astype(np.float32))


def test_nothing_to_do() -> None:
    assert embed(Tokens(), [], engine=Processes(2)).matrix.shape == (0, 0)


def test_an_engine_that_leaves_sentences_out() -> None:
    """Rows that nobody wrote hold whatever the memory held."""

    class Forgetful(InProcess):
        def encode(self, encoder: Any, work: Any) -> Any:
            return iter(list(super().encode(encoder, work))[1:])

    with pytest.raises(ModelError, match=r"tokens: Forgetful gave no vectors for \d+ sentences"):
        embed(Tokens(), SENTENCES, engine=Forgetful())


def test_one_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes run the main program again; a library does not start any unasked."""

    class Here(Plain):  # cannot be sent: a local class
        card = EncoderCard("here", version="1")

    assert np.array_equal(embed(Here(), ["a"]).matrix, vectors_of(["a"]))
