"""Adapters: the vectors of PEFT's own model, or refused in one line; never those of the base."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from benchmark import evaluate
from benchmark.encoders import build_encoder, parse_reference
from benchmark.errors import ModelError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES, as_files
from tests.hub.server import HubServer
from tests.rounding import assert_close

peft = pytest.importorskip("peft")

REPO, BASE = "org/adapter", "org/base"


def encoder_of(model: Path | str, **options: Any) -> Any:
    chosen = EncoderOptions(device="cpu", **options)
    return build_encoder(parse_reference(str(model)), "sts", chosen)


def write_adapter(folder: Path, config: Any = None, *, base: str | None = None) -> Path:
    """Write a trained adapter beside its base, with the base's tokenizer beside it."""
    from transformers import BertModel

    checkpoints.write_plain(folder.parent / "base")
    model = BertModel.from_pretrained(folder.parent / "base")
    asked = config or peft.LoraConfig(r=4, target_modules=["query", "value", "dense"])
    adapted = peft.get_peft_model(model, asked)
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if weight.requires_grad:
                weight.add_(torch.randn(weight.shape, generator=draw) * 0.2)
                assert "lora" in name or "ia3" in name or "oft" in name, name
    adapted.save_pretrained(folder)
    if base is not None:
        change(folder, base_model_name_or_path=base)
    shutil.copy(folder.parent / "base" / "vocab.txt", folder)
    checkpoints.write_json(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer"})
    return folder


def change(folder: Path, **changes: Any) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


def own_vectors(folder: Path) -> Any:
    """Return what PEFT's own wrapper gives, the mean of the last layer."""
    from transformers import AutoTokenizer, BertModel

    base = folder.parent / "base"
    model = peft.PeftModel.from_pretrained(BertModel.from_pretrained(base), str(folder)).eval()
    tokenizer = AutoTokenizer.from_pretrained(base)
    with torch.no_grad():
        rows = [
            model(**tokenizer([text], return_tensors="pt")).last_hidden_state[0].mean(dim=0)
            for text in SENTENCES
        ]
    return torch.stack(rows).numpy()


CONFIGS: dict[str, Callable[[], Any]] = {
    "lora": lambda: peft.LoraConfig(r=4, target_modules=["query", "value", "dense"]),
    "dora": lambda: peft.LoraConfig(r=4, target_modules=["query"], use_dora=True),
    "rslora": lambda: peft.LoraConfig(r=4, target_modules=["value"], use_rslora=True),
    "embeddings": lambda: peft.LoraConfig(r=4, target_modules=["value", "word_embeddings"]),
    "ia3": lambda: peft.IA3Config(target_modules=["query"], feedforward_modules=[]),
}


@pytest.mark.parametrize("kind", CONFIGS)
def test_the_vectors_of_peft(kind: str, tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "adapter", CONFIGS[kind]())
    encoder, base = encoder_of(folder, pooler="avg"), encoder_of(tmp_path / "base", pooler="avg")
    found = encoder.encode(SENTENCES)
    assert_close(found, own_vectors(folder))
    assert np.abs(found - base.encode(SENTENCES)).max() > 0.01
    assert encoder.card.fingerprint != base.card.fingerprint
    assert encoder.card.base == str(tmp_path / "base")


def test_neither_is_taken_for_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store and the records hold both, each under its own name."""
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "cache"))
    folder = write_adapter(tmp_path / "adapter")
    asked = {"pooler": "avg", "device": "cpu", "output_dir": tmp_path / "results"}
    runs = [evaluate(str(one), "DemoSTS", **asked) for one in (tmp_path / "base", folder) * 2]
    scores = [run["DemoSTS"].main_score for run in runs]
    assert scores[:2] == scores[2:]
    assert scores[0] != scores[1]
    assert [bool(run.resumed) for run in runs] == [False, False, True, True]
    assert f"|base:{tmp_path / 'base'}|" in runs[1]["DemoSTS"].signature


def test_other_weights_are_another_encoder(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "adapter")
    before = encoder_of(folder).card.fingerprint
    scale(folder, 2.0)
    after = encoder_of(folder).card.fingerprint
    change(folder, lora_alpha=99)
    assert len({before, after, encoder_of(folder).card.fingerprint}) == 3


def scale(folder: Path, factor: float) -> None:
    file = folder / "adapter_model.safetensors"
    save_file({name: value * factor for name, value in load_file(file).items()}, file)


def test_a_tokenizer_of_the_base(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "adapter")
    wanted = encoder_of(folder, pooler="avg").encode(SENTENCES)
    for name in ("vocab.txt", "tokenizer_config.json"):
        (folder / name).unlink()
    assert_close(encoder_of(folder, pooler="avg").encode(SENTENCES), wanted)


def test_in_a_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "cache"))
    folder = write_adapter(tmp_path / "adapter")
    found = encoder_of(folder, pooler="avg", backend="openvino").encode(SENTENCES)
    assert_close(found, own_vectors(folder))


def test_behind_a_sentence_transformers_folder(tmp_path: Path) -> None:
    """The library saves the adapter in the place of the transformer."""
    from sentence_transformers import SentenceTransformer

    folder = checkpoints.write_sentence_transformers(tmp_path / "m")
    adapter = write_adapter(tmp_path / "a" / "adapter")
    for name in ("config.json", "model.safetensors"):
        (folder / name).unlink()
    for name in ("adapter_config.json", "adapter_model.safetensors", "tokenizer_config.json"):
        shutil.copy(adapter / name, folder)
    wanted = SentenceTransformer(str(folder), device="cpu").encode(list(SENTENCES))
    assert_close(encoder_of(folder).encode(SENTENCES), wanted)


def test_from_the_hub(hub: HubServer, tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "adapter", base=BASE)
    hub.add_repo(REPO, as_files(folder))
    commit = hub.add_repo(BASE, as_files(tmp_path / "base"))
    encoder = encoder_of(REPO, pooler="avg")
    assert_close(encoder.encode(SENTENCES), own_vectors(folder))
    assert encoder.card.base == f"{BASE}@{commit[:12]}"
    again = encoder_of(REPO, pooler="avg", offline=True)
    assert again.card.fingerprint == encoder.card.fingerprint


# --- refused --------------------------------------------------------------------------------------


def _rename(folder: Path) -> None:
    file = folder / "adapter_model.safetensors"
    renamed = {name.replace("attention", "attn"): value for name, value in load_file(file).items()}
    save_file(renamed, file)


def _halve(folder: Path) -> None:
    file = folder / "adapter_model.safetensors"
    state = load_file(file)
    save_file({name: state[name] for name in sorted(state)[: len(state) // 2]}, file)


def _more(folder: Path) -> None:
    file = folder / "adapter_model.safetensors"
    state = load_file(file)
    more = {f"{name[:-18]}2.lora_A.weight": state[name].clone() for name in sorted(state)[:1]}
    save_file(state | more, file)


def _prompts(folder: Path) -> None:
    config = peft.PromptTuningConfig(
        peft_type="PROMPT_TUNING",
        num_virtual_tokens=3,
        base_model_name_or_path=str(folder.parent / "base"),
    )
    config.save_pretrained(str(folder))


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "names that fit no layer": (_rename, "do not fit its base"),
    "half of the weights": (_halve, "do not fit its base"),
    "a weight too many": (_more, "do not fit its base"),
    "it changes nothing": (lambda folder: scale(folder, 0), "changes nothing"),
    "another rank": (lambda folder: change(folder, r=8), "fit its base"),
    "no weights": (
        lambda folder: (folder / "adapter_model.safetensors").unlink(),
        "an adapter without weights",
    ),
    "no settings": (
        lambda folder: (folder / "adapter_config.json").unlink(),
        "without adapter_config.json",
    ),
    "no base": (lambda folder: change(folder, base_model_name_or_path=None), "names no base"),
    "a base that is gone": (
        lambda folder: change(folder, base_model_name_or_path="/no/such/folder"),
        "its base '/no/such/folder' is not there",
    ),
    "layers that there are not": (
        lambda folder: change(folder, target_modules=["kwery"]),
        "fit its base",
    ),
    "a setting of another version": (
        lambda folder: change(folder, lora_of_tomorrow=3),
        "cannot be used .*lora_of_tomorrow",
    ),
    "an unknown kind": (lambda folder: change(folder, peft_type="LORE"), "cannot be used"),
    "prompts in the place of weights": (
        _prompts,
        "adapter of prompts",
    ),
    "a whole model beside it": (
        lambda folder: [
            shutil.copy(folder.parent / "base" / name, folder)
            for name in ("config.json", "model.safetensors")
        ],
        "holds a whole model and adapter_config",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_line(name: str, tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "adapter")
    damage, why = REFUSED[name]
    damage(folder)
    with pytest.raises(ModelError, match=why) as caught:
        encoder_of(folder, pooler="avg").encode(SENTENCES)
    assert "\n" not in str(caught.value)


def test_pickled_code_does_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_adapter(tmp_path / "adapter")
    (folder / "adapter_model.safetensors").unlink()

    class Printing:
        def __reduce__(self) -> Any:
            return (print, ("it ran",))

    torch.save({"weight": Printing()}, folder / "adapter_model.bin")
    with pytest.raises(ModelError, match="damaged or holds pickled code"):
        encoder_of(folder, pooler="avg").encode(SENTENCES)
    assert "it ran" not in capsys.readouterr().out


def test_a_repository_names_no_folder_of_this_disk(hub: HubServer, tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "adapter")
    hub.add_repo(REPO, as_files(folder))
    with pytest.raises(ModelError, match="is not there"):
        encoder_of(REPO)


def test_without_peft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_adapter(tmp_path / "adapter")
    monkeypatch.setitem(__import__("sys").modules, "peft", None)
    with pytest.raises(ModelError, match="an adapter, which needs peft; "):
        encoder_of(folder, pooler="avg").encode(SENTENCES)
