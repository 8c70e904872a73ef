"""Presets against the methods' rules done plainly: token by token, and vector by vector."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.asked.catalogue import named_presets
from benchmark.encoders.transformer.templates import parts_of
from benchmark.options import EncoderOptions
from tests import prompted
from tests.oracles import prompts
from tests.prompted import HARD
from tests.rounding import OF_A_NETWORK, assert_close

EMPTY = ""
"""Not one of `HARD`: the scripts of some methods stop at it."""


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prompted.write_bert(tmp_path_factory.mktemp("prompted") / "bert")


@pytest.fixture(scope="module")
def roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prompted.write_roberta(tmp_path_factory.mktemp("prompted") / "roberta")


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prompted.write_llama(tmp_path_factory.mktemp("prompted") / "llama")


def encoder_of(folder: Path, preset: str, **options: Any) -> Any:
    asked = EncoderOptions(device="cpu", preset=preset, **options)
    return build_encoder(parse_reference(str(folder)), "sts", asked)


DENOISED = 5 * OF_A_NETWORK
"""What is left of two states, one taken from the other, is smaller than these were, their errors
are not."""


def require_same(found: Any, wanted: Any, within: float = OF_A_NETWORK) -> None:
    wanted = wanted if isinstance(wanted, np.ndarray) else prompts.as_array(wanted)
    assert_close(found, wanted, within)


AT_MASKS: list[tuple[str, str, prompts.Parts, Callable[[str], str]]] = [
    ("promptbert", "bert", prompts.PROMPTBERT, prompts.with_full_stop),
    ("promptroberta", "roberta", prompts.PROMPTROBERTA, prompts.with_full_stop),
    ("cot-bert", "bert", prompts.COT_BERT, prompts.with_full_stop),
    ("cot-roberta", "roberta", prompts.COT_ROBERTA, prompts.with_full_stop),
    ("sncse", "bert", prompts.SNCSE_BERT, prompts.with_spaced_stop),
    ("sncse", "roberta", prompts.SNCSE_ROBERTA, prompts.with_spaced_stop),
]


@pytest.mark.parametrize(("preset", "family", "parts", "rule"), AT_MASKS)
def test_methods_with_a_mask(
    preset: str,
    family: str,
    parts: prompts.Parts,
    rule: Callable[[str], str],
    request: pytest.FixtureRequest,
) -> None:
    folder: Path = request.getfixturevalue(family)
    reader = getattr(prompted, f"{family}_reader")(folder)
    asked = HARD if preset == "sncse" else (*HARD, EMPTY)
    sentences = [rule(sentence) for sentence in asked]
    rows, wanted = prompts.at_masks(prompts.model_of(folder), reader, parts, sentences)
    encoder = encoder_of(folder, preset)
    assert encoder.tokenize(asked).ids == rows
    assert encoder.tokenize(asked).truncated == frozenset()
    require_same(encoder.encode(asked), wanted)


def test_supervised_promptbert(bert: Path) -> None:
    """The prediction head's transform, then minus that of the template at the same offset."""
    language_model = prompts.model_of(bert, "BertForMaskedLM")
    transform = language_model.cls.predictions.transform
    sentences = [prompts.with_full_stop(sentence) for sentence in (*HARD, EMPTY)]
    wanted = prompts.denoised(
        language_model.bert,
        prompted.bert_reader(bert),
        prompts.PROMPTBERT,
        sentences,
        transform,
        head_first=True,
    )
    encoder = encoder_of(bert, "sup-promptbert")
    require_same(encoder.encode((*HARD, EMPTY)), wanted, DENOISED)
    plain = encoder_of(bert, "promptbert").encode((*HARD, EMPTY))
    assert np.abs(plain - wanted).max() > 1e-2 * np.abs(wanted).max()


