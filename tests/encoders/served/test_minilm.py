"""all-MiniLM-L6-v2 behind OpenAI's interface, computed by its own library: our scores of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from benchmark import evaluate, parity
from benchmark.cli import main
from benchmark.embeddings import embed
from benchmark.encoders import build_encoder, parse_reference
from benchmark.options import EncoderOptions
from tests.encoders.openai_server import NAME, openai_server
from tests.encoders.service import Service
from tests.rounding import assert_close

SENTENCES = [
    "a",
    "",
    "   ",
    "A man is playing a guitar.",
    "word " * 400,
    "naïve café 北京 🙂",
    "x\n\ty",
]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served() -> Iterator[Service]:
    with openai_server() as running:
        yield running


def test_the_score_is_that_of_torch(served: Service) -> None:
    """The library pads, so that the last bits differ; no two cosines lie as close as that."""
    here = evaluate(NAME, "DemoSTS")["DemoSTS"]
    there = evaluate(f"openai:{NAME}@{served.base}/v1", "DemoSTS")["DemoSTS"]
    assert round(100 * there.main_score, 2) == round(100 * here.main_score, 2) == 60.71
    assert there.model.card["normalize"] is True


def test_vectors_are_those_of_torch(served: Service) -> None:
    """Of empty, long and odd sentences, too: they are sent as they are."""
    vectors = [
        embed(build_encoder(parse_reference(name), "sts", EncoderOptions()), SENTENCES)[SENTENCES]
        for name in (NAME, f"openai:{NAME}@{served.base}/v1")
    ]
    here, there = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in vectors)
    assert_close(there, here)


def test_it_is_the_same_encoder(served: Service, capsys: pytest.CaptureFixture[str]) -> None:
    """It scales its vectors, which no cosine notices: `parity` names that, and nothing else."""
    there = f"openai:{NAME}@{served.base}/v1"
    assert main(["parity", NAME, there, "--quiet", "--directions"]) == 0
    same = capsys.readouterr().out
    assert "\nthe same: largest difference" in same
    assert " 0 of 402 sentences beyond 0.0001\n" in same
    assert main(["parity", NAME, there, "--quiet"]) == 1
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "\nwhy: the directions are the same, the lengths are not: B scales" in shown.out
    assert "are the same (--directions compares no more than that);" in shown.out


def test_a_prompt_that_one_of_them_reads_is_found(served: Service) -> None:
    there = f"openai:{NAME}@{served.base}/v1"
    found = parity(NAME, there, b_options={"prompt": "query: "}, sentences=SENTENCES)
    assert not found.same
    assert found.finding is not None
    assert found.finding.cause == "prompt"
    asked = {"prompt": "query: "}
    assert parity(NAME, there, directions=True, sentences=SENTENCES, **asked).same
