"""One worker a GPU; tested where there is none, by what workers are told and where they are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmark.embeddings import InProcess, Local, Processes, embed
from benchmark.embeddings.engines.engine import _gpus
from benchmark.embeddings.engines.processes import _devices
from benchmark.encoders import EncoderCard, build_encoder, device, parse_reference
from benchmark.errors import UsageError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.embeddings.engines.encoders import Placed, Plain

CARD = EncoderCard("placed", version="1")


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have so many GPUs, as far as torch is asked."""

    def have(count: int) -> None:
        monkeypatch.setattr(device, "_surely_cpu", lambda: False)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    return have


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT."""
    return checkpoints.write_plain(tmp_path_factory.mktemp("models") / "bert")


def transformer(folder: Path, name: str) -> Any:
    options = EncoderOptions(pooler="avg", device=name)
    return build_encoder(parse_reference(str(folder)), "sts", options)


@pytest.mark.parametrize(
    ("name", "count", "wanted"),
    [
        ("auto", 0, 1),
        ("auto", 1, 1),
        ("auto", 2, 2),
        ("cuda", 4, 4),
        ("cuda:1", 4, 1),  # who names one means one
        ("cpu", 4, 1),
    ],
)
def test_as_many_copies_as_gpus(
    folder: Path, gpus: Any, name: str, count: int, wanted: int
) -> None:
    gpus(count)
    encoder = transformer(folder, name)
    assert _gpus(encoder) == wanted
    chosen = Local()._chosen(encoder)
    assert isinstance(chosen, InProcess) == (wanted == 1)
    if isinstance(chosen, Processes):
        assert chosen.workers == wanted


def test_what_is_asked_for_goes_before_the_number_of_gpus(folder: Path, gpus: Any) -> None:
    gpus(4)
    encoder = transformer(folder, "cuda")
    assert isinstance(Local(1)._chosen(encoder), InProcess)
    chosen = Local(3)._chosen(encoder)
    assert isinstance(chosen, Processes)
    assert chosen.workers == 3


def test_an_encoder_of_ones_own_is_not_spread(gpus: Any) -> None:
    """It may have an attribute of that name; nobody said that it can be copied."""
    gpus(4)

    class Own(Plain):
        device = "cuda"

    assert _gpus(Own()) == 1
    assert isinstance(Local()._chosen(Own()), InProcess)
    assert _devices(Own(), 2) == [None, None]


@pytest.mark.parametrize(
    ("name", "count", "workers", "wanted"),
    [
        ("cuda", 2, 2, ["cuda:0", "cuda:1"]),
        ("auto", 4, 4, ["cuda:0", "cuda:1", "cuda:2", "cuda:3"]),
        ("cuda", 2, 5, ["cuda:0", "cuda:1", "cuda:0", "cuda:1", "cuda:0"]),
        ("cuda", 4, 2, ["cuda:0", "cuda:1"]),
        ("cuda:3", 4, 2, ["cuda:3", "cuda:3"]),
        ("auto", 0, 3, ["cpu", "cpu", "cpu"]),
        ("cpu", 4, 2, ["cpu", "cpu"]),
    ],
)
def test_gpus_in_turn(
    folder: Path, gpus: Any, name: str, count: int, workers: int, wanted: list[str]
) -> None:
    gpus(count)
    assert _devices(transformer(folder, name), workers) == wanted


def test_a_gpu_that_is_not_here(folder: Path, gpus: Any) -> None:
    gpus(0)
    with pytest.raises(UsageError, match="`device` cuda: there is none on this machine"):
        _devices(transformer(folder, "cuda"), 2)


def test_each_worker_has_its_gpu(gpus: Any) -> None:
    gpus(2)
    sentences = [f"sentence {place}" for place in range(1024 * 12)]
    there = embed(Placed(CARD), sentences, engine=Processes(3)).matrix[:, 0]
    assert set(np.unique(there)) == {0, 1}


def test_threads_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from threadpoolctl import threadpool_info, threadpool_limits

    from benchmark.embeddings.engines.processes import _use_threads

    with threadpool_limits():  # puts back what is changed here
        monkeypatch.setenv("OMP_NUM_THREADS", "7")
        _use_threads(1)
        assert os.environ["OMP_NUM_THREADS"] == "1"
        assert {library["num_threads"] for library in threadpool_info()} == {1}
