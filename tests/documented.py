"""What the pages tell people to type: commands of a shell, and Python."""

from __future__ import annotations

import doctest
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.conftest import PROJECT

PAGES = [
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    PROJECT / "leaderboards" / "README.md",
    *sorted((PROJECT / "docs").glob("*.md")),
]
PROGRAMS = {"sebench", "senteval", "python", "pip", "ray", "make", "cp", "torchrun", "accelerate"}
"""What a line of a block begins with that is typed into a shell."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(r"[A-Z][A-Z_]*=")
_SPAN = re.compile(r"`([^`\n]+)`")


class Command(NamedTuple):
    """One command of a page.

    Attributes:
        page: its name.
        line: where it begins, from 1.
        words: as a shell has them: without what sets variables, comments, and a prompt.
        variables: what is set for it.
        shown: what the page says that it prints, if it has a prompt: the lines below it.
    """

    page: str
    line: int
    words: tuple[str, ...]
    variables: dict[str, str]
    shown: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {shlex.join(self.words)}"


def name_of(page: Path) -> str:
    """Return a page's name: where it lies in the project."""
    return page.relative_to(PROJECT).as_posix()


def commands(page: Path) -> Iterator[Command]:
    """Yield the commands of the blocks of a page, and those that stand in a line of text."""
    text = _without_code(page.read_text("utf-8"))
    kept: dict[str, str] = {}
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if line.startswith("    ") or _in_fence(lines, number):
            rest = iter(lines[number:])
            whole = line
            while whole.endswith("\\"):
                whole = whole[:-1] + next(rest)
            begun = whole.strip().removeprefix("$ ").removeprefix("- run: ").removeprefix("run: ")
            below = _below(lines[number:]) if whole.startswith("    $ ") else ()
            for part in re.split(r" && | \| (?=sebench)", begun):
                for command in _command(name_of(page), number, part, kept):
                    yield command._replace(shown=below)
        else:
            for span in _SPAN.findall(line):
                if span.startswith(("sebench ", "python run_eval.py ")):
                    yield from _command(name_of(page), number, span, {})


def fragments(page: Path) -> Iterator[tuple[int, str]]:
    """Yield what stands as code in a line of text, and where."""
    for number, line in enumerate(_without_code(page.read_text("utf-8")).split("\n"), 1):
        for span in [] if line.startswith("    ") else _SPAN.findall(line):
            yield number, span


def python_blocks(page: Path) -> Iterator[tuple[int, str]]:
    """Yield the Python of a page, and where each block begins."""
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        line = text[: found.start()].count("\n") + 1
        if found[1] == "python":
            yield line, found[2]
        if found[1] == "pycon":
            examples = doctest.DocTestParser().get_examples(found[2])
            yield line, "".join(example.source for example in examples)


def _without_code(text: str) -> str:
    """Return a page without what is of another language; lines stay where they are."""

    def gone(found: re.Match[str]) -> str:
        return found[0] if found[1] in ("", "bash", "yaml") else "\n" * found[0].count("\n")

    return _FENCE.sub(gone, text)


def _below(lines: list[str]) -> tuple[str, ...]:
    ends = (n for n, line in enumerate(lines) if line and not line.startswith("    "))
    own = lines[: next(ends, len(lines))]
    return tuple(line.strip() for line in own if line.strip())


def _in_fence(lines: list[str], number: int) -> bool:
    return sum(line.startswith("```") for line in lines[:number]) % 2 == 1


def _command(page: str, line: int, text: str, kept: dict[str, str]) -> Iterator[Command]:
    text = text.replace("$'", "'").replace(" ...", "")
    for name, value in kept.items():
        text = text.replace(f"${name}", value)
    try:
        words = shlex.split(text, comments=True)
    except ValueError:  # an apostrophe of a sentence
        return
    variables = {}
    while words and _VARIABLE.match(words[0]):
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    if not words:
        kept |= variables
    elif words[0] in PROGRAMS:
        yield Command(page, line, tuple(words), variables)
