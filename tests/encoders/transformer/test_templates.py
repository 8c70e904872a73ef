"""Sentences in templates: cut inside them, averaged over several, refused where they do not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmark import evaluate
from benchmark.embeddings import VectorCache, embed
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.identity import vector_identity
from benchmark.encoders.transformer import templates
from benchmark.encoders.transformer.hidden import Bare, Marks, forward_and_pool
from benchmark.encoders.transformer.poolers import pooler_by_name
from benchmark.encoders.transformer.templates import parts_of
from benchmark.errors import ModelError, UsageError
from benchmark.options import EncoderOptions
from tests import checkpoints, prompted
from tests.encoders.transformer.architectures import tiny_model
from tests.prompted import HARD
from tests.rounding import assert_close

LONG = "the cat sat on " + " ".join(chr(ord("a") + 7 * n % 26) for n in range(70)) + " twice"
QUOTED = 'This sentence of "{text}" means{mask}.'
ECHO = "{bos}Document:{/}{text}{/}\nDocument again:{/}{text}{/}{eos}"


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prompted.write_bert(tmp_path_factory.mktemp("templates") / "bert")


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prompted.write_llama(tmp_path_factory.mktemp("templates") / "llama")


def encoder_of(folder: Path, **options: Any) -> Any:
    asked = EncoderOptions(device="cpu", **options)
    return build_encoder(parse_reference(str(folder)), "sts", asked)


# --- cutting --------------------------------------------------------------------------------------


def test_the_sentence_is_cut_and_never_the_template(bert: Path) -> None:
    reader = prompted.bert_reader(bert)
    before, after = reader.ids('This sentence of "'), reader.ids('" means')
    end = [reader.mask, *reader.ids("."), reader.last]
    encoder = encoder_of(bert, template=QUOTED, pooler="mask", max_length=20)
    tokenized = encoder.tokenize([HARD[0], LONG])
    room = 20 - 1 - len(before) - len(after) - len(end)
    assert 0 < room < len(reader.ids(LONG))
    assert tokenized.truncated == {1}
    short, cut = tokenized.ids
    assert short == [reader.first, *before, *reader.ids(HARD[0]), *after, *end]
    assert cut == [reader.first, *before, *reader.ids(LONG)[:room], *after, *end]


def test_what_is_as_long_as_the_limit_is_not_cut(bert: Path) -> None:
    whole = encoder_of(bert, template=QUOTED, pooler="mask").tokenize([LONG]).ids[0]
    fits = encoder_of(bert, template=QUOTED, pooler="mask", max_length=len(whole))
    assert fits.tokenize([LONG]).ids == [whole]
    assert fits.tokenize([LONG]).truncated == frozenset()
    less = encoder_of(bert, template=QUOTED, pooler="mask", max_length=len(whole) - 1)
    assert less.tokenize([LONG]).truncated == {0}


def test_every_copy_is_cut_alike(bert: Path) -> None:
    reader = prompted.bert_reader(bert)
    encoder = encoder_of(bert, template="{text} means {text} .", pooler="avg", max_length=16)
    [row] = encoder.tokenize([LONG]).ids
    text = reader.ids(LONG)
    room = (16 - 2 - len(reader.ids("means ."))) // 2
    stop = reader.ids(".")
    assert row == [
        reader.first,
        *text[:room],
        *reader.ids("means"),
        *text[:room],
        *stop,
        reader.last,
    ]


def test_a_token_of_both_is_kept(llama: Path) -> None:
    """The full stop that PromptEOL's rule appends is one token with the quotation mark."""
    encoder = encoder_of(llama, preset="prompteol", max_length=40)
    reader = prompted.llama_reader(llama)
    whole = reader.ids(f'This sentence : "{LONG}." means in one word:"')
    behind, tail = '" means in one word:"', 0
    while len("".join(map(reader.tokenizer.id_to_token, whole[-tail:] if tail else []))) < len(
        behind
    ):
        tail += 1
    assert '."' in reader.tokenizer.id_to_token(whole[-tail])
    [row] = encoder.tokenize([LONG]).ids
    assert row == [reader.first, *whole[: 40 - 1 - tail], *whole[-tail:]]


