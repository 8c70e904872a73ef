"""Which fields of two signatures differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmark.gate.provenance import (
    answerer_changes,
    environment_changes,
    provenance,
    question_changes,
)
from benchmark.results.signature import comparable, parse_fields
from tests.results.samples import CARD, sample_result


def of(card=CARD, task="STS12", **changes):
    return provenance(sample_result(task, card=card, **changes))


def named(changes):
    return [str(change) for change in changes]


def test_the_halves_are_the_signature():
    record = sample_result()
    known = provenance(record)
    assert f"{known.question}|{known.answerer}" == record.signature
    assert known.question.startswith("task:STS12|")
    assert known.answerer.startswith("model:")


def test_the_question_is_named_field_by_field():
    assert question_changes(of(), of()) == ()
    assert named(question_changes(of(), of(task="STS13")))[0] == "task: STS12 -> STS13"
    [change] = question_changes(of(), of(verified=False))
    assert (change.field, change.after) == ("data", f"{change.before}(unverified)")


@pytest.mark.parametrize("task", ["STS12", "STS13", "MR", "STS-B"])
def test_no_change_means_comparable(task):
    first, second = sample_result(), sample_result(task)
    same = not question_changes(provenance(first), provenance(second))
    assert same == comparable(first.signature, second.signature)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pooler": "avg"}, "pool: cls_before_pooler -> avg"),
        ({"precision": "float16"}, "dtype: float32 -> float16"),
        ({"backend": "onnx"}, "backend: torch -> onnx"),
        ({"weights_sha256": "ef" * 32}, "weights: abababababab -> efefefefefef"),
        ({"max_length": None}, "maxlen: 512 -> none"),
        ({"normalize": True}, "norm: no -> yes"),
    ],
)
def test_the_answerer_is_named_field_by_field(change, said):
    assert named(answerer_changes(of(), of(replace(CARD, **change)))) == [said]


def test_another_place_of_the_same_weights_is_the_same_encoder():
    moved = replace(CARD, name="elsewhere", source="folder", revision=None)
    assert of().answerer != of(moved).answerer
    assert answerer_changes(of(), of(moved)) == ()


def test_files_that_no_signature_shows_are_named_by_the_fingerprint():
    other = replace(CARD, settings_sha256="00" * 32)
    assert of().answerer == of(other).answerer
    [change] = answerer_changes(of(), of(other))
    assert str(change) == f"fingerprint: {CARD.fingerprint[:12]} -> {other.fingerprint[:12]}"


def test_encoders_that_do_not_tell_are_compared_by_what_they_say():
    silent = replace(CARD, weights_sha256=None, version=None)
    assert silent.fingerprint is None
    assert answerer_changes(of(silent), of(silent)) == ()
    assert named(answerer_changes(of(silent), of(replace(silent, pooler="avg")))) == [
        "pool: cls_before_pooler -> avg"
    ]
    assert answerer_changes(of(silent), of())


def test_the_environment_is_named_field_by_field():
    before = of(environment={"torch": "2.13.0", "device": "cpu"})
    after = of(environment={"torch": "2.14.0", "numpy": "2"})
    assert named(environment_changes(before, after)) == [
        "device: cpu -> none",
        "torch: 2.13.0 -> 2.14.0",
        "numpy: none -> 2",
    ]


def test_no_environment_can_break_the_line():
    known = of(environment={"a|b:c\n": "x|y\x1b:z", "": "empty"})
    assert parse_fields(known.environment) == {"_": "empty", "a_b_c_": "x_y_:z"}


@pytest.mark.parametrize("line", ["task", "task:a||v:1", ":x", "task:a|v"])
def test_a_damaged_line_is_refused(line):
    with pytest.raises(ValueError, match="is not of the form name:value"):
        parse_fields(line)
