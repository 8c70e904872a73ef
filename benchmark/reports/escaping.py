"""Text of unknown origin made fit for a format: it cannot start markup, leave its cell or run."""

from __future__ import annotations

import re


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