def test_pieces_are_cut_alike(llama: Path) -> None:
    reader = prompted.llama_reader(llama)
    pieces = [reader.ids(text) for text in ("<s>Document:", "\nDocument again:", "</s>")]
    room = (61 - sum(map(len, pieces))) // 2
    encoder = encoder_of(llama, template=ECHO, pooler="last_copy", max_length=61)
    tokenized = encoder.tokenize([LONG, "a"])
    text = reader.ids(LONG)[:room]
    assert tokenized.truncated == {0}
    assert tokenized.ids[0] == [*pieces[0], *text, *pieces[1], *text, *pieces[2]]


@pytest.mark.parametrize("limit", [1, 9, 10])
def test_a_template_without_room_for_a_sentence_is_refused(bert: Path, limit: int) -> None:
    encoder = encoder_of(bert, template=QUOTED, pooler="mask", max_length=limit)
    with pytest.raises(ModelError, match=r"the template has 10 tokens, which leaves no room for a"):
        encoder.tokenize([LONG])


def test_cut_sentences_are_counted(bert: Path) -> None:
    embeddings = embed(encoder_of(bert, template=QUOTED, pooler="mask", max_length=20), [LONG, "a"])
    assert embeddings.report.truncated == {LONG}


# --- what is computed -----------------------------------------------------------------------------


def test_without_a_template_the_rules_alone(bert: Path) -> None:
    asked = encoder_of(bert, text_rules="lower,append/./.", pooler="avg")
    plain = encoder_of(bert, pooler="avg")
    wanted = plain.tokenize(["a man plays.", "yes."]).ids
    assert asked.tokenize(["A MAN plays", "Yes."]).ids == wanted
    assert asked.card.rules == ("lower", "append/./.")


def test_the_mean_of_several_templates_through_the_road(llama: Path) -> None:
    """Rows are in batches of one length of all parts together; parts of them differ in theirs."""
    templates = ['It says "{text}"', "{text} : again {text}"]
    asked = encoder_of(llama, template="{+}".join(templates), pooler="last_token")
    single = [encoder_of(llama, template=one, pooler="last_token") for one in templates]
    wanted = np.mean([one.encode(HARD) for one in single], axis=0)
    rows = asked.tokenize(HARD).ids
    assert [parts_of(row) for row in rows] == [
        list(parts) for parts in zip(*(one.tokenize(HARD).ids for one in single), strict=True)
    ]
    found = embed(asked, HARD)[list(HARD)]
    assert_close(found, wanted)
    assert_close(asked.encode(HARD), wanted)


def test_what_several_templates_gave_is_stored(llama: Path, tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "vectors")

    def found(template: str) -> Any:
        encoder = encoder_of(llama, template=template, pooler="last_token")
        return embed(encoder, HARD, store=cache.store(vector_identity(encoder) or "", "llama"))

    first, again = found("a {text}{+}b {text}"), found("a {text}{+}b {text}")
    assert (len(first.report.encoded), len(again.report.encoded)) == (len(HARD), 0)
    assert np.array_equal(first[list(HARD)], again[list(HARD)])
    assert len(found("b {text}{+}a {text}").report.encoded) == len(HARD)


def test_rows_of_one_length_with_parts_of_others() -> None:
    from benchmark.encoders.transformer.templates import start_mean

    begins = 2**30
    rows = [[1, 2, 3, begins + 4], [1, begins + 2, 3, 4], [5, 6, 7, begins]]
    batches = []

    def start(batch: Any) -> Any:
        batches.append(batch)
        return lambda: np.array([[sum(row), len(row)] for row in batch], np.float32)

    found = start_mean(start, rows)()
    assert found.tolist() == [[5.0, 2.0], [5.0, 2.0], [9.0, 2.0]]
    assert batches == [[[1, 2, 3], [5, 6, 7]], [[4], [0]], [[1]], [[2, 3, 4]]]


def test_one_of_several_without_a_token(tmp_path: Path) -> None:
    folder = checkpoints.write_decoder(tmp_path / "m")
    encoder = encoder_of(folder, template="{text}{+}a {text}", pooler="last_token")
    with pytest.raises(ModelError, match="one of several templates makes no token"):
        encoder.encode([""])


