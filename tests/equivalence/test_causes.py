"""Each usual cause is found where it is, and not where it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmark import ModelError, Parity, load_encoder, parity
from benchmark.equivalence.causes import CAUSES
from benchmark.equivalence.of_text import KNOWN_PROMPTS, RULES
from benchmark.equivalence.of_tokens import BESIDES, CHANGES
from tests.checkpoints import MOST_TOKENS, write_plain, write_sentence_transformers
from tests.checkpoints import SENTENCES as KNOWN_WORDS
from tests.equivalence.faults import (
    PLAIN,
    SENTENCES,
    Box,
    of_all,
    through,
    unit,
    without_accents,
)
from tests.zoo.architectures import write_causal


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A RoBERTa that knows all bytes, and cares for case."""
    return write_plain(tmp_path_factory.mktemp("roberta") / "m", "roberta")


@pytest.fixture(scope="module")
def sound(folder: Path) -> Any:
    return load_encoder(str(folder), pooler="avg", device="cpu")


def compared(folder: Path, box: Any, sentences: Any = SENTENCES, **options: Any) -> Parity:
    asked = {"pooler": "avg", "device": "cpu"}
    return parity(str(folder), box, sentences=list(sentences), a_options=asked, **options)


def cause_of(found: Parity) -> str | None:
    assert not found.same
    return found.finding.cause if found.finding else None


def test_what_is_the_same(folder: Path, sound: Any) -> None:
    found = compared(folder, Box(sound))
    assert found.same
    assert (found.finding, found.differing, found.sentences) == (None, 0, len(SENTENCES))
    assert found.largest < 1e-5
    assert found.smallest_cosine == pytest.approx(1, abs=1e-5)


def test_another_model_has_no_usual_cause(folder: Path, tmp_path: Path) -> None:
    other = write_plain(tmp_path / "other", "roberta", seed=1)
    found = compared(folder, Box(load_encoder(str(other), pooler="avg", device="cpu")))
    assert cause_of(found) is None
    assert found.remarks == ()
    assert found.differing == len(SENTENCES)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (unit, "B scales its vectors to length one"),
        (lambda rows: rows * np.float32(2), "those of B are 2 times as long"),
        (lambda rows: rows * np.arange(1, len(rows) + 1, dtype=np.float32)[:, None], "differ"),
    ],
    ids=["unit", "twice", "uneven"],
)
def test_lengths_alone(folder: Path, sound: Any, rows: Any, said: str) -> None:
    found = compared(folder, Box(sound, rows=rows))
    assert cause_of(found) == "normalisation"
    assert found.finding is not None
    assert said in found.finding.text
    assert found.smallest_cosine == pytest.approx(1, abs=1e-5)
    assert compared(folder, Box(sound, rows=rows), directions=True).same


@pytest.mark.parametrize(
    ("rows", "more"),
    [(lambda r: r[:, :8], ""), (lambda r: unit(r[:, :8]), ", scaled to another length")],
    ids=["cut", "cut and scaled"],
)
def test_fewer_dimensions(folder: Path, sound: Any, rows: Any, more: str) -> None:
    found = compared(folder, Box(sound, rows=rows))
    assert cause_of(found) == "dimensions"
    assert found.finding is not None
    assert found.finding.text == f"B keeps the first 8 of the 32 dimensions of A{more}"
    assert found.differences == ()
    backward = parity(
        Box(sound, rows=rows), str(folder), sentences=list(SENTENCES), b_options={"pooler": "avg"}
    )
    assert backward.finding is not None
    assert backward.finding.text.startswith("A keeps the first 8 of the 32 dimensions of B")


@pytest.mark.slow
def test_other_dimensions(folder: Path, sound: Any) -> None:
    found = compared(folder, Box(sound, rows=lambda rows: rows[:, ::-1][:, :8]))
    assert cause_of(found) is None
    [remark] = found.remarks
    assert remark.text.startswith("A has 32 dimensions, B 8")


def test_directions_alone_hide_no_other_cause(folder: Path, sound: Any) -> None:
    box = Box(sound, text=lambda text: f"query: {text}", rows=unit)
    found = compared(folder, box, PLAIN, directions=True)
    assert cause_of(found) == "prompt"
    assert found.remarks == ()


