"""Text and JSON on their way into a page: nothing acts unseen, and nothing ends its element."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.escaping import page_text, script_json


def test_lines_and_indents_stay():
    assert page_text("@misc{a,\n    title = {b},\n}") == "@misc{a,\n    title = {b},\n}"


def test_what_cannot_be_seen_is_spelled_out():
    assert page_text("a\u202eb\x00\x1b[31m\ud800") == "a\\u202eb\\x00\\x1b[31m\\ud800"


@given(st.text())
def test_what_is_shown_can_be_printed_and_encoded(text: str):
    found = page_text(text)
    assert all(line.isprintable() for line in found.split("\n"))
    found.encode("utf-8")


@given(
    st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=0x24F, categories=["L", "P"]))
)
def test_plain_words_stay_as_they_are(text: str):
    assert page_text(text) == text


_numbers = st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | _numbers,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_json)
def test_json_comes_back_and_cannot_end_its_element(value: object):
    text = script_json(value)
    assert json.loads(text) == value
    assert text.isascii()
    assert not set("<>&") & set(text)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_json_has_no_word_for_nan(value: float):
    with pytest.raises(ValueError, match="JSON compliant"):
        script_json([value])
