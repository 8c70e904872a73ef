"""Files as failing disks, careless hands and enemies leave them: strategies for hypothesis."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

_DEEP = "a place for deep nesting"
_VALUES = [
    *(None, True, False, 0, -1, 1, 2, 10**6, 10**18, 10**400, 0.5, -0.0, 1e308),
    *(float("nan"), float("inf"), float("-inf")),
    *("", " ", "x", "1", "true", "\0", "\n", "\ud800", "../x", "/etc", "C:x", "x" * 5000, _DEEP),
    *([], [None], [[]], ["x", "x"], [1, 2, 3], {}, {"": {}}, {"a": {"a": [{}]}}),
]
_TOML = [
    *("1", "-1", "nan", "1e999999999999999999999", "true", '""', '"x"', "[]", "[1, 'x']", "{}"),
    *("{x = 1}", "1979-05-27T07:32:00Z", "07:32:00", "9" * 5000, "[" * 3000, "'''x"),
    *("{" + "x." * 3000 + "y = 1}", '"\\u0000"', "[[[1]]]"),
]
_BYTES = [b"", b"\0", b"\n", b"\t", b"\xff", b"{", b"]", b'"', b"=", b"[[", b"#", b"9" * 5000]


def json_like(content: bytes) -> st.SearchStrategy[bytes]:
    """Return strategies for a JSON text with values of other types, at other places, or none."""
    return st.one_of(_with_other_values(content), scratched(content))


@st.composite
def _with_other_values(draw: st.DrawFn, content: bytes) -> bytes:
    whole = {"": json.loads(content)}
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(whole))
        container, key = draw(st.sampled_from(places))
        what = draw(st.sampled_from(["other", "other", "less", "deeper", "again", "renamed"]))
        if what == "other":
            container[key] = copy.deepcopy(draw(st.sampled_from(_VALUES)))
        elif what == "deeper":
            container[key] = [container[key]]
        elif what == "again":
            elsewhere, there = draw(st.sampled_from(places))
            container[key] = copy.deepcopy(elsewhere[there])
        elif container is not whole and what == "less":
            del container[key]
        elif container is not whole and isinstance(container, dict):
            container[draw(st.sampled_from(["", "x", "\ud800", "__class__"]))] = container.pop(key)
    deep = "[" * 3000 + "]" * 3000
    return json.dumps(whole[""]).replace(json.dumps(_DEEP), deep).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


@st.composite
def toml_like(draw: st.DrawFn, content: bytes) -> bytes:
    """Return strategies for a TOML text with other values behind its keys."""
    lines = content.decode().split("\n")
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        value = draw(st.sampled_from(_TOML))
        key = lines[place].partition("=")[0].strip()
        lines[place] = draw(
            st.sampled_from(
                [f"{key} = {value}", f"{lines[place]}\n{lines[place]}", "", f"x = {value}"]
            )
        )
    return "\n".join(lines).encode()


@st.composite
def scratched(draw: st.DrawFn, content: bytes) -> bytes:
    """Return strategies for bytes that were flipped, cut off, left out or put in."""
    found = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(found) - 1, 0)))
        what = draw(st.sampled_from(["flip", "cut", "skip", "insert"]))
        if what == "flip" and found:
            found[place] ^= draw(st.integers(1, 255))
        elif what == "cut":
            del found[place:]
        elif what == "skip":
            del found[place : place + draw(st.integers(1, 600))]
        else:
            found[place:place] = draw(st.sampled_from(_BYTES))
    return bytes(found)
