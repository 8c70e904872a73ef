"""Weights stored in other types than float32: what the card says, and how they are read."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer

from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.files.tensors import stored_types
from benchmark.encoders.transformer.weights import load_model
from benchmark.options import EncoderOptions
from benchmark.results.signature import answered
from tests import checkpoints
from tests.encoders.transformer.published import write

HALVES = ("bfloat16", "float16")


def stored(folder: Path, form: str, *kinds: str) -> Path:
    """Write a BERT whose weights are of these types in turn."""
    checkpoints.write_plain(folder)
    weights = load_file(folder / "model.safetensors")
    turned = {
        name: weight.to(getattr(torch, kinds[place % len(kinds)]))
        for place, (name, weight) in enumerate(weights.items())
    }
    turned["embeddings.position_ids"] = torch.arange(64)
    if form == "bin":
        (folder / "model.safetensors").unlink()
        torch.save(turned, folder / "pytorch_model.bin")
    else:
        save_file(turned, folder / "model.safetensors", {"format": "pt"})
    return folder


def card_of(folder: Path) -> Any:
    return build_encoder(parse_reference(str(folder)), "sts", EncoderOptions(pooler="avg")).card


@pytest.mark.parametrize("form", ["safetensors", "bin"])
@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (("float32",), None),
        (("bfloat16",), "bfloat16"),
        (("float16",), "float16"),
        (("float64",), "float64"),
        (("float32", "float16"), "float16+float32"),
    ],
)
def test_the_card_says_what_they_are_stored_in(
    tmp_path: Path, form: str, kinds: tuple[str, ...], said: str | None
) -> None:
    card = card_of(stored(tmp_path / "m", form, *kinds))
    assert (card.stored, card.precision) == (said, "float32")
    assert card.fields().get("stored") == said
    assert answered(card).get("stored") == said
    assert card.fingerprint == replace(card, stored=None).fingerprint  # the weights say it too


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("where", ["file", "dtype", "torch_dtype"])
def test_that_the_library_computes_in_another_type_is_said(
    tmp_path: Path, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    if where == "file":
        card_of(stored(tmp_path / "m", "safetensors", "bfloat16"))
    else:
        folder = checkpoints.write_plain(tmp_path / "m")
        settings = json.loads((folder / "config.json").read_text())
        settings = {key: value for key, value in settings.items() if "dtype" not in key}
        checkpoints.write_json(folder / "config.json", settings)
        card_of(folder)
        assert "its library computes" not in caplog.text
        checkpoints.write_json(folder / "config.json", settings | {where: "bfloat16"})
        card_of(folder)
    assert "its library computes in bfloat16, as its files say; here in float32" in caplog.text


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model_args": {"torch_dtype": "bfloat16"}}, "bfloat16"),
        ({"model_kwargs": {"dtype": "float16"}}, "float16"),
        ({"config_kwargs": {"dtype": "float16"}}, "float16"),
        ({"model_kwargs": {"dtype": "auto"}}, "bfloat16"),
        ({"model_kwargs": {"dtype": "float32"}}, None),
    ],
)
def test_the_type_that_sentence_transformers_is_told_is_said_too(
    tmp_path: Path, settings: dict[str, Any], said: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    folder = checkpoints.write_sentence_transformers(tmp_path / "m")
    path = folder / "config.json"
    checkpoints.write_json(path, json.loads(path.read_text()) | {"dtype": "bfloat16"})
    path = folder / "sentence_bert_config.json"
    checkpoints.write_json(path, json.loads(path.read_text()) | settings)
    build_encoder(parse_reference(str(folder)), "sts", EncoderOptions())
    library = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    assert str(library.dtype) == f"torch.{said or 'float32'}"
    assert ("its library computes" in caplog.text) == bool(said)
    assert f"its library computes in {said}, as" in caplog.text or not said


@pytest.mark.parametrize("kind", ["float32", *HALVES])
def test_so_does_that_of_what_the_library_computes(tmp_path: Path, kind: str) -> None:
    folder = checkpoints.write_sentence_transformers(tmp_path / "m")
    path = folder / "model.safetensors"
    weights = load_file(path)
    turned = {name: weight.to(getattr(torch, kind)) for name, weight in weights.items()}
    save_file(turned, path, {"format": "pt"})
    asked = EncoderOptions(adapter="sentence-transformers")
    card = build_encoder(parse_reference(str(folder)), "sts", asked).card
    said = None if kind == "float32" else kind
    assert (card.adapter, card.stored, card.precision) == (asked.adapter, said, "float32")


@pytest.mark.parametrize("form", ["safetensors", "bin"])
def test_shards_are_all_looked_at(tmp_path: Path, form: Any) -> None:
    folder = checkpoints.write_sharded(tmp_path / "m", form)
    [last] = folder.glob("*-00003-of-*")
    if form == "bin":
        halves = {name: weight.half() for name, weight in torch.load(last).items()}
        torch.save(halves, last)
    else:
        halves = {name: weight.half() for name, weight in load_file(last).items()}
        save_file(halves, last, {"format": "pt"})
    assert stored_types(Checkpoint(folder, "m", "m")) == ["float16", "float32"]


def test_a_file_that_cannot_be_read_tells_nothing(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    (folder / "model.safetensors").write_bytes(b"x" * 100)
    assert stored_types(Checkpoint(folder, "m", "m")) == []


@pytest.mark.parametrize("precision", HALVES)
@pytest.mark.parametrize("kind", ["bert", "llama", "t5"])
def test_read_as_the_library_reads_them(tmp_path: Path, kind: str, precision: str) -> None:
    """Angles of rotary positions stay in float32; so does what a family asks for, in float16."""
    folder = tmp_path / "m"
    if kind == "bert":
        checkpoints.write_plain(folder)
    else:
        write(folder, kind, "AutoModel")
    checkpoint = Checkpoint(folder, "m", "m")
    checkpoint.weights_sha256()
    own = load_model(checkpoint, needs_head=False, trust_remote_code=False, precision=precision)
    named = transformers.T5EncoderModel if kind == "t5" else transformers.AutoModel
    library = named.from_pretrained(folder, dtype=getattr(torch, precision))
    parts = dict(library.named_buffers()) | dict(library.named_parameters())
    ours = dict(own.named_buffers()) | dict(own.named_parameters())
    assert ours.keys() == parts.keys()
    assert {name: part.dtype for name, part in ours.items()} == {
        name: part.dtype for name, part in parts.items()
    }
    assert all(torch.equal(ours[name], parts[name]) for name in parts)
    if kind == "llama":
        assert ours["rotary_emb.inv_freq"].dtype == torch.float32


@pytest.mark.parametrize("precision", HALVES)
def test_a_trained_head_is_of_the_same_precision(tmp_path: Path, precision: str) -> None:
    checkpoint = Checkpoint(checkpoints.write_simcse_training(tmp_path / "m"), "m", "m")
    checkpoint.weights_sha256()
    model = load_model(checkpoint, needs_head=True, trust_remote_code=False, precision=precision)
    assert {weight.dtype for weight in model.parameters()} == {getattr(torch, precision)}
    ids = torch.tensor([[2, 7, 8, 3]])
    whole = load_model(checkpoint, needs_head=True, trust_remote_code=False)
    with torch.inference_mode():
        found, wanted = model(ids).pooler_output.float(), whole(ids).pooler_output
    assert torch.nn.functional.cosine_similarity(found, wanted) > 0.99


_PEAK = """
import sys
from pathlib import Path
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.transformer.weights import load_model
checkpoint = Checkpoint(Path(sys.argv[1]), "m", "m")
checkpoint.weights_sha256()
load_model(checkpoint, needs_head=False, trust_remote_code=False, precision=sys.argv[2])
# Of this process alone: the system counts that of the one that started it to its maximum.
[peak] = [line for line in Path("/proc/self/status").read_text().split("\\n") if "VmHWM" in line]
print(peak.split()[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="counts in other units elsewhere")
def test_half_the_memory_for_half_the_precision(tmp_path: Path) -> None:
    """Of bfloat16 nothing is float32 on the way: two bytes less a weight, one at the peak."""
    folder = tmp_path / "m"
    sizes = {"hidden_size": 1024, "intermediate_size": 4096, "vocab_size": 10000}
    config = transformers.LlamaConfig(**sizes, num_hidden_layers=3, num_attention_heads=8)
    model = transformers.LlamaModel(config).to(torch.bfloat16)
    weights = sum(weight.numel() for weight in model.parameters())
    model.save_pretrained(folder)
    peak = {
        precision: int(
            subprocess.run(
                [sys.executable, "-c", _PEAK, str(folder), precision],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for precision in ("float32", "bfloat16")
    }
    assert 1024 * (peak["float32"] - peak["bfloat16"]) > weights
