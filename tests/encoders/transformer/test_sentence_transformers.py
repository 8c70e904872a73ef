"""Folders of the sentence-transformers library: read as that library reads them, or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.transformer.sentence_transformers import read_settings
from benchmark.errors import ModelError, NotComputedHere
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import HIDDEN, SENTENCES, write_json, write_sentence_transformers
from tests.encoders.plain import plain_vectors
from tests.rounding import OF_A_NETWORK, assert_close


def encoder_of(folder: Path, **options: Any) -> Any:
    """Return the encoder of a folder, as we compute it."""
    asked = EncoderOptions(**{"adapter": "transformers"} | options)
    return build_encoder(parse_reference(str(folder)), "sts", asked)


def library(folder: Path, sentences: tuple[str, ...] = SENTENCES) -> Any:
    """Return what the library itself makes of a folder."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu").encode(list(sentences))


def assert_same(folder: Path, sentences: tuple[str, ...] = SENTENCES) -> None:
    """Compare with the library."""
    wanted = library(folder, sentences)
    assert_close(encoder_of(folder).encode(sentences), wanted)


POOLINGS = {
    "cls": ("pooling_mode_cls_token", "cls_before_pooler"),
    "mean": ("pooling_mode_mean_tokens", "avg"),
    "max": ("pooling_mode_max_tokens", "max"),
    "mean_sqrt_len_tokens": ("pooling_mode_mean_sqrt_len_tokens", "avg_sqrt_len"),
    "weightedmean": ("pooling_mode_weightedmean_tokens", "weighted_mean"),
    "lasttoken": ("pooling_mode_lasttoken", "last_token"),
}


@pytest.mark.parametrize("spelling", ["flags", "name", "both"])
@pytest.mark.parametrize("mode", POOLINGS)
def test_poolings(tmp_path: Path, mode: str, spelling: str) -> None:
    flag, pooler = POOLINGS[mode]
    flags = {name: name == flag for name, _ in POOLINGS.values()}
    pooling: dict[str, Any] = {"word_embedding_dimension": HIDDEN}
    pooling |= flags if spelling != "name" else {}
    pooling |= {"pooling_mode": mode} if spelling != "flags" else {}
    folder = write_sentence_transformers(tmp_path / "m", pooling=pooling, after=())
    card = encoder_of(folder).card
    assert (card.pooler, card.normalize, card.max_length) == (pooler, False, 48)
    assert_same(folder)


@pytest.mark.parametrize(
    ("pooling", "pooler"),
    [
        ({"pooling_mode": ["mean", "cls"]}, "avg+cls_before_pooler"),
        ({"pooling_mode": ["lasttoken", "max", "weightedmean"]}, "last_token+max+weighted_mean"),
        (
            {"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": True},
            "max+avg",
        ),
        (
            {"pooling_mode_lasttoken": True, "pooling_mode_cls_token": True},
            "cls_before_pooler+last_token",
        ),
        ({"pooling_mode_mean_tokens": False}, "avg"),
        ({}, "avg"),
    ],
)
def test_several_poolings(tmp_path: Path, pooling: dict[str, Any], pooler: str) -> None:
    """A list has its own order, flags that of the library."""
    pooling = {"word_embedding_dimension": HIDDEN, **pooling}
    folder = write_sentence_transformers(tmp_path / "m", pooling=pooling, after=())
    assert encoder_of(folder).card.pooler == pooler
    assert_same(folder)


@pytest.mark.parametrize(
    ("pooling", "said"),
    [
        ({"pooling_mode": "meen"}, "meen"),
        ({"pooling_mode": ["cls", "meen"]}, "['cls', 'meen']"),
        ({"pooling_mode": []}, "[]"),
    ],
)
def test_other_poolings_are_refused(tmp_path: Path, pooling: dict[str, Any], said: str) -> None:
    folder = write_sentence_transformers(tmp_path / "m", pooling=pooling)
    with pytest.raises(ModelError, match="is not supported") as caught:
        encoder_of(folder)
    assert f"pooling by {said} is" in str(caught.value)
    assert "the library knows none of that name" in str(caught.value)


