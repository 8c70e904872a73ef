"""From the text of a sentence to its words, as the options say it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import UsageError
from benchmark.foreign import Unreadable, read_bytes

_CASE = ("lower", "as_is")
_NO_PUNCTUATION = "drop_punctuation"
_STOP = "stop:"
_KNOWN = f"{', '.join(_CASE)}, {_NO_PUNCTUATION}, {_STOP}FILE"


@dataclass(frozen=True, slots=True)
class WordRules:
    """What the words of a sentence are: what stands between white space, and then some.

    Attributes:
        lower: whether the sentence is lower-cased first; None to go by the vocabulary.
        drop_punctuation: whether words without a letter or digit are left out.
        stop_words: are left out, too.
        stop_sha256: of the file that has them.
    """

    lower: bool | None = None
    drop_punctuation: bool = False
    stop_words: frozenset[str] = frozenset()
    stop_sha256: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What is done, in order, for the card."""
        case = _CASE[0] if self.lower else _CASE[1]
        dropped = [_NO_PUNCTUATION] if self.drop_punctuation else []
        stopped = [f"{_STOP}{self.stop_sha256[:12]}"] if self.stop_sha256 else []
        return (case, *dropped, *stopped)

    def words(self, sentence: str) -> list[str]:
        """Return the words of a sentence, in order."""
        words = (sentence.lower() if self.lower else sentence).split()
        if self.drop_punctuation:
            words = [word for word in words if any(map(str.isalnum, word))]
        if self.stop_words:
            words = [word for word in words if word not in self.stop_words]
        return words


def read_rules(text: str | None) -> WordRules:
    """Return the rules that the option `word_rules` names.

    Args:
        text: rules with commas between them; None for those of SentEval's bag of vectors, with the
            case of the vocabulary.

    Raises:
        UsageError: an unknown rule, two that contradict each other, or a file that is no list.
    """
    lower: bool | None = None
    drop, stop, sha256 = False, frozenset[str](), None
    for rule in (part.strip() for part in (text or "").split(",")):
        if rule in _CASE:
            if lower is not None and lower != (rule == _CASE[0]):
                raise UsageError(f"`word_rules` {text}: {' and '.join(_CASE)} are opposites")
            lower = rule == _CASE[0]
        elif rule == _NO_PUNCTUATION:
            drop = True
        elif rule.startswith(_STOP) and sha256 is None:
            stop, sha256 = _read_list(Path(rule.removeprefix(_STOP)), f"`word_rules` {rule}")
        elif text is not None:
            raise UsageError(
                f"`word_rules` {text}: there is no rule {rule!r}; choose from {_KNOWN}"
            )
    return WordRules(lower, drop, stop, sha256)


def _read_list(path: Path, option: str) -> tuple[frozenset[str], str]:
    """Return the words of a file, one a line, and its SHA-256."""
    content = read_plain(path, option)
    words = frozenset(line.strip() for line in content.decode("utf-8").splitlines()) - {""}
    if not words:
        raise UsageError(f"{option}: the file holds no words")
    if odd := next((word for word in sorted(words) if len(word.split()) > 1), None):
        raise UsageError(f"{option}: one word a line is expected, not {ascii(odd)[:60]}")
    return words, hashlib.sha256(content).hexdigest()


def read_plain(path: Path, option: str) -> bytes:
    """Return the UTF-8 text of a file that an option names, as bytes.

    Raises:
        UsageError: it cannot be read, or is something else.
    """
    try:
        content = read_bytes(path, _MOST_BYTES)
        content.decode("utf-8")
    except Unreadable as error:
        raise UsageError(f"{option}: cannot be read ({error})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{option}: not UTF-8 at byte {error.start:,}") from error
    return content


_MOST_BYTES = 2**28
"""Of a list with counts: that of the whole English Wikipedia has some tens of MB."""
