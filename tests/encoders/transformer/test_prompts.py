"""Prompts: chosen as sentence-transformers chooses them, pooled or left out as it does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmark import evaluate, load_encoder
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.transformer.encoder import TransformerEncoder
from benchmark.errors import ModelError, UsageError
from benchmark.options import EncoderOptions
from tests.checkpoints import SENTENCES, write_json, write_plain, write_sentence_transformers
from tests.encoders.transformer.prompted import KINDS, write_prompted
from tests.rounding import assert_close

MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
PROMPTS = {
    "query": "a man: ",
    "STS": "Instruct: two dogs | the cat\nQuery:",
    "merges": "a wo",
    "special": "the cat </s>",
    "blank": "  the ",
}
TEXTS = (*SENTENCES, "", " ", "man", "x", "\u00e9\u4e2d", "the guitar plays a man " * 30)


def encoder_of(folder: Path, **options: Any) -> TransformerEncoder:
    encoder = build_encoder(parse_reference(str(folder)), "sts", EncoderOptions(**options))
    assert isinstance(encoder, TransformerEncoder)
    return encoder


class Library:
    """The library's encoder of a folder."""

    def __init__(self, folder: Path) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(str(folder), device="cpu")

    def encode(self, texts: tuple[str, ...] = TEXTS, **asked: Any) -> NDArray[np.float32]:
        """Return the vectors of texts, each by itself: padding decides where none is left."""
        vectors: NDArray[np.float32] = self._model.encode(list(texts), batch_size=1, **asked)
        return vectors

    def preprocess(self, text: str, prompt: str) -> tuple[list[int], int] | None:
        """Return ids and the length of the prompt; None where it cannot tell."""
        try:
            features = self._model.preprocess([text], prompt=prompt)
        except IndexError:
            return None
        return features["input_ids"][0].tolist(), features["prompt_length"]


# --- vectors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("include_prompt", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_vectors_of_the_library(tmp_path: Path, kind: str, include_prompt: bool) -> None:
    """By every pooling at once, with every prompt, by name and by text."""
    folder = write_prompted(
        tmp_path, kind, MODES, include_prompt=include_prompt, prompts=PROMPTS, default="STS"
    )
    library = Library(folder)
    assert_close(encoder_of(folder).encode(TEXTS), library.encode())
    for name, text in PROMPTS.items():
        by_name, by_text = encoder_of(folder, prompt_name=name), encoder_of(folder, prompt=text)
        assert by_name.card == by_text.card
        assert_close(by_name.encode(TEXTS), library.encode(prompt_name=name))
    bare = encoder_of(folder, prompt="")
    assert (bare.card.prompt, bare.card.include_prompt) == (None, True)
    some = tuple(text for text in TEXTS if text.strip())  # without any token the library fails
    assert_close(bare.encode(some), library.encode(some, prompt=""))


@pytest.fixture(scope="module", params=KINDS)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TransformerEncoder, Library]:
    """Our encoder of a folder whose pooling leaves prompts out, and the library's."""
    folder = write_prompted(tmp_path_factory.mktemp("prompted"), request.param, prompts={"p": "a"})
    return encoder_of(folder, prompt_name="p"), Library(folder)


SOME = st.lists(
    st.sampled_from(
        [*" \n:.|", "the", "a man", "A", "##e", "</s>", "[SEP]", "<s>", "\u00e9", "\u2581"]
    )
    | st.text(st.characters(codec="utf-8"), max_size=3),
    max_size=6,
).map("".join)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(prompt=SOME.filter(bool), sentence=SOME)
def test_any_prompt_has_the_tokens_of_the_library(
    both: tuple[TransformerEncoder, Library], prompt: str, sentence: str
) -> None:
    """The ids of prompt and sentence together, and how many of them are left out."""
    encoder, library = both
    mine = replace(encoder, card=replace(encoder.card, prompt=prompt))
    vars(mine._reading)["tokenizer"] = (
        encoder._tokenizer
    )  # which takes longer to load than all the rest
    wanted = library.preprocess(sentence, prompt)
    if wanted is None:
        with pytest.raises(ModelError, match="its prompt has no token"):
            _ = mine._reading._skipped
        return
    ids, skipped = wanted
    read = mine.input_of(sentence)
    assert [token.id for token in read.tokens] == ids
    assert read.text == f"{prompt}{sentence}"
    assert mine._reading._skipped == skipped
    assert [token.pooled for token in read.tokens] == [
        place >= skipped for place in range(len(ids))
    ]