def test_rows_in_another_order(folder: Path, sound: Any) -> None:
    found = compared(folder, Box(sound, rows=lambda rows: rows[::-1].copy()), PLAIN)
    assert cause_of(found) == "order of rows"


def test_one_vector_for_all_is_no_order(folder: Path, sound: Any) -> None:
    found = compared(folder, Box(sound, rows=lambda rows: np.repeat(rows[:1], len(rows), axis=0)))
    assert cause_of(found) != "order of rows"


def test_what_depends_on_the_batch(folder: Path, sound: Any) -> None:
    found = compared(folder, Box(sound, rows=of_all))
    assert cause_of(found) == "batch"
    assert found.finding is not None
    assert found.finding.text.startswith("the vectors of B depend on which other sentences")
    assert found.finding.text.endswith("sentence by sentence the two are the same")


@pytest.mark.slow
def test_what_depends_on_the_batch_and_differs_alone(folder: Path) -> None:
    other = load_encoder(str(folder), pooler="max", device="cpu")
    found = compared(folder, Box(other, rows=of_all))
    assert found.finding is None
    [remark] = found.remarks
    assert remark.text == ("the vectors of B depend on which other sentences are in the batch")


@pytest.mark.parametrize("limit", [16, 21])
def test_fewer_tokens(folder: Path, limit: int) -> None:
    short = Box(load_encoder(str(folder), pooler="avg", device="cpu", max_length=limit))
    found = compared(folder, short)
    assert cause_of(found) == "truncation"
    assert found.finding is not None
    assert found.finding.text == f"B cuts sentences at {limit} tokens, A reads more of them"
    backward = parity(short, str(folder), sentences=list(SENTENCES), b_options={"pooler": "avg"})
    assert backward.finding is not None
    assert backward.finding.text == f"A cuts sentences at {limit} tokens, B reads more of them"


def test_fewer_words_of_two_that_do_not_tell_their_tokens(sound: Any) -> None:
    short = Box(sound, text=lambda text: " ".join(text.split()[:12]))
    found = parity(Box(sound), short, sentences=list(PLAIN))
    assert cause_of(found) == "truncation"
    assert found.finding is not None
    assert found.finding.text.startswith("only sentences of more than 10 words differ")


@pytest.mark.parametrize(
    ("rule", "cause"),
    [
        (str.lower, "case"),
        (str.strip, "white space"),
        (lambda text: " ".join(text.split()), "blanks"),
        (without_accents, "accents"),
        (lambda text: without_accents(text.lower()), "case and accents"),
        (lambda text: text if text[-1] in ".?!" else f"{text}.", "full stop"),
    ],
)
def test_what_is_done_to_the_text(folder: Path, sound: Any, rule: Any, cause: str) -> None:
    sentences = [*PLAIN, "a  b"] if cause == "full stop" else SENTENCES
    found = compared(folder, Box(sound, text=rule), sentences)
    assert cause_of(found) == cause
    assert found.finding is not None
    assert found.finding.text.startswith(f"B {RULES[cause][0]} sentences")
    assert 0 < found.differing < found.sentences


def test_what_both_lose_is_no_difference_of_the_rest(sound: Any) -> None:
    """Two that know no capitals, each in a way of its own."""
    marked = Box(sound, text=lambda text: text.replace("A", "Z").replace("T", "Z"))
    found = parity(Box(sound), marked, sentences=list(SENTENCES))
    assert cause_of(found) == "case"
    assert found.finding is not None
    assert found.finding.text.startswith("they differ only in what is lost")


@pytest.mark.parametrize("text", KNOWN_PROMPTS[:5])
@pytest.mark.parametrize("scaled", [False, True])
def test_a_prompt(folder: Path, sound: Any, text: str, scaled: bool) -> None:
    box = Box(sound, text=lambda s: f"{text}{s}", rows=unit if scaled else np.asarray)
    found = compared(folder, box, PLAIN)
    assert cause_of(found) == "prompt"
    assert found.finding is not None
    assert found.finding.text == f"B reads the prompt {text!r} before each sentence, A does not"
    assert [remark.cause for remark in found.remarks] == ["normalisation"] * scaled


