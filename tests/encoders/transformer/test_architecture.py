"""Pairs of encoder and decoder: what their owning library scores, from any file that holds it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.transformer.architecture import model_class, settle, shared_prefix
from benchmark.errors import ModelError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES, write_json
from tests.encoders.transformer.published import TEXTS, library_vectors, random_model, write
from tests.rounding import assert_close

OF_LIBRARY = ("bart", "longt5", "mbart", "mt5", "switch_transformers", "t5", "t5gemma", "umt5")
"""sentence-transformers loads these rightly from a file of the whole model."""

BARE = ("blenderbot", "m2m_100", "marian", "pegasus", "prophetnet")
"""And these only from a file of the encoder alone: it scores random numbers else."""


def encoder_of(folder: Path, **options: Any) -> Any:
    return build_encoder(parse_reference(str(folder)), "sts", EncoderOptions(**options))


def refusal(folder: Path, **options: Any) -> str:
    with pytest.raises(ModelError) as caught:
        encoder_of(folder, **options).load()
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- whole models, and encoders alone -------------------------------------------------------------


@pytest.mark.parametrize("head", ["AutoModelForSeq2SeqLM", "AutoModel"])
@pytest.mark.parametrize("kind", OF_LIBRARY)
def test_the_whole_model_as_sentence_transformers(tmp_path: Path, kind: str, head: str) -> None:
    write(tmp_path / "m", kind, head)
    encoder = encoder_of(tmp_path / "m")
    assert encoder.card.pooler == "avg"
    assert_close(encoder.encode(TEXTS), library_vectors(tmp_path / "m"))


def test_bytes_instead_of_words(tmp_path: Path) -> None:
    """ByT5: a T5 whose tokenizer needs no vocabulary."""
    write(tmp_path / "m", "t5", "AutoModelForSeq2SeqLM", vocab_size=384)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "m" / name).unlink()
    transformers.ByT5Tokenizer().save_pretrained(tmp_path / "m")
    assert_close(encoder_of(tmp_path / "m").encode(TEXTS), library_vectors(tmp_path / "m"))


@pytest.mark.parametrize("head", ["AutoModelForSeq2SeqLM", "AutoModel"])
@pytest.mark.parametrize("kind", BARE)
def test_the_encoder_of_a_whole_model(tmp_path: Path, kind: str, head: str) -> None:
    write(tmp_path / "m", kind, head)
    whole = transformers.AutoModel.from_pretrained(tmp_path / "m").eval()
    encoder = encoder_of(tmp_path / "m", max_length=60)
    ids = encoder.tokenize(TEXTS).ids
    with torch.inference_mode():
        states = [whole.get_encoder()(torch.tensor([row]))[0][0] for row in ids]
    assert_close(encoder.encode(TEXTS), torch.stack([state.mean(0) for state in states]).numpy())


@pytest.mark.parametrize("kind", [*BARE, "mt5", "t5", "t5gemma", "umt5"])
def test_the_encoder_alone_as_sentence_transformers(tmp_path: Path, kind: str) -> None:
    write(tmp_path / "m", kind, "AutoModel")
    config = transformers.AutoConfig.from_pretrained(tmp_path / "m")
    model = model_class(config)(settle(config))
    state = checkpoints.random_state(model, 1)
    for name, weight in model.named_parameters():
        weight.data = state[name]
    model.save_pretrained(tmp_path / "m")
    assert_close(encoder_of(tmp_path / "m").encode(TEXTS), library_vectors(tmp_path / "m"))


@pytest.mark.parametrize("kind", ["m2m_100", "pegasus", "prophetnet", "t5"])
def test_words_that_are_in_the_file_two_and_three_times(tmp_path: Path, kind: str) -> None:
    """As older versions of the library wrote them, in pickles."""
    folder = tmp_path / "m"
    whole = write(folder, kind, "AutoModelForSeq2SeqLM")
    wanted = encoder_of(folder).encode(SENTENCES)
    torch.save(whole.state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert np.array_equal(encoder_of(folder).encode(SENTENCES), wanted)


@pytest.mark.parametrize("head", ["AutoModelForSeq2SeqLM", "AutoModel"])
@pytest.mark.parametrize("kind", ["m2m_100", "pegasus", "prophetnet", "t5", "t5gemma"])
def test_a_layer_less_in_the_settings_is_refused(tmp_path: Path, kind: str, head: str) -> None:
    write(tmp_path / "m", kind, head)
    path = tmp_path / "m" / "config.json"
    content = json.loads(path.read_text())
    if kind == "t5gemma":
        half = content["encoder"]
        half |= {"num_hidden_layers": 2, "layer_types": half["layer_types"][:2]}
    else:
        name = {"prophetnet": "num_encoder_layers", "t5": "num_layers"}.get(kind, "encoder_layers")
        assert content[name] == 3
        content[name] = 2
    write_json(path, content)
    assert "weights of the encoder that its config.json leaves out" in refusal(tmp_path / "m")


def test_inner_layers_are_those_of_the_encoder(tmp_path: Path) -> None:
    model = write(tmp_path / "m", "t5", "AutoModelForSeq2SeqLM")
    encoder = encoder_of(tmp_path / "m", pooler="avg_first_last")
    ids = encoder.tokenize(SENTENCES).ids
    wanted = []
    for row in ids:
        with torch.inference_mode():
            states = model.encoder(torch.tensor([row]), output_hidden_states=True).hidden_states
        wanted.append(((states[0] + states[-1]) / 2)[0].mean(0).numpy())
    assert_close(encoder.encode(SENTENCES), np.stack(wanted))


@pytest.mark.parametrize("pooler", ["avg_first_last", "avg@-2"])
def test_two_stacks_have_no_layers_to_choose_from(tmp_path: Path, pooler: str) -> None:
    write(tmp_path / "m", "bart", "AutoModel")
    with pytest.raises(ModelError, match="this architecture \\(bart\\) does not give that"):
        encoder_of(tmp_path / "m", pooler=pooler).encode(SENTENCES)


# --- a prefix of all names ------------------------------------------------------------------------


def prefixed(folder: Path, prefix: str, **more: torch.Tensor) -> None:
    weights = load_file(folder / "model.safetensors")
    named = {prefix + name: weight for name, weight in weights.items()}
    save_file(named | more, folder / "model.safetensors", {"format": "pt"})


@pytest.mark.parametrize(
    "prefix",
    ["model.", "module.", "0.auto_model.", "encoder.", "_orig_mod.", "base_model.model.", "a.b."],
)
@pytest.mark.parametrize("inside", ["", "bert."])
def test_a_prefix_of_all_weights_is_left_out(
    tmp_path: Path, prefix: str, inside: str, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    wanted = encoder_of(folder).encode(SENTENCES)
    prefixed(folder, prefix + inside)
    assert np.array_equal(encoder_of(folder).encode(SENTENCES), wanted)
    assert f"all its weights have the prefix {prefix}" in caplog.text
    path = folder / "config.json"
    write_json(path, json.loads(path.read_text()) | {"num_hidden_layers": 2})
    assert "weights of the encoder that its config.json leaves out" in refusal(folder)


@pytest.mark.parametrize("kind", ["llama", "qwen2", "t5", "m2m_100"])
def test_a_prefix_of_decoders_and_pairs(tmp_path: Path, kind: str) -> None:
    head = "AutoModelForCausalLM" if kind in ("llama", "qwen2") else "AutoModelForSeq2SeqLM"
    write(tmp_path / "m", kind, head)
    wanted = encoder_of(tmp_path / "m").encode(SENTENCES)
    prefixed(tmp_path / "m", "module.")
    assert np.array_equal(encoder_of(tmp_path / "m").encode(SENTENCES), wanted)


def test_a_prefix_that_not_all_have_is_refused(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    prefixed(folder, "0.auto_model.", **{"2.linear.weight": torch.ones(3)})
    assert "missing from" in refusal(folder)


def test_a_prefix_without_which_they_do_not_fit_is_refused(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    weights = load_file(folder / "model.safetensors")
    del weights["embeddings.word_embeddings.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    prefixed(folder, "module.")
    assert "missing from" in refusal(folder)


def test_what_all_names_begin_with() -> None:
    assert shared_prefix({}) == []
    assert shared_prefix({"weight": None}) == []
    assert shared_prefix({"a.x": None, "b.x": None}) == []
    assert shared_prefix({"a.x": None, "x": None}) == []
    assert shared_prefix({"a.b.c.x": None, "a.b.d.x": None}) == ["a.", "a.b."]


# --- nothing kept for a text to go on -------------------------------------------------------------


@pytest.mark.parametrize("kind", ["gpt2", "llama", "opt"])
def test_no_keys_and_values_are_kept(tmp_path: Path, kind: str) -> None:
    model = random_model(kind, "AutoModel", use_cache=True)
    write(tmp_path / "m", kind, "AutoModel", use_cache=True)
    encoder = encoder_of(tmp_path / "m", pooler="avg")
    rows = encoder.tokenize(SENTENCES).ids
    with torch.inference_mode():
        wanted = torch.stack([model(torch.tensor([row]))[0][0].mean(0) for row in rows])
        assert model(torch.tensor(rows[:1])).past_key_values is not None
        own = encoder._compute.model(torch.tensor(rows[:1]))
    assert own.get("past_key_values") is None
    assert_close(encoder.encode(SENTENCES), wanted.numpy())
