"""Steps as an outsider writes them: what is taken, what is refused, in which order they come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from benchmark.errors import ModelError, UsageError
from benchmark.steps import (
    AnyStep,
    Corpus,
    FittableStep,
    Normalize,
    Step,
    Truncate,
    Whitening,
    apply_steps,
    fit_on_corpora,
    read_steps,
    sentences_to_fit_on,
    sound_steps,
)

VECTORS = np.arange(12, dtype=np.float32).reshape(4, 3)
PETS = Corpus("pets", ("a", "b"))


@dataclass
class Times:
    """Multiplies."""

    factor: float = 2.0
    name: str = "times"

    def apply(self, vectors: Any) -> Any:
        return vectors * np.float32(self.factor)


@dataclass
class Minus:
    """Takes a row away."""

    row: Any
    name: str = "minus"

    def apply(self, vectors: Any) -> Any:
        return vectors - self.row


@dataclass
class Centre:
    """Takes the mean away; remembers what it was fitted on."""

    corpus: Corpus | None = None
    name: str = "centre"
    seen: list[Any] = field(default_factory=list)

    def fit(self, vectors: Any) -> Minus:
        self.seen.append(vectors.copy())
        return Minus(vectors.mean(axis=0))


@dataclass
class Answers:
    """Returns what it is told to."""

    answer: Any
    name: str = "answers"

    def apply(self, vectors: Any) -> Any:
        return self.answer


def vectors_of(sentences: Any) -> Any:
    return VECTORS[["abcd".index(sentence) for sentence in sentences]]


# --- one after another ----------------------------------------------------------------------------


def test_nothing_to_do_gives_the_very_rows() -> None:
    assert apply_steps((), VECTORS) is VECTORS


def test_each_gets_what_the_one_before_it_made() -> None:
    found = apply_steps([Times(3), Truncate(1), Times(-1)], VECTORS)
    assert found.tolist() == (-3 * VECTORS[:, :1]).tolist()


def test_a_step_is_fitted_on_the_rows_as_they_come_to_it() -> None:
    step = Centre()
    found = apply_steps([Times(2), step], VECTORS)
    assert np.array_equal(step.seen, [2 * VECTORS])
    assert np.array_equal(found, 2 * (VECTORS - VECTORS.mean(axis=0)))


def test_a_step_with_a_corpus_is_fitted_on_that_alone_and_once() -> None:
    first, second = Centre(PETS), Centre(Corpus("rest", ("c", "d")))
    steps = [Times(2), first, Truncate(2), second]
    assert sentences_to_fit_on(steps) == ["a", "b", "c", "d"]
    fitted = fit_on_corpora(steps, vectors_of)
    mean = 2 * VECTORS[:2].mean(axis=0)
    assert np.array_equal(first.seen, [2 * VECTORS[:2]])
    assert np.array_equal(second.seen, [(2 * VECTORS[2:] - mean)[:, :2]])
    for _ in range(2):
        apply_steps(fitted, VECTORS)
    assert len(first.seen) == len(second.seen) == 1


def test_own_sentences_are_left_to_be_fitted() -> None:
    own = Centre()
    assert fit_on_corpora([Centre(PETS), own], vectors_of)[1] is own
    assert own.seen == []
    assert sentences_to_fit_on([own, Times()]) == []


# --- what is one ----------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [Times(), Truncate(3), Normalize()])
def test_a_step(step: Any) -> None:
    assert isinstance(step, Step)
    assert not isinstance(step, FittableStep)


@pytest.mark.parametrize("step", [Centre(), Whitening()])
def test_a_step_to_be_fitted(step: Any) -> None:
    assert isinstance(step, FittableStep)
    assert not isinstance(step, Step)


@dataclass
class Nameless:
    def apply(self, vectors: Any) -> Any:
        return vectors


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (1000, "steps: a int, where a list or tuple of steps belongs"),
        ("truncate:3", "steps: a str, where a list or tuple"),
        ([3], "steps: 3 is none"),
        ([Times], r"steps: <class .*Times.*> is none"),
        ([Nameless()], r"steps: .*Nameless\(\) is none: a step has a name, and apply"),
        ([Times(name="")], "a step is called ''"),
        ([Times(name="a b")], "a step is called 'a b'"),
        ([Times(name="a|b")], "signatures take names"),
        ([Times(name="a,b")], "signatures take names"),
        ([Times(name="a@b")], "signatures take names"),
        ([Times(name="a\nb")], "signatures take names"),
        ([Times(name=3)], "a step is called 3"),  # type: ignore[arg-type]
        ([Centre(), Centre(PETS)], "centre@pets/.* cannot follow centre@own"),
    ],
    ids=str,
)
def test_what_is_none(steps: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        sound_steps(steps)
    with pytest.raises(UsageError, match=said):
        read_steps(steps)


def test_steps_in_any_other_order_are_taken() -> None:
    steps: list[AnyStep] = [Times(), Centre(PETS), Centre(), Truncate(2), Centre()]
    assert sound_steps(steps) == tuple(steps)
    assert sound_steps(()) == ()


@pytest.mark.parametrize(
    "answer",
    [
        VECTORS.astype(np.float64),
        VECTORS.astype(int),
        VECTORS[:3],
        VECTORS[:, :0],
        VECTORS[:, 0],
        None,
        "rows",
    ],
    ids=["float64", "int", "a row less", "no column", "flat", "None", "text"],
)
def test_what_is_no_answer(answer: Any) -> None:
    with pytest.raises(ModelError, match=r"step answers: apply returned .* for 4 vectors, not"):
        apply_steps([Answers(answer)], VECTORS)


# --- corpora --------------------------------------------------------------------------------------


def test_a_corpus_holds_each_sentence_once() -> None:
    twice = Corpus("pets", ["a", "b", "a"])  # type: ignore[arg-type]
    assert twice == PETS
    assert str(twice) == str(PETS)
    assert len(str(PETS)) == len("pets/") + 12


@pytest.mark.parametrize("other", [("a",), ("a", "c"), ("ab",), ("a", "b", "")], ids=str)
def test_other_sentences_are_another_corpus(other: tuple[str, ...]) -> None:
    assert str(Corpus("pets", other)) != str(PETS)


@pytest.mark.parametrize(
    ("name", "sentences", "said"),
    [("", ("a",), "a corpus is called ''"), ("a|b", ("a",), "a corpus"), ("a", (), "no sentence")],
)
def test_what_is_no_corpus(name: str, sentences: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Corpus(name, sentences)
