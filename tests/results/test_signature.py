"""Signatures: what they say, when two scores may be compared, what cannot break them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.encoders import EncoderCard
from benchmark.results import Signature, comparable, shorten, sign
from benchmark.results.signature import answered, differences, join_fields, parse_fields
from tests.results.samples import CARD, sample_result, task_named

DATA = "9a" * 32
HOSTILE = ["a|b", "a|model:b", "line\nbreak", "tab\there", "\x1b[31mred", "a:b", "\u202eevil", ""]


def fields(signature: str) -> dict[str, str]:
    return dict(field.split(":", 1) for field in signature.split("|"))


def signed(task: str = "STS12", data: str = DATA, verified: bool = True, **card: object) -> str:
    return sign(task_named(task), data, verified, replace(CARD, **card))


def test_says_everything_that_a_reader_needs_to_compare():
    assert signed() == (
        "task:STS12|split:test|agg:all|metric:spearman|sim:cos|data:9a9a9a9a9a9a|v:1|"
        "model:org/tiny-bert@0123456789ab|weights:abababababab|adapter:transformers/1|"
        "pool:cls_before_pooler|maxlen:512|norm:no|prompt:none|dtype:float32|backend:torch"
    )


def test_says_what_is_not_known():
    said = fields(sign(task_named("STS12"), DATA, True, EncoderCard(name="mine")))
    assert said["model"] == "mine"
    assert said["weights"] == "unknown"
    assert said["adapter"] == "python"
    assert said["pool"] == "own"
    assert said["maxlen"] == "none"


def test_unverified_data_is_marked():
    assert fields(signed(verified=False))["data"] == "9a9a9a9a9a9a(unverified)"


@pytest.mark.parametrize(
    "other",
    [
        {"source": "org/other", "revision": None},
        {"weights_sha256": None},
        {"pooler": "avg"},
        {"max_length": 32},
        {"normalize": True},
        {"prompt": "query: "},
        {"precision": "float16"},
        {"backend": "onnx"},
        {"adapter": "python", "version": "2"},
    ],
)
def test_comparable_scores_may_differ_in_who_answered(other: dict[str, object]):
    assert signed(**other) != signed()
    assert comparable(signed(**other), signed())


@pytest.mark.parametrize(
    "other",
    [
        {"task": "STS13"},
        {"task": "STSBenchmark/dev"},
        {"data": "00" * 32},
        {"verified": False},
    ],
)
def test_not_comparable_when_something_else_was_asked(other: dict[str, object]):
    assert not comparable(signed(**other), signed())


def test_test_and_development_split_are_not_comparable():
    assert not comparable(signed("STSBenchmark"), signed("STSBenchmark/dev"))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", ["source", "prompt", "pooler", "version", "revision"])
def test_a_value_cannot_break_out_of_its_field(field: str, text: str):
    signature = signed(**{field: text})
    assert list(fields(signature)) == list(fields(signed()))
    assert comparable(signature, signed())
    assert signature.isprintable()


@given(name=st.text(), prompt=st.text(), pooler=st.text())
def test_any_text_leaves_the_fields_as_they_are(name: str, prompt: str, pooler: str):
    card = EncoderCard(name=name, prompt=prompt, pooler=pooler)
    signature = sign(task_named("STS12"), DATA, True, card)
    assert list(fields(signature)) == list(fields(signed()))
    assert comparable(signature, signed())
    assert signature.isprintable()


PROMPTS = st.one_of(
    st.text(),
    st.text(alphabet="a \\|_n\nx7c", max_size=6),  # where one escape could be taken for another
    st.sampled_from(
        ["none", "a|b", "a_b", "a\\x7cb", "\\x6eone", "a\nb", "a\\nb", "", "a ", "\udce9"]
    ),
)


@given(first=st.none() | PROMPTS, second=st.none() | PROMPTS)
def test_two_prompts_never_have_one_signature(first: str | None, second: str | None):
    """None and an empty text are the same: nothing is put before a sentence."""
    same = (first or "") == (second or "")
    assert (signed(prompt=first) == signed(prompt=second)) == same
    read = Signature.parse(signed(prompt=first))
    assert str(read) == signed(prompt=first)
    assert comparable(str(read), signed(prompt=second))


@given(st.text(st.characters(exclude_characters="|\\", exclude_categories=["C", "Z"]), min_size=1))
def test_an_ordinary_prompt_is_in_the_signature_as_it_is(prompt: str):
    wanted = prompt if prompt != "none" else "\\x6eone"
    assert fields(signed(prompt=f"{prompt} a"))["prompt"] == f"{prompt} a"
    assert fields(signed(prompt=prompt))["prompt"] == wanted


def test_lines_and_separators_in_a_prompt():
    said = fields(signed(prompt="Instruct: a|b\nQuery:", include_prompt=False))
    assert said["prompt"] == r"Instruct: a\x7cb\nQuery:"
    assert said["prompt_pooled"] == "no"
    assert "prompt_pooled" not in fields(signed(prompt="a"))


def test_a_line_is_read_back_as_it_was_written():
    line = signed(prompt="query: ")
    read = Signature.parse(line)
    assert str(read) == line == f"{read.question}|{read.answerer}"
    assert (list(read.asked), next(iter(read.answered))) == (
        ["task", "split", "agg", "metric", "sim", "data", "v"],
        "model",
    )
    assert read.answered["prompt"] == "query: "
    assert Signature.parse(read.question) == Signature(read.asked, {})


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), st.text()))
def test_fields_of_any_text_come_back_printable(written: dict[str, str]):
    clean = {f"f{place}": value for place, value in enumerate(written.values())}
    read = parse_fields(join_fields(clean))
    assert list(read) == list(clean)
    assert all(value.isprintable() and "|" not in value for value in read.values())


@pytest.mark.parametrize(
    ("damage", "wrong"),
    [
        (lambda line: line.replace("|sim:cos", "|sim"), "'sim' is not of the form name:value"),
        (lambda line: line.replace("sim:", ":"), "':cos' is not of the form name:value"),
        (lambda line: f"{line}|", "'' is not of the form name:value"),
        (lambda line: f"{line}|pool:avg", "pool is there twice"),
        (lambda line: line.replace("cos", "c\x1bs"), "cannot be printed"),
        (lambda line: line[line.index("model:") :], "it holds no question"),
        (lambda _: "", "it holds no question"),
    ],
)
def test_what_is_damaged_is_no_signature(damage: Callable[[str], str], wrong: str):
    with pytest.raises(ValueError, match=wrong):
        Signature.parse(damage(signed()))


def test_differences_are_those_of_the_question():
    ours, theirs = Signature.parse(signed()), Signature.parse(signed("STS13", pooler="avg"))
    assert ours.differences(theirs) == {"task": ("STS12", "STS13")}
    shorter = Signature({k: v for k, v in ours.asked.items() if k != "sim"}, ours.answered)
    assert shorter.differences(ours) == {"sim": ("none", "cos")}
    assert not shorter.comparable(ours)
    assert ours.differences(Signature.parse(signed(pooler="avg"))) == {}


def test_fields_that_one_side_lacks_are_named():
    ours, theirs = parse_fields("a:1|b:2"), parse_fields("a:1|c:3")
    assert differences(ours, theirs) == {"b": ("2", "none"), "c": ("none", "3")}
    assert differences(parse_fields("x:1:2"), {"x": "1:2"}) == {}


def test_no_field_of_who_answered_is_empty():
    assert all(answered(EncoderCard(name="mine")).values())


def test_short_form_keeps_what_is_shared_and_hashes_the_data_together():
    results = [sample_result("STS12"), sample_result("STS13")]
    short = fields(shorten(results))
    long = fields(results[0].signature)
    assert "task" not in short
    assert short["data"] not in {fields(result.signature)["data"] for result in results}
    assert {key: value for key, value in short.items() if key != "data"} == {
        key: value for key, value in long.items() if key not in ("task", "data")
    }


def test_short_form_leaves_out_what_differs():
    assert "split" not in fields(
        shorten([sample_result("STSBenchmark"), sample_result("STSBenchmark/dev")])
    )


def test_short_form_of_one_task_has_its_own_data():
    result = sample_result()
    assert fields(shorten([result]))["data"] == fields(result.signature)["data"]


def test_short_form_depends_on_each_data_set():
    results = [sample_result("STS12"), sample_result("STS13")]
    changed = sample_result("STS13")
    changed = replace(
        changed,
        data=replace(changed.data, sha256="00" * 32),
        signature=signed("STS13", data="00" * 32),
    )
    assert fields(shorten(results))["data"] != fields(shorten([results[0], changed]))["data"]


def test_short_form_marks_unverified_data():
    results = [sample_result("STS12"), sample_result("STS13", verified=False)]
    assert fields(shorten(results))["data"].endswith("(unverified)")


def test_short_form_of_nothing():
    assert shorten([]) == ""


TEMPLATES = [
    "a {text}",
    "a{text}",
    "a\n{text}",
    "a_{text}",
    "a|{text}",
    r"a\n{text}",
    r"a\x7c{text}",
    "a\\\n{text}",
    "é {text}",
    r"\xe9 {text}",
    "\u200b{text}",
    r"\u200b{text}",
]


@pytest.mark.parametrize("field", ["template", "rules"])
def test_two_templates_are_never_spelled_alike(field: str):
    """A bar or a line break in one must not make it another one."""
    cards = [
        EncoderCard("mine", version="1", **{field: (text,) if field == "rules" else text})
        for text in TEMPLATES
    ]
    lines = [sign(task_named("STS12"), DATA, True, card) for card in cards]
    assert len({fields(line)[field] for line in lines}) == len(TEMPLATES)
    assert all(str(Signature.parse(line)) == line for line in lines)
    assert fields(lines[0])[field] == "a {text}"
