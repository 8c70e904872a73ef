"""Text of unknown origin on its way into a page."""

from __future__ import annotations

import json
from typing import Any

from benchmark.one_line import one_line


def shown(text: str) -> str:
    r"""Return a text without characters that act and cannot be seen; lines and indents stay.

    What cannot be printed (control characters, marks that turn the writing direction, halves of
    characters) is spelled out, so that a name cannot pass for another. Markup is left to the
    template's escaping.

    >>> shown("a\u202eb\n  c")
    'a\\u202eb\n  c'
    """
    return "\n".join(_indent(line) + one_line(line) for line in text.split("\n"))


def finalize(value: Any) -> Any:
    """Clean whatever a template prints, unless the template made it; nothing is an empty text."""
    if value is None:
        return ""
    made_here = hasattr(value, "__html__")
    return shown(value) if isinstance(value, str) and not made_here else value


def script_json(value: object) -> str:
    """Return JSON for the inside of a script element: ASCII, and nothing that could end it.

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))] if line.strip() else ""
