"""A pooler is one entry: docs/add-a-pooler.md, done as it stands there."""

from __future__ import annotations

import pickle
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark import evaluate
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.transformer.poolers import POOLERS, Hidden, Pooler
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES
from tests.conftest import PROJECT
from tests.encoders.plain import POOL, plain_vectors

PAGE = (PROJECT / "docs" / "add-a-pooler.md").read_text("utf-8")


def _plain_midrange(states: Any) -> Any:
    tokens = (states[-2] + states[-1]) / 2
    return (tokens.max(axis=0) + tokens.min(axis=0)) / 2


@pytest.fixture
def midrange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pooler]:
    """The pooler of the page, an entry of the table; and its plain definition."""
    [code] = re.findall(r"^```python\n# midrange\.py\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "midrange.py").write_text(code, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    pooler = __import__("midrange").MIDRANGE
    monkeypatch.setitem(POOLERS, pooler.name, pooler)
    monkeypatch.setitem(POOL, pooler.name, _plain_midrange)
    yield pooler
    del sys.modules["midrange"]


def encoder_of(folder: Path, **options: Any) -> Any:
    chosen = EncoderOptions(device="cpu", **options)
    return build_encoder(parse_reference(str(folder)), "sts", chosen)


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_the_pooler_of_the_page(
    midrange: Pooler, backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In torch and in a graph: the vectors of a plain computation."""
    pytest.importorskip(backend)
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "cache"))
    folder = checkpoints.write_plain(tmp_path / "m")
    encoder = encoder_of(folder, pooler="midrange", backend=backend)
    assert encoder.card.pooler == "midrange"
    wanted = plain_vectors(folder, "midrange", SENTENCES)
    close = 1e-5 * np.abs(wanted).max()
    np.testing.assert_allclose(encoder.encode(SENTENCES), wanted, rtol=0, atol=close)
    assert np.abs(wanted - plain_vectors(folder, "max", SENTENCES)).max() > 100 * close


def test_its_scores_are_signed_by_its_name(midrange: Pooler, tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    run = evaluate(str(folder), "DemoSTS", pooler="midrange", device="cpu", cache=False)
    assert "|pool:midrange|" in run["DemoSTS"].signature


def test_a_folder_that_names_it_is_taken(midrange: Pooler, tmp_path: Path) -> None:
    """As soon as the entry says what the library calls it."""
    folder = checkpoints.write_sentence_transformers(tmp_path / "m")
    [settings] = folder.glob("*_Pooling/config.json")
    checkpoints.write_json(settings, {"pooling_mode": "midrange"})
    with pytest.raises(Exception, match="pooling by midrange is not supported"):
        encoder_of(folder)
    POOLERS["midrange"] = replace(midrange, library_mode="midrange")
    assert encoder_of(folder).card.pooler == "midrange"


def _takes_the_head(hidden: Hidden) -> Any:
    return hidden.head


def test_a_head_that_is_not_needed_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be random where the checkpoint has none."""
    monkeypatch.setitem(POOLERS, "mine", Pooler("mine", _takes_the_head, ""))
    encoder = encoder_of(checkpoints.write_plain(tmp_path / "m"), pooler="mine")
    with pytest.raises(ValueError, match="pooler mine takes the head, and does not need it"):
        encoder.encode(SENTENCES)


@pytest.mark.parametrize("name", POOLERS)
def test_poolers_go_to_other_processes(name: str) -> None:
    assert pickle.loads(pickle.dumps(POOLERS[name])) == POOLERS[name]
    assert POOLERS[name].name == name