def test_a_prompt_and_fewer_tokens(folder: Path) -> None:
    short = load_encoder(str(folder), pooler="avg", device="cpu", max_length=60)
    found = compared(folder, Box(short, text=lambda text: f"query: {text}"), PLAIN)
    assert cause_of(found) == "prompt"
    [remark] = found.remarks
    assert remark.text.startswith("1 sentences, of 15 words and more, differ even so")


def test_a_prompt_that_the_folder_brings(tmp_path: Path) -> None:
    prompts = {"prompts": {"odd": "the man: "}, "default_prompt_name": None}
    folder = write_sentence_transformers(tmp_path / "m", prompts=prompts, inside="0_Transformer")
    inside = load_encoder(str(folder), device="cpu")
    box = Box(inside, text=lambda text: f"the man: {text}", rows=unit)
    found = parity(str(folder), box, sentences=list(KNOWN_WORDS[:8]))
    assert cause_of(found) == "prompt"
    assert found.finding is not None
    assert "'the man: '" in found.finding.text


def fitting(ids: list[int]) -> list[int]:
    """As many as the model has places for, the last one among them."""
    return [*ids[: MOST_TOKENS - 1], ids[-1]] if len(ids) > MOST_TOKENS else ids


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda ids: ids[1:], "lacks the first token"),
        (lambda ids: ids[:-1], "lacks the last token"),
        (lambda ids: ids[1:-1], "lacks the first and the last token"),
        (lambda ids: fitting([ids[0], *ids]), "has the first token twice"),
        (lambda ids: fitting([*ids, ids[-1]]), "has the last token twice"),
    ],
)
def test_special_tokens(folder: Path, sound: Any, change: Any, what: str) -> None:
    found = compared(folder, Box(sound, ids=change))
    assert cause_of(found) == "special tokens"
    assert found.finding is not None
    assert found.finding.text.startswith(f"what B reads {what}")


