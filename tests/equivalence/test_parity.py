"""What two models are asked, what comes back, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark import DataError, EncoderCard, ModelError, UsageError, evaluate, parity, render
from benchmark.equivalence.agreement import agreement
from benchmark.equivalence.sentences import BLANK, PROBES, default_sentences
from tests.encoder_files import WordHash


class Counts(WordHash):
    """Notes what it is asked; blank sentences are a word of their own."""

    card = EncoderCard(name="counts", version="1")

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, sentences: Sequence[str]) -> Any:
        self.asked += sentences
        return super().encode([s if s.strip() else "nothing" for s in sentences])


class NoBlanks(Counts):
    """Refuses what is blank, as services do."""

    card = EncoderCard(name="no-blanks", version="1")

    def encode(self, sentences: Sequence[str]) -> Any:
        if not all(s.strip() for s in sentences):
            raise ValueError("empty input")
        return super().encode(sentences)


class Wide(WordHash):
    card = EncoderCard(name="wide", version="1")
    dimensions = 65


def test_by_default_the_demonstration_sentences_and_probes_are_asked() -> None:
    sentences = default_sentences()
    assert len(set(sentences)) == len(sentences) > 390
    assert {*PROBES, *BLANK} < set(sentences)
    words = [len(text.split()) for text in sentences]
    assert {0, 1, 2, 120, 480} <= set(words)
    first, second = Counts(), Counts()
    found = parity(first, second)
    assert found.same
    assert found.sentences == len(sentences)
    assert sorted(first.asked) == sorted(second.asked) == sorted(sentences)


def test_what_is_stored_is_not_asked() -> None:
    encoder = Counts()
    run = evaluate(encoder, "DemoSTS", cache=True)
    asked = len(encoder.asked)
    assert parity(encoder, WordHash(), sentences=["A cat.", "A dog."]).same
    assert asked == run.counts["distinct_sentences"] == len(encoder.asked) - 2


def test_sentences_of_a_file_or_a_list(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_bytes(b"One cat\r\ntwo dogs \n\nOne cat\n")
    encoder = Counts()
    parity(encoder, Counts(), sentences=tmp_path / "s.txt")
    assert sorted(encoder.asked) == ["", "One cat", "two dogs "]
    with pytest.raises(DataError, match=r"nowhere: cannot be read"):
        parity(encoder, encoder, sentences=tmp_path / "nowhere")
    (tmp_path / "s.txt").write_text("\n \n")
    with pytest.raises(UsageError, match="from one sentence to 100,000, one a line"):
        parity(encoder, encoder, sentences=tmp_path / "s.txt")
    for wrong in ([], ["a", 5]):
        with pytest.raises(UsageError, match="a list of texts, or the name of a file"):
            parity(encoder, encoder, sentences=wrong)  # type: ignore[arg-type]


def test_blank_sentences_that_one_refuses_are_left_out() -> None:
    found = parity(Counts(), NoBlanks())
    assert found.same
    assert found.left_out == BLANK
    assert found.sentences == len(default_sentences()) - 2
    assert "left out: 2 blank sentences, which one of them refuses" in str(found)
    with pytest.raises(ModelError, match="empty input"):
        parity(Counts(), NoBlanks(), sentences=["", " "])


def test_steps_of_an_encoder_are_part_of_it() -> None:
    class Stepped(WordHash):
        card = EncoderCard(name="stepped", version="1")

        @property
        def steps(self) -> Any:
            from benchmark.steps import Truncate

            return (Truncate(8),)

    found = parity(WordHash(), Stepped(), sentences=["a cat", "two dogs", "three birds"])
    assert found.dimensions == (64, 8)
    assert found.finding is not None
    assert found.finding.cause == "dimensions"


@pytest.mark.parametrize("tolerance", [-1, 1, float("nan")])
def test_a_tolerance_is_a_part(tolerance: float) -> None:
    with pytest.raises(UsageError, match="a part of the largest entry, from 0 to below 1"):
        parity(WordHash(), WordHash(), tolerance=tolerance)


def test_options_are_those_of_models() -> None:
    with pytest.raises(UsageError, match=r"unknown option `poler` \(did you mean pooler\?\)"):
        parity(WordHash(), WordHash(), poler="cls")
    with pytest.raises(UsageError, match="an encoder in memory has no such setting"):
        parity(WordHash(), WordHash(), b_options={"pooler": "cls"})
    with pytest.raises(UsageError, match="unknown model 'zzz'"):
        parity("zzz", WordHash())


def test_how_far_two_matrices_are_apart() -> None:
    first = np.array([[3, 4], [0, 0], [1, 0], [0, 0]], np.float32)
    second = np.array([[4, 3], [0, 0], [0, 2], [0, 1]], np.float32)
    found = agreement(first, second)
    assert found is not None
    np.testing.assert_allclose(found.cosines, [24 / 25, 1, 0, 0], atol=1e-6)
    assert found.differences.tolist() == [1, 0, 2, 1]
    assert (found.largest_entry, found.largest) == (4, 0.5)
    assert found.smallest_cosine == 0
    assert agreement(first, second[:, :1]) is None


def test_the_report_and_its_json() -> None:
    class Off(WordHash):
        card = EncoderCard(name="off", version="2", pooler="own")

        def encode(self, sentences: Sequence[str]) -> Any:
            vectors = super().encode(sentences)
            for row, text in enumerate(sentences):
                vectors[row] += np.float32(3) * text.endswith("  ")
            return vectors

    texts = ["a cat", "two\tdogs", "three birds  ", "<b>four</b> | fish"]
    found = parity(WordHash(), Off(), sentences=texts, tolerance=1e-3)
    assert not found.same
    assert (found.differing, found.sentences) == (1, 4)
    assert next(one.sentence for one in found.differences) == "three birds  "
    assert [one.relative > 1e-3 for one in found.differences] == [True, False, False, False]
    lines = str(found).splitlines()
    assert lines[:2] == ["A = word-hash (version 1)", "B = off (version 2, pooler own)"]
    assert lines[2].startswith("not the same: largest difference ")
    assert lines[2].endswith("1 of 4 sentences beyond 0.001")
    assert '    "three birds\u2423\u2423"' in lines
    assert '    "two\u2423dogs"' in lines
    assert "\\<b\\>" in render(found, "markdown") or "&lt;b" in render(found, "markdown")
    document = json.loads(render(found, "json"))
    assert document["same"] is False
    assert document["differing"] == 1
    assert next(one["sentence"] for one in document["differences"]) == "three birds  "
    assert [model["name"] for model in document["models"]] == ["word-hash", "off"]
    other = json.loads(render(parity(WordHash(), Wide(), sentences=texts), "json"))
    assert (other["largest"], other["smallest_cosine"], other["differences"]) == (None, None, [])
