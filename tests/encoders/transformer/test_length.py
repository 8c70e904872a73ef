"""How many tokens a checkpoint takes: the library's precedence, and no more than has positions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Qwen2Config, Qwen2Model, T5Config, T5EncoderModel

from benchmark.errors import ModelError, UsageError
from tests import checkpoints
from tests.checkpoints import (
    HIDDEN,
    MOST_TOKENS,
    SENTENCES,
    byte_pairs,
    write_json,
    write_sentence_transformers,
)
from tests.encoders.transformer.test_sentence_transformers import assert_same, encoder_of, library
from tests.zoo.architectures import write_architecture

LONG = (*SENTENCES[:3], "the guitar plays a man " * 30, "")
SETTINGS = "sentence_bert_config.json"


def write_rotary(folder: Path) -> Path:
    """Write a model whose positions are not learned, with a number of them all the same."""
    checkpoints.write_decoder(folder)
    (folder / "model.safetensors").unlink()
    config = Qwen2Config(
        vocab_size=len(byte_pairs()[0]),
        hidden_size=HIDDEN,
        intermediate_size=2 * HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=MOST_TOKENS,
    )
    torch.manual_seed(0)
    Qwen2Model(config).eval().save_pretrained(folder)
    change(folder / "tokenizer_config.json", pad_token="</s>")
    return folder


def change(path: Path, **changes: Any) -> None:
    """Change keys of a file, which need not be there; None takes one out."""
    content = json.loads(path.read_text()) if path.exists() else {}
    content |= changes
    write_json(path, {key: value for key, value in content.items() if value is not None})


def folder_of(tmp_path: Path, family: str, settings: dict[str, Any], limit: int | None) -> Path:
    """Write a sentence-transformers folder whose tokenizer states a limit."""
    folder = write_sentence_transformers(tmp_path / "m", after=(), settings=settings)
    if family != "bert":
        for name in ("config.json", "model.safetensors", "vocab.txt"):
            (folder / name).unlink()
        if family == "rotary":
            write_rotary(folder)
        else:
            checkpoints.write_plain(folder, "roberta")
    change(folder / "tokenizer_config.json", model_max_length=limit)
    return folder


@pytest.mark.parametrize("limit", [None, 20, 100])
@pytest.mark.parametrize(
    ("settings", "stated"),
    [
        ({"do_lower_case": False}, None),
        ({"max_seq_length": None}, None),
        ({"max_seq_length": 12}, 12),
        ({"max_seq_length": 30}, 30),
        ({"max_seq_length": 90}, 90),
        ({"max_seq_length": 90, "tokenizer_args": {"model_max_length": 16}}, 16),
        ({"processor_kwargs": {"model_max_length": 80}}, 80),
        ({"processor_kwargs": {"model_max_length": 8}, "tokenizer_args": {}}, None),
        ({"max_seq_length": 12, "processing_kwargs": {"text": {"max_length": 25}}}, 25),
    ],
    ids=str,
)
@pytest.mark.parametrize("family", ["bert", "rotary"])
def test_the_librarys_precedence(
    tmp_path: Path, family: str, settings: dict[str, Any], stated: int | None, limit: int | None
) -> None:
    """What is stated overrules the tokenizer and, where positions are not learned, their number."""
    folder = folder_of(tmp_path, family, settings, limit)
    usual = min(limit or MOST_TOKENS, MOST_TOKENS)
    own = usual if stated is None else stated
    beyond = family == "bert" and own > MOST_TOKENS
    assert encoder_of(folder).card.max_length == (MOST_TOKENS if beyond else own)
    if beyond:
        assert_same(folder, SENTENCES)
        assert encoder_of(folder).encode(LONG).shape == (len(LONG), HIDDEN)
        with pytest.raises((IndexError, RuntimeError)):  # the library does not cut there
            library(folder, LONG)
    else:
        assert_same(folder, LONG if family == "bert" else LONG[:-1])


def test_positions_that_are_counted_from_the_padding_id_on(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "roberta", {"max_seq_length": 66}, None)
    assert encoder_of(folder).card.max_length == MOST_TOKENS
    change(folder / SETTINGS, max_seq_length=MOST_TOKENS)
    assert_same(folder, LONG)


@pytest.mark.parametrize(
    ("family", "stated", "asked", "most"),
    [
        ("bert", 12, 64, None),
        ("bert", 12, 65, 64),
        ("bert", 500, 64, None),
        ("bert", 500, 65, 64),
        ("rotary", 12, 500, None),
        ("rotary", None, 500, None),
    ],
)
def test_what_may_be_asked_for(
    tmp_path: Path, family: str, stated: int | None, asked: int, most: int | None
) -> None:
    """Whatever is stated, up to the positions that have weights."""
    folder = folder_of(tmp_path, family, {"max_seq_length": stated}, None)
    if most is None:
        assert encoder_of(folder, max_length=asked).card.max_length == asked
    else:
        with pytest.raises(UsageError, match=f"`max_length` {asked}: .* takes at most {most} tok"):
            encoder_of(folder, max_length=asked)


def test_more_than_the_tokenizers_limit_may_be_stated(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "bert", {"max_seq_length": 40}, 10)
    assert encoder_of(folder, max_length=40).card.max_length == 40
    with pytest.raises(UsageError, match="takes at most 40 tokens"):
        encoder_of(folder, max_length=41)


@pytest.mark.parametrize(
    ("key", "value", "limit"),
    [("max_len", 11, 11), ("max_len", None, 64), ("model_max_length", 10**30, 64)],
)
def test_the_tokenizers_limit_by_either_name(
    tmp_path: Path, key: str, value: int | None, limit: int
) -> None:
    folder = folder_of(tmp_path, "bert", {"do_lower_case": False}, None)
    change(folder / "tokenizer_config.json", **{key: value})
    assert encoder_of(folder).card.max_length == limit
    assert_same(folder, LONG)


def test_positions_by_another_name(tmp_path: Path) -> None:
    """GPT-2 says ``n_positions``; T5 said so too, and means nothing by it."""
    folder = checkpoints.write_decoder(tmp_path / "gpt2")
    assert encoder_of(folder).card.max_length == MOST_TOKENS
    with pytest.raises(UsageError, match="takes at most 64 tokens"):
        encoder_of(folder, max_length=65)
    change(folder / "tokenizer_config.json", pad_token="</s>")
    assert_same(folder, LONG[:-1])


def test_relative_positions_have_no_limit(tmp_path: Path) -> None:
    folder = write_sentence_transformers(tmp_path / "m", after=(), settings={"max_seq_length": 99})
    config = T5Config(vocab_size=300, d_model=HIDDEN, d_kv=8, d_ff=32, num_layers=1, num_heads=4)
    (folder / "model.safetensors").unlink()
    T5EncoderModel(config).save_pretrained(folder)
    change(folder / "config.json", n_positions=20)
    assert encoder_of(folder).card.max_length == 99
    (folder / SETTINGS).unlink()
    assert encoder_of(folder).card.max_length is None
    assert encoder_of(folder, max_length=10**4).card.max_length == 10**4


def test_positions_that_the_configuration_leaves_out(tmp_path: Path) -> None:
    """The architecture's usual number counts, as for the library."""
    folder = write_sentence_transformers(
        tmp_path / "m", settings={"max_seq_length": 600}, max_position_embeddings=512
    )
    change(folder / "config.json", max_position_embeddings=None)
    assert encoder_of(folder).card.max_length == 512
    (folder / SETTINGS).unlink()
    assert encoder_of(folder).card.max_length == 512
    assert_same(folder, (*LONG, "the guitar plays a man " * 130))


