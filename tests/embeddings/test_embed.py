"""Every distinct sentence once, in batches that fit, and nothing that breaks the protocol."""

from __future__ import annotations

import collections
import threading
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmark.embeddings import Embeddings, VectorCache, distinct, embed
from benchmark.embeddings.asker import MIN_BATCH_TOKENS
from benchmark.encoders import CallLimits, EncoderCard, TokenEncoder, TokenizedSentences, as_encoder
from benchmark.errors import ModelError, TaskError, UsageError

CARD = EncoderCard("mine", version="1")
CHUNK = CallLimits().sentences
TEXTS = st.lists(st.text("ab ", max_size=5), max_size=40)


def vector(key: str) -> list[float]:
    """Return three numbers that tell one text from another."""
    return [float(zlib.crc32(f"{place}{key}".encode()) % 1000) for place in range(3)]


def wanted(sentences: Sequence[str]) -> Any:
    """Return the vectors that the encoders here should give."""
    return np.array([vector(sentence) for sentence in sentences], np.float32).reshape(-1, 3)


class Sentences:
    """Encodes sentences and counts them; fails when there are too many at once."""

    card = CARD

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self.counts: collections.Counter[str] = collections.Counter()
        self.sizes: list[int] = []

    def encode(self, sentences: Sequence[str]) -> Any:
        if self.most is not None and len(sentences) > self.most:
            raise MemoryError("too many")
        self.counts.update(sentences)
        self.sizes.append(len(sentences))
        return wanted(sentences)


class Tokens(Sentences):
    """The same by tokens: one for each character, and one more."""

    batch_tokens = 16

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        ids = [[1, *map(ord, sentence)][:6] for sentence in sentences]
        long = [place for place, sentence in enumerate(sentences) if len(sentence) > 5]
        return TokenizedSentences(ids, frozenset(long))

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> Any:
        assert len({len(row) for row in rows}) == 1
        distinct = list(dict.fromkeys(map(tuple, rows)))
        if self.most is not None and len(distinct) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        texts = ["".join(map(chr, row[1:])) for row in rows]
        self.counts.update({"".join(map(chr, row[1:])) for row in distinct})
        self.sizes.append(len(rows))
        return wanted(texts)


class Answers:
    """Answers with whatever it was given."""

    card = CARD

    def __init__(self, answer: Callable[[Sequence[str]], Any]) -> None:
        self.encode = answer


# --- once each ------------------------------------------------------------------------------------


@given(sentences=TEXTS)
def test_sentences_are_encoded_once_each(sentences: list[str]) -> None:
    encoder = Sentences()
    embeddings = embed(encoder, sentences)
    assert encoder.counts == dict.fromkeys(sentences, 1)
    assert embeddings.report.sentences == len(set(sentences))
    assert embeddings.report.tokens is None
    assert embeddings.report.truncated == frozenset()
    if sentences:
        assert np.array_equal(embeddings[sentences], wanted(sentences))
        assert embeddings.matrix.dtype == np.float32


@given(sentences=TEXTS, budget=st.one_of(st.none(), st.integers(1, 60)))
def test_tokens_are_encoded_once_each(sentences: list[str], budget: int | None) -> None:
    encoder = Tokens()
    assert isinstance(encoder, TokenEncoder)
    embeddings = embed(encoder, sentences, batch_tokens=budget)
    assert encoder.counts == dict.fromkeys(sentences, 1)
    assert embeddings.report.sentences == len(set(sentences))
    assert embeddings.report.tokens == sum(len(text) + 1 for text in set(sentences))
    assert embeddings.report.truncated == frozenset()
    assert embeddings.report.batches == len(encoder.sizes)
    if sentences:
        assert np.array_equal(embeddings[sentences], wanted(sentences))


def test_what_was_cut_is_told() -> None:
    sentences = ["abcdef", "abcde", "abcdefg", "a", "abcdef"]
    embeddings = embed(Tokens(), sentences)
    assert embeddings.report.truncated == {"abcdef", "abcdefg"}
    assert embeddings.report.tokens == 6 + 6 + 6 + 2
    assert np.array_equal(embeddings[sentences], wanted([text[:5] for text in sentences]))


