"""A ``SentenceTransformer`` in memory: the same content is the same encoder, other is another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling
from tokenizers.normalizers import Lowercase, Normalizer

import benchmark
from benchmark.encoders import as_encoder
from benchmark.encoders.identity import vector_identity
from benchmark.encoders.library.in_memory import InMemoryEncoder
from benchmark.encoders.python_object import UncardedEncoder
from benchmark.errors import ModelError
from tests.checkpoints import SENTENCES, write_sentence_transformers
from tests.encoders.library import folders
from tests.encoders.library.folders import TEXTS
from tests.rounding import assert_close


def loaded(folder: Path) -> SentenceTransformer:
    """Return the model of a folder."""
    return SentenceTransformer(str(folder), device="cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of a transformer, with prompts."""
    prompts = {"prompts": {"a": "a guitar: ", "b": "b"}}
    return write_sentence_transformers(tmp_path / "small-model", prompts=prompts)


@pytest.mark.parametrize("name", folders.FOLDERS)
def test_the_same_content_is_the_same_encoder(tmp_path: Path, name: str) -> None:
    folder = folders.write(tmp_path / "m", name)
    model = loaded(folder)
    encoder = as_encoder(model)
    assert isinstance(encoder, InMemoryEncoder)
    vectors = encoder.encode(TEXTS)
    assert_close(vectors, np.stack([model.encode(text) for text in TEXTS]))
    again = as_encoder(model)  # a tokenizer remembers what it was called with
    other = as_encoder(loaded(folder))
    for each in (again, other):
        assert each.card.fingerprint == encoder.card.fingerprint is not None
        assert vector_identity(each) == vector_identity(encoder)


def _weight(model: Any) -> None:
    model[0].auto_model.encoder.layer[1].output.dense.weight.data[0, 0] += 1e-6


def _epsilon(model: Any) -> None:
    model[0].auto_model.encoder.layer[1].output.LayerNorm.eps = 1e-3


def _normalizer(model: Any) -> None:
    model.tokenizer.backend_tokenizer.normalizer = Lowercase()


