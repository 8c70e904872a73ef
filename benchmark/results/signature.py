"""What a reader must know to compare a score: sacreBLEU's idea, for sentence embeddings.

A signature has two halves. The first says what was asked (task, split, aggregation, metric,
similarity, data, version of the protocol), the second who answered. Two scores are comparable
exactly when the first halves agree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.encoders import EncoderCard
from benchmark.one_line import encodable
from benchmark.results.record import TaskResult
from benchmark.tasks import KINDS, Task

PROTOCOL_VERSION = "1"
"""Raised whenever the same vectors could get another score."""

_SEPARATOR = "|"

_ANSWERER = "model"
"""The field that the second half begins with."""

ABSENT = "none"
"""What stands for a field that only one of two signatures has."""

Fields = Mapping[str, str]
"""Values by name, in the order of the line."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The two halves of a signature.

    Attributes:
        asked: the fields of the question, which must agree for two scores to be comparable.
        answered: the fields of who answered; empty if the line holds the question alone.
    """

    asked: Fields
    answered: Fields

    @classmethod
    def parse(cls, line: str) -> Signature:
        """Return the halves of a line, as `str` gives it.

        Raises:
            ValueError: it is damaged: no question, a field that is not ``name:value``, one that
                is there twice, or a character that cannot be printed.
        """
        found = parse_fields(line)
        names = list(found)
        half = names.index(_ANSWERER) if _ANSWERER in found else len(names)
        if not half:
            raise ValueError("it holds no question")
        asked, answered = names[:half], names[half:]
        return cls({name: found[name] for name in asked}, {name: found[name] for name in answered})

    @property
    def question(self) -> str:
        """The first half as a line: equal for two scores exactly if they are comparable."""
        return join_fields(self.asked)

    @property
    def answerer(self) -> str:
        """The second half as a line."""
        return join_fields(self.answered)

    @property
    def fields(self) -> dict[str, str]:
        """The fields of both halves."""
        return {**self.asked, **self.answered}

    def comparable(self, other: Signature) -> bool:
        """Tell whether two scores answer the same question."""
        return self.asked == other.asked

    def differences(self, other: Signature) -> dict[str, tuple[str, str]]:
        """Return the fields of the question that differ, with both values; empty if none does."""
        return differences(self.asked, other.asked)

    def __str__(self) -> str:
        return join_fields(self.fields)


def asked_alike(signatures: Iterable[str]) -> dict[str, str]:
    """Return what all these scores have in common of what they ask, but for task and data.

    >>> asked_alike(["split:test|agg:all|data:1|v:1|model:a|weights:b"])
    {'split': 'test', 'agg': 'all'}
    """
    asked = [Signature.parse(line).asked for line in signatures]
    first = asked[0] if asked else {}
    own = ("task", "data", "v")
    return {
        name: value
        for name, value in first.items()
        if name not in own and all(other.get(name) == value for other in asked)
    }


def parse_fields(line: str) -> dict[str, str]:
    """Return the fields of a signature, of half of one, or of a line written like one.

    Raises:
        ValueError: a field is not ``name:value``, one is there twice, or a character cannot be
            printed.
    """
    found: dict[str, str] = {}
    if not line.isprintable():
        raise ValueError(f"{line!r} holds characters that cannot be printed")
    for part in line.split(_SEPARATOR) if line else ():
        name, colon, value = part.partition(":")
        if not colon or not name:
            raise ValueError(f"{part!r} is not of the form name:value")
        if name in found:
            raise ValueError(f"{name} is there twice")
        found[name] = value
    return found


def join_fields(fields: Fields) -> str:
    """Return fields as one line; no value breaks out of its field or its line."""
    return _SEPARATOR.join(f"{name}:{plain(value)}" for name, value in fields.items())


def plain(value: str) -> str:
    """Return the value of a field as a line holds it."""
    text = encodable(value)
    return "".join("_" if c == _SEPARATOR or not c.isprintable() else c for c in text)


def spelled(text: str) -> str:
    r"""Return a text that decides vectors as a field holds it: no two of them alike.

    What `plain` would replace is written as an escape, and so are a backslash and a text that
    would pass for none; any other text stays as it is.

    >>> spelled("Instruct: a|b\nQuery:")
    'Instruct: a\\x7cb\\nQuery:'
    """
    escaped = {_SEPARATOR: "\\x7c", "\\": "\\\\"}
    whole = "".join(
        escaped.get(c) or (c if c.isprintable() else c.encode("unicode_escape").decode())
        for c in text
    )
    return f"\\x{ord(text[0]):02x}{text[1:]}" if text == ABSENT else whole


def differences(ours: Fields, theirs: Fields) -> dict[str, tuple[str, str]]:
    """Return the fields that two lines do not share, with both values."""
    return {
        name: (ours.get(name, ABSENT), theirs.get(name, ABSENT))
        for name in {**ours, **theirs}
        if ours.get(name) != theirs.get(name)
    }


def sign(task: Task, data_sha256: str, verified: bool, card: EncoderCard) -> str:
    """Return the long signature of a score."""
    return str(Signature(_asked(task, data_sha256, verified), answered(card)))


def ask(task: Task, data_sha256: str, verified: bool = True, rules: Fields | None = None) -> str:
    """Return the first half of a signature: what was asked.

    Args:
        task: that was scored.
        data_sha256: of what was read.
        verified: whether that is the published data.
        rules: fields that say how it was scored, by default those of the task.
    """
    return join_fields(_asked(task, data_sha256, verified, rules))


def comparable(first: str, second: str) -> bool:
    """Tell whether two scores with these signatures answer the same question."""
    return Signature.parse(first).comparable(Signature.parse(second))


def shorten(results: Sequence[TaskResult]) -> str:
    """Return one line for several scores of one model: what they share, data hashed together."""
    if not results:
        return ""
    first, *others = (Signature.parse(result.signature).fields for result in results)
    shared = {
        name: value
        for name, value in first.items()
        if name != "task" and all(other.get(name) == value for other in others)
    }
    if "data" not in shared:
        joined = "".join(f"{result.data.sha256}\n" for result in results)
        verified = all(result.data.verified for result in results)
        shared["data"] = data_field(hashlib.sha256(joined.encode()).hexdigest(), verified)
    return join_fields({name: shared[name] for name in first if name in shared})


def data_field(sha256: str, verified: bool) -> str:
    """Return how a signature names the data of a score."""
    return sha256[:12] + ("" if verified else "(unverified)")


def answered(card: EncoderCard) -> dict[str, str]:
    """Return the fields of who answered; one that is None here is not in the line."""
    weights = card.weights_sha256[:12] if card.weights_sha256 else "unknown"
    said: dict[str, str | None] = {
        _ANSWERER: (card.source or card.name) + (f"@{card.revision[:12]}" if card.revision else ""),
        "weights": weights,
        "base": card.base,
        "adapter": card.adapter + (f"/{card.version}" if card.version else ""),
        "pool": card.pooler or "own",
        "maxlen": str(card.max_length or ABSENT),
        "norm": "yes" if card.normalize else "no",
        "steps": ",".join(card.steps) or None,
        "prompt": spelled(encodable(card.prompt)) if card.prompt else ABSENT,
        "prompt_pooled": None if card.include_prompt else "no",
        "template": None if card.template is None else spelled(encodable(card.template)),
        "rules": spelled(encodable(",".join(card.rules))) or None,
        "as": card.encode_as,
        "dtype": card.precision,
        "stored": card.stored,
        "backend": card.backend or "own",
    }
    return {name: value for name, value in said.items() if value is not None}


def _asked(
    task: Task, data_sha256: str, verified: bool, rules: Fields | None = None
) -> dict[str, str]:
    return {
        "task": task.id,
        "split": task.split,
        **(KINDS[task.kind].question(task) if rules is None else rules),
        "data": data_field(data_sha256, verified),
        "v": PROTOCOL_VERSION,
    }
