"""Text of unknown origin (a name, a message) made fit for one line of a terminal or a table."""

from __future__ import annotations


def one_line(text: str) -> str:
    r"""Return a text on one line, with nothing in it that a terminal would act on.

    White space becomes single blanks; whatever cannot be printed (control characters, escape
    sequences, marks that turn the writing direction) is spelled out.

    >>> one_line("a\nb \x1b[31mred")
    'a b \\x1b[31mred'
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in " ".join(text.split())
    )


def encodable(text: str) -> str:
    r"""Return a text that UTF-8 can hold; `one_line` spells the rest in the same way.

    A file name may be any bytes, and Python stands a surrogate for each that is no UTF-8.

    >>> encodable("caf\udce9")
    'caf\\udce9'
    """
    return text.encode("utf-8", "backslashreplace").decode()
