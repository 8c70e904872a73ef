"""Causes in the text that an encoder reads: length, case, accents, blanks, prompts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmark.equivalence.agreement import agree, directions
from benchmark.equivalence.case import Case, Finding, Road
from benchmark.equivalence.side import Ids, Side
from benchmark.foreign import Unreadable, read_json
from benchmark.one_line import one_line

# --- length ---------------------------------------------------------------------------------------

_LIMITS = (32, 64, 75, 77, 128, 256, 384, 500, 510, 512, 1024, 2048, 4096, 8192)
"""In tokens: tried before any other."""


def truncation(case: Case) -> Finding | None:
    """Only long sentences differ, and cut at some length they do not."""
    differing = set(case.differing)
    for side, _ in case.both:
        ids = side.ids(case.sentences)
        if ids is None:
            continue
        lengths = [len(row) for row in ids]
        agreeing = [n for place, n in enumerate(lengths) if place not in differing]
        beyond = [lengths[place] for place in differing]
        if not agreeing or not beyond or min(beyond) <= max(agreeing):
            continue
        limits = range(max(agreeing, default=1), min(beyond))
        place = min(differing, key=lambda one: lengths[one])
        text, wanted = [case.sentences[place]], directions(case.other(side)[[place]])
        for limit in sorted(limits, key=lambda n: (n not in _LIMITS, n)):
            road = _cut(side, limit, ids)
            if agree(directions(road(text)), wanted, case.tolerance) and case.equal_by(
                side, road, whole=True
            ):
                return _truncated(case, side, f"at {limit} tokens", f"`max_length` {limit}")
    return _by_words(case, differing)


def _cut(side: Side, limit: int, ids: Sequence[Ids]) -> Road:
    """Return what reads sentences up to a limit, the last token at the end if all end in it."""
    closed = len({row[-1] for row in ids if row}) == 1

    def cut(row: Ids) -> Ids:
        if len(row) <= limit:
            return row
        return [*row[: limit - 1], row[-1]] if closed else row[:limit]

    return lambda texts: side.vectors_of_ids(texts, cut)


def _by_words(case: Case, differing: set[int]) -> Finding | None:
    words = [len(text.split()) for text in case.sentences]
    agreeing = [n for place, n in enumerate(words) if place not in differing]
    beyond = [words[place] for place in differing]
    if not agreeing or not beyond or not 0 < (most := max(agreeing)) < min(beyond):
        return None  # two that agree on blank texts alone were cut nowhere

    def cut(side: Side) -> Road:
        return lambda texts: side.vectors(
            [text if len(text.split()) <= most else " ".join(text.split()[:most]) for text in texts]
        )

    if not case.equal_by(case.a, cut(case.a), cut(case.b), whole=True):
        return None
    return Finding(
        "truncation",
        f"only sentences of more than {most} words differ: one of them reads fewer tokens",
        "give both the same limit in tokens (`max_length`, or what the server calls it)",
    )


def _truncated(case: Case, side: Side, where: str, option: str) -> Finding:
    other = "B" if side is case.a else "A"
    return Finding(
        "truncation",
        f"{other} cuts sentences {where}, {side.letter} reads more of them",
        f"give {side.letter} {option}, or let {other} read as much",
    )


# --- what is done to the text ---------------------------------------------------------------------


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFD", text)
    return "".join(part for part in parts if unicodedata.category(part) != "Mn")


RULES: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "case": ("lower-cases", str.lower),
    "white space": ("takes white space off both ends of", str.strip),
    "blanks": ("makes all white space single blanks in", lambda text: " ".join(text.split())),
    "accents": ("takes the accents off", _without_accents),
    "case and accents": (
        "lower-cases and takes the accents off",
        lambda text: _without_accents(text.lower()),
    ),
    "unicode": (
        "brings to one form of Unicode (NFKC)",
        lambda text: unicodedata.normalize("NFKC", text),
    ),
    "full stop": (
        "puts a full stop behind",
        lambda text: text if re.search(r"[.?!\"']\s*$", text) else f"{text}.",
    ),
}
"""What encoders do to text before they read it: the verb, and the rule."""


def text_rules(case: Case) -> Finding | None:
    """One of them does something to the text first."""
    for cause, (verb, rule) in RULES.items():
        touched = [place for place in case.differing if _touches(rule, case.sentences[place])]
        if len(touched) < len(case.differing):
            continue
        for side, other in case.both:
            if case.equal_by(side, _ruled(side, rule)):
                return Finding(
                    cause,
                    f"{other.letter} {verb} sentences before it reads them, {side.letter} does not",
                    "let both read the same text: look at the tokenizer's settings on either side",
                )
        if case.equal_by(case.a, _ruled(case.a, rule), _ruled(case.b, rule)):
            return Finding(
                cause,
                f"they differ only in what is lost when one {verb} sentences",
                "look at the tokenizer's settings on either side",
            )
    return None


def _touches(rule: Callable[[str], str], text: str) -> bool:
    return rule(text) != text


def _ruled(side: Side, rule: Callable[[str], str]) -> Road:
    return lambda texts: side.vectors([rule(text) for text in texts])


# --- prompts --------------------------------------------------------------------------------------

KNOWN_PROMPTS = (
    "query: ",
    "passage: ",
    "Query: ",
    "search_query: ",
    "search_document: ",
    "clustering: ",
    "classification: ",
    "Represent this sentence for searching relevant passages: ",
    "task: sentence similarity | query: ",
    "title: none | text: ",
    "Instruct: Retrieve semantically similar text.\nQuery: ",
    "Represent the sentence: ",
)
"""Of the models that are asked about most."""


def prompt(case: Case) -> Finding | None:
    """One of them reads something before each sentence."""
    brought = [text for side in (case.a, case.b) for text in _prompts_of(side)]
    for text in dict.fromkeys([*brought, *KNOWN_PROMPTS]):
        for side, other in case.both:
            if case.equal_by(side, _prompted(side, text)):
                shown = one_line(repr(text))
                return Finding(
                    "prompt",
                    f"{other.letter} reads the prompt {shown} before each sentence, "
                    f"{side.letter} does not",
                    f"give {side.letter} that prompt, or {other.letter} none",
                )
    return None


def _prompted(side: Side, prompt: str) -> Road:
    return lambda texts: side.vectors([f"{prompt}{text}" for text in texts])


def _prompts_of(side: Side) -> Iterator[str]:
    """Yield the prompts that an encoder uses, or that its folder brings."""
    if side.card.prompt:
        yield side.card.prompt
    folder: Any = getattr(getattr(side.who.encoder, "checkpoint", None), "folder", None)
    if isinstance(folder, Path):
        for place in (folder, folder.parent):  # the transformer may lie in a folder of its own
            yield from folder_prompts(place)


def folder_prompts(folder: Path) -> Iterator[str]:
    """Yield the prompts that a sentence-transformers folder brings; none where they are no texts.

    Whether they are sound is asked where the encoder is made: here they are only tried.
    """
    try:
        settings = read_json(folder / "config_sentence_transformers.json")
    except Unreadable:
        return
    prompts = settings.get("prompts") if isinstance(settings, dict) else None
    if isinstance(prompts, dict):
        yield from (text for text in prompts.values() if isinstance(text, str) and text)
