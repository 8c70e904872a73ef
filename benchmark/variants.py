"""Settings that one encoder is measured in, one after another: what `vary` asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any, get_type_hints

from benchmark.encoders.asked.options import require_possible
from benchmark.errors import UsageError
from benchmark.foreign import Unreadable, read_text
from benchmark.options import AccessOptions, EncoderOptions, RunOptions
from benchmark.steps import chains_of, label_of, read_steps, split_chain
from benchmark.suggestions import did_you_mean

_NEVER = {*(one.name for one in fields(AccessOptions)), "device", "prompt_for", "trust_remote_code"}
"""What an encoder is given and is the same encoder with."""

VARIABLE = (*(one.name for one in fields(EncoderOptions) if one.name not in _NEVER), "steps")
"""Options that may have several values in one run."""

_FILE = "@"
_MOST_CHARACTERS = 1_000
_LONGEST = 60
"""Characters of a setting that stand in a table as they are."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the settings.

    Attributes:
        setting: its values, for a table; the same for every model.
        options: with these values.
    """

    setting: str
    options: RunOptions


def variants(options: RunOptions) -> list[Variant]:
    """Return every combination of the values that ``options.vary`` has, the last option fastest.

    Raises:
        UsageError: no option of an encoder, no value, one that the option cannot have, or an
            option that is given by itself, too.
    """
    vary = varied_values(options.vary)
    names, found = list(vary), []
    usual = {one.name: one.default for one in fields(RunOptions)}
    said = (name for name in names if getattr(options, name) not in (usual[name], []))
    if given := next(said, None):
        raise UsageError(
            f"`{given}` is given beside `vary`, which has it too, and one encoder has one; make it "
            "a value of `vary`, or leave one of them out"
        )
    for values in product(*vary.values()):
        asked = dict(zip(names, values, strict=True))
        told = [_told(name, value) for name, value in asked.items()]
        if len(names) > 1:
            told = [f"{name} {text}" for name, text in zip(names, told, strict=True)]
        setting = replace(options, **asked, vary=())
        require_possible(setting)
        found.append(Variant(", ".join(told), setting))
    return found


def varied_values(vary: Any) -> dict[str, list[Any]]:
    """Return the values of each option that is varied, in the order in which they were given.

    Args:
        vary: as `RunOptions.vary`: lines ``OPTION=VALUE`` or ``OPTION=@FILE``, or a mapping of
            options to lists of values, None for none.

    Raises:
        UsageError: it is neither, no option of an encoder, or an option without a value.
    """
    found: dict[str, list[Any]] = {}
    pairs = vary.items() if isinstance(vary, Mapping) else map(_read, _lines(vary))
    for typed, values in pairs:
        name = _name(typed)
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            raise UsageError(f"`vary` {name}: a list of values is needed, not {values!a}")
        known = found.setdefault(name, [])
        known += [value for value in values if value not in known]
    return found


def _lines(vary: Any) -> Iterable[str]:
    if isinstance(vary, str):
        return [vary]
    if isinstance(vary, Sequence) and all(isinstance(line, str) for line in vary):
        return vary
    raise UsageError(f"`vary` {vary!a}: OPTION=VALUE is needed, or lists of values by option")


def _read(line: str) -> tuple[str, list[Any]]:
    """Return what one line asks for: an option, and a value or those of a file."""
    typed, sign, text = line.partition("=")
    if not sign:
        raise UsageError(f"`vary` {line}: OPTION=VALUE is needed, or OPTION=@FILE, a value a line")
    name = _name(typed)
    if text.startswith(_FILE) and not text.startswith(2 * _FILE):
        return name, [_value(name, each) for each in _lines_of(text.removeprefix(_FILE))]
    return name, [_value(name, text.removeprefix(_FILE))]


def _lines_of(file: str) -> list[str]:
    try:
        lines = [line for line in read_text(Path(file)).splitlines() if line.strip()]
    except Unreadable as error:
        raise UsageError(f"`vary` {_FILE}{file}: {error}") from error
    if not lines:
        raise UsageError(f"`vary` {_FILE}{file}: holds no value; one a line is needed")
    if max(map(len, lines)) > _MOST_CHARACTERS:
        raise UsageError(
            f"`vary` {_FILE}{file}: a line has more than {_MOST_CHARACTERS:,} characters, which is "
            "no value of an option"
        )
    return lines


def _name(typed: str) -> str:
    typed = str(typed).strip()
    name = typed.replace("-", "_")
    if name in VARIABLE:
        return name
    known = [f"`{one}`" for one in VARIABLE]
    why = "it makes no other encoder"
    if name not in {one.name for one in fields(RunOptions)}:
        why = f"there is no such option{did_you_mean(name, known)}"
    raise UsageError(f"`vary` {typed}: {why}; what can be varied: {', '.join(known)}")


def _value(name: str, text: str) -> Any:
    """Return what somebody typed as the option has it; nothing is what it is without the option."""
    if name == "steps":
        return [split_chain(text)]
    if not text and name != "prompt":  # where no text is another value than the documented one
        return next(one.default for one in fields(RunOptions) if one.name == name)
    if get_type_hints(RunOptions)[name] == int | None:
        if not text.isdecimal():
            raise UsageError(f"`{name}` {text}: a whole number is needed")
        return int(text)
    return text


def _told(name: str, value: Any) -> str:
    """Return a value for a table; a long one is cut, and told apart by digits of its hash."""
    if name == "steps":
        words = [label_of(step) for chain in chains_of(value) for step in read_steps(chain)]
        value = ", ".join(words)
    text = "as documented" if value is None else str(value) or "none"
    if len(text) <= _LONGEST:
        return text
    digits = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:6]
    return f"{text[: _LONGEST - 12].rstrip()} ... {digits}"