def test_supervised_promptroberta(tmp_path: Path) -> None:
    """The state minus that of the template, whose positions begin at 0, then the pooling head."""
    folder = prompted.write_roberta(tmp_path / "m", "RobertaModel")
    model = prompts.model_of(folder)
    sentences = [prompts.with_full_stop(sentence) for sentence in HARD]
    wanted = prompts.denoised(
        model,
        prompted.roberta_reader(folder),
        prompts.PROMPTROBERTA,
        sentences,
        lambda state: torch.tanh(model.pooler.dense(state)),
        head_first=False,
    )
    require_same(encoder_of(folder, "sup-promptroberta").encode(HARD), wanted, DENOISED)


EOL = [
    ("prompteol", prompts.PROMPTEOL, -1),
    ("pretended-cot", prompts.PRETENDED, -2),
    (
        "knowledge-enhancement",
        named_presets()["knowledge-enhancement"].template.replace("{text}", "%s"),
        -2,
    ),
    ("angle", 'Summarize sentence "%s" in one word:"', -1),
    (
        "prompteol-opt-2.7b",
        'This sentence : "A jockey riding a horse." means in one word:"Equestrian".'
        + prompts.PROMPTEOL,
        -1,
    ),
]


@pytest.mark.parametrize(("preset", "template", "layer"), EOL)
def test_methods_with_the_last_token(preset: str, template: str, layer: int, llama: Path) -> None:
    sentences = [prompts.without_double_quotes(sentence) for sentence in (*HARD, EMPTY)]
    model, reader = prompts.model_of(llama), prompted.llama_reader(llama)
    rows, wanted = prompts.last_states(model, reader, template, sentences, layer)
    encoder = encoder_of(llama, preset)
    assert encoder.tokenize((*HARD, EMPTY)).ids == rows
    require_same(encoder.encode((*HARD, EMPTY)), wanted)


def test_padding_on_the_left_changes_nothing(llama: Path) -> None:
    """As PromptEOL's script batches: what is read at position -1 is the last token's."""
    encoder = encoder_of(llama, "prompteol")
    rows = encoder.tokenize(HARD).ids
    assert len(set(map(len, rows))) > 5
    require_same(encoder.encode(HARD), prompts.padded_left(prompts.model_of(llama), rows))


def test_a_token_of_both_the_sentence_and_the_template(llama: Path) -> None:
    """The whole is one text: parts that are tokenized by themselves give other ids."""
    whole = encoder_of(llama, "prompteol").tokenize(["A man is playing a guitar."]).ids[0]
    reader = prompted.llama_reader(llama)
    parts = ['This sentence : "', "A man is playing a guitar.", '" means in one word:"']
    assert whole[1:] != [token for part in parts for token in reader.ids(part)]


def test_metaeol(llama: Path) -> None:
    """The mean of the last token's states over the task prompts."""
    templates = named_presets()["metaeol"].templates
    assert len(templates) == 8
    sentences = [prompts.without_double_quotes(sentence) for sentence in HARD[:8]]
    model, reader = prompts.model_of(llama), prompted.llama_reader(llama)
    found = [
        prompts.last_states(model, reader, template.replace("{text}", "%s"), sentences)
        for template in templates
    ]
    encoder = encoder_of(llama, "metaeol")
    rows = encoder.tokenize(HARD[:8]).ids
    assert [parts_of(row) for row in rows] == [
        [ids[place] for ids, _ in found] for place in range(len(sentences))
    ]
    wanted = np.mean([prompts.as_array(vectors) for _, vectors in found], axis=0)
    require_same(encoder.encode(HARD[:8]), wanted)


def test_echo(llama: Path) -> None:
    model, reader = prompts.model_of(llama), prompted.llama_reader(llama)
    asked: Sequence[str] = (*HARD, EMPTY)
    rows, copies, to_the_end = prompts.echoed(model, reader, asked)
    encoder = encoder_of(llama, "echo")
    assert encoder.tokenize(asked).ids == rows
    require_same(encoder.encode(asked), to_the_end)
    require_same(encoder_of(llama, "echo", pooler="last_copy").encode(asked), copies)
    last = [prompts.states(model, row)[-1][-1] for row in rows]
    require_same(encoder_of(llama, "echo-last").encode(asked), last)
