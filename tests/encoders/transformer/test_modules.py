"""What a sentence-transformers folder has behind its pooling: all of it, in its order."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from benchmark.encoders import vector_identity
from benchmark.errors import ModelError, NotComputedHere
from tests.checkpoints import HIDDEN, SENTENCES, write_json, write_sentence_transformers
from tests.encoders.transformer.test_dense import write_layer, write_norm
from tests.encoders.transformer.test_sentence_transformers import assert_same, encoder_of, library

WHOLE = "config_sentence_transformers.json"
ODD = (*SENTENCES, "", "a man " * 200, "[MASK] is ÉTUDE Σ\x00\u200b", "     ")


def write(folder: Path, after: tuple[str, ...], **options: Any) -> Path:
    """Write a folder with these modules behind the pooling; each dense layer takes two away."""
    write_sentence_transformers(folder, after=after, **options)
    width = HIDDEN
    for place, kind in enumerate(after, start=2):
        path = folder / f"{place}_{kind}"
        if kind == "Dense":
            write_layer(path, width - 2, inputs=width, seed=place)
            width -= 2
        elif kind == "LayerNorm":
            write_norm(path, width, seed=place)
        elif kind == "Dropout":
            write_json(path / "config.json", {"dropout": 0.4})
    return folder


NAMES = {"Dense": "tanh30", "LayerNorm": "layernorm", "Normalize": "normalize"}


@pytest.mark.parametrize("after", [*itertools.permutations(NAMES), *itertools.product(NAMES)])
def test_any_order(tmp_path: Path, after: tuple[str, ...]) -> None:
    folder = write(tmp_path / "m", after)
    card = encoder_of(folder).card
    before = after[:-1] if after[-1] == "Normalize" else after
    assert card.pooler == "+".join(["avg", *(NAMES[kind] for kind in before)])
    assert card.normalize == (before != after)
    assert_same(folder, ODD)


@pytest.mark.parametrize(
    "after",
    [
        (*("Normalize", "Dense"), *("LayerNorm", "Dense"), *("Dropout", "Normalize")),
        ("Normalize", "Normalize"),
        ("LayerNorm", "LayerNorm", "Dropout"),
        ("Dropout",),
        ("Dense", "Dropout", "Normalize", "LayerNorm", "Normalize"),
    ],
)
@pytest.mark.parametrize("inside", ["", "0_Transformer"])
def test_several_of_each(tmp_path: Path, after: tuple[str, ...], inside: str) -> None:
    assert_same(write(tmp_path / "m", after, inside=inside), ODD)


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        *((kind, f"models.{kind}") for kind in ("Transformer", "Pooling", "Dense", "Normalize")),
        *((kind, f"models.{kind}.{kind}") for kind in ("Transformer", "Pooling", "LayerNorm")),
        ("Transformer", "base.modules.transformer.Transformer"),
        ("Transformer", "sparse_encoder.modules.Transformer"),
        ("Pooling", "sentence_transformer.modules.pooling.Pooling"),
        ("Pooling", "models.pooling.Pooling"),
        ("Dense", "base.modules.dense.Dense"),
        ("LayerNorm", "sentence_transformer.modules.layer_norm.LayerNorm"),
        ("Dropout", "sentence_transformer.modules.dropout.Dropout"),
        ("Normalize", "base.modules.normalize.Normalize"),
        ("Normalize", "sentence_transformer.modules.normalize.Normalize"),
    ],
)
def test_the_same_class_by_its_names(tmp_path: Path, kind: str, path: str) -> None:
    folder = write(tmp_path / "m", ("Dense", "LayerNorm", "Dropout", "Normalize"))
    modules = json.loads((folder / "modules.json").read_text())
    [place] = [each for each in modules if each["type"].endswith(kind)]
    place["type"] = f"sentence_transformers.{path}"
    write_json(folder / "modules.json", modules)
    assert_same(folder)


def test_what_the_library_saves(tmp_path: Path) -> None:
    """By its own method, as its newest version writes it."""
    from sentence_transformers import SentenceTransformer

    written = write(tmp_path / "m", ("Dense", "LayerNorm", "Dropout", "Normalize"))
    SentenceTransformer(str(written), device="cpu", truncate_dim=9).save(str(tmp_path / "saved"))
    assert encoder_of(tmp_path / "saved").card.steps == ("truncate:9",)
    assert_same(tmp_path / "saved", ODD)


# --- a layer norm ---------------------------------------------------------------------------------


@pytest.fixture
def normed(tmp_path: Path) -> Path:
    """A model with a layer norm at its end."""
    return write(tmp_path / "m", ("LayerNorm",))


@pytest.mark.parametrize("key", ["norm.weight", "norm.bias"])
def test_its_weights_are_in_the_identity(normed: Path, key: str) -> None:
    before = encoder_of(normed)
    path = normed / "2_LayerNorm" / "model.safetensors"
    state = load_file(path)
    state[key] += 1e-3
    save_file(state, path)
    after = encoder_of(normed)
    assert after.card.fingerprint != before.card.fingerprint
    assert vector_identity(after) == vector_identity(before)


def test_its_weights_in_an_old_file(normed: Path) -> None:
    (normed / "2_LayerNorm" / "model.safetensors").unlink()
    write_norm(normed / "2_LayerNorm", HIDDEN, seed=7, safe=False)
    assert_same(normed)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"norm.weight": torch.ones(HIDDEN)},
        {"norm.weight": torch.ones(HIDDEN), "norm.bias": torch.ones(HIDDEN + 1)},
        {"norm.weight": torch.ones(3), "norm.bias": torch.ones(3)},
        {name: torch.ones(HIDDEN) for name in ("norm.weight", "norm.bias", "more")},
    ],
    ids=["nothing", "no bias", "other bias", "other width", "more"],
)
def test_weights_of_another_layer_norm(normed: Path, state: dict[str, torch.Tensor]) -> None:
    save_file(state, normed / "2_LayerNorm" / "model.safetensors")
    with pytest.raises(ModelError, match=r"is not the layer norm that its config\.json says"):
        encoder_of(normed).encode(["Yes"])


def test_a_layer_norm_of_another_width(normed: Path) -> None:
    write_norm(normed / "2_LayerNorm", 9)
    with pytest.raises(ModelError, match="takes 9 dimensions, the pooled vectors have 32"):
        encoder_of(normed).encode(["Yes"])


@pytest.mark.parametrize("value", [None, 0, "32", 3.0, True])
def test_a_width_that_is_none(normed: Path, value: Any) -> None:
    write_json(normed / "2_LayerNorm" / "config.json", {"dimension": value})
    with pytest.raises(ModelError, match=r"dimension is .*, where a whole number from 1 on"):
        encoder_of(normed)


@pytest.mark.parametrize(
    ("path", "said"),
    [("2_LayerNorm", "a layer norm with eps is"), ("3_Dropout", "a dropout with eps is")],
)
def test_settings_that_are_not_known(tmp_path: Path, path: str, said: str) -> None:
    folder = write(tmp_path / "m", ("LayerNorm", "Dropout"))
    settings = json.loads((folder / path / "config.json").read_text())
    write_json(folder / path / "config.json", settings | {"eps": 1})
    with pytest.raises(ModelError, match=said) as caught:
        encoder_of(folder)
    assert not isinstance(caught.value, NotComputedHere)
    with pytest.raises(TypeError, match="unexpected keyword argument 'eps'"):
        library(folder)


# --- truncation -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "after", [(), ("Normalize",), ("Dense", "Normalize"), ("Normalize", "Dense")]
)
@pytest.mark.parametrize("kept", [1, 7, 31, 32, 1000])
def test_truncation_comes_last(tmp_path: Path, after: tuple[str, ...], kept: int) -> None:
    """Nothing is scaled again behind it, and a number beyond the width leaves all."""
    folder = write(tmp_path / "m", after, prompts={"truncate_dim": kept})
    encoder = encoder_of(folder)
    assert encoder.card.steps == (f"truncate:{kept}",)
    assert encoder.encode(SENTENCES).shape[1] == min(kept, HIDDEN - 2 * after.count("Dense"))
    assert_same(folder, ODD)


def test_no_truncation(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", (), prompts={"truncate_dim": None})
    assert encoder_of(folder).card.steps == ()
    assert_same(folder)


def test_truncation_is_of_the_answer_not_of_what_is_stored(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", ("Normalize",), prompts={"truncate_dim": 4})
    four = encoder_of(folder, device="cpu")
    write_json(folder / WHOLE, {"truncate_dim": 5})
    five = encoder_of(folder, device="cpu")
    assert four.card.fingerprint != five.card.fingerprint
    assert four.stored_card.steps == five.stored_card.steps == ()


# --- an inner layer -------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [0, 1, 3, -2, -4])
@pytest.mark.parametrize("mode", ["mean", ["cls", "max"], "lasttoken"])
def test_an_inner_layer(tmp_path: Path, layer: int, mode: Any) -> None:
    settings = {
        "modality_config": {
            "text": {"method": "forward", "method_output_name": ["hidden_states", layer]}
        },
        "module_output_name": "token_embeddings",
        "max_seq_length": 48,
    }
    pooling = {"word_embedding_dimension": HIDDEN, "pooling_mode": mode}
    folder = write(tmp_path / "m", ("Normalize",), settings=settings, pooling=pooling)
    assert f"@{layer}" in encoder_of(folder).card.pooler
    assert_same(folder, ODD)


@pytest.mark.parametrize(
    "way",
    [
        {"method": "forward", "method_output_name": "pooler_output"},
        {"method": "forward", "method_output_name": ["hidden_states", -1]},
        {"method": "forward", "method_output_name": ["hidden_states", True]},
        {"method": "forward", "method_output_name": ["hidden_states", "1"]},
        {"method": "forward", "method_output_name": ["hidden_states", 10**9]},
        {"method": "forward", "method_output_name": ["attentions", 1]},
        {"method": "forward", "method_output_name": [{}, 1]},
        {"method": "forward", "method_output_name": ["last_hidden_state"]},
        {"method": "forward", "method_output_name": None},
        {"method": "get_text_features", "method_output_name": "last_hidden_state"},
        {"method": "forward"},
        {"method": "forward", "method_output_name": "last_hidden_state", "format": "flat"},
        "forward",
    ],
    ids=str,
)
def test_other_ways_to_text(tmp_path: Path, way: Any) -> None:
    for ways in ({"text": way}, {"text": way, "message": way}):
        folder = write(tmp_path / "m", (), settings={"modality_config": ways})
        with pytest.raises(NotComputedHere, match="asks for modality_config, which is not done"):
            encoder_of(folder)


# --- lower case, similarity -----------------------------------------------------------------------

CASED = {"tokenizer_class": "BertTokenizer", "do_lower_case": False}


@pytest.mark.parametrize("uncased", [False, True])
def test_lower_casing_is_the_tokenizers(tmp_path: Path, uncased: bool) -> None:
    """A special token in the text stays one, and a final sigma is a sigma."""
    folder = write(tmp_path / "m", (), settings={"max_seq_length": 48, "do_lower_case": True})
    write_json(folder / "tokenizer_config.json", CASED | {"do_lower_case": uncased})
    assert_same(folder, (*ODD, "A [SEP] B [MASK] c [mask]", "ΟΔΟΣ İstanbul"))
    ids = encoder_of(folder).tokenize(["a [MASK]", "a [mask]"]).ids
    assert ids[0] != ids[1]


@pytest.mark.parametrize("said", ["dot", "euclidean", "manhattan", "my\nown"])
def test_another_similarity_is_said(
    tmp_path: Path, said: str, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write(tmp_path / "m", (), prompts={"similarity_fn_name": said})
    assert_same(folder)
    [line] = [record.getMessage() for record in caplog.records if "similarity" in record.msg]
    assert "\n" not in line
    assert line.endswith("the table's similarity is the cosine")


@pytest.mark.parametrize("said", ["cosine", None])
def test_the_cosine_needs_no_word(
    tmp_path: Path, said: str | None, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write(tmp_path / "m", (), prompts={"similarity_fn_name": said})
    assert encoder_of(folder).card.fingerprint
    assert "similarity" not in caplog.text
