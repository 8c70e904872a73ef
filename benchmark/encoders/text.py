r"""What becomes of a sentence before a tokenizer or a service sees it: rules, then a template.

Both are data: words that stand in ``models.toml``, on the command line, in cards and signatures.

Rules are separated by commas, and a rule's arguments follow its name after slashes; a backslash
makes a comma, a slash or a backslash one of the text:

- ``strip``: white space at both ends goes.
- ``lower``: letters become small.
- ``replace/A/B``: every A becomes B.
- ``append/A/C``: A is put behind a sentence, unless its last character is one of C, or it is empty.
- ``ending/A/B``: an A at the end becomes B.

A template is any text with ``{text}`` in it, where the sentence goes. ``{mask}``, ``{bos}`` and
``{eos}`` are the tokenizer's tokens of that name. The whole is tokenized as one text, unless
``{/}`` divides it into pieces, which are then tokenized each by itself, without special tokens
but those that are written. ``{+}`` stands between several templates, whose vectors are averaged.
All other braces are text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.errors import UsageError
from benchmark.suggestions import did_you_mean

PIECE, SEVERAL = "{/}", "{+}"
"""What stands between the pieces of a template, and between templates."""

TOKENS = ("mask", "bos", "eos")
"""Tokens that a template names."""

_PLACE = re.compile(r"\{(text|mask|bos|eos)\}")
_TEXT = "{text}"


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that is done to the text of every sentence.

    Attributes:
        name: one of `RULES`.
        arguments: as many as it takes.
    """

    name: str
    arguments: tuple[str, ...]

    def __call__(self, text: str) -> str:
        """Return what becomes of a text."""
        return RULES[self.name][0](text, *self.arguments)

    def __str__(self) -> str:
        """Return the rule as `parse_rules` reads it."""
        spelled = (re.sub(r"([\\/,])", r"\\\1", argument) for argument in self.arguments)
        return "/".join((self.name, *spelled))


def _append(text: str, end: str, known: str) -> str:
    return text if not text or text[-1] in known else f"{text}{end}"


def _ending(text: str, end: str, other: str) -> str:
    return f"{text.removesuffix(end)}{other}" if end and text.endswith(end) else text


RULES: dict[str, tuple[Callable[..., str], int]] = {
    "strip": (str.strip, 0),
    "lower": (str.lower, 0),
    "replace": (str.replace, 2),
    "append": (_append, 2),
    "ending": (_ending, 2),
}
"""What each does, and how many arguments it takes."""


def parse_rules(text: str) -> tuple[Rule, ...]:
    r"""Return the rules that a text names.

    >>> [str(rule) for rule in parse_rules("strip, append/./.?!")]
    ['strip', 'append/./.?!']

    Raises:
        UsageError: one is unknown, or has more or fewer arguments than it takes.
    """
    _require_unicode("text_rules", text)
    if not text.strip():
        return ()
    return tuple(_rule([*map(_plain, _split(rule, "/"))]) for rule in _split(text, ","))


def _require_unicode(option: str, text: str) -> None:
    """Refuse half characters, which stand for bytes of a command line that are no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"`{option}` {text!a}: no text in UTF-8") from error


def apply_rules(rules: Sequence[Rule], text: str) -> str:
    """Return what becomes of a text when rules are followed in order."""
    for rule in rules:
        text = rule(text)
    return text


def _rule(words: list[str]) -> Rule:
    name, arguments = words[0].strip(), tuple(words[1:])
    if name not in RULES:
        known = f"; there are {', '.join(RULES)}"
        raise UsageError(
            f"`text_rules`: there is no rule {name!r}{did_you_mean(name, RULES) or known}"
        )
    takes = RULES[name][1]
    if len(arguments) != takes or (name in ("replace", "ending") and not arguments[0]):
        form = "/".join((name, *"AB"[:takes]))
        raise UsageError(f"`text_rules`: {'/'.join(words)!r} is not of the form {form}")
    return Rule(name, arguments)


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator that no backslash stands before; backslashes stay."""
    parts, after_backslash = [""], False
    for character in text:
        if character == separator and not after_backslash:
            parts.append("")
        else:
            parts[-1] += character
        after_backslash = character == "\\" and not after_backslash
    return parts


def _plain(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL)


@dataclass(frozen=True, slots=True)
class Template:
    """What a sentence is put into.

    Attributes:
        pieces: texts that are tokenized each by itself; a single one for a whole text.
    """

    pieces: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether it is tokenized as one text, with the tokenizer's special tokens."""
        return len(self.pieces) == 1

    @property
    def copies(self) -> int:
        """How often the sentence stands in it."""
        return sum(piece.count(_TEXT) for piece in self.pieces)

    @property
    def tokens(self) -> frozenset[str]:
        """The tokens that it names, of `TOKENS`."""
        named = {name for piece in self.pieces for name in _PLACE.findall(piece)}
        return frozenset(named - {"text"})


@dataclass(frozen=True, slots=True)
class Filled:
    """A piece with a sentence in it.

    Attributes:
        text: the whole.
        spans: where copies of the sentence begin and end in it.
    """

    text: str
    spans: tuple[tuple[int, int], ...]


def parse_templates(text: str) -> tuple[Template, ...]:
    """Return the templates that a text holds.

    Raises:
        UsageError: one has no ``{text}``, or in one of pieces it is not a piece of its own.
    """
    _require_unicode("template", text)
    found = tuple(Template(tuple(part.split(PIECE))) for part in text.split(SEVERAL))
    for template in found:
        if not template.copies:
            raise UsageError(f"`template` {text!r}: {_TEXT} says where the sentence goes")
        mixed = [piece for piece in template.pieces if _TEXT in piece and piece != _TEXT]
        if mixed and not template.whole:
            raise UsageError(f"`template` {text!r}: in pieces, {_TEXT} is a piece of its own")
    return found


def fill(piece: str, sentence: str, tokens: Mapping[str, str]) -> Filled:
    """Return a piece of a template with a sentence in it, which is not looked into.

    Args:
        piece: of a `Template`.
        sentence: any text.
        tokens: what stands for each of `TOKENS` that the piece names.
    """
    text, spans = "", []
    for place, part in enumerate(_PLACE.split(piece)):
        named = place % 2 == 1
        value = part if not named else sentence if part == "text" else tokens[part]
        if named and part == "text":
            spans.append((len(text), len(text) + len(value)))
        text += value
    return Filled(text, tuple(spans))
