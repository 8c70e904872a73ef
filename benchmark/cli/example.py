"""One sentence as an encoder reads it, in lines: text, tokens, and what is pooled of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmark.one_line import one_line

if TYPE_CHECKING:
    from benchmark.encoders.protocol import EncoderInput, InputToken
    from benchmark.plan import ModelPlan

_FIRST, _LAST = 24, 12
"""Tokens that are shown of a long text, and prompts of a long list."""

_OF_TEXT = 240, 120
_OF_PROMPT = 60, 20
"""Characters that are shown."""

_POOLED = "*"


def describe_example(model: ModelPlan, read: EncoderInput) -> str:
    """Return how a model reads a sentence; a star before tokens says which are pooled, if not all.

    Args:
        model: of the plan.
        read: what it makes of the sentence.
    """
    lines = {
        "sentence": _quoted(read.sentence),
        "prompt": _prompt(read),
        "text": _quoted(read.text),
        "tokens": " ".join(_shortened(_words(read.tokens))) or "none",
        "pooled": f"{model.pooler}, of {_pooled(read.tokens)}",
    }
    if model.asks_service:
        del lines["pooled"]
        lines["tokens"] = "known to the service alone"
    if read.templates > 1:
        several = f" of {read.templates} templates, each by itself; the mean of their vectors"
        lines["pooled"] += several
    if read.cut:
        lines["cut"] = f"at {len(read.tokens):,} tokens; {read.cut:,} more are not read"
    told = [f"  {name:<9} {said}" for name, said in lines.items()]
    return "\n".join([f"How {one_line(model.model)} reads a sentence:", *told])


def _prompt(read: EncoderInput) -> str:
    used = _quoted(read.prompt) if read.prompt else "none"
    if not any(read.prompts.values()):
        return used
    brought = [
        f"{one_line(name)} {_quoted(text, *_OF_PROMPT)}" if text else f"{one_line(name)} (empty)"
        for name, text in read.prompts.items()
    ]
    return f"{used}; the model brings {', '.join(_shortened(brought))}"


def _words(tokens: Sequence[InputToken]) -> list[str]:
    star = "" if all(token.pooled for token in tokens) else _POOLED
    return [f"{star if token.pooled else ''}{_word(token.token)}" for token in tokens]


def _pooled(tokens: Sequence[InputToken]) -> str:
    count = f"{len(tokens):,} tokens"
    places = [place for place, token in enumerate(tokens, 1) if token.pooled]
    if len(places) == len(tokens):
        return f"all {count}"
    if len(places) != 1:
        return f"{len(places) or 'none'} of {count}"
    ends = {1: "the first", len(tokens): "the last"}
    return f"{ends.get(places[0], f'number {places[0]:,}')} of {count}"


def _shortened(words: Sequence[str]) -> list[str]:
    left_out = len(words) - _FIRST - _LAST
    if left_out <= 1:
        return list(words)
    return [*words[:_FIRST], f"... {left_out:,} more ...", *words[-_LAST:]]


def _quoted(text: str, first: int = _OF_TEXT[0], last: int = _OF_TEXT[1]) -> str:
    """Return a text on one line, its middle left out where it is long: templates have an end."""
    if len(text) <= first + last:
        return repr(text)
    return f"{text[:first]!r} ... {text[-last:]!r}"


def _word(token: str) -> str:
    """Return a token without blanks, which stand between tokens."""
    spelled = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in token)
    return "".join(spelled).replace(" ", "\\x20")
