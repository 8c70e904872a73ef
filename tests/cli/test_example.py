"""``--dry-run`` shows a sentence as the encoder reads it: checked against the tokenizer alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.checkpoints import write_plain, write_sentence_transformers
from tests.cli.conftest import Command

DRY = ("--tasks", "DemoSTS", "--dry-run")
PROMPTS = {"STS": "a man|\n: ", "query": "the cat "}
OF_HIDDEN = {"word_embedding_dimension": 32}


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("weights are loaded")

    monkeypatch.setattr("benchmark.encoders.transformer.weights.load_model", refuse)


def lines_of(out: str, model: str) -> dict[str, str]:
    """Return what is said of a model, by the word before it."""
    lines = out.splitlines()
    start = lines.index(f"How {model} reads a sentence:") + 1
    said = lines[start : start + lines[start:].index("")]
    return {line[:11].strip(): line[12:] for line in said}


def plain_tokens(folder: Path, text: str, **options: Any) -> list[str]:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    return tokenizer.convert_ids_to_tokens(tokenizer(text, **options)["input_ids"])


def example(command: Command, *arguments: str) -> dict[str, Any]:
    outcome = command("--model", "m", *DRY, "--format", "json", *arguments)
    assert outcome.code == 0, outcome.err
    [model] = json.loads(outcome.out)["models"]
    assert model["problem"] is None
    return model["example"]


def test_text_and_tokens_with_the_default_prompt(command: Command):
    prompts = {"prompts": PROMPTS, "default_prompt_name": "STS"}
    folder = write_sentence_transformers(Path("m"), prompts=prompts)
    read = example(command)
    sentence = "It is not untrue that the bridge was closed on Monday."
    text = f"a man|\n: {sentence}"
    assert (read["sentence"], read["text"], read["prompt"]) == (sentence, text, PROMPTS["STS"])
    assert read["prompts"] == {"query": "the cat ", "document": "", "STS": "a man|\n: "}
    tokens = plain_tokens(folder, text, truncation=True, max_length=48)
    assert [token["token"] for token in read["tokens"]] == tokens
    assert read["cut"] == len(plain_tokens(folder, text)) - len(tokens)
    assert all(token["pooled"] for token in read["tokens"])
    special = [token["token"] for token in read["tokens"] if token["special"]]
    assert {"[CLS]", "[SEP]"} <= set(special) <= {"[CLS]", "[SEP]", "[UNK]"}
    said = lines_of(command("--model", "m", *DRY).out, "m")
    assert said["text"] == repr(text)
    assert said["prompt"] == (
        r"'a man|\n: '; the model brings query 'the cat ', document (empty), STS 'a man|\n: '"
    )
    first, last = tokens[:24], tokens[-12:]
    shown = [*first, f"... {len(tokens) - 36} more ...", *last] if len(tokens) > 37 else tokens
    assert said["tokens"] == " ".join(shown)


def test_what_is_cut_is_said(command: Command):
    folder = write_plain(Path("m"))
    read = example(command, "--pooler", "avg", "--max-length", "9")
    whole = plain_tokens(folder, read["text"])
    assert [token["token"] for token in read["tokens"]] == [*whole[:8], "[SEP]"]
    assert read["cut"] == len(whole) - 9 > 0
    said = lines_of(command("--model", "m", *DRY, "--pooler", "avg", "--max-length", "9").out, "m")
    assert said["cut"] == f"at 9 tokens; {read['cut']:,} more are not read"


@pytest.mark.parametrize(
    ("pooler", "starred", "pooled"),
    [
        ("avg", [], "avg, of all 11 tokens"),
        ("last_token", [10], "last_token, of the last of 11 tokens"),
        ("cls", [0], "cls, of the first of 11 tokens"),
        ("mask", [9], "mask, of number 10 of 11 tokens"),
        ("last_token+cls_before_pooler@-2", [0, 10], "last_token+cls_before_pooler@-2, of 2 of 11"),
    ],
)
def test_what_the_pooler_takes_bears_a_star(
    command: Command, monkeypatch: pytest.MonkeyPatch, pooler: str, starred: list[int], pooled: str
):
    monkeypatch.setattr("benchmark.plan._sentences", lambda _: ["the cat sat . [MASK]"])
    folder = write_plain(Path("m"))
    tokens = plain_tokens(folder, "the cat sat . [MASK]")
    outcome = command("--model", "m", *DRY, "--pooler", pooler)
    said = lines_of(outcome.out, "m")
    assert said["tokens"].split() == [
        f"*{token}" if place in starred else token for place, token in enumerate(tokens)
    ]
    assert said["pooled"].startswith(pooled)


def test_a_prompt_that_is_left_out_bears_none(command: Command):
    prompts = {"prompts": PROMPTS}
    pooling = OF_HIDDEN | {"pooling_mode": "mean", "include_prompt": False}
    folder = write_sentence_transformers(Path("m"), prompts=prompts, pooling=pooling)
    read = example(command, "--prompt-name", "query")
    alone = len(plain_tokens(folder, "the cat ")) - 1
    places = [place for place, token in enumerate(read["tokens"]) if not token["pooled"]]
    assert places == list(range(alone))


def test_without_data_a_sentence_of_ours(command: Command):
    write_sentence_transformers(Path("m"))
    outcome = command("--model", "m", "--tasks", "STS12", "--dry-run")
    assert lines_of(outcome.out, "m")["sentence"] == "'A man is playing a guitar.'"


def test_a_long_text_is_shortened(command: Command, monkeypatch: pytest.MonkeyPatch):
    sentence = "the cat sat on the mat " * 200 + "\x1b[31m\n\u202e end"
    monkeypatch.setattr("benchmark.plan._sentences", lambda _: [sentence])
    write_plain(Path("m"))
    outcome = command("--model", "m", *DRY, "--pooler", "avg")
    assert all(line.isprintable() for line in outcome.out.splitlines())
    said = lines_of(outcome.out, "m")
    assert len(said["text"]) < 450
    assert said["text"].endswith(r"\x1b[31m\n\u202e end'")
    assert " ... 28 more ... " in said["tokens"]


def test_several_templates_are_said_to_be_averaged(command: Command):
    folder = write_plain(Path("m"))
    asked = ("--pooler", "last_token", "--template", "the cat {text}{+}{text} sat")
    read = example(command, *asked)
    first, second = (
        text.format(text=read["sentence"]) for text in ("the cat {text}", "{text} sat")
    )
    tokens = [*plain_tokens(folder, first), *plain_tokens(folder, second)]
    assert [token["token"] for token in read["tokens"]] == tokens
    assert read["templates"] == 2
    said = lines_of(command("--model", "m", *DRY, *asked).out, "m")
    assert said["text"] == repr(f"{first} | {second}")
    assert said["pooled"] == (
        f"last_token, of 2 of {len(tokens)} tokens of 2 templates, each by itself; the mean of "
        "their vectors"
    )