@pytest.mark.parametrize(
    ("place", "kind", "said"),
    [
        (2, "Router", "Transformer -> Pooling -> Router"),
        (1, "WordWeights", "Transformer -> WordWeights -> Normalize"),
        (0, "WordEmbeddings", "WordEmbeddings -> Pooling -> Normalize"),
        (1, "WeightedLayerPooling", "Transformer -> WeightedLayerPooling -> Normalize"),
        (2, "Pooling", "Transformer -> Pooling -> Pooling"),
        (1, "Dropout", "Transformer -> Dropout -> Normalize"),
        (2, "Pooling.Normalize", "Transformer -> Pooling -> Normalize"),
        (2, "nowhere.Normalize", "Transformer -> Pooling -> Normalize"),
    ],
)
def test_other_modules_are_not_computed_here(
    tmp_path: Path, place: int, kind: str, said: str
) -> None:
    """Leaving one out would give the score of another model."""
    folder = write_sentence_transformers(tmp_path / "m")
    modules = json.loads((folder / "modules.json").read_text())
    modules[place]["type"] = f"sentence_transformers.models.{kind}"
    write_json(folder / "modules.json", modules)
    with pytest.raises(NotComputedHere, match="is supported; `adapter` sentence-transf") as caught:
        encoder_of(folder, pooler="avg")
    assert f"its modules are {said}, of which" in str(caught.value)


def test_modules_with_code_of_their_own_are_refused(tmp_path: Path) -> None:
    """The library can run them, and does not either unless it is allowed to."""
    folder = write_sentence_transformers(tmp_path / "m")
    text = (folder / "modules.json").read_text()
    own = text.replace("sentence_transformers.models.Pooling", "custom_pooling.Pooling")
    (folder / "modules.json").write_text(own)
    with pytest.raises(ModelError, match=r"Transformer -> custom_pooling\.Pooling -> Norm") as no:
        encoder_of(folder)
    assert not isinstance(no.value, NotComputedHere)
    assert "is code of its own; read that code, then pass `trust_remote_code`" in str(no.value)
    with pytest.raises(ValueError, match="trust_remote_code=True"):
        library(folder)
    with pytest.raises(NotComputedHere, match=r"Transformer -> custom_pooling\.Pooling -> Norm"):
        encoder_of(folder, trust_remote_code=True)


@pytest.mark.parametrize(
    "modules",
    [
        {},
        [],
        "text",
        ["Transformer", "Pooling"],
        [{"type": "sentence_transformers.models.Transformer"}],
        [{}, {}],
    ],
)
def test_modules_that_make_no_sense(tmp_path: Path, modules: Any) -> None:
    folder = write_sentence_transformers(tmp_path / "m")
    write_json(folder / "modules.json", modules)
    with pytest.raises(ModelError, match="modules"):
        encoder_of(folder)


@pytest.mark.parametrize("name", ["modules.json", "1_Pooling/config.json"])
@pytest.mark.parametrize("text", ["{", "3"])
def test_broken_settings(tmp_path: Path, name: str, text: str) -> None:
    folder = write_sentence_transformers(tmp_path / "m")
    (folder / name).write_text(text)
    with pytest.raises(ModelError, match=r"cannot be read|holds no"):
        encoder_of(folder)


def test_pooling_without_settings(tmp_path: Path) -> None:
    folder = write_sentence_transformers(tmp_path / "m")
    (folder / "1_Pooling" / "config.json").unlink()
    with pytest.raises(ModelError, match=r"1_Pooling/config\.json: cannot be read"):
        encoder_of(folder)


# --- the transformer, length, case ----------------------------------------------------------------


