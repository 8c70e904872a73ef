"""Text of unknown origin made fit for a format: it cannot start markup, leave its cell or run."""

from __future__ import annotations

import json
import re

from benchmark.one_line import one_line


def markdown_text(text: str) -> str:
    r"""Return a text that Markdown shows as it is, on one line of a table.

    >>> markdown_text("a|b <i>*c*")
    'a\\|b &lt;i&gt;\\*c\\*'
    """
    for character in "\\`*_[]|~$":  # $ starts a formula on GitHub
        text = text.replace(character, f"\\{character}")
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split())


def code_span(text: str) -> str:
    """Return a text as a code span of Markdown.

    The fence is longer than any in the text; blanks keep backticks at its ends apart from it.
    """
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    blank = " " if longest else ""
    fence = "`" * (longest + 1)
    return f"{fence}{blank}{text}{blank}{fence}"


def csv_text(text: str) -> str:
    """Return a text that a spreadsheet takes for text.

    Spreadsheets run what starts like a formula; a leading apostrophe keeps them from it.
    """
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    **{character: f"\\{character}" for character in "#$%&_"},
}


def latex_text(text: str) -> str:
    r"""Return a text that LaTeX sets as it is.

    >>> latex_text("50 % of {x}_1")
    '50 \\% of \\{x\\}\\_1'
    """
    escaped = "".join(_LATEX.get(character, character) for character in text)
    return escaped.replace("--", "-{}-")  # two hyphens are no dash


def json_text(document: object, indent: int = 2) -> str:
    """Return JSON for programs. What is not ASCII is spelled out: safe on any terminal.

    Raises:
        ValueError: a number is not finite.
    """
    return json.dumps(document, indent=indent, allow_nan=False)


def page_text(text: str) -> str:
    r"""Return a text without characters that act and cannot be seen; lines and indents stay.

    What cannot be printed (control characters, marks that turn the writing direction, halves of
    characters) is spelled out, so that a name cannot pass for another. Markup is left to the
    escaping of the page's templates.

    >>> page_text("a\u202eb\n  c")
    'a\\u202eb\n  c'
    """
    return "\n".join(_indent(line) + one_line(line) for line in text.split("\n"))


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))] if line.strip() else ""


def script_json(value: object) -> str:
    """Return JSON for the inside of a script element: ASCII, and nothing that could end it.

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
