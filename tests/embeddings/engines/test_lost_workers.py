"""Workers that die: their work is done again, nothing is lost, and it does not go on for ever."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from benchmark.embeddings import Processes, embed
from benchmark.embeddings.engines.replica import jobs
from benchmark.embeddings.work import prepare
from benchmark.errors import ModelError
from tests.embeddings.engines.conftest import SENTENCES, is_tracker
from tests.embeddings.engines.encoders import Dies, DiesOnce, DiesWriting, Tokens, note, vectors_of

DIED = "dies-once: a worker process died; doing its work again"


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(0, marks=pytest.mark.slow),
        700,
        pytest.param(len(SENTENCES) - 1, marks=pytest.mark.slow),
    ],
)
def test_a_worker_that_is_killed(
    place: int, tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    notes = tmp_path / "notes"
    encoder = DiesOnce(SENTENCES[place], str(tmp_path / "died"), str(notes))
    given: Counter[int] = Counter()
    embeddings = embed(
        encoder, SENTENCES, engine=Processes(2), advance=lambda done, total: given.update([total])
    )
    assert (tmp_path / "died").exists()
    assert np.array_equal(embeddings[SENTENCES], vectors_of(SENTENCES))
    assert warnings(caplog) == [DIED]
    # Of what was done before, at most the jobs that were under way are done again.
    told = Counter(line.split(" ", 1)[1] for line in notes.read_text().splitlines())
    assert set(told) == set(SENTENCES)
    assert max(told.values()) <= 2
    assert given[sum(len(text) + 1 for text in SENTENCES)] == embeddings.report.batches + 1


def test_workers_that_always_die(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    notes = tmp_path / "notes"
    with pytest.raises(ModelError) as caught:
        embed(Dies(notes=str(notes)), SENTENCES, engine=Processes(2))
    said = str(caught.value)
    assert said.startswith("dies: its worker processes die before their first answer (out of mem")
    assert "__main__" in said  # scripts without a guard end like this
    assert said.endswith("use fewer `workers`")
    # Three for each worker; and beside the last, the other may have died once more unseen.
    assert len(notes.read_text().splitlines()) <= 7
    assert len(warnings(caplog)) == 5


def test_a_sentence_that_kills(tmp_path: Path) -> None:
    """What nobody has tried comes first, so that nearly all else is done before it is told."""
    notes = tmp_path / "notes"
    seen: list[tuple[int, int]] = []
    longest = max(range(len(SENTENCES)), key=lambda place: len(SENTENCES[place]))
    with pytest.raises(ModelError, match=r"dies: its worker processes keep dying \(out of memory"):
        embed(
            Dies(SENTENCES[longest], str(notes)),
            SENTENCES,
            engine=Processes(2),
            advance=lambda done, total: seen.append((done, total)),
        )
    done, total = seen[-1]
    under_way = 2 * 4  # jobs of two workers
    assert len(list(jobs(prepare(Tokens(), SENTENCES, None)))) > 2 * under_way
    assert done > total - (under_way + 1) * 4096
    # Six in a row end it; jobs that were under way when it was tried again can come between.
    assert notes.read_text().splitlines().count("died") <= 6 + under_way


class DiesWithMuch(DiesOnce):
    """Token lists far larger than what a pipe holds: the parent is still writing when it dies."""

    def tokenize(self, sentences: Any) -> Any:
        found = super().tokenize(sentences)
        for row in found.ids:
            row.extend([10**9] * 30_000)
        return found

    def encode_tokens(self, rows: Any) -> Any:
        return super().encode_tokens([row[: row.index(10**9)] for row in rows])


def test_a_worker_that_is_killed_while_it_is_being_written_to(tmp_path: Path) -> None:
    sentences = SENTENCES[:60]
    encoder = DiesWithMuch(sentences[20], str(tmp_path / "died"))
    embeddings = embed(encoder, sentences, engine=Processes(2), batch_tokens=30_000)
    assert (tmp_path / "died").exists()
    assert np.array_equal(embeddings[sentences], vectors_of(sentences))


def test_a_worker_that_is_killed_while_it_answers(tmp_path: Path) -> None:
    """Half of an answer is none, and nobody waits for the other half."""
    sentences = [f"sentence {place:05}" for place in range(1024 * 4)]
    encoder = DiesWriting(sentences[1024], str(tmp_path / "died"))

    def read_slowly(done: int, total: int) -> None:
        if done == 1024:
            time.sleep(1.5)

    embeddings = embed(encoder, sentences, engine=Processes(1), advance=read_slowly)
    assert (tmp_path / "died").exists()
    assert np.array_equal(embeddings[sentences], encoder.encode(sentences))


@pytest.mark.slow
def test_all_workers_are_killed_now_and_then(tmp_path: Path, log: None) -> None:
    """By whoever watches the memory: what counts is that work is done in between."""

    def kill_all(done: int, total: int) -> None:
        for worker in psutil.Process().children():
            if not is_tracker(worker) and done and done % 5 == 0:
                worker.kill()

    embeddings = embed(Tokens(), SENTENCES, engine=Processes(2), advance=kill_all)
    assert np.array_equal(embeddings[SENTENCES], vectors_of(SENTENCES))


def test_notes_are_written_whole(tmp_path: Path) -> None:
    """What these tests rely on."""
    note(str(tmp_path / "notes"), "one\ntwo")
    note(str(tmp_path / "notes"), "three")
    assert (tmp_path / "notes").read_text() == "one\ntwo\nthree\n"