def test_where_the_prompt_leaves_nothing(tmp_path: Path) -> None:
    """Zeros and infinities are the library's own; tasks count the ones, refuse the others."""
    folder = write_prompted(tmp_path, "begins", MODES, prompts=PROMPTS, default="query")
    vectors = encoder_of(folder).encode(["", "man and guitar"])
    first, largest, *others = np.split(vectors[0], len(MODES))
    assert np.isfinite(first).all()
    assert first.any()
    assert np.isneginf(largest).all()
    assert not np.concatenate(others).any()
    assert np.isfinite(vectors[1]).all()


@pytest.mark.parametrize("kind", ["word_pieces", "begins", "ends"])
def test_a_prompt_that_leaves_no_room_is_refused(tmp_path: Path, kind: str) -> None:
    """The library makes one vector of all sentences."""
    prompts = {"STS": "the guitar plays a man " * 20}
    folder = write_prompted(tmp_path, kind, prompts=prompts, default="STS")
    assert not np.ptp(Library(folder).encode(SENTENCES), axis=0).any()
    with pytest.raises(
        ModelError, match=r"its prompt alone has .* tokens, and texts are cut at 40"
    ):
        encoder_of(folder).encode(SENTENCES)


@pytest.mark.parametrize("kind", ["word_pieces", "byte_pairs", "begins"])
def test_lower_case_is_a_step_of_the_tokenizer(tmp_path: Path, kind: str) -> None:
    """Of the prompt and the sentence, but not of special tokens in them."""
    prompts = {"prompts": {"STS": "A Man [MASK] </s>: "}, "default_prompt_name": "STS"}
    folder = write_prompted(tmp_path, kind, ("mean", "lasttoken"))
    write_json(folder / "config_sentence_transformers.json", prompts)
    settings = {"max_seq_length": 40, "do_lower_case": True}
    write_json(folder / "sentence_bert_config.json", settings)
    texts = (*TEXTS, "\u039f\u0394\u039f\u03a3 [MASK] [mask] <S> <s>", "\u0130")
    assert_close(encoder_of(folder).encode(texts), Library(folder).encode(texts))


# --- which one ------------------------------------------------------------------------------------


