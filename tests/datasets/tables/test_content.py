"""The hash of what is scored: one for one content, another for any other."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.datasets.splits import Labelled, SentencePairs
from benchmark.datasets.tables import own_labelled, own_pairs
from benchmark.datasets.tables.content import content_sha256


def plainly(parts: Sequence[SentencePairs | Labelled], classes: Sequence[str]) -> str:
    """The rule of the documentation, written down once more, byte by byte."""

    def number(value: int) -> bytes:
        return struct.pack("<q", value)

    def listed(texts: Sequence[str]) -> bytes:
        encoded = [text.encode("utf-8") for text in texts]
        return number(len(texts)) + b"".join(number(len(e)) for e in encoded) + b"".join(encoded)

    whole = b"own-data 1\n" + listed(classes)
    for part in parts:
        whole += listed([part.name]) + listed(part.first) + listed(part.second or [])
        if isinstance(part, SentencePairs):
            whole += number(len(part.gold)) + b"".join(struct.pack("<d", s) for s in part.gold)
        else:
            whole += number(len(part.labels)) + b"".join(map(number, part.labels.tolist()))
    return hashlib.sha256(whole).hexdigest()


texts = st.lists(st.text(max_size=4), min_size=0, max_size=3).map(tuple)


@st.composite
def parts(draw: st.DrawFn) -> SentencePairs:
    first = draw(texts)
    second = tuple(draw(st.text(max_size=4)) for _ in first)
    gold = np.array([draw(st.floats(allow_nan=False)) for _ in first], np.float64)
    return SentencePairs(draw(st.text(max_size=3)), first, second, gold)


@given(st.lists(parts(), max_size=3))
def test_it_is_the_rule_that_is_documented(found: list[SentencePairs]):
    assert content_sha256(found) == plainly(found, ())


def test_labels_and_classes_too():
    data = own_labelled(["a", "b"] * 10, ["y", "x"] * 10, name="t")
    assert data.sha256 == plainly(data.parts, ["x", "y"])
    assert data.parts[0].labels.tolist() == [1, 0] * 10


FIRST, SECOND, GOLD = ["a", "b", "c", "d"], ["e", "f", "g", "h"], [1.0, 2.0, 3.0, 0.0]


def of(first=FIRST, second=SECOND, gold=GOLD, **how) -> str:
    return own_pairs(first, second, gold, name="t", **how).sha256


def test_what_differs_has_another_hash():
    hashes = [
        of(),
        of(["a", "b", "c", "D"]),
        of(["a ", "b", "c", "d"]),
        of(["ab", "", "c", "d"], SECOND),
        of(SECOND, FIRST),
        of(FIRST[::-1], SECOND[::-1], GOLD[::-1]),
        of(gold=[1.0, 2.0, 3.0, math.nextafter(0.0, 1.0)]),
        of(gold=[2.0, 4.0, 6.0, 0.0]),
        of([*FIRST, "x"], [*SECOND, "y"], [*GOLD, 1]),
        of(FIRST[:3], SECOND[:3], GOLD[:3]),
        of(subsets=["u"] * 4),
        of(subsets=["v"] * 4),
        of([*FIRST * 2], [*SECOND * 2], [*GOLD * 2], subsets=["u"] * 4 + ["v"] * 4),
        of([*FIRST * 2], [*SECOND * 2], [*GOLD * 2]),
        own_labelled(FIRST * 5, list("xyxy") * 5, name="t").sha256,
        own_labelled(FIRST * 5, list("yxyx") * 5, name="t").sha256,
        own_labelled(FIRST * 5, list("xzxz") * 5, name="t").sha256,
        own_labelled(
            FIRST * 10, list("xyxy") * 10, name="t", splits=["train"] * 30 + ["test"] * 10
        ).sha256,
    ]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize(
    "gold", [["1", "2.0", "3e0", "-0.0"], [1, 2, 3, 0], np.array([1, 2, 3, 0])]
)
def test_one_number_has_one_spelling(gold):
    assert of(gold=gold) == of()


def test_the_name_and_the_kind_are_no_content():
    binary = own_pairs(FIRST, SECOND, [0, 1, 1, 0], name="t")
    graded = own_pairs(FIRST, SECOND, [0, 1, 1, 0], name="u", kind="similarity")
    assert (binary.kind, graded.kind) == ("pair-classification", "similarity")
    assert binary.sha256 == graded.sha256
