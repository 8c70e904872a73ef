"""``--list-models`` and ``--list-tasks``: the catalogues, in every format."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from benchmark.encoders.asked.catalogue import named_models, named_presets
from benchmark.tasks import all_tasks
from tests.cli.conftest import Command


def test_every_model_has_a_line(command: Command):
    models, presets = command("--list-models").out.split("\n\n")
    lines = models.splitlines()[2:]
    assert [line.split()[0] for line in lines] == list(named_models())
    assert [line.split()[0] for line in presets.splitlines()[2:]] == list(named_presets())
    [diffcse] = [line for line in lines if line.startswith("diffcse-bert-base ")]
    assert "cls_before_pooler" in diffcse
    assert "voidism/diffcse-bert-base-uncased-sts (sts)" in diffcse
    assert "voidism/diffcse-bert-base-uncased-trans (transfer)" in diffcse


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
    spelled = [[str(cell).replace("\n", "\\n") for cell in row.values()] for row in expected]
    assert [row for table in rows for row in table[1:]] == spelled


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_lists_as_tables(command: Command, form: str):
    assert "glove-6b-50d" in command("--list-models", "--format", form).out


def test_markdown_shows_names_as_they_are(command: Command):
    models = command("--list-models", "--format", "markdown").out
    assert r"BERT-base (\[CLS\])" in models
    assert r"cls\_before\_pooler" in models


def test_both_lists_at_once(command: Command):
    out = command("--list-models", "--list-tasks").out
    assert out.index("all-minilm-l6-v2") < out.index("STS12")


def test_lists_do_nothing_else(command: Command, tmp_path: Path):
    assert command("--list-models", "--list-tasks", "--model", "zzz").code == 0
    assert list(tmp_path.iterdir()) == []