def test_no_sentences() -> None:
    for encoder in (Sentences(), Tokens()):
        embeddings = embed(encoder, [])
        assert embeddings.matrix.shape == (0, 0)
        assert embeddings.row_of == {}
        assert encoder.sizes == []
        assert embeddings[[]].shape[0] == 0


def test_many_sentences_go_in_chunks() -> None:
    encoder = Sentences()
    sentences = [f"sentence {place}" for place in range(2 * CHUNK + 5)]
    embeddings = embed(encoder, sentences)
    assert encoder.sizes == [CHUNK, CHUNK, 5]
    assert np.array_equal(embeddings[sentences], wanted(sentences))


def test_small_batches_are_filled_up_and_cut_again() -> None:
    encoder = Tokens()
    embeddings = embed(encoder, ["abc", "b"], batch_tokens=4)
    assert encoder.sizes == [MIN_BATCH_TOKENS // 4, MIN_BATCH_TOKENS // 2]
    assert embeddings.matrix.shape == (2, 3)


def test_the_users_budget_goes_before_the_encoders() -> None:
    sentences = [chr(97 + place) * 3 for place in range(26)]
    for budget, batches in ((None, 7), (8, 13), (1000, 1)):
        assert embed(Tokens(), sentences, batch_tokens=budget).report.batches == batches


def test_an_encoder_is_loaded_first() -> None:
    events: list[str] = []

    class Loads(Sentences):
        def load(self) -> None:
            events.append("load")

        def encode(self, sentences: Sequence[str]) -> Any:
            events.append("encode")
            return super().encode(sentences)

    embed(Loads(), ["a"])
    assert events == ["load", "encode"]


class Early(Tokens):
    """Says whether it can tokenize while it is loaded; each waits until the other has begun."""

    def __init__(self, beside: bool, fails: bool = False) -> None:
        super().__init__()
        self.beside, self.fails = beside, fails
        self.events: list[str] = []
        self.both = threading.Barrier(2, timeout=60)

    def load_tokenizer(self) -> bool:
        self.events.append("load_tokenizer")
        return self.beside

    def load(self) -> None:
        self.events.append("load")
        if self.beside:
            self.both.wait()
        if self.fails:
            raise ModelError("early: no weights")

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        self.events.append("tokenize")
        if self.beside:
            self.both.wait()
        if self.fails:
            raise ModelError("early: no tokens")
        return super().tokenize(sentences)


def test_an_encoder_that_can_is_loaded_and_tokenizes_at_once() -> None:
    encoder = Early(beside=True)
    embeddings = embed(encoder, ["a", "bc", ""])
    assert np.array_equal(embeddings[["a", "bc", ""]], wanted(["a", "bc", ""]))
    assert encoder.events[0] == "load_tokenizer"
    assert sorted(encoder.events[1:]) == ["load", "tokenize"]


def test_an_encoder_that_cannot_does_one_after_the_other() -> None:
    encoder = Early(beside=False)
    embed(encoder, ["a"])
    assert encoder.events == ["load_tokenizer", "load", "tokenize"]


@pytest.mark.parametrize("beside", [True, False])
def test_weights_that_cannot_be_loaded_are_told_first(beside: bool) -> None:
    with pytest.raises(ModelError, match="early: no weights"):
        embed(Early(beside, fails=True), ["a"])


def test_a_tokenizer_that_fails_beside_loading_is_told() -> None:
    class Odd(Early):
        def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
            self.both.wait()
            raise ValueError("an odd text")

    with pytest.raises(ModelError, match="an odd text"):
        embed(Odd(beside=True), ["a"])


def test_times_are_told_apart() -> None:
    report = embed(Sentences(), ["a", "b"]).report
    assert report.load_seconds >= 0
    assert report.encode_seconds >= 0


# --- progress -------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [None, 1, 2])
@pytest.mark.parametrize("kind", [Sentences, Tokens])
def test_progress_rises_to_the_whole(kind: type[Sentences], most: int | None) -> None:
    seen: list[tuple[int, int]] = []
    sentences = ["a", "b", "ab", "ba", "aab", "a"]
    embed(kind(most), sentences, advance=lambda done, total: seen.append((done, total)))
    total = 2 + 2 + 3 + 3 + 4 if kind is Tokens else 5
    assert seen[0] == (0, total)
    assert seen[-1] == (total, total)
    assert {whole for _, whole in seen} == {total}
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 2, 3, 7])
@pytest.mark.parametrize("kind", [Sentences, Tokens])
def test_what_is_too_large_for_the_memory_is_halved(
    kind: type[Sentences], most: int, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    sentences = [f"{place:02}" for place in range(20)]
    encoder = kind(most)
    embeddings = embed(encoder, sentences, batch_tokens=1000)
    assert np.array_equal(embeddings[sentences], wanted(sentences))
    assert encoder.counts == dict.fromkeys(sentences, 1)
    fits = {1: 1, 2: 2, 3: 2, 7: 5}[most]  # 20, 10, 5, 2, 1
    assert len(encoder.sizes) == -(-20 // fits)
    warnings = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert warnings[0] == "out of memory with 20 sentences at once, going on with 10"
    assert warnings[-1].endswith(f"going on with {fits}")


def test_halved_stays_halved() -> None:
    encoder = Sentences(most=CHUNK // 2)
    embed(encoder, [f"{place}" for place in range(3 * CHUNK)])
    assert encoder.sizes == [CHUNK // 2] * 6


@pytest.mark.parametrize("kind", [Sentences, Tokens])
def test_one_sentence_that_does_not_fit(kind: type[Sentences]) -> None:
    with pytest.raises(ModelError, match="mine: out of memory on a single sentence") as caught:
        embed(kind(0), ["a", "b", "c"])
    assert "`max_length`" in str(caught.value)


@pytest.mark.parametrize("method", ["load", "tokenize"])
def test_memory_that_is_gone_before_the_first_sentence(method: str) -> None:
    class Large(Tokens):
        def load(self) -> None: ...

    encoder = Large()

    def fails(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    setattr(encoder, method, fails)
    with pytest.raises(ModelError, match="mine: out of memory while loading"):
        embed(encoder, ["a"])


# --- what an encoder may return -------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        lambda rows: rows,
        lambda rows: rows.astype(np.float64),
        lambda rows: rows.astype(np.float16),
        lambda rows: rows.astype(">f4"),
        lambda rows: rows.astype(np.longdouble),
        lambda rows: rows.tolist(),
        lambda rows: [tuple(row) for row in rows],
        list,
        torch.tensor,
        lambda rows: torch.tensor(rows, dtype=torch.float64),
        lambda rows: torch.tensor(rows).half(),
        np.asfortranarray,
        lambda rows: rows.view(np.ma.MaskedArray),
    ],
)
def test_forms_that_are_taken(form: Callable[[Any], Any]) -> None:
    sentences = ["a", "b", "c"]
    embeddings = embed(Answers(lambda texts: form(wanted(texts))), sentences)
    assert embeddings.matrix.dtype == np.float32
    assert type(embeddings.matrix) is np.ndarray
    assert np.array_equal(embeddings[sentences], wanted(sentences))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda s: None, "encode returned NoneType of object, not float32"),
        (lambda s: 3.5, "encode returned shape () for 2 sentences, not (2, d)"),
        (lambda s: "text", "encode returned str of <U4, not float32"),
        (lambda s: [], "encode returned shape (0,) for 2 sentences"),
        (lambda s: np.ones((len(s), 3), np.int64), "encode returned ndarray of int64"),
        (lambda s: np.ones((len(s), 3), bool), "encode returned ndarray of bool"),
        (lambda s: np.ones((len(s), 3), complex), "encode returned ndarray of complex128"),
        (lambda s: [[1, 2]] * len(s), "encode returned list of int64"),
        (lambda s: torch.ones(len(s), 3, dtype=torch.long), "encode returned Tensor of int64"),
        (lambda s: np.array([["1.0"]] * len(s)), "encode returned ndarray of <U3"),
        (lambda s: np.ones(len(s), np.float32), "shape (2,) for 2 sentences, not (2, d)"),
        (lambda s: np.ones((len(s), 3, 1), np.float32), "shape (2, 3, 1) for 2 sentences"),
        (lambda s: np.ones((1, len(s), 3), np.float32), "shape (1, 2, 3) for 2 sentences"),
        (lambda s: np.ones((len(s) + 1, 3), np.float32), "shape (3, 3) for 2 sentences"),
        (lambda s: np.ones((len(s) - 1, 3), np.float32), "shape (1, 3) for 2 sentences"),
        (lambda s: np.ones((0, 3), np.float32), "shape (0, 3) for 2 sentences"),
        (lambda s: np.ones((len(s), 0), np.float32), "shape (2, 0) for 2 sentences"),
        (lambda s: [[1.0, 2.0], [1.0]], "encode returned no array (raised ValueError: "),
        (lambda s: {"a": 1.0}, "encode returned dict of object"),
        (lambda s: torch.ones(2, 3, requires_grad=True), "encode returned no array (raised Run"),
        (lambda s: torch.ones(2, 3, dtype=torch.bfloat16), "encode returned no array (raised Typ"),
        (lambda s: iter([[1.0]] * len(s)), "encode returned list_iterator of object"),
    ],
)
def test_forms_that_are_refused(answer: Callable[[Any], Any], said: str) -> None:
    with pytest.raises(ModelError) as caught:
        embed(Answers(answer), ["a", "b"])
    message = str(caught.value)
    assert message.startswith("mine: ")
    assert said in message
    assert "\n" not in message