@pytest.mark.parametrize(
    "options",
    [
        {"preset": "sup-promptbert"},
        {"preset": "cot-bert"},
        {"template": "[CLS] a : {/}{text}{/} again : {/}{text}{/}[SEP]", "pooler": "last_copy"},
        {"template": 'a {text}{+}"{text}" again', "pooler": "last_token+avg@1"},
    ],
    ids=["less the template", "two masks", "copies", "several"],
)
@pytest.mark.parametrize("backend", ["onnx", "openvino"])
@pytest.mark.slow
def test_graphs(
    options: dict[str, str],
    backend: str,
    bert: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip({"onnx": "onnxruntime"}.get(backend, backend))
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "cache"))
    wanted = encoder_of(bert, **options).encode(HARD)
    found = encoder_of(bert, backend=backend, **options).encode(HARD)
    assert_close(found, wanted)


# --- where the prediction head's transform comes from ---------------------------------------------


@pytest.mark.parametrize("layout", ["mlp.", "pooler."])
def test_a_transform_that_was_trained_comes_first(bert: Path, tmp_path: Path, layout: str) -> None:
    """PromptBERT's training output, and the same with the names that its run.sh gives."""
    from safetensors.torch import load_file, save_file

    folder = prompted.write_bert(tmp_path / "m")
    weights = load_file(folder / "model.safetensors")
    known = {name: w for name, w in weights.items() if "predictions.transform" in name}
    trained = {
        name.replace("cls.predictions.transform.", layout): w * 2 for name, w in known.items()
    }
    save_file(weights | trained, folder / "model.safetensors", {"format": "pt"})
    doubled = encoder_of(folder, preset="promptbert", pooler="mask:transform").encode(HARD)
    plain = encoder_of(bert, preset="promptbert", pooler="mask:transform").encode(HARD)
    save_file(
        {name: w * 2 if name in known else w for name, w in weights.items()},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    wanted = encoder_of(folder, preset="promptbert", pooler="mask:transform").encode(HARD)
    assert_close(doubled, wanted)
    assert np.abs(doubled - plain).max() > 1e-2 * np.abs(wanted).max()


def test_robertas_transform(tmp_path: Path) -> None:
    import transformers

    folder = prompted.write_roberta(tmp_path / "m")
    model = transformers.RobertaForMaskedLM.from_pretrained(folder).eval()
    encoder = encoder_of(folder, preset="promptroberta", pooler="mask:transform")
    found = encoder.encode(HARD[:3])
    for row, vector in zip(encoder.tokenize(HARD[:3]).ids, found, strict=True):
        with torch.no_grad():
            state = model.roberta(torch.tensor([row])).last_hidden_state
            head = model.lm_head
            wanted = head.layer_norm(torch.nn.functional.gelu(head.dense(state)))
        at = wanted[0, row.index(encoder._tokenizer.mask_token_id)].numpy()
        assert_close(vector, at)


def test_a_checkpoint_without_a_prediction_head_is_refused(tmp_path: Path) -> None:
    folder = prompted.write_bert(tmp_path / "m", head=False)
    with pytest.raises(
        ModelError, match="has no prediction head, so :transform would score a rand"
    ):
        encoder_of(folder, preset="sup-promptbert").encode(HARD)


def test_a_checkpoint_without_a_pooling_head_is_refused(tmp_path: Path) -> None:
    folder = prompted.write_roberta(tmp_path / "m")
    with pytest.raises(ModelError, match="has no pooling head"):
        encoder_of(folder, preset="sup-promptroberta").encode(HARD)


def test_a_model_without_positions_of_its_own() -> None:
    pooler, marks = pooler_by_name("avg-template"), Marks(bare=Bare((5, 6, 7), 2))
    with pytest.raises(ModelError, match=r"takes positions of its own.*leave out -template"):
        forward_and_pool(tiny_model("xlnet"), torch.tensor([[5, 6, 8, 7]]), pooler, marks)


# --- what does not fit ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pooler": "last_copy"}, "pooler last_copy takes the tokens of a copy of the sentence"),
        ({"pooler": "last_copy", "template": "{text} {text}"}, "takes the tokens of a copy of the"),
        ({"pooler": "avg+from_last_copy"}, "takes the tokens of a copy of the sentence"),
        ({"pooler": "mask-template"}, "pooler mask-template takes the template alone"),
        (
            {"pooler": "avg-template", "template": "{text}{/}a"},
            "takes the template alone; give one",
        ),
        ({"pooler": "avg-template", "template": "{text} {text}"}, "takes the template alone; give"),
        ({"pooler": "avg-template", "template": "{text}{+}a {text}"}, "takes the template alone"),
        ({"pooler": "mask-template-template"}, "does something twice"),
        ({"pooler": "mask:heads"}, "unknown pooler 'mask:heads'"),
        (
            {"preset": "promptbertt"},
            "`preset` promptbertt: there is none of that name (did you mean",
        ),
        ({"template": "nothing"}, "`template` 'nothing': {text} says where the sentence goes"),
        ({"text_rules": "nothing"}, "`text_rules`: there is no rule 'nothing'"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_loaded(
    llama: Path, options: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        evaluate(str(llama), "DemoSTS", device="cpu", cache=False, **options)
    assert said in str(caught.value)


@pytest.mark.parametrize("preset", ["promptbert", "cot-roberta", "sncse"])
def test_a_mask_that_a_decoder_does_not_have(llama: Path, preset: str) -> None:
    with pytest.raises(ModelError) as caught:
        encoder_of(llama, preset=preset).encode(HARD)
    assert str(caught.value) == (
        "llama: the template holds {mask}, and the tokenizer has no such token; use another "
        "`template` or `preset`, or another model"
    )


def test_a_mask_that_is_missed_while_loading(llama: Path) -> None:
    with pytest.raises(ModelError, match="tokenizer has none; use another `pooler` or `preset`"):
        encoder_of(llama, preset="promptbert").load()


def test_several_templates_have_a_budget_each(llama: Path) -> None:
    one = encoder_of(llama, template="a {text}", pooler="last_token").batch_tokens
    two = encoder_of(llama, template="a {text}{+}b {text}", pooler="last_token").batch_tokens
    assert two == 2 * one


def test_a_tokenizer_that_does_not_tell_places(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = encoder_of(bert, template=QUOTED, pooler="mask", max_length=20)
    monkeypatch.setattr(type(encoder._tokenizer), "is_fast", False)
    assert len(encoder.tokenize([HARD[0]]).ids) == 1
    with pytest.raises(ModelError, match="does not tell which are the sentence's; give a greater"):
        encoder.tokenize([LONG])


def test_a_prompt_of_the_folder_gives_way(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    prompts = {"prompts": {"query": "query: "}, "default_prompt_name": "query"}
    folder = checkpoints.write_sentence_transformers(tmp_path / "m", prompts=prompts)
    encoder = encoder_of(folder, template="a {text}")
    assert (encoder.card.prompt, encoder.card.template) == (None, "a {text}")
    assert "a template instead of the documented prompt 'query: '" in caplog.text


def test_lower_case_leaves_places_alone(tmp_path: Path) -> None:
    folder = checkpoints.write_sentence_transformers(
        tmp_path / "m", settings={"max_seq_length": 48, "do_lower_case": True}
    )
    settings = {"do_lower_case": False, "tokenizer_class": "BertTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    encoder = encoder_of(folder, template="A Cat {text} {mask}", pooler="mask")
    [row] = encoder.tokenize(["YES"]).ids
    plain = encoder._tokenizer("a cat yes [MASK]")["input_ids"]
    assert row == plain


def test_texts_in_several_calls_give_the_ids_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def tokenizer(texts: list[str], **options: Any) -> dict[str, list[list[int]]]:
        assert options["max_length"] == 9
        asked.append(len(texts))
        return {"input_ids": [[1000 + len(text), *map(ord, text)] for text in texts]}

    texts = ["a" * (place % 4) for place in range(11)]
    at_once = templates.token_ids(tokenizer, texts, max_length=9)
    monkeypatch.setattr(templates, "_AT_ONCE", 4)
    assert templates.token_ids(tokenizer, texts, max_length=9) == at_once
    assert asked == [11, 4, 4, 3]
    assert at_once[1][0] is at_once[5][0]
    assert templates.token_ids(tokenizer, []) == []
