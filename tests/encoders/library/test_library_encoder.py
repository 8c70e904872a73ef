"""What only the library computes is scored as the library scores it, whoever asks for it."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

import benchmark
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.identity import vector_identity
from benchmark.encoders.library.encoder import LibraryEncoder
from benchmark.encoders.transformer.encoder import TransformerEncoder
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES, write_sentence_transformers
from tests.encoders.library import folders
from tests.encoders.library.folders import TEXTS
from tests.rounding import assert_close


def encoder_of(folder: Path, **options: Any) -> Any:
    """Return the encoder of a folder."""
    return build_encoder(parse_reference(str(folder)), "sts", EncoderOptions(**options))


def library(folder: Path, texts: tuple[str, ...] = TEXTS, **options: Any) -> NDArray[np.float32]:
    """Return what the library makes of each sentence, one at a time."""
    model = SentenceTransformer(str(folder), device="cpu")
    return np.stack([model.encode(text, **options) for text in texts])


@pytest.mark.parametrize("name", folders.FOLDERS)
def test_every_module_of_the_library(tmp_path: Path, name: str) -> None:
    folder = folders.write(tmp_path / "model", name)
    encoder = encoder_of(folder, adapter="sentence-transformers")
    assert encoder.card.adapter == "sentence-transformers"
    assert_close(encoder.encode(TEXTS), library(folder))


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("name", folders.ONLY_BY_LIBRARY)
def test_the_library_takes_over_by_itself_and_says_so(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = folders.write(tmp_path / "model", name)
    encoder = encoder_of(folder)
    assert isinstance(encoder, LibraryEncoder)
    [line] = [text for text in caplog.messages if "is computed by sentence-transformers 6" in text]
    assert line.startswith(f"model: {encoder.card.pooler} is computed")
    assert "of which only Transformer -> Pooling" in line


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("name", ["layer norm", "words", "words, cut", "clip", "t5"])
@pytest.mark.parametrize("stated", [None, 7])
def test_the_limit_in_tokens(
    tmp_path: Path, name: str, stated: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    folder = folders.write(tmp_path / "model", name)
    if stated and name in ("layer norm", "clip", "t5"):
        folders.amend(folder / "sentence_bert_config.json", max_seq_length=stated)
    encoder = encoder_of(folder, adapter="sentence-transformers")
    encoder.load()
    limit = SentenceTransformer(str(folder), device="cpu").max_seq_length
    assert encoder.card.max_length == (limit if limit < 10**6 else None)
    assert "the library cuts at" not in caplog.text


def test_what_we_compute_stays_ours(tmp_path: Path) -> None:
    folder = write_sentence_transformers(tmp_path / "m")
    ours = encoder_of(folder)
    theirs = encoder_of(folder, adapter="sentence-transformers")
    assert isinstance(ours, TransformerEncoder)
    assert isinstance(theirs, LibraryEncoder)
    assert ours.card.fingerprint != theirs.card.fingerprint
    assert_close(ours.encode(TEXTS), theirs.encode(TEXTS))


@pytest.mark.parametrize("write", [checkpoints.write_plain, checkpoints.write_decoder])
def test_a_folder_that_is_not_the_librarys(tmp_path: Path, write: Any) -> None:
    """It puts a pooling behind it; we are asked for ours unless it is named."""
    folder = write(tmp_path / "plain")
    if write is checkpoints.write_decoder:
        folders.amend(folder / "tokenizer_config.json", pad_token="<pad>")
    assert isinstance(encoder_of(folder), TransformerEncoder)
    encoder = encoder_of(folder, adapter="sentence-transformers")
    texts = SENTENCES if write is checkpoints.write_plain else (*SENTENCES, "Guitars")
    assert_close(encoder.encode(texts), library(folder, texts))
    assert encoder.card.pooler == "default"


def test_a_sentence_without_any_token_gets_the_zero_vector(tmp_path: Path) -> None:
    """The library cannot encode it alone; beside others its vector depends on them."""
    folder = checkpoints.write_decoder(tmp_path / "plain")
    folders.amend(folder / "tokenizer_config.json", pad_token="<pad>")
    vectors = encoder_of(folder, adapter="sentence-transformers").encode(["", "no", ""])
    assert not vectors[0].any()
    assert not vectors[2].any()
    assert vectors[1].any()


@pytest.mark.parametrize("name", ["clip", "router"])
def test_old_layouts(tmp_path: Path, name: str) -> None:
    folder = {"clip": folders.old_clip, "router": folders.asym}[name](tmp_path / "m")
    encoder = encoder_of(folder)
    assert encoder.card.pooler in ("CLIPModel", "Asym")
    assert_close(encoder.encode(TEXTS), library(folder))


def test_a_large_vocabulary(tmp_path: Path) -> None:
    """Published ones have two million words."""
    folder = folders.write(tmp_path / "m", "words")
    [path] = folder.rglob("whitespacetokenizer_config.json")
    folders.amend(path, stop_words=["x" * (17 * 2**20)])
    assert_close(encoder_of(folder).encode(SENTENCES), library(folder, SENTENCES))


def test_t5_with_its_decoder(tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "m", "t5")
    whole = folders.t5(tmp_path / "whole", "T5ForConditionalGeneration")
    for file in ("config.json", "model.safetensors"):
        (folder / file).write_bytes((whole / file).read_bytes())
    encoder = encoder_of(folder, adapter="sentence-transformers")
    assert_close(encoder.encode(TEXTS), library(folder))


# --- ways through the model, and prompts ----------------------------------------------------------

PROMPTS = {"prompts": {"query": "query: ", "document": "text: ", "other": "guitar "}}


@pytest.mark.parametrize("prompts", [{}, PROMPTS, PROMPTS | {"default_prompt_name": "other"}])
@pytest.mark.parametrize("encode_as", ["plain", "query", "document"])
@pytest.mark.parametrize("name", ["router", "words"])
def test_each_way_to_encode(
    tmp_path: Path, name: str, encode_as: str, prompts: dict[str, Any]
) -> None:
    folder = folders.write(tmp_path / "m", name, whole=prompts)
    encoder = encoder_of(folder, encode_as=encode_as)
    model = SentenceTransformer(str(folder), device="cpu")
    method = model.encode if encode_as == "plain" else getattr(model, f"encode_{encode_as}")
    assert_close(encoder.encode(TEXTS), np.stack([method(text) for text in TEXTS]))
    assert encoder.card.encode_as == (None if encode_as == "plain" else encode_as)
    said = {"query": "query: ", "document": "text: "} if prompts else {}
    default = "guitar " if "default_prompt_name" in prompts else None
    assert encoder.card.prompt == (default if encode_as == "plain" else said.get(encode_as))


def test_ways_that_are_mapped(tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "m", "router, mapped")
    model = SentenceTransformer(str(folder), device="cpu")
    query = np.stack([model.encode_query(text) for text in TEXTS])
    assert_close(encoder_of(folder, encode_as="query").encode(TEXTS), query)
    assert not np.allclose(encoder_of(folder).encode(TEXTS), query)


def test_a_way_to_encode_is_another_encoder(tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "m", "router")
    cards = [encoder_of(folder, encode_as=each).card for each in ("plain", "query", "document")]
    assert len({card.fingerprint for card in cards}) == 3
    run = benchmark.evaluate(str(folder), "DemoSTS", encode_as="query")
    assert "|as:query|" in run["DemoSTS"].signature


# --- settings of the whole ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("config_sentence_transformers.json", {"truncate_dim": 5}),
        ("sentence_bert_config.json", {"do_lower_case": True, "max_seq_length": 7}),
        ("sentence_bert_config.json", {"processing_kwargs": {"text": {"max_length": 5}}}),
        ("sentence_bert_config.json", {"tokenizer_args": {"truncation_side": "left"}}),
        ("sentence_bert_config.json", {"config_args": {"num_hidden_layers": 2}}),
        ("sentence_bert_config.json", {"model_args": {"attn_implementation": "eager"}}),
    ],
)
def test_settings_that_only_the_library_follows(
    tmp_path: Path, file: str, changes: dict[str, Any]
) -> None:
    folder = folders.write(tmp_path / "m", "layer norm")
    plain = library(folder)
    folders.amend(folder / file, **changes)
    found = encoder_of(folder).encode(TEXTS)
    assert_close(found, library(folder))
    if "model_args" not in changes:
        assert found.shape != plain.shape or not np.allclose(found, plain, atol=1e-4)


def test_a_prompt_that_the_pooling_leaves_out(tmp_path: Path) -> None:
    prompts = {"prompts": {"a": "the guitar "}, "default_prompt_name": "a"}
    pooling = {"word_embedding_dimension": 32, "include_prompt": False}
    folder = write_sentence_transformers(tmp_path / "m", pooling=pooling, prompts=prompts)
    encoder = encoder_of(folder, adapter="sentence-transformers")
    assert encoder.card.prompt == "the guitar "
    assert_close(encoder.encode(TEXTS), library(folder))


def test_the_card_says_what_is_known_from_the_files(tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "m", "layer norm", whole={"truncate_dim": 4})
    folders.amend(folder / "sentence_bert_config.json", max_seq_length=33)
    card = encoder_of(folder).card
    assert card.pooler == "Transformer+Dense+Pooling+LayerNorm+Dropout+Normalize+truncate4"
    assert (card.max_length, card.normalize, card.precision) == (33, True, "float32")
    assert card.version is not None
    assert card.version.startswith("1+6.")
    assert "+transformers-5." in card.version


def test_another_version_of_the_library_is_another_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folders.write(tmp_path / "m", "words")
    before = encoder_of(folder).card.fingerprint
    monkeypatch.setattr("benchmark.encoders.library.encoder.version_of", lambda name: "7.0")
    assert encoder_of(folder).card.fingerprint != before


@pytest.mark.parametrize("name", ["router", "words, dense", "layers"])
def test_every_file_that_is_read_is_in_the_identity(tmp_path: Path, name: str) -> None:
    folder = folders.write(tmp_path / "m", name)
    known = {encoder_of(folder).card.fingerprint}
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for count, path in enumerate(files, 2):
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        known.add(encoder_of(folder).card.fingerprint)
        path.write_bytes(content)
        assert len(known) == count, path
    (folder / "README.md").write_text("words for people")
    (folder / "checkpoint-500").mkdir()
    (folder / "checkpoint-500" / "optimizer.pt").write_bytes(b"of a training")
    assert encoder_of(folder).card.fingerprint in known


# --- length, precision, batches -------------------------------------------------------------------


def test_max_length_shortens(tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "m", "layer norm")
    encoder = encoder_of(folder, max_length=6)
    model = SentenceTransformer(str(folder), device="cpu")
    model.max_seq_length = 6
    assert encoder.card.max_length == 6
    assert_close(encoder.encode(TEXTS), np.stack([model.encode(text) for text in TEXTS]))
    assert not np.allclose(encoder.encode(TEXTS), encoder_of(folder).encode(TEXTS))


@pytest.mark.parametrize("name", ["layer norm", "words, lstm"])
def test_half_precision(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "benchmark.encoders.transformer.backends.backend.has_instructions", lambda *_: True
    )
    folder = folders.write(tmp_path / "m", name)
    full = encoder_of(folder).encode(SENTENCES)
    encoder = encoder_of(folder, precision="bfloat16")
    half = encoder.encode(SENTENCES)
    assert encoder.card.precision == "bfloat16"
    assert half.dtype == np.float32
    assert 0 < np.abs(half - full).max() < 0.1 * np.abs(full).max()


def test_a_half_precision_file_is_computed_in_float32(tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "m", "static")
    SentenceTransformer(str(folder), device="cpu").half().save_pretrained(str(folder))
    vectors = encoder_of(folder, adapter="sentence-transformers").encode(SENTENCES)
    model = SentenceTransformer(str(folder), device="cpu").float()
    assert_close(vectors, model.encode(list(SENTENCES)))


@pytest.mark.parametrize("name", ["words, cnn", "layer norm"])
def test_a_vector_does_not_depend_on_its_neighbours(tmp_path: Path, name: str) -> None:
    """In a batch of the library a CNN looks at the padding."""
    folder = folders.write(tmp_path / "m", name)
    encoder = encoder_of(folder)
    apart = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert_close(encoder.encode(TEXTS), apart)
    assert_close(encoder.encode(TEXTS[::-1])[::-1], apart)
    together = SentenceTransformer(str(folder), device="cpu").encode(list(TEXTS))
    assert (np.abs(together - apart).max() > 1e-3) == (name == "words, cnn")


def test_a_batch_that_is_too_much_is_halved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folders.write(tmp_path / "m", "words")
    encoder = encoder_of(folder)
    wanted = encoder.encode(TEXTS)
    whole = SentenceTransformer.encode

    def small(self: Any, inputs: list[str], **options: Any) -> Any:
        if len(inputs) > 1:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return whole(self, inputs, **options)

    monkeypatch.setattr(SentenceTransformer, "encode", small)
    assert np.array_equal(encoder.encode(TEXTS), wanted)


def test_no_sentence(tmp_path: Path) -> None:
    assert encoder_of(folders.write(tmp_path / "m", "words")).encode([]).shape == (0, 0)


# --- replicas, and the road -----------------------------------------------------------------------


def test_a_replica_goes_to_other_processes_without_its_weights(tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "m", "layer norm")
    encoder = encoder_of(folder)
    vectors = encoder.encode(TEXTS)
    replica = encoder.replica("cpu")
    sent = pickle.dumps(replica)
    assert len(sent) < 20_000
    there = pickle.loads(sent)
    assert there.device == "cpu"
    assert there.computes_on == "cpu"
    assert there.card == encoder.card
    assert vector_identity(there) == vector_identity(encoder)
    assert np.array_equal(there.encode(TEXTS), vectors)


def test_a_second_run_finds_everything(tmp_path: Path) -> None:
    folder = folders.write(tmp_path / "m", "router")
    first = benchmark.evaluate(str(folder), "DemoSTS", output_dir=tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "away")
    again = benchmark.evaluate(str(folder), "DemoSTS", output_dir=tmp_path / "out")
    assert again.counts["encoded_sentences"] == 0
    assert again["DemoSTS"].main_score == first["DemoSTS"].main_score
    taken = benchmark.evaluate(str(folder), "DemoSTS", output_dir=tmp_path / "out")
    assert taken.resumed == {"DemoSTS"}


def test_an_entry_of_the_catalogue() -> None:
    asked = EncoderOptions(adapter="sentence-transformers")
    encoder = build_encoder(parse_reference("all-minilm-l6-v2"), "sts", asked)
    ours = build_encoder(parse_reference("all-minilm-l6-v2"), "sts", EncoderOptions())
    found, wanted = encoder.encode(SENTENCES), ours.encode(SENTENCES)
    assert_close(found, wanted / np.linalg.norm(wanted, axis=1, keepdims=True))
