"""``--list-models`` and ``--list-tasks``: the catalogues, in every format."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields
from pathlib import Path

import pytest

from benchmark.encoders.asked.catalogue import named_models, named_presets
from benchmark.sheet import WIDTH
from benchmark.tasks import all_tasks
from tests.cli.conftest import Command


def tables_of(out: str) -> dict[str, list[list[str]]]:
    """Return the cells of the tables of a list by title, those of the first columns."""
    blocks = [block.splitlines() for block in out.strip().split("\n\n")]
    return {title: [line.split() for line in lines[2:]] for title, *lines in blocks}


def test_every_model_has_a_line_in_the_table_of_its_training(command: Command):
    tables = tables_of(command("--list-models").out)
    presets = tables.pop("presets")
    assert [line[0] for line in presets] == list(named_presets())
    assert list(tables) == sorted(tables)
    models = named_models()
    shown = {line[0]: title for title, lines in tables.items() for line in lines}
    assert shown == {name: f"training: {model.training}" for name, model in models.items()}
    assert sum(len(lines) for lines in tables.values()) == len(models)
    lines = tables["training: unsupervised"]
    of_bert = [line for line in lines if line[1] == "bert-base-uncased"]
    assert ["diffcse-bert-base", "bert-base-uncased", "2022", "cls_before_pooler"] in of_bert
    order = [(line[1], line[2], line[0]) for line in lines]
    assert order == sorted(order)


def test_the_list_fits_a_terminal(command: Command):
    models = command("--list-models").out.split("\n\npresets\n")[0]
    assert max(map(len, models.splitlines())) <= WIDTH


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["simcse", "roberta", "NLI"], ["clhaif-simcse-roberta-base", "sup-simcse-roberta-base"]),
        (["PromptBERT", "2022"], ["sup-promptbert-base", "unsup-promptbert-base"]),
        (["llama2-7b"], ["angle-llama-7b-nli-20231027", "angle-llama-7b-nli-v2"]),
        (["untrained", "2019"], ["bert-base-avg", "bert-base-cls", "roberta-base-avg"]),
    ],
    ids=" ".join,
)
def test_words_choose_among_models(command: Command, words: list[str], names: list[str]):
    rows = json.loads(command("--list-models", *words, "--format", "json").out)
    found = sorted(row["model"] for row in rows if "model" in row)
    assert [name for name in found if not name.endswith("-large")] == names
    for name in found:
        model = named_models()[name]
        told = f"{name} {model.title} {model.backbone} {model.training} {model.year}".lower()
        assert all(word.lower() in told for word in words)
    shown = tables_of(command("--list-models", *words).out)
    shown.pop("presets", None)
    assert sorted(line[0] for lines in shown.values() for line in lines) == found


def test_words_choose_among_presets(command: Command):
    rows = json.loads(command("--list-models", "echo", "--format", "json").out)
    assert [row["preset"] for row in rows] == ["echo", "echo-last"]


def test_words_that_nothing_has(command: Command):
    done = command("--list-models", "simcse", "zzz")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert "--list-models simcse zzz: no model and no preset has all of these words" in done.err


def test_a_word_that_nothing_has_is_named_with_what_was_meant(command: Command):
    done = command("--list-models", "simcse", "rberta")
    assert done.err.endswith("training or year; none has rberta (did you mean roberta?)\n")
    done = command("--list-models", "simcse", "glove")
    assert done.code == 2
    assert done.err.endswith("training or year\n")


def test_json_has_all_that_is_known(command: Command):
    rows = json.loads(command("--list-models", "--format", "json").out)
    known = {row["model"]: row for row in rows if "model" in row}
    for name, model in named_models().items():
        for field in fields(model):
            if field.name in known[name]:
                assert known[name][field.name] == getattr(model, field.name)
        said = {field.name for field in fields(model)} - known[name].keys()
        assert said == {"checkpoints", "extra", "normalize", "preset"}
        assert known[name]["with_preset"] == model.preset
        assert all(source.id in known[name]["source"] for source in model.checkpoints.values())
    source = known["diffcse-bert-base"]["source"]
    assert source == (
        "voidism/diffcse-bert-base-uncased-sts (sts), "
        "voidism/diffcse-bert-base-uncased-trans (transfer)"
    )


def test_every_task_has_a_line_in_the_papers_order(command: Command):
    lines = command("--list-tasks").out.splitlines()[2:]
    assert [line.split()[0] for line in lines] == [task.id for task in all_tasks()]
    [bench] = [line for line in lines if line.startswith("STSBenchmark ")]
    assert "STS-B" in bench
    assert "sts, all" in bench
    assert "1379" in bench


@pytest.mark.parametrize("option", ["--list-models", "--list-tasks"])
def test_lists_as_json(command: Command, option: str):
    rows = json.loads(command(option, "--format", "json").out)
    models, tasks = [*named_models(), *named_presets()], [task.id for task in all_tasks()]
    known = models if option == "--list-models" else tasks
    assert [next(iter(row.values())) for row in rows] == known


def test_presets_as_json(command: Command):
    """All that a preset does, to the letter."""
    rows = json.loads(command("--list-models", "--format", "json").out)
    [row] = [row for row in rows if row.get("preset") == "echo"]
    assert row["template"] == named_presets()["echo"].template
    assert "\n" in row["template"]
    [row] = [row for row in rows if row.get("preset") == "prompteol"]
    assert row["rules"] == "append/./.?\"',replace/\"/',ending/?/."
    assert row["pooler"] == "last_token"
    assert "kongds/scaling_sentemb" in row["source"]


@pytest.mark.parametrize("option", ["--list-models", "--list-tasks"])
def test_lists_as_csv(command: Command, option: str):
    tables = command(option, "--format", "csv").out.split("\n\n")
    rows = [list(csv.reader(io.StringIO(table))) for table in tables]
    expected = json.loads(command(option, "--format", "json").out)
    assert {tuple(table[0]) for table in rows} == {tuple(row) for row in expected}
    cells = [["" if cell is None else str(cell) for cell in row.values()] for row in expected]
    spelled = [[cell.replace("\n", "\\n") for cell in row] for row in cells]
    assert [row for table in rows for row in table[1:]] == spelled


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_lists_as_tables(command: Command, form: str):
    assert "glove-6b-50d" in command("--list-models", "--format", form).out


def test_markdown_shows_names_as_they_are(command: Command):
    models = command("--list-models", "--format", "markdown").out
    assert "### training: nli" in models
    assert r"cls\_before\_pooler" in models


def test_both_lists_at_once(command: Command):
    out = command("--list-models", "--list-tasks").out
    assert out.index("all-minilm-l6-v2") < out.index("STS12")


def test_lists_do_nothing_else(command: Command, tmp_path: Path):
    assert command("--list-models", "--list-tasks", "--model", "zzz").code == 0
    assert list(tmp_path.iterdir()) == []