@pytest.fixture(scope="module")
def opening(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A decoder whose tokenizer puts a first token before a text, and no end behind it."""
    folder = tmp_path_factory.mktemp("llama") / "m"
    write_causal(folder, "llama", "spm-bos")
    return folder, load_encoder(str(folder), device="cpu")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        # Of an empty text nothing is left, which says nothing of the others.
        (lambda ids: ids[1:] or [6], "lacks the first token"),
        (lambda ids: [*ids, 6], "has an end token (EOS) besides"),
    ],
)
def test_special_tokens_of_a_decoder(opening: tuple[Path, Any], change: Any, what: str) -> None:
    folder, sound = opening
    sentences = ["", *PLAIN]
    found = parity(str(folder), Box(sound, ids=change), sentences=sentences)
    assert cause_of(found) == "special tokens"
    assert found.finding is not None
    assert found.finding.text.startswith(f"what B reads {what}")


def test_an_end_token_besides_and_a_prompt(opening: tuple[Path, Any]) -> None:
    folder, sound = opening
    box = Box(sound, text=lambda text: f"query: {text}", ids=lambda ids: [*ids, 6])
    found = parity(str(folder), box, sentences=PLAIN, a_options={"prompt": "query: "})
    assert cause_of(found) == "special tokens"
    assert found.finding is not None
    assert found.finding.text.startswith("what B reads has an end token (EOS) besides")


def test_blank_texts_alone_are_cut_nowhere(folder: Path, tmp_path: Path) -> None:
    """Two models that say the same of nothing differ in all that says something."""
    other = write_plain(tmp_path / "other", "roberta", seed=1)

    class Nothing(Box):
        def encode(self, sentences: Any) -> Any:
            said = np.array([[bool(text.strip())] for text in sentences])
            return super().encode(sentences) * said

    boxes = [
        Nothing(load_encoder(str(path), pooler="avg", device="cpu")) for path in (folder, other)
    ]
    found = parity(*boxes, sentences=["", "  ", *PLAIN])
    assert cause_of(found) is None


def test_every_change_of_tokens_is_tried() -> None:
    assert len(CHANGES) == 5
    assert len(BESIDES) == 3


@pytest.mark.parametrize("pooler", ["cls_before_pooler", "max", "avg_first_last", "last_token"])
def test_pooling(folder: Path, pooler: str) -> None:
    found = compared(folder, Box(load_encoder(str(folder), pooler=pooler, device="cpu")))
    assert cause_of(found) == "pooling"
    assert found.finding is not None
    assert found.finding.text == f"B pools by {pooler}, A by avg"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"rows": through(torch.bfloat16)}, "bfloat16"),
        ({"rows": through(torch.float16)}, "float16"),
        ({"noise": 1e-3}, "float16"),
        ({"noise": 8e-3}, "bfloat16"),
        ({"noise": 3e-2}, "int8"),
    ],
    ids=["bfloat16", "float16", "small", "larger", "large"],
)
def test_precision(folder: Path, sound: Any, fault: Any, kind: str) -> None:
    found = compared(folder, Box(sound, **fault))
    assert cause_of(found) == "precision"
    assert found.finding is not None
    assert found.finding.text.endswith(f"like those of {kind}")


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_another_backend_is_the_same_encoder(folder: Path, backend: str) -> None:
    pytest.importorskip({"onnx": "onnxruntime"}.get(backend, backend))
    found = compared(folder, str(folder), b_options={"backend": backend, "pooler": "avg"})
    assert found.same
    assert [card.backend for card in found.cards] == ["torch", backend]


def test_a_precision_that_was_asked_for_is_undone(folder: Path) -> None:
    pytest.importorskip("onnxruntime")
    asked = {"pooler": "avg", "backend": "onnx", "precision": "int8"}
    found = compared(folder, str(folder), b_options=asked)
    assert cause_of(found) == "precision"
    assert found.finding is not None
    assert "B computes in int8 with onnx; in float32 with torch it is" in found.finding.text


def test_a_card_that_says_its_precision_is_believed(folder: Path, sound: Any) -> None:
    box = Box(sound, noise=8e-3)
    box.card = replace(box.card, precision="int4")
    found = compared(folder, box)
    assert found.finding is not None
    assert found.finding.text.endswith("like those of int4")


def test_a_cause_and_another_precision(folder: Path, sound: Any) -> None:
    box = Box(sound, text=lambda text: f"query: {text}", noise=2e-3)
    found = compared(folder, box, PLAIN)
    assert cause_of(found) == "prompt"
    assert found.finding is not None
    assert found.finding.text.endswith("; and they differ in precision")


def test_every_cause_has_a_name_for_who_waits() -> None:
    assert len(CAUSES) == 11


def test_a_trial_says_nothing_and_leaves_the_log_as_it_was(
    folder: Path, sound: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="benchmark"):
        compared(folder, Box(sound, noise=0.5))
    said = [record.getMessage() for record in caplog.records]
    assert [line for line in said if line.startswith("trying")] == [
        f"trying whether it is {name}" for name in CAUSES
    ]
    assert len([line for line in said if "encoding" in line]) == 2
    assert not any("instead of the documented" in line for line in said)


@pytest.mark.slow
def test_an_encoder_that_fails_in_a_trial_ends_nothing(folder: Path, sound: Any) -> None:
    def refuse(text: str) -> str:
        if text.startswith(KNOWN_PROMPTS):
            raise RuntimeError("too long")
        return text.upper()

    assert cause_of(compared(folder, Box(sound, text=refuse))) is None


def test_a_model_that_cannot_be_asked_in_another_way_ends_nothing(
    folder: Path, sound: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(case: Any) -> None:
        raise ModelError("not in this way")

    tried = {"first": refuse, **{name: CAUSES[name] for name in ("normalisation",)}}
    monkeypatch.setattr("benchmark.equivalence.causes.CAUSES", tried)
    assert cause_of(compared(folder, Box(sound, rows=unit))) == "normalisation"


def test_vectors_that_are_not_finite_are_told(folder: Path, sound: Any) -> None:
    with pytest.raises(ModelError, match=r"box: the vector of 'A man is playing a guitar.' is not"):
        compared(folder, Box(sound, rows=lambda rows: rows * np.float32(np.nan)))
