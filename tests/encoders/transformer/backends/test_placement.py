"""All GPUs, and weights in fewer bits: what the libraries are told, and what is refused here.

No GPU is at hand: bitsandbytes is not asked, and accelerate spreads over a CPU and a disk.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from benchmark.embeddings.engines.engine import _gpus
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders import device as devices
from benchmark.encoders.asked.options import require_possible
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.transformer.backends import backend, in_torch, placement
from benchmark.encoders.transformer.backends.backend import Computation, require_installed
from benchmark.encoders.transformer.poolers import POOLERS
from benchmark.encoders.transformer.weights import load_model
from benchmark.errors import ModelError, UsageError
from benchmark.options import EncoderOptions
from benchmark.results.approximation import approximation_note
from tests import checkpoints
from tests.checkpoints import SENTENCES, write_json
from tests.rounding import assert_close

QUANTIZED = ("8bit", "4bit")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that says it has GPUs; everything is computed on the CPU all the same."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (8, 0))
    monkeypatch.setattr(devices, "_surely_cpu", lambda: False)
    monkeypatch.setattr(backend, "_is_installed", lambda _package: True)


def encoder_of(folder: Path, **options: Any) -> Any:
    return build_encoder(
        parse_reference(str(folder)), "sts", EncoderOptions(pooler="avg", **options)
    )


def computation_of(encoder: Any, device: str) -> Computation:
    return Computation(
        encoder.checkpoint,
        POOLERS["avg"],
        encoder.stored_card,
        device=device,
        trust_remote_code=False,
        tokenize=lambda _sentences: [],
    )


def told(monkeypatch: pytest.MonkeyPatch, encoder: Any, device: str) -> dict[str, Any]:
    """Return what the loading library is told beside the folder."""
    found: dict[str, Any] = {}

    class Stop(Exception):
        pass

    def from_pretrained(_folder: Path, **how: Any) -> Any:
        found.update(how)
        raise Stop

    monkeypatch.setattr(transformers.AutoModel, "from_pretrained", from_pretrained)
    with pytest.raises(ModelError):
        placement.placed_model(computation_of(encoder, device))
    return found


# --- what the libraries are told ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cuda", "cuda:1", "cuda:all"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16", *QUANTIZED])
def test_what_the_library_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gpu: None, precision: str, name: str
) -> None:
    quantized = precision in QUANTIZED
    made = transformers.BitsAndBytesConfig
    monkeypatch.setattr(made, "post_init", lambda _self: None)  # asks for the library's version
    encoder = encoder_of(checkpoints.write_plain(tmp_path / "m"), precision=precision, device=name)
    how = told(monkeypatch, encoder, name)
    wanted: Any = "auto" if name == "cuda:all" else {"": torch.device(name)} if quantized else None
    assert how.get("device_map") == wanted
    assert how["dtype"] == ("bfloat16" if quantized else precision)
    asked = how.get("quantization_config")
    assert (asked is not None) == quantized
    if precision == "4bit":
        assert (asked.load_in_4bit, asked.load_in_8bit) == (True, False)
        assert (asked.bnb_4bit_quant_type, asked.bnb_4bit_compute_dtype) == ("nf4", torch.bfloat16)
        assert not asked.bnb_4bit_use_double_quant
    if precision == "8bit":
        assert (asked.load_in_4bit, asked.load_in_8bit) == (False, True)
        assert asked.llm_int8_threshold == 6.0


@pytest.mark.parametrize("name", ["cuda", "cuda:all"])
def test_what_was_quantized_before_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gpu: None, name: str
) -> None:
    folder = quantized(tmp_path / "m", load_in_4bit=True)
    how = told(monkeypatch, encoder_of(folder, precision="4bit", device=name), name)
    assert "quantization_config" not in how
    assert how["config"].quantization_config["load_in_4bit"] is True


def test_all_gpus_are_one_device(tmp_path: Path, gpu: None) -> None:
    encoder = encoder_of(checkpoints.write_plain(tmp_path / "m"), device="cuda:all")
    assert (encoder.computes_on, _gpus(encoder)) == ("cuda", 1)
    assert _gpus(encoder_of(checkpoints.write_plain(tmp_path / "n"), device="cuda")) == 2


def test_in_8_bits_sentences_are_computed_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LLM.int8 looks for outliers in all that is computed at once."""
    encoder = encoder_of(checkpoints.write_plain(tmp_path / "m"), device="cpu")
    rows = [row[:3] for row in encoder.tokenize(SENTENCES).ids]
    seen = []
    for alone in (False, True):
        compute = in_torch.load(computation_of(encoder, "cpu"))
        compute._alone = alone
        sizes: list[int] = []
        compute.model.register_forward_pre_hook(
            lambda _module, _args, given, sizes=sizes: sizes.append(len(given["input_ids"])),
            with_kwargs=True,
        )
        seen.append(compute(rows))
        assert sizes == ([1] * len(rows) if alone else [len(rows)])
    assert_close(*seen)