def test_dimensions_that_change() -> None:
    sizes = iter([3, 4])
    encoder = Answers(lambda texts: np.ones((len(texts), next(sizes)), np.float32))
    with pytest.raises(ModelError, match="mine: encode returned 4 dimensions after 3 before"):
        embed(encoder, [f"{place}" for place in range(CHUNK + 1)])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_what_is_not_finite_is_for_the_tasks_to_refuse(value: float) -> None:
    """The tasks that do not use the sentence are not concerned."""

    def answer(texts: Sequence[str]) -> Any:
        rows = wanted(texts).astype(np.float64)
        rows[list(texts).index("bad")] = value
        return rows

    embeddings = embed(Answers(answer), ["good", "bad"])
    assert not np.isfinite(embeddings[["bad"]]).any()
    assert np.isfinite(embeddings[["good"]]).all()


def test_an_answer_that_is_changed_afterwards() -> None:
    """An encoder may use one buffer again and again."""
    buffer = np.zeros((CHUNK, 3), np.float32)

    def answer(texts: Sequence[str]) -> Any:
        buffer[: len(texts)] = wanted(texts)
        return buffer[: len(texts)]

    sentences = [f"{place}" for place in range(CHUNK + 10)]
    assert np.array_equal(embed(Answers(answer), sentences)[sentences], wanted(sentences))