CHANGES: dict[str, Callable[[Any], Any]] = {
    "one weight": _weight,
    "a buffer": lambda model: model.register_buffer("more", torch.zeros(1)),
    "type": lambda model: model.double(),
    "pooling": lambda model: setattr(model[1], "include_prompt", False),
    "mode of pooling": lambda model: model.__setitem__(1, Pooling(32, "cls")),
    "a module less": lambda model: model.pop(2),
    "length": lambda model: setattr(model, "max_seq_length", 9),
    "dimensions": lambda model: setattr(model, "truncate_dim", 9),
    "default prompt": lambda model: setattr(model, "default_prompt_name", "a"),
    "prompts": lambda model: model.prompts.update(c="c"),
    "lower case": _normalizer,
    "new token": lambda model: model.tokenizer.add_tokens(["guitar"]),
    "side": lambda model: setattr(model.tokenizer, "truncation_side", "left"),
    "epsilon": _epsilon,
    "configuration": lambda model: setattr(model[0].auto_model.config, "hidden_act", "relu"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_the_content_makes_another_encoder(folder: Path, change: str) -> None:
    model = loaded(folder)
    before = as_encoder(model)
    CHANGES[change](model)
    after = as_encoder(model)
    assert after.card.fingerprint is not None
    assert after.card.fingerprint != before.card.fingerprint
    assert as_encoder(before).card == after.card  # whoever hands over the encoder of before
    with pytest.raises(ModelError, match="changed since it was identified; hand it over again"):
        before.load()


@pytest.mark.parametrize("name", ["words, weighted", "bag", "router", "words"])
def test_settings_of_other_modules(tmp_path: Path, name: str) -> None:
    model = loaded(folders.write(tmp_path / "m", name))
    known = {as_encoder(model).card.fingerprint}
    first = model[0]
    changes: dict[str, Callable[[], Any]] = {
        "words, weighted": lambda: first.tokenizer.stop_words.discard("the"),
        "words": lambda: first.tokenizer.set_vocab(["x", *first.tokenizer.vocab[1:]]),
        "bag": lambda: first.weights.__setitem__(0, 7),
        "router": lambda: setattr(first, "default_route", "query"),
    }
    changes[name]()
    known.add(as_encoder(model).card.fingerprint)
    assert len(known) == 2


def test_what_does_not_change_a_vector_changes_nothing(folder: Path, tmp_path: Path) -> None:
    model = loaded(folder)
    known = as_encoder(model).card.fingerprint
    model.train()
    assert as_encoder(model).card.fingerprint == known
    model.eval()
    other = tmp_path / "elsewhere"
    folder.rename(other)
    assert as_encoder(loaded(other)).card.fingerprint == known
    assert as_encoder(loaded(other)).card.name == "elsewhere"


def test_the_card_says_what_it_is(folder: Path) -> None:
    model = loaded(folder)
    model.default_prompt_name = "a"
    model.truncate_dim = 7
    card = as_encoder(model).card
    assert card.name == "small-model"
    assert card.adapter == "sentence-transformers"
    assert card.pooler == "Transformer+Pooling+Normalize+truncate7"
    assert (card.prompt, card.max_length, card.normalize) == ("a guitar: ", 48, True)
    model.model_card_data.model_id = "org/published"
    assert as_encoder(model).card.name == "org/published"
    assert as_encoder(model, "mine").card.name == "mine"


def _by_hand(model: Any) -> None:
    model[0].forward = lambda features: features


class Step:
    """Something that a tokenizer does in Python."""

    def normalize(self, text: Any) -> None:
        """Do nothing."""


def _in_python(model: Any) -> None:
    model.tokenizer.backend_tokenizer.normalizer = Normalizer.custom(Step())


class Subclass(SentenceTransformer):
    """Encodes in a way of its own."""


class OwnPooling(Pooling):
    """Code that no hash covers."""


UNKNOWN: dict[str, Callable[[Path], Any]] = {
    "subclass": lambda folder: Subclass(str(folder), device="cpu"),
    "own module": lambda folder: SentenceTransformer(
        modules=[loaded(folder)[0], OwnPooling(32)], device="cpu"
    ),
}
PARTS: dict[str, Callable[[Any], Any]] = {
    "hook": lambda model: model[1].register_forward_hook(lambda *_: None),
    "forward": _by_hand,
    "encode": lambda model: setattr(model, "encode", model.encode),
    "step in Python": _in_python,
}


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("name", [*UNKNOWN, *PARTS])
def test_what_no_hash_covers_is_taken_from_nowhere(
    folder: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = UNKNOWN[name](folder) if name in UNKNOWN else loaded(folder)
    PARTS.get(name, lambda _: None)(model)
    encoder = as_encoder(model)
    assert isinstance(encoder, UncardedEncoder)
    assert encoder.card.fingerprint is None
    assert "nothing of it is taken from an earlier run" in caplog.text


@pytest.mark.parametrize("default", [None, "query"])
def test_prompts_that_are_not_used_are_named(
    folder: Path, default: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    model = loaded(folder)
    model.prompts = {"query": "query: ", "document": ""}
    model.default_prompt_name = default
    assert as_encoder(model).card.prompt == (default and "query: ")
    said = "scored without any of its prompts (query 'query: ', document)"
    assert (said in caplog.text) is (default is None)


def test_records_and_vectors_are_taken_for_the_same_content_alone(
    folder: Path, tmp_path: Path
) -> None:
    model = loaded(folder)

    def run(**options: Any) -> Any:
        return benchmark.evaluate(model, "DemoSTS", output_dir=tmp_path / "out", **options)

    first = run()
    assert first.model == "small-model"
    assert run().resumed == {"DemoSTS"}
    _weight(model)
    trained = run()
    assert not trained.resumed
    assert trained.paths["DemoSTS"] != first.paths["DemoSTS"]
    stored = benchmark.evaluate(model, "DemoSTS", cache=True)
    assert stored.counts["encoded_sentences"] > 0
    assert benchmark.evaluate(model, "DemoSTS", cache=True).counts["encoded_sentences"] == 0
    _weight(model)
    changed = benchmark.evaluate(model, "DemoSTS", cache=True)
    assert changed.counts["encoded_sentences"] == stored.counts["encoded_sentences"]


def test_a_card_of_its_user_stands(folder: Path) -> None:
    model = loaded(folder)
    model.card = benchmark.EncoderCard("mine", version="3")
    assert as_encoder(model).card.name == "mine"


def test_its_mode_stays(folder: Path) -> None:
    model = loaded(folder)
    calm = as_encoder(model).encode(SENTENCES)
    model.train()
    model[1].eval()
    modes = [module.training for module in model.modules()]
    assert np.array_equal(as_encoder(model).encode(SENTENCES), calm)
    assert [module.training for module in model.modules()] == modes


def test_an_object_of_a_file(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from sentence_transformers import SentenceTransformer\n"
        f"model = SentenceTransformer({str(folder)!r}, device='cpu')\n"
    )
    run = benchmark.evaluate(f"{tmp_path / 'mine.py'}:model", "DemoSTS", output_dir=tmp_path / "o")
    assert run["DemoSTS"].signature.count("adapter:sentence-transformers/1+6.") == 1
    again = benchmark.evaluate(
        f"{tmp_path / 'mine.py'}:model", "DemoSTS", output_dir=tmp_path / "o"
    )
    assert again.resumed == {"DemoSTS"}
