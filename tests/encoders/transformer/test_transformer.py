"""The transformer adapter: length, case, order, devices, memory."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.embeddings import embed
from benchmark.encoders import TokenEncoder, build_encoder, parse_reference
from benchmark.encoders.device import as_memory_error, choose_device
from benchmark.encoders.protocol import LoadableEncoder
from benchmark.errors import UsageError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import MOST_TOKENS, SENTENCES, write_json
from tests.encoders.plain import plain_ids, plain_vectors
from tests.rounding import assert_close

LONG = "the guitar plays a man " * 40
FAMILIES = ("bert", "roberta")


def encoder_of(folder: Path, **options: Any) -> Any:
    """Return the encoder of a folder, `avg` unless another pooler is asked for."""
    options = {"pooler": "avg"} | options
    return build_encoder(parse_reference(str(folder)), "sts", EncoderOptions(**options))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A plain checkpoint of each family."""
    return {
        family: checkpoints.write_plain(tmp_path_factory.mktemp(family), family)
        for family in FAMILIES
    }


@pytest.fixture(scope="module")
def bert(folders: dict[str, Path]) -> Any:
    """A BERT, loaded once."""
    return encoder_of(folders["bert"])


# --- options --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value"), [("word_rules", "lower"), ("word_weights", "sif:0.001")]
)
def test_what_is_for_word_vectors_is_not_passed_over(
    folders: dict[str, Path], option: str, value: str
) -> None:
    with pytest.raises(UsageError, match=f"`{option}` {value}: bert.* has no such setting"):
        encoder_of(folders["bert"], **{option: value})


# --- tokens and their limit -----------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_tokens_are_the_tokenizers(folders: dict[str, Path], family: str) -> None:
    found = encoder_of(folders[family]).tokenize(SENTENCES)
    assert found.ids == [plain_ids(folders[family], sentence) for sentence in SENTENCES]
    assert found.truncated == frozenset()


@pytest.mark.parametrize("limit", [3, 4, 8, 20, MOST_TOKENS])
@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_too_long_is_cut_and_counted(
    folders: dict[str, Path], family: str, limit: int
) -> None:
    sentences = [*SENTENCES, LONG]
    encoder = encoder_of(folders[family], max_length=limit)
    assert encoder.card.max_length == limit
    found = encoder.tokenize(sentences)
    whole = [plain_ids(folders[family], sentence) for sentence in sentences]
    cut = [[*ids[: limit - 1], ids[-1]] if len(ids) > limit else ids for ids in whole]
    assert found.ids == cut
    assert found.truncated == {place for place, ids in enumerate(whole) if len(ids) > limit}
    assert encoder.tokenize(SENTENCES[:1]).ids == cut[:1]  # no limit stays behind in the tokenizer
    wanted = plain_vectors(folders[family], "avg", sentences, limit=limit)
    assert_close(encoder.encode(sentences), wanted)


def test_the_longest_that_is_not_cut(folders: dict[str, Path]) -> None:
    length = len(plain_ids(folders["bert"], SENTENCES[0]))
    for limit, cut in ((length, frozenset()), (length - 1, frozenset({0}))):
        assert (
            encoder_of(folders["bert"], max_length=limit).tokenize(SENTENCES[:1]).truncated == cut
        )


@pytest.mark.parametrize("family", FAMILIES)
def test_the_models_own_limit(folders: dict[str, Path], family: str) -> None:
    """RoBERTa has 66 positions, of which its padding id takes the first two."""
    encoder = encoder_of(folders[family])
    assert encoder.card.max_length == MOST_TOKENS
    found = encoder.tokenize([LONG, *SENTENCES])
    assert found.truncated == {0}
    assert len(found.ids[0]) == MOST_TOKENS
    assert np.isfinite(encoder.encode([LONG])).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_more_than_the_limit_is_refused(folders: dict[str, Path], family: str) -> None:
    with pytest.raises(UsageError, match=r"`max_length` 65: .* takes at most 64 tokens"):
        encoder_of(folders[family], max_length=MOST_TOKENS + 1)


