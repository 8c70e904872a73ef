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
from benchmark.encoders.transformer.hidden import Hidden, Marks, pooled_places
from benchmark.encoders.transformer.poolers import POOLERS, Pooler, pooler_by_name
from benchmark.errors import ModelError, UsageError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES
from tests.conftest import PROJECT
from tests.encoders.plain import POOL, plain_vectors
from tests.rounding import assert_apart, assert_close

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
    assert_close(encoder.encode(SENTENCES), wanted)
    assert_apart(plain_vectors(folder, "max", SENTENCES), wanted)


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
    with pytest.raises(ModelError, match="pooler mine takes the head, and does not need it"):
        encoder.encode(SENTENCES)


@pytest.mark.parametrize("name", POOLERS)
def test_poolers_go_to_other_processes(name: str) -> None:
    assert pickle.loads(pickle.dumps(POOLERS[name])) == POOLERS[name]
    assert POOLERS[name].name == name


# --- put together from entries --------------------------------------------------------------------

OTHER_LAYERS = {
    "avg@-2": lambda h: h[-2].mean(axis=0),
    "avg@1": lambda h: h[1].mean(axis=0),
    "last_token@0": lambda h: h[0][-1],
    "max@1,-1": lambda h: ((h[1] + h[-1]) / 2).max(axis=0),
    "weighted_mean@-2": lambda h: np.average(h[-2], axis=0, weights=range(1, len(h[-2]) + 1)),
    "cls_before_pooler+max": lambda h: np.concatenate([h[-1][0], h[-1].max(axis=0)]),
    "avg@1+last_token+avg@0,-1": lambda h: np.concatenate(
        [h[1].mean(axis=0), h[-1][-1], ((h[0] + h[-1]) / 2).mean(axis=0)]
    ),
}


@pytest.mark.parametrize("name", OTHER_LAYERS)
def test_other_layers_and_several_poolers(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(POOL, name, OTHER_LAYERS[name])
    folder = checkpoints.write_plain(tmp_path / "m")
    found = encoder_of(folder, pooler=name).encode(SENTENCES)
    wanted = plain_vectors(folder, name, SENTENCES)
    assert_close(found, wanted)


def test_several_poolers_in_a_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "cache"))
    folder = checkpoints.write_plain(tmp_path / "m")
    name = "cls+weighted_mean@1"
    wanted = encoder_of(folder, pooler=name).encode(SENTENCES)
    found = encoder_of(folder, pooler=name, backend="openvino").encode(SENTENCES)
    assert_close(found, wanted)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("avg@-1", "avg"),
        ("avg@-2,-1", "avg_top2"),
        ("avg@-1,0", "avg_first_last"),
        ("avg@1,-1+max@-1", "avg_first_last_layer1+max"),
    ],
)
def test_one_pooler_has_one_name(said: str, name: str) -> None:
    assert pooler_by_name(said).name == name


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("avgg", r"unknown pooler 'avgg' \(did you mean avg\?\)"),
        ("avg@", "unknown pooler 'avg@'"),
        ("avg+", r"unknown pooler 'avg\+'"),
        ("avg@-02", "unknown pooler 'avg@-02'"),
        ("avg@x", "unknown pooler 'avg@x'"),
        ("cls@3", "cls is of certain layers"),
        ("avg_top2@1", "avg_top2 is of certain layers"),
        ("avg@1,1", "names a layer twice"),
    ],
)
def test_what_names_no_pooler(said: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        pooler_by_name(said)


@pytest.mark.parametrize("layer", [4, -5])
def test_a_layer_that_is_not_there(layer: int, tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m", num_hidden_layers=3)
    with pytest.raises(ModelError, match=f"pooler avg@{layer} takes layer {layer}.*it has 3"):
        encoder_of(folder, pooler=f"avg@{layer}").encode(SENTENCES)


def test_the_state_of_the_last_mask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each text brings one at a place of its own."""
    folder = checkpoints.write_plain(tmp_path / "m")
    texts = ["a man [MASK] plays", "[MASK] a woman [MASK] .", "a dog [MASK]"]
    encoder = encoder_of(folder, pooler="mask")
    mask = encoder._tokenizer.mask_token_id
    rows = encoder.tokenize(texts).ids
    assert [row.count(mask) for row in rows] == [1, 2, 1]
    found = encoder.encode(texts)
    for row, ids in zip(found, rows, strict=True):
        place = max(place for place, token in enumerate(ids) if token == mask)
        monkeypatch.setitem(POOL, "place", lambda h, place=place: h[-1][place])
        [text] = [text for text, known in zip(texts, rows, strict=True) if known == ids]
        monkeypatch.setattr("tests.encoders.plain.plain_ids", lambda *_, ids=ids: ids)
        [wanted] = plain_vectors(folder, "place", [text])
        assert_close(row, wanted)


def test_a_text_without_a_mask_is_refused(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    with pytest.raises(ModelError, match="has none; give a `template` with one"):
        encoder_of(folder, pooler="mask").encode(SENTENCES)


@pytest.mark.parametrize(
    ("pooler", "skipped", "places"),
    [
        ("cls", 2, [0]),
        ("cls_before_pooler", 0, [0]),
        ("cls_before_pooler", 2, [2]),
        ("cls_before_pooler", 9, [0]),
        ("avg_first_last", 0, [0, 1, 2, 3, 4]),
        ("avg_sqrt_len", 4, [4]),
        ("weighted_mean", 3, [3, 4]),
        ("weighted_mean", 5, []),
        ("max", 2, [2, 3, 4]),
        ("max@1", 5, []),
        ("last_token", 4, [4]),
        ("last_token", 5, []),
        ("mask", 0, [3]),
        ("cls_before_pooler+mask@-2", 1, [1, 3]),
    ],
)
def test_the_places_that_a_pooler_takes(pooler: str, skipped: int, places: list[int]) -> None:
    """Of five tokens, of which two are masks."""
    found = pooled_places(pooler_by_name(pooler), [7, 9, 8, 9, 6], Marks(9, skipped))
    assert sorted(found) == places