@pytest.mark.parametrize("inside", ["", "0_Transformer"])
@pytest.mark.parametrize("after", [(), ("Normalize",)])
def test_scaling_and_where_the_transformer_lies(
    tmp_path: Path, inside: str, after: tuple[str, ...]
) -> None:
    folder = write_sentence_transformers(tmp_path / "m", inside=inside, after=after)
    card = encoder_of(folder).card
    assert card.normalize == bool(after)
    assert card.name == "m"
    assert_same(folder)
    lengths = np.linalg.norm(encoder_of(folder).encode(SENTENCES), axis=1)
    assert np.allclose(lengths, 1, atol=1e-6) == bool(after)


@pytest.mark.parametrize(("stated", "limit"), [(12, 12), (64, 64), (500, 64), (None, 64)])
def test_the_stated_length_is_kept_to(tmp_path: Path, stated: int | None, limit: int) -> None:
    settings = {"max_seq_length": stated, "do_lower_case": False}
    folder = write_sentence_transformers(tmp_path / "m", settings=settings)
    assert encoder_of(folder).card.max_length == limit
    sentences = (*SENTENCES, "the guitar plays a man " * 30)
    wanted = plain_vectors(folder, "avg", sentences, limit=limit)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    assert_close(encoder_of(folder).encode(sentences), wanted)


def test_the_stated_length_is_the_librarys(tmp_path: Path) -> None:
    settings = {"max_seq_length": 12, "do_lower_case": False}
    folder = write_sentence_transformers(tmp_path / "m", settings=settings)
    assert_same(folder, (*SENTENCES, "the guitar plays a man " * 30))


def test_more_than_the_stated_length_may_be_asked_for(tmp_path: Path) -> None:
    folder = write_sentence_transformers(tmp_path / "m", settings={"max_seq_length": 12})
    assert encoder_of(folder, max_length=64).card.max_length == 64
    assert encoder_of(folder, max_length=5).card.max_length == 5


@pytest.mark.parametrize("lower", [False, True])
def test_lower_casing_before_a_tokenizer_that_keeps_case(tmp_path: Path, lower: bool) -> None:
    settings = {"max_seq_length": 48, "do_lower_case": lower}
    folder = write_sentence_transformers(tmp_path / "m", settings=settings)
    keeps = {"tokenizer_class": "BertTokenizer", "do_lower_case": False}
    write_json(folder / "tokenizer_config.json", keeps)
    assert_same(folder)
    same, other = encoder_of(folder).encode(["the cat sat", "The Cat Sat"])
    assert np.allclose(same, other, rtol=0, atol=OF_A_NETWORK) == lower


# --- prompts --------------------------------------------------------------------------------------

PROMPTS = {"query": "a man: ", "document": "", "other": "no "}


@pytest.mark.parametrize(
    ("name", "prompt"), [("query", "a man: "), ("document", None), (None, None)]
)
def test_the_default_prompt_goes_before_every_sentence(
    tmp_path: Path, name: str | None, prompt: str | None
) -> None:
    prompts = {"prompts": PROMPTS, "default_prompt_name": name}
    folder = write_sentence_transformers(tmp_path / "m", prompts=prompts)
    encoder = encoder_of(folder)
    assert encoder.card.prompt == prompt
    assert_same(folder)
    bare = encoder_of(write_sentence_transformers(tmp_path / "bare"))
    by_hand = bare.encode([f"{prompt or ''}{sentence}" for sentence in SENTENCES])
    assert np.array_equal(encoder.encode(SENTENCES), by_hand)


@pytest.mark.parametrize("prompts", [{}, {"prompts": None}, {"prompts": {"query": "a "}}])
def test_prompts_without_a_default_one(tmp_path: Path, prompts: dict[str, Any]) -> None:
    folder = write_sentence_transformers(tmp_path / "m", prompts=prompts)
    assert encoder_of(folder).card.prompt is None