@pytest.mark.parametrize(
    ("stated", "limit"), [(10, 10), (MOST_TOKENS, 64), (512, 64), (10**30, 64), (None, 64)]
)
def test_the_tokenizers_own_limit(tmp_path: Path, stated: int | None, limit: int) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    write_json(folder / "tokenizer_config.json", {"model_max_length": stated})
    assert encoder_of(folder).card.max_length == limit
    if stated == 10:
        with pytest.raises(UsageError, match="takes at most 10 tokens"):
            encoder_of(folder, max_length=11)


def test_no_limit_at_all(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", config | {"max_position_embeddings": -1})
    assert encoder_of(folder).card.max_length is None
    assert encoder_of(folder, max_length=100).card.max_length == 100


# --- vectors --------------------------------------------------------------------------------------


def test_vectors_are_float32_in_order(bert: Any, folders: dict[str, Path]) -> None:
    sentences = [*SENTENCES, SENTENCES[0], "", "  ", LONG]
    vectors = bert.encode(sentences)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(sentences), checkpoints.HIDDEN)
    wanted = plain_vectors(folders["bert"], "avg", sentences, limit=MOST_TOKENS)
    assert_close(vectors, wanted)
    assert_close(vectors[len(SENTENCES)], vectors[0])


@pytest.mark.parametrize("pooler", ["avg", "cls_before_pooler", "max", "avg_first_last"])
def test_a_sentence_without_a_token(tmp_path: Path, pooler: str) -> None:
    """The zero vector, with every pooler: there is nothing to pool."""
    encoder = encoder_of(checkpoints.write_decoder(tmp_path / "m"), pooler=pooler)
    texts = [SENTENCES[0], "", SENTENCES[1]]
    assert [bool(row) for row in encoder.tokenize(texts).ids] == [True, False, True]
    found = encoder.encode(texts)
    assert found.any(axis=1).tolist() == [True, False, True]
    # To rounding: `encode` takes batches of other shapes.
    assert_close(found, embed(encoder, texts)[texts])
    assert np.array_equal(encoder.encode([""]), np.zeros((1, checkpoints.HIDDEN), np.float32))


def test_nothing_gives_nothing(bert: Any) -> None:
    assert bert.encode([]).shape == (0, 0)
    assert bert.tokenize([]).ids == []


