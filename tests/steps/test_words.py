"""Steps as they are typed, the files they name, and chains of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from benchmark.errors import UsageError
from benchmark.steps import (
    Binary,
    Center,
    Corpus,
    Int8,
    Normalize,
    RemoveTop,
    Step,
    Truncate,
    Whitening,
    chains_of,
    label_of,
    read_steps,
    split_chain,
    step_by_name,
)
from benchmark.steps.words import STEPS


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ("truncate:128", Truncate(128)),
        ("normalize", Normalize()),
        ("whiten", Whitening()),
        ("whiten:64", Whitening(64)),
        ("center", Center()),
        ("remove_top:2", RemoveTop(2)),
        ("int8", Int8()),
        ("binary", Binary()),
    ],
)
def test_steps_have_words(said: str, step: Any) -> None:
    assert step_by_name(said) == step
    assert step.name == said
    assert read_steps([said, step]) == (step, step)


def test_every_word_makes_a_step() -> None:
    for name in STEPS:
        found = [say for say in (name, f"{name}:3") if _makes(say)]
        assert found, name


def _makes(said: str) -> bool:
    try:
        step = step_by_name(said)
    except UsageError:
        return False
    return step.name == said and (isinstance(step, Step) or hasattr(step, "fit"))


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("truncat:3", r"no step is called 'truncat:3' \(did you mean truncate\?\)"),
        ("", "no step is called ''; there are truncate, normalize, center"),
        ("truncate", "truncate needs a number, as in truncate:256"),
        ("normalize:3", "normalize takes no number"),
        ("truncate:x", "a whole number belongs behind the colon"),
        ("truncate:", "a whole number belongs behind the colon"),
        ("truncate:-3", "a whole number belongs behind the colon"),
        ("truncate:1234567890123", "a whole number belongs behind the colon"),
        ("truncate:0", "keeps 0 dimensions"),
        ("remove_top:0", "takes 0 directions away"),
        ("binary@own", "binary is fitted on nothing"),
        ("truncate:3@a.txt", "truncate is fitted on nothing"),
        ("whiten@", "step 'whiten@': no file cannot be read"),
        ("whiten:2@none.txt", "none.txt cannot be read"),
    ],
)
def test_words_that_mean_nothing(said: str, wrong: str) -> None:
    with pytest.raises(UsageError, match=wrong):
        step_by_name(said)


def test_what_it_is_fitted_on_is_said() -> None:
    assert label_of(Whitening(4)) == "whiten:4@own"
    first, second = Corpus("nli", ("a", "b")), Corpus("nli", ("a", "c"))
    assert label_of(Whitening(4, first)).startswith("whiten:4@nli/")
    assert label_of(Whitening(4, first)) != label_of(Whitening(4, second))
    assert label_of(Truncate(4)) == "truncate:4"


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["center", "whiten", "whiten:2", "remove_top:1", "int8"])
def test_a_fitted_step_may_name_a_file(word: str, tmp_path: Path) -> None:
    path = tmp_path / "nli.txt"
    path.write_bytes("A cat.\r\n\n  \nUn caf\u00e9 \nA cat.\nnext\u2028line".encode())
    step = step_by_name(f"{word}@{path}")
    assert isinstance(step, Whitening | Center | RemoveTop | Int8)
    assert step.corpus == Corpus("nli.txt", ("A cat.", "Un caf\u00e9 ", "next\u2028line"))
    assert label_of(step) == f"{word}@{step.corpus}"
    path.write_text("A dog.")
    assert label_of(step_by_name(f"{word}@{path}")) != label_of(step)
    assert step_by_name(f"{word}@own") == step_by_name(word)


def test_a_file_may_be_called_anything(tmp_path: Path) -> None:
    path = tmp_path / "my, own@|words.txt"
    path.write_text("A cat.\n")
    assert label_of(step_by_name(f"center@{path}")).startswith("center@my__own__words.txt/")
    assert split_chain(f"truncate:3, center@{path},normalize") == [
        "truncate:3",
        f"center@{path}",
        "normalize",
    ]


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n \n")
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    os.mkfifo(tmp_path / "pipe")
    for name, wrong in (
        ("empty", "holds no sentence to fit a step on"),
        ("latin", "not UTF-8 at byte 3"),
        ("pipe", "it is a pipe"),
        ("", "it is a folder"),
    ):
        with pytest.raises(UsageError, match=wrong):
            step_by_name(f"center@{tmp_path / name}")


# --- chains ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("truncate:64,normalize", ["truncate:64", "normalize"]),
        ("none", []),
        ("whiten@a,b,int8", ["whiten@a,b", "int8"]),
        ("truncate:6,normlize", ["truncate:6", "normlize"]),
        ("", [""]),
    ],
)
def test_a_chain_in_one_line(typed: str, words: list[str]) -> None:
    assert split_chain(typed) == words


def test_a_list_of_lists_are_several_chains() -> None:
    assert chains_of(()) == [()]
    assert chains_of([[], ["binary"]]) == [[], ["binary"]]
    assert [read_steps(chain) for chain in chains_of(["truncate:2", Binary()])] == [
        (Truncate(2), Binary())
    ]
    mixed = chains_of([["truncate:2"], "binary"])
    with pytest.raises(UsageError, match="a str, where a list or tuple of steps belongs"):
        [read_steps(chain) for chain in mixed]
