"""How this program was called, and where its pages are: for whatever tells a user what to do next.

Texts of the command line are written for a program that is installed: ``sebench VERB`` and
``docs/PAGE.md``. What somebody reads is what can be typed and opened where they are.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from benchmark.extras import is_installed

COMMAND = "sebench"
"""The command that an installed package brings; in files that outlast a call, always this."""

LONG_COMMAND = "sentence-embedding-benchmark"

_PACKAGE = Path(__file__).resolve().parent
_SCRIPT = "run_eval.py"
_TYPED = re.compile(rf"(?<![\w./-]){COMMAND} ([a-z]+)")
_PAGE = re.compile(r"(?<![\w./-])docs/([\w-]+)\.md")


def program() -> str:
    """Return how the verbs of this program are reached from here, as one types it."""
    called = Path(sys.argv[0])
    if called.stem in (COMMAND, LONG_COMMAND):
        return called.stem if called.suffix != ".py" else f"python -m {COMMAND}"
    if called.name == _SCRIPT or called.parent.resolve() == _PACKAGE:
        return "python -m benchmark"
    return COMMAND if is_installed() else "python -m benchmark"


def command(verb: str) -> str:
    """Return how a verb is typed: ``sebench check``, or as the program was called."""
    if verb == "run" and Path(sys.argv[0]).name == _SCRIPT:
        return f"python {_SCRIPT}"
    return f"{program()} {verb}"


def page(name: str) -> str:
    """Return where a page of the documentation is: in a checkout, or in the installed package.

    Args:
        name: ``data`` for ``docs/data.md``.
    """
    packed = _PACKAGE / "docs" / f"{name}.md"
    return str(packed) if packed.is_file() else f"docs/{name}.md"


def as_called(text: str) -> str:
    """Return a text with its commands as they are typed here, and its pages where they are."""
    typed = _TYPED.sub(lambda found: command(found[1]), text)
    return _PAGE.sub(lambda found: page(found[1]), typed)