def test_many_sentences_are_cut_into_pieces(bert: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of one length than go through the model at once."""
    sizes: list[int] = []
    whole = type(bert).encode_tokens

    def noted(self: Any, rows: Any) -> Any:
        sizes.append(len(rows))
        return whole(self, rows)

    monkeypatch.setattr(type(bert), "encode_tokens", noted)
    sentences = [SENTENCES[place % 3] for place in range(500)]
    vectors = bert.encode(sentences)
    assert sum(sizes) == 500
    assert max(sizes) == 64
    few = bert.encode(SENTENCES[:3])
    assert_close(vectors, few[np.arange(500) % 3])


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(len(SENTENCES))), first=st.integers(1, len(SENTENCES)))
def test_a_vector_does_not_depend_on_its_neighbours(
    bert: Any, order: list[int], first: int
) -> None:
    alone = np.concatenate([bert.encode([sentence]) for sentence in SENTENCES])
    some = order[:first]
    found = bert.encode([SENTENCES[place] for place in some])
    assert_close(found, alone[some])


def test_the_model_is_in_evaluation_mode(bert: Any) -> None:
    """Dropout would give other vectors each time."""
    assert bert._compute.model.config.hidden_dropout_prob > 0
    assert np.array_equal(bert.encode(SENTENCES), bert.encode(SENTENCES))


def test_nothing_is_loaded_before_it_is_needed(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    encoder = encoder_of(folder)
    assert isinstance(encoder, LoadableEncoder)
    assert isinstance(encoder, TokenEncoder)
    card = encoder.card
    assert not {"_compute", "_tokenizer"} & vars(encoder).keys()
    encoder.load()
    model = encoder._compute.model
    encoder.load()
    assert encoder._compute.model is model
    assert encoder.card is card


@pytest.mark.parametrize(
    ("options", "beside"),
    [({}, True), ({"template": "a {text}"}, True), ({"backend": "onnx"}, False)],
)
def test_texts_are_tokenized_while_weights_load_where_nobody_else_asks_the_tokenizer(
    folders: dict[str, Path], options: dict[str, str], beside: bool
) -> None:
    encoder = encoder_of(folders["bert"], **options)
    assert encoder.load_tokenizer() is beside
    assert "_compute" not in vars(encoder)
    assert not replace(encoder, trust_remote_code=True).load_tokenizer()


def test_hidden_states_that_are_not_needed_are_not_kept(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = encoder_of(folders["bert"], pooler="avg_first_last_layer1")
    encoder.load()
    outputs: list[Any] = []
    forward = type(encoder._compute.model).forward

    def noted(*args: Any, **kwargs: Any) -> Any:
        outputs.append(forward(*args, **kwargs))
        return outputs[-1]

    monkeypatch.setattr(type(encoder._compute.model), "forward", noted)
    encoder.encode_tokens([[2, 9, 3]])
    [output] = outputs
    assert [state is not None for state in output.hidden_states] == [False, True, False, True]


@pytest.mark.parametrize("pooler", ["avg_top2", "avg_first_last", "avg@-2"])
def test_a_library_that_numbers_layers_otherwise_is_asked_for_all(
    folders: dict[str, Path], pooler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As transformers 5.17: lists count from layer 1 on, and know no end to count from.

    Without this function, today's library cannot take a list either.
    """
    expected = encoder_of(folders["bert"], pooler=pooler).encode(SENTENCES)
    capturing = sys.modules["transformers.utils.output_capturing"]
    monkeypatch.delattr(capturing, "resolve_hidden_states_indices")
    assert_close(encoder_of(folders["bert"], pooler=pooler).encode(SENTENCES), expected)


# --- devices and memory ---------------------------------------------------------------------------


def test_the_device_of_the_record(folders: dict[str, Path]) -> None:
    encoder = encoder_of(folders["bert"], device="cpu")
    assert encoder.computes_on == "cpu"
    assert encoder.batch_tokens == 1024


@pytest.mark.parametrize(
    ("present", "chosen"),
    [((), "cpu"), (("mps",), "mps"), (("cuda",), "cuda"), (("cuda", "mps"), "cuda")],
)
def test_auto_takes_the_best_that_is_here(
    monkeypatch: pytest.MonkeyPatch, present: tuple[str, ...], chosen: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in present)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in present)
    assert choose_device("auto") == torch.device(chosen)
    assert choose_device("cpu") == torch.device("cpu")
    for name in ("cuda", "mps"):
        if name in present:
            assert choose_device(name) == torch.device(name)
        else:
            with pytest.raises(UsageError, match=f"`device` {name}: there is none"):
                choose_device(name)


def test_a_device_that_is_not_here(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    encoder = encoder_of(folders["bert"], device="cuda")
    with pytest.raises(UsageError, match="`device` cuda: there is none on this machine"):
        encoder.load()


@pytest.mark.parametrize(
    "raised",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB\nmore"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_every_way_to_run_out_of_memory(raised: Exception) -> None:
    with pytest.raises(MemoryError) as caught, as_memory_error():
        raise raised
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is raised


def test_other_errors_of_torch_pass() -> None:
    with pytest.raises(RuntimeError, match="shape"), as_memory_error():
        raise RuntimeError("shape mismatch")


def test_memory_that_runs_out_in_the_model(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = encoder_of(folders["bert"])
    encoder.load()

    def fails(**_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(encoder._compute.model, "forward", fails)
    with pytest.raises(MemoryError, match="out of memory"):
        encoder.encode_tokens([[2, 3]])
