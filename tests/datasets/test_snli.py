"""The form of SNLI's files, and the order in which SentEval sorts its samples."""

from __future__ import annotations

import random

import numpy as np
import pytest

from benchmark.datasets.readers import READERS
from benchmark.datasets.splits import Labelled
from benchmark.errors import DataError
from benchmark.tasks import KINDS

PATHS = ("s1.train", "s2.train", "labels.train")


def read(first: bytes, second: bytes, labels: bytes) -> Labelled:
    return READERS["snli"]("train", [first, second, labels], PATHS)


def test_three_files_line_by_line() -> None:
    part = read(b"A man .\nA  dog\tsits .\n", b"He .\nIt .\n", b"neutral\ncontradiction\n")
    assert part.first == ("A man .", "A dog sits .")
    assert part.second == ("He .", "It .")
    assert part.labels.tolist() == [1, 2]


def test_bytes_are_latin_1_and_split_at_ascii_blanks() -> None:
    """As SentEval reads them: an é of two bytes is two letters, and neither is a blank."""
    part = read("à la café .\n".encode(), b"x\n", b"entailment\n")
    assert part.first == ("Ã\xa0 la cafÃ© .",)


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (
            (b"a\nb\n", b"a\n", b"neutral\nneutral\n"),
            "premises, hypotheses and classes differ in number: 2 in s1.train, 1 in s2.train, 2 in",
        ),
        ((b"a\n", b"a\n", b"-\n"), "labels.train, line 1: '-' is not a class of SNLI"),
    ],
)
def test_what_is_not_snli(contents: tuple[bytes, bytes, bytes], said: str) -> None:
    with pytest.raises(DataError) as caught:
        read(*contents)
    assert str(caught.value).startswith(said)


def test_samples_are_sorted_as_senteval_sorts_them() -> None:
    """By tokens of the hypothesis, tokens of the premise, and the word of the class."""
    generator = random.Random(0)
    words = ["entailment", "neutral", "contradiction"]
    rows = [
        (
            " ".join(["w"] * generator.randint(0, 4)) + "\xa0",
            " ".join(["v"] * generator.randint(0, 3)),
            generator.choice(words),
            number,
        )
        for number in range(300)
    ]
    rows = [(first.removesuffix("\xa0") if number % 2 else first, *rest, number)
            for first, *rest, number in rows]  # fmt: skip
    labels = np.array([words.index(label) for _, _, label, _ in rows])
    part = Labelled("train", tuple(r[0] for r in rows), tuple(r[1] for r in rows), labels)

    def tokens(text: str) -> int:
        return len(text.encode().split())

    expected = sorted(rows, key=lambda row: (tokens(row[1]), tokens(row[0]), row[2]))
    ordered = KINDS["inference"].in_order(part)
    assert ordered.first == tuple(row[0] for row in expected)
    assert ordered.second == tuple(row[1] for row in expected)
    assert [words[label] for label in ordered.labels] == [row[2] for row in expected]