def test_usual_positions_without_weights(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    folder = folder_of(tmp_path, "rotary", {"max_seq_length": None}, None)
    change(folder / "config.json", max_position_embeddings=None)
    usual = SentenceTransformer(str(folder), device="cpu").max_seq_length
    assert encoder_of(folder).card.max_length == usual == Qwen2Config().max_position_embeddings


@pytest.mark.parametrize(
    ("family", "kind", "changes"),
    [
        ("rwkv", "bytes", {"context_length": 512}),
        ("esm", "wordpiece", {"position_embedding_type": "rotary"}),
    ],
)
def test_all_the_positions_of_the_library(
    tmp_path: Path, family: str, kind: Any, changes: dict[str, Any]
) -> None:
    """One has another name for them, one counts from the padding id on where they are learned."""
    folder = tmp_path / "m"
    write_architecture(folder, family, kind, **changes)
    assert encoder_of(folder).card.max_length == 512
    assert_same(folder, ("the guitar", "a man plays the guitar well " * 120))


def test_positions_of_mpnet_begin_behind_1_whatever_pads(tmp_path: Path) -> None:
    write_architecture(tmp_path / "m", "mpnet", "wordpiece", pad_token_id=0)
    encoder = encoder_of(tmp_path / "m")
    assert encoder.card.max_length == 510
    assert encoder.encode(["dog " * 700]).shape == (1, HIDDEN)


def test_a_limit_that_special_tokens_fill(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "bert", {"max_seq_length": 1}, None)
    with pytest.raises(ModelError, match="a `max_length` of 1 has no room for the special tokens"):
        encoder_of(folder).encode(SENTENCES)
    change(folder / SETTINGS, max_seq_length=2)
    assert_same(folder, LONG)


@pytest.mark.parametrize("value", ["x", True, -1])
def test_a_limit_that_is_none(tmp_path: Path, value: Any) -> None:
    folder = folder_of(tmp_path, "bert", {"do_lower_case": False}, None)
    change(folder / "tokenizer_config.json", max_len=value)
    with pytest.raises(ModelError, match=r"max_len is .*, where a number of tokens"):
        encoder_of(folder)
