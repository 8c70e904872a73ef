"""all-MiniLM-L6-v2 behind OpenAI's interface, computed by its own library: our scores of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from benchmark import evaluate
from benchmark.embeddings import embed
from benchmark.encoders import build_encoder, parse_reference
from benchmark.options import EncoderOptions
from tests.encoders.openai_server import NAME, openai_server
from tests.encoders.service import Service

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
    assert np.abs(here - there).max() <= 1e-5 * np.abs(here).max()