# --- what is refused ------------------------------------------------------------------------------


def quantized(folder: Path, **how: Any) -> Path:
    """Write a checkpoint that says that it was quantized."""
    checkpoints.write_plain(folder)
    content = json.loads((folder / "config.json").read_text())
    write_json(
        folder / "config.json",
        content | {"quantization_config": {"quant_method": "bitsandbytes"} | how},
    )
    return folder


@pytest.mark.parametrize("asked", QUANTIZED)
@pytest.mark.parametrize("name", ["auto", "cpu"])
def test_fewer_bits_need_a_gpu(monkeypatch: pytest.MonkeyPatch, asked: Any, name: Any) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError) as caught:
        require_possible(EncoderOptions(precision=asked, device=name))
    assert str(caught.value) == (
        f"`precision` {asked}: bitsandbytes computes it on a GPU of NVIDIA (of compute "
        "capability 8.0 or more), and there is none here; use `precision` auto"
    )


def test_an_old_gpu_has_no_fewer_bits(monkeypatch: pytest.MonkeyPatch, gpu: None) -> None:
    require_possible(EncoderOptions(precision="4bit", device="cuda"))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (7, 5))
    with pytest.raises(UsageError, match=r"capability 8\.0 or more"):
        require_possible(EncoderOptions(precision="4bit", device="cuda"))


def test_no_gpus_to_spread_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="`device` cuda:all: there is none on this machine"):
        require_possible(EncoderOptions(device="cuda:all"))
    with pytest.raises(UsageError, match="`device` cuda:some: there is none; choose from"):
        EncoderOptions(device="cuda:some")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("precision", "device", "missing"),
    [
        ("4bit", "cuda", "bitsandbytes, accelerate"),
        ("8bit", "cuda:all", "bitsandbytes, accelerate"),
        ("float32", "cuda:all", "accelerate"),
    ],
)
def test_libraries_that_are_not_there(
    monkeypatch: pytest.MonkeyPatch, precision: str, device: str, missing: str
) -> None:
    away = ("bitsandbytes", "accelerate")
    monkeypatch.setattr(backend, "_is_installed", lambda package: package not in away)
    with pytest.raises(UsageError) as caught:
        require_installed("torch", precision, device)
    assert f"needs {missing}" in str(caught.value)
    assert "[quantized]'" in str(caught.value)


@pytest.mark.parametrize(
    ("how", "precision", "said"),
    [
        ({"load_in_4bit": True}, "float32", "`precision` 4bit on a GPU scores them as they are"),
        ({"load_in_8bit": True}, "float32", "`precision` 8bit on a GPU scores them as they are"),
        ({"load_in_8bit": True}, "4bit", "`precision` 8bit on a GPU scores them as they are"),
        ({"quant_method": "gptq"}, "4bit", "(quantization_config in config.json), which is not"),
        ({"quant_method": "awq"}, "float32", "(quantization_config in config.json), which is not"),
    ],
)
def test_quantized_checkpoints(
    tmp_path: Path, how: dict[str, Any], precision: str, said: str
) -> None:
    checkpoint = Checkpoint(quantized(tmp_path / "m", **how), "m", "m")
    checkpoint.weights_sha256()
    with pytest.raises(ModelError) as caught:
        load_model(checkpoint, needs_head=False, trust_remote_code=False, precision=precision)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_that_does_not_fit_the_gpus(tmp_path: Path) -> None:
    """accelerate's own hooks, over a CPU and a disk: they would read a part for every batch."""
    checkpoint = Checkpoint(checkpoints.write_plain(tmp_path / "m"), "m", "m")
    checkpoint.weights_sha256()
    model = load_model(
        checkpoint,
        needs_head=False,
        trust_remote_code=False,
        device_map={"embeddings": "cpu", "encoder": "disk", "pooler": "cpu"},
        offload_folder=tmp_path / "offloaded",
    )
    with pytest.raises(ModelError) as caught:
        placement.require_on_gpus("m", model.hf_device_map)
    assert "m: 3 of its 3 parts do not fit the GPUs here (embeddings is the first)" in str(
        caught.value
    )
    placement.require_on_gpus("m", {"embeddings": 0, "encoder": 1})


@pytest.mark.parametrize("precision", QUANTIZED)
def test_their_scores_are_approximate(precision: str) -> None:
    assert approximation_note(precision, "torch").startswith(f"approximate: {precision} in torch")
    assert not approximation_note("bfloat16", "torch")