def test_a_folder_that_has_only_prompts_without_a_default(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_sentence_transformers(tmp_path / "m", prompts={"prompts": PROMPTS})
    assert encoder_of(folder).card.prompt is None
    [record] = caplog.records
    said = record.getMessage()
    assert said.startswith("m: scored without any of its prompts (query 'a man: ', document, STS '")
    assert said.endswith("; choose with `prompt_name`")
    assert "\n" not in said
    caplog.clear()
    for options in ({"prompt": ""}, {"prompt_name": "query"}, {"prompt": "x"}):
        encoder_of(folder, **options)
    assert not caplog.records


def test_long_lists_of_prompts_are_shortened(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    many = {f"task{number}": "Instruct: find what is alike " * 20 for number in range(40)}
    folder = write_sentence_transformers(tmp_path / "m", prompts={"prompts": many})
    encoder_of(folder)
    [record] = caplog.records
    assert ", 30 more)" in record.getMessage()
    assert len(record.getMessage()) < 1200


def test_another_prompt_than_the_default(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    prompts = {"prompts": PROMPTS, "default_prompt_name": "query"}
    folder = write_sentence_transformers(tmp_path / "m", prompts=prompts)
    for asked in ({}, {"prompt_name": "query"}, {"prompt": "a man: "}):
        assert encoder_of(folder, **asked).card.prompt == "a man: "
    assert not caplog.records
    prints = {encoder_of(folder).card.fingerprint}
    for asked, said in (
        ({"prompt_name": "merges"}, "prompt 'a wo'"),
        ({"prompt": "a|b"}, "prompt 'a|b'"),
        ({"prompt": ""}, "prompt ''"),
    ):
        caplog.clear()
        prints.add(encoder_of(folder, **asked).card.fingerprint)
        assert f"m: {said} instead of the documented 'a man: '; scores are not" in caplog.text
    assert len(prints) == 4


def test_an_empty_prompt_by_name_is_none(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    """`query` and `document` are there without being written."""
    folder = write_sentence_transformers(tmp_path / "m", prompts={"prompts": {"STS": "a "}})
    assert encoder_of(folder, prompt_name="document").card.prompt is None
    assert "m: its prompt document is empty, so there is none" in caplog.text
    assert_close(
        encoder_of(folder, prompt_name="document").encode(SENTENCES),
        Library(folder).encode(SENTENCES, prompt_name="document"),
    )


def test_a_name_that_is_not_there(tmp_path: Path) -> None:
    prompts = {"prompts": {"STS": "a ", "passage": "b "}}
    folder = write_sentence_transformers(tmp_path / "m", prompts=prompts)
    with pytest.raises(UsageError) as caught:
        encoder_of(folder, prompt_name="sts")
    assert str(caught.value) == (
        "`prompt_name` sts: m brings no prompt of that name (did you mean STS?); it has query, "
        "document, STS 'a ', passage 'b '"
    )


@pytest.mark.parametrize("library", [True, False])
def test_a_folder_without_prompts(tmp_path: Path, library: bool) -> None:
    write = write_sentence_transformers if library else write_plain
    folder = write(tmp_path / "m")
    with pytest.raises(UsageError, match="`prompt_name` query: m brings no prompts; give the text"):
        encoder_of(folder, prompt_name="query", pooler="avg")
    prompted = encoder_of(folder, prompt="a man: ", pooler="avg")
    bare = encoder_of(folder, pooler="avg")
    assert_close(
        prompted.encode(SENTENCES), bare.encode([f"a man: {sentence}" for sentence in SENTENCES])
    )
    assert prompted.card.fingerprint != bare.card.fingerprint


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"prompt": "", "prompt_name": "query"}, "two prompts; give one of them"),
        ({"prompt": "\udce9"}, "`prompt` '\\udce9': a text is needed"),
        ({"prompt": 5}, "`prompt` 5: a text is needed"),
    ],
)
def test_what_is_no_prompt(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        EncoderOptions(**asked)
    assert said in str(caught.value)


def test_leaving_out_is_a_part_of_who_answers(tmp_path: Path) -> None:
    """In the older layout, where no hash of settings covers the pooling, too."""
    from benchmark.results.signature import answered

    prompts = {"prompts": PROMPTS, "default_prompt_name": "query"}
    cards = []
    for include in (True, False):
        pooling = {"word_embedding_dimension": 32, "include_prompt": include}
        folder = tmp_path / str(include) / "m"
        write_sentence_transformers(
            folder, pooling=pooling, prompts=prompts, inside="0_Transformer"
        )
        encoder = encoder_of(folder)
        cards.append((encoder.card, encoder.stored_card))
    (with_it, stored_with), (without, stored_without) = cards
    assert with_it.settings_sha256 == without.settings_sha256
    assert with_it.fingerprint != without.fingerprint
    assert stored_with.fingerprint != stored_without.fingerprint
    assert "include_prompt" not in with_it.fields()
    said = answered(without)
    assert said.pop("prompt_pooled") == "no"
    assert said == answered(with_it) | {"model": said["model"]}


# --- by kind of task ------------------------------------------------------------------------------


def test_each_kind_of_task_may_be_given_a_prompt(tmp_path: Path) -> None:
    """One for its kind comes before one for all; each is encoded, and recorded, by itself."""
    prompts = {"prompts": PROMPTS, "default_prompt_name": "query"}
    folder = str(write_sentence_transformers(tmp_path / "m", prompts=prompts))
    demo = ["DemoSTS", "DemoPolarity"]
    each = evaluate(folder, demo, prompt_for={"sts": "no ", "transfer": ""})
    some = evaluate(folder, demo, prompt_for={"transfer": "no "}, prompt_name="STS")
    said = [[run[task].model.card["prompt"] for task in demo] for run in (each, some)]
    assert said == [["no ", None], [PROMPTS["STS"], "no "]]
    alone = evaluate(folder, "DemoSTS", prompt="no ")
    assert each["DemoSTS"].signature == alone["DemoSTS"].signature
    assert each["DemoSTS"].main_score == alone["DemoSTS"].main_score


def test_one_encoder_has_one_prompt(tmp_path: Path) -> None:
    folder = write_plain(tmp_path / "m")
    with pytest.raises(UsageError, match="`prompt_for` is for tasks of several kinds; give one as"):
        load_encoder(str(folder), prompt_for={"sts": "a "})
