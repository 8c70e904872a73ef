"""Presets: the table, who wins where several things are asked, and entries that have one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark import evaluate
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.asked.catalogue import named_models, named_presets
from benchmark.encoders.text import parse_rules, parse_templates
from benchmark.encoders.transformer.poolers import pooler_by_name
from benchmark.encoders.transformer.templates import require_fitting
from benchmark.options import EncoderOptions
from tests import checkpoints, prompted
from tests.checkpoints import as_files
from tests.hub.server import HubServer
from tests.prompted import HARD

OTHERS = {
    "preset": "promptbert",
    "template": "A {text} B {mask}",
    "text_rules": "strip",
    "pooler": "avg",
}


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prompted.write_bert(tmp_path_factory.mktemp("presets") / "bert")


def encoder_of(reference: str | Path, **options: Any) -> Any:
    asked = EncoderOptions(device="cpu", **options)
    return build_encoder(parse_reference(str(reference)), "sts", asked)


@pytest.mark.parametrize("name", named_presets())
def test_a_preset_can_be_used(name: str) -> None:
    preset = named_presets()[name]
    pooler = pooler_by_name(preset.pooler)
    assert pooler.name == preset.pooler
    templates = parse_templates(preset.template)
    assert len(templates) == len(preset.templates)
    require_fitting(pooler, templates, name)
    assert tuple(map(str, parse_rules(",".join(preset.rules)))) == preset.rules
    assert pooler.needs_mask <= all("mask" in template.tokens for template in templates)
    assert "arXiv" in preset.source
    assert ": " in preset.source


def test_no_two_presets_are_one() -> None:
    presets = named_presets().values()
    assert len({(one.templates, one.rules, one.pooler) for one in presets}) == len(presets)


@pytest.mark.parametrize("name", [name for name, one in named_models().items() if one.preset])
def test_an_entry_documents_its_presets_pooler(name: str) -> None:
    model = named_models()[name]
    assert model.pooler == named_presets()[model.preset or ""].pooler


def test_a_preset_is_in_the_card_and_the_signature(bert: Path) -> None:
    run = evaluate(str(bert), "DemoSTS", device="cpu", cache=False, preset="promptbert")
    assert (
        '|pool:mask|maxlen:320|norm:no|prompt:none|template:This sentence of "{text}" means{mask}.'
        "|rules:append/./.?\"'|dtype:"
    ) in run["DemoSTS"].signature


def test_a_folder_without_a_preset_is_as_it_was(bert: Path) -> None:
    card = encoder_of(bert).card
    assert (card.template, card.rules, card.pooler) == (None, (), "avg")
    assert not {"template", "rules"} & card.fields().keys()


def test_every_choice_is_another_encoder(bert: Path) -> None:
    asked = [{}, *({name: value} for name, value in OTHERS.items() if name != "pooler")]
    asked += [{"preset": "promptbert", name: OTHERS[name]} for name in ("template", "text_rules")]
    asked += [{"preset": name} for name in ("bert-prompt", "cot-bert", "sup-promptbert", "sncse")]
    cards = [encoder_of(bert, **options).card for options in asked]
    assert len({card.fingerprint for card in cards}) == len(asked)


@pytest.mark.parametrize("name", ["template", "text_rules", "pooler"])
def test_what_is_asked_beside_a_preset_wins_with_a_word(
    bert: Path, name: str, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    card = encoder_of(bert, preset="promptbert", **{name: OTHERS[name]}).card
    preset = named_presets()["promptbert"]
    wanted = {"template": preset.template, "text_rules": preset.rules, "pooler": preset.pooler}
    wanted[name] = ("strip",) if name == "text_rules" else OTHERS[name]
    found = {"template": card.template, "text_rules": card.rules, "pooler": card.pooler}
    assert found == wanted
    [said] = [line for line in caplog.messages if "instead of" in line]
    assert "scores are not those of the published" in said


def test_what_a_preset_has_may_be_said_again(
    bert: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    preset = named_presets()["promptbert"]
    rules, template = ",".join(preset.rules), preset.template
    encoder_of(bert, preset="promptbert", template=template, text_rules=rules, pooler="mask")
    assert caplog.messages == []


def test_rules_can_be_left_out(bert: Path) -> None:
    assert encoder_of(bert, preset="promptbert", text_rules="").card.rules == ()


def test_a_preset_overrules_what_a_folder_documents_with_a_word(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    folder = checkpoints.write_sentence_transformers(tmp_path / "m")
    assert encoder_of(folder, preset="promptbert").card.pooler == "mask"
    assert "pooler mask instead of the documented avg" in caplog.text


def test_a_preset_says_more_than_the_names_of_weights(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    """PromptBERT's training output has the layout of SimCSE's."""
    folder = checkpoints.write_simcse_training(tmp_path / "m")
    assert encoder_of(folder, preset="promptbert").card.pooler == "mask"
    assert caplog.messages == []
    assert encoder_of(folder).card.pooler == "cls_before_pooler"


@pytest.mark.parametrize("reference", ["unsup-promptbert-base", "royokong/unsup-PromptBERT"])
def test_an_entry_of_the_catalogue_has_its_preset(
    reference: str, hub: HubServer, tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    """By its name, and by its repository."""
    folder = prompted.write_bert(tmp_path / "m")
    hub.add_repo("royokong/unsup-PromptBERT", as_files(folder))
    encoder = encoder_of(reference)
    wanted = encoder_of(folder, preset="promptbert")
    assert encoder.card.template == wanted.card.template
    assert encoder.card.fingerprint == wanted.card.fingerprint
    assert "instead of" not in caplog.text
    np.testing.assert_array_equal(encoder.encode(HARD), wanted.encode(HARD))
    assert encoder_of(reference, preset="bert-prompt").card.template != wanted.card.template
    assert "preset bert-prompt instead of the documented promptbert" in caplog.text