# --- what an encoder may raise --------------------------------------------------------------------


def raising(error: BaseException) -> Answers:
    def encode(texts: Sequence[str]) -> Any:
        raise error

    return Answers(encode)


def test_what_encode_raises_is_one_line_with_its_place() -> None:
    with pytest.raises(ModelError) as caught:
        embed(raising(KeyError("two\nlines")), ["a"])
    said = str(caught.value)
    assert said.startswith("mine: encoding raised KeyError: ")
    assert "\n" not in said
    assert "(test_embed.py, line " in said
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize("kind", [ModelError, UsageError, TaskError])
def test_errors_of_our_own_pass_as_they_are(kind: type[Exception]) -> None:
    error = kind("already said well")
    with pytest.raises(kind) as caught:
        embed(raising(error), ["a"])
    assert caught.value is error


@pytest.mark.parametrize(
    ("kind", "passes"),
    [
        (KeyboardInterrupt, KeyboardInterrupt),
        (SystemExit, ModelError),
        (GeneratorExit, ModelError),
    ],
)
def test_only_an_interruption_ends_the_program(
    kind: type[BaseException], passes: type[BaseException]
) -> None:
    with pytest.raises(passes):
        embed(raising(kind()), ["a"])


@pytest.mark.parametrize("method", ["load", "tokenize", "encode_tokens"])
def test_every_question_may_fail(method: str) -> None:
    class Loads(Tokens):
        def load(self) -> None: ...

    encoder = Loads()

    def fails(*_: Any) -> None:
        raise OSError(5, "the disk is gone")

    setattr(encoder, method, fails)
    with pytest.raises(ModelError, match=r"mine: encoding raised OSError: .* the disk is gone"):
        embed(encoder, ["a"])


