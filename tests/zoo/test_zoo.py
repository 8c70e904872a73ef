"""Every folder of the zoo: the vectors of the library that owns it, or one line that refuses."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from benchmark.encoders import build_encoder, parse_reference
from benchmark.errors import BenchmarkError
from benchmark.options import EncoderOptions
from tests.rounding import assert_apart, assert_close
from tests.zoo.animals import Animal
from tests.zoo.collection import ZOO
from tests.zoo.table import PAGE, page_with_table

SENTENCES = (
    "A man is playing a guitar .",
    "A MAN is Playing the guitar",
    "Élodie naïvely ordered crème brûlée",
    "the cat sat on the mat , and the dog looked at it " * 3,
    "  two  dogs run ",
    "no",
    "3.5 percent !?",
)


@pytest.mark.parametrize(
    "animal",
    [pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.slow else []) for one in ZOO],
)
def test_as_its_own_library_or_refused(
    animal: Animal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "animal"
    animal.write(folder)
    asked = EncoderOptions(device="cpu", **animal.options)
    if animal.refused:
        with pytest.raises(BenchmarkError) as caught:
            build_encoder(parse_reference(str(folder)), "sts", asked).encode(SENTENCES)
        assert re.search(animal.refused, str(caught.value)), str(caught.value)
        assert "\n" not in str(caught.value)
        return
    assert animal.vectors is not None
    encoder = build_encoder(parse_reference(str(folder)), "sts", asked)
    found = encoder.encode(SENTENCES)
    wanted = animal.vectors(folder, SENTENCES)
    assert_close(found, wanted)
    assert encoder.card.adapter == animal.by
    assert_apart(wanted, np.broadcast_to(wanted.mean(axis=0), wanted.shape))


def test_the_page_has_the_table_of_today() -> None:
    page = PAGE.read_text("utf-8")
    assert page == page_with_table(page), "run python -m tests.zoo.table"


def test_names_are_there_once() -> None:
    names = [animal.name for animal in ZOO]
    assert sorted(set(names)) == sorted(names)
    assert len(names) >= 60