def test_pooling_may_leave_the_prompt_out(tmp_path: Path) -> None:
    size = {"word_embedding_dimension": HIDDEN}
    pooling = size | {"pooling_mode": "mean", "include_prompt": False}
    prompts = {"prompts": PROMPTS, "default_prompt_name": "query"}
    folder = write_sentence_transformers(tmp_path / "m", pooling=pooling, prompts=prompts)
    assert_same(folder)
    assert not encoder_of(folder).card.include_prompt
    (folder / "config_sentence_transformers.json").unlink()
    assert_same(folder)  # without a prompt it makes no difference
    assert encoder_of(folder).card.include_prompt


# --- what the library itself writes ---------------------------------------------------------------


@pytest.mark.parametrize("mode", POOLINGS)
def test_a_folder_that_the_library_saved(tmp_path: Path, mode: str) -> None:
    from sentence_transformers import SentenceTransformer, models

    transformer = models.Transformer(str(checkpoints.write_plain(tmp_path / "plain")))
    modules = [transformer, models.Pooling(HIDDEN, mode), models.Normalize()]
    SentenceTransformer(
        modules=modules, device="cpu", prompts={"query": "a "}, default_prompt_name="query"
    ).save(str(tmp_path / "saved"))
    card = encoder_of(tmp_path / "saved").card
    assert (card.pooler, card.normalize, card.prompt) == (POOLINGS[mode][1], True, "a ")
    assert_same(tmp_path / "saved")


PLAIN = {
    "bert": checkpoints.write_plain,
    "roberta": lambda folder: checkpoints.write_plain(folder, "roberta"),
    "distilbert": checkpoints.write_distilbert,
    "mpnet": checkpoints.write_mpnet,
    "albert": checkpoints.write_albert,
    "gpt2": checkpoints.write_decoder,
}


@pytest.mark.parametrize("family", PLAIN)
def test_a_plain_folder_is_as_the_library_takes_it(tmp_path: Path, family: str) -> None:
    folder = PLAIN[family](tmp_path / "m")
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text()) if path.exists() else {}
    # Without these the library needs another token to pad with, and cuts too late.
    more = {"pad_token": "</s>"} if family == "gpt2" else {"model_max_length": 64}
    write_json(path, settings | more)
    assert_same(folder, (*SENTENCES, "the guitar plays a man " * 30))


@pytest.mark.parametrize("place", ["tokenizer_config.json", "chat_template.jinja"])
def test_a_plain_folder_with_a_chat_template(tmp_path: Path, place: str) -> None:
    """The library puts every sentence into it."""
    folder = checkpoints.write_decoder(tmp_path / "m")
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text()) | {"pad_token": "</s>"}
    template = "{% for message in messages %}a {{ message.content }} b{% endfor %}"
    write_json(path, settings)
    without = library(folder)
    if place == path.name:
        write_json(path, settings | {"chat_template": template})
    else:
        (folder / place).write_text(template)
    with pytest.raises(NotComputedHere, match=r"it has a chat template, .* name a `pooler`"):
        encoder_of(folder)
    put_into_it = library(folder, ("man",))
    assert not np.allclose(put_into_it, without[:1], atol=1e-3)
    alone = encoder_of(folder, pooler="avg")
    assert_close(alone.encode(["a man b"]), put_into_it)
    assert_close(alone.encode(SENTENCES), without)


def test_a_plain_folder_has_no_such_settings(tmp_path: Path) -> None:
    assert read_settings(checkpoints.write_plain(tmp_path / "m")) is None


def test_another_pooler_is_in_the_card(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_sentence_transformers(tmp_path / "m", after=())
    encoder = encoder_of(folder, pooler="max")
    assert "pooler max instead of the documented avg" in caplog.text
    assert encoder.card.pooler == "max"
    wanted = plain_vectors(folder, "max", SENTENCES)
    assert_close(encoder.encode(SENTENCES), wanted)