def test_a_plain_object_can_be_embedded() -> None:
    class Plain:
        def encode(self, texts: Sequence[str]) -> Any:
            return wanted(texts)

    sentences = ["b", "a", "b"]
    assert np.array_equal(embed(as_encoder(Plain()), sentences)[sentences], wanted(sentences))


# --- sentences without a token --------------------------------------------------------------------


class Bare(Tokens):
    """Without special tokens, as the tokenizers of many decoders are."""

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        return TokenizedSentences([list(map(ord, text.strip())) for text in sentences], frozenset())

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> Any:
        assert all(len(row) for row in rows)
        return super().encode_tokens([[1, *row] for row in rows])


def test_a_sentence_without_a_token_gets_the_zero_vector() -> None:
    encoder = Bare()
    ends: list[tuple[int, int]] = []
    texts = ["ab", "", "b", "  "]
    found = embed(encoder, texts, advance=lambda *end: ends.append(end))
    assert found[texts].tolist() == [vector("ab"), [0, 0, 0], vector("b"), [0, 0, 0]]
    assert (found.report.tokenless, found.report.tokens, found.report.batches) == (2, 3, 2)
    assert set(encoder.counts) == {"ab", "b"}
    assert ends[-1][0] == ends[-1][1]


def test_it_is_stored_like_any_other(tmp_path: Path) -> None:
    store = VectorCache(tmp_path).store("mine", "mine")
    texts = ["ab", ""]
    embed(Bare(), texts, store=store)
    encoder = Bare()
    again = embed(encoder, texts, store=store)
    assert again[texts].tolist() == [vector("ab"), [0, 0, 0]]
    assert again.report.tokenless == 1
    assert not encoder.counts


def test_nothing_but_sentences_without_a_token() -> None:
    """Nothing tells how wide the zero vector is."""
    with pytest.raises(ModelError, match="mine: none of the 2 sentences has a token"):
        embed(Bare(), ["", " "])
    assert embed(Sentences(), ["", "a"]).report.tokenless == 0


# --- the matrix -----------------------------------------------------------------------------------

MATRIX = np.arange(6, dtype=np.float32).reshape(3, 2)
EMBEDDINGS = Embeddings(MATRIX, {"a": 0, "b": 1, "": 2})


@pytest.mark.parametrize(
    ("sentences", "rows"),
    [(["a"], [[0, 1]]), (["", "a", ""], [[4, 5], [0, 1], [4, 5]]), (("b", "b"), [[2, 3], [2, 3]])],
)
def test_rows_of_sentences(sentences: list[str], rows: list[list[float]]) -> None:
    found = EMBEDDINGS[sentences]
    assert found.dtype == np.float32
    assert found.tolist() == rows


def test_rows_are_a_copy() -> None:
    EMBEDDINGS[["a"]][:] = 9
    assert MATRIX[0].tolist() == [0, 1]


def test_a_sentence_that_was_not_encoded() -> None:
    with pytest.raises(KeyError, match="'A'"):
        EMBEDDINGS[["a", "A"]]


@given(st.lists(st.text(max_size=3)))
def test_distinct_keeps_the_first_of_each(sentences: list[str]) -> None:
    found = distinct(sentences)
    assert set(found) == set(sentences)
    assert len(found) == len(set(sentences))
    assert found == sorted(set(sentences), key=sentences.index)
