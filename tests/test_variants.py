"""What `vary` asks for, as typed and in Python."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.options import EncoderOptions, RunOptions
from benchmark.variants import VARIABLE, variants, varied_values


def test_typed_and_listed_values_are_the_same():
    typed = ["pooler=cls", "pooler=avg", "max-length=64"]
    listed = {"pooler": ["cls", "avg"], "max_length": [64]}
    assert varied_values(typed) == listed
    assert varied_values(listed) == listed
    assert variants(RunOptions(vary=typed)) == variants(RunOptions(vary=listed))


def test_one_option_is_told_by_its_values():
    found = variants(RunOptions(vary=["pooler=cls", "pooler=avg@-2"], max_length=32))
    assert [variant.setting for variant in found] == ["cls", "avg@-2"]
    assert [variant.options.pooler for variant in found] == ["cls", "avg@-2"]
    assert {variant.options.max_length for variant in found} == {32}
    assert {variant.options.vary for variant in found} == {()}


def test_several_options_make_every_combination():
    found = variants(RunOptions(vary={"pooler": ["cls", "avg"], "max_length": [16, 32]}))
    assert [variant.setting for variant in found] == [
        "pooler cls, max_length 16",
        "pooler cls, max_length 32",
        "pooler avg, max_length 16",
        "pooler avg, max_length 32",
    ]
    assert [(v.options.pooler, v.options.max_length) for v in found][1:3] == [
        ("cls", 32),
        ("avg", 16),
    ]


def test_a_file_has_a_value_a_line_and_a_sign_may_begin_one(tmp_path: Path):
    file = tmp_path / "prompts.txt"
    file.write_text("query: \n\n@ me\n", "utf-8")
    assert varied_values([f"prompt=@{file}"]) == {"prompt": ["query: ", "@ me"]}
    assert varied_values(["prompt=@@ me", "prompt=a=b"]) == {"prompt": ["@ me", "a=b"]}


def test_no_value_is_what_is_documented_but_for_a_prompt():
    assert varied_values(["template=", "precision="]) == {
        "template": [None],
        "precision": ["float32"],
    }
    told = [v.setting for v in variants(RunOptions(vary=["prompt=", "prompt=query: "]))]
    assert told == ["none", "query: "]
    [documented] = variants(RunOptions(vary={"pooler": [None]}))
    assert (documented.setting, documented.options.pooler) == ("as documented", None)


def test_chains_of_steps_are_values():
    found = variants(RunOptions(vary=["steps=truncate:8,normalize", "steps=none"]))
    assert [variant.setting for variant in found] == ["truncate:8, normalize", "none"]
    assert [v.options.steps for v in found] == [[["truncate:8", "normalize"]], [[]]]


def test_the_same_value_twice_is_one():
    assert varied_values(["pooler=cls", "pooler=cls"]) == {"pooler": ["cls"]}


def test_long_values_are_cut_and_stay_apart():
    texts = [f"{'a long beginning ' * 6}{end} {{text}}" for end in ("one", "two")]
    first, second = (v.setting for v in variants(RunOptions(vary={"template": texts})))
    assert first != second
    assert max(len(first), len(second)) <= 60


def test_whatever_makes_another_encoder_can_be_varied():
    others = {"offline", "progress_bar", "device", "prompt_for", "trust_remote_code"}
    assert {*VARIABLE} == {one.name for one in fields(EncoderOptions)} - others | {"steps"}


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        (["poler=cls"], "`vary` poler: there is no such option .did you mean `pooler`"),
        (["max-lenght=3"], "`vary` max-lenght: there is no such option .did you mean `max_length`"),
        (["device=cpu"], "`vary` device: it makes no other encoder"),
        (["pooler"], "`vary` pooler: OPTION=VALUE is needed"),
        (["max_length=many"], "`max_length` many: a whole number is needed"),
        (["max_length=0"], "`max_length` 0: a whole number >= 1"),
        (["precision=float8"], "`precision` float8: there is none"),
        (["pooler=clss"], "clss"),
        (["template=no place"], "template"),
        (["steps=trunkate:3"], "trunkate"),
        ({"pooler": "cls"}, "`vary` pooler: a list of values is needed"),
        ({"pooler": []}, "`vary` pooler: a list of values is needed"),
        (3, "OPTION=VALUE is needed, or lists of values by option"),
        (["prompt=@no/such/file"], "no/such/file"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused(vary, said: str):
    with pytest.raises(UsageError, match=said):
        variants(RunOptions(vary=vary))


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [("pooler", "cls", "avg"), ("max_length", 8, 16), ("steps", [["binary"]], [["normalize"]])],
)
def test_an_option_that_is_varied_is_not_given_too(name: str, given: object, value: object):
    with pytest.raises(UsageError, match=f"`{name}` is given beside `vary`, which has it too"):
        variants(RunOptions(vary={name: [value]}, **{name: given}))


def test_a_file_of_something_else_is_refused(tmp_path: Path):
    (tmp_path / "weights.txt").write_text("9" * 1001)
    with pytest.raises(UsageError, match="a line has more than 1,000 characters"):
        varied_values([f"template=@{tmp_path / 'weights.txt'}"])


def test_a_file_of_nothing_holds_no_value(tmp_path: Path):
    (tmp_path / "empty.txt").write_text("\n \n")
    with pytest.raises(UsageError, match="holds no value"):
        varied_values([f"template=@{tmp_path / 'empty.txt'}"])
