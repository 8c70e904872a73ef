"""A model for a task, a task for a model, an address for either: one line says what to type."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark import evaluate
from benchmark.errors import UsageError
from benchmark.mistaken import mix_ups_told

HUB = "a model of the hub is named without the address: "
SERVICE = "a service is named with what it speaks: openai:MODEL@http://host:port/v1"

MODELS = {
    "https://huggingface.co/org/name": f"{HUB}org/name",
    "https://huggingface.co/org/name/": f"{HUB}org/name",
    "https://huggingface.co/org/name/tree/main": f"{HUB}org/name",
    "https://hf.co/org/name/tree/v2": f"{HUB}org/name@v2",
    "https://huggingface.co/org/name/blob/abc/config.json": f"{HUB}org/name@abc",
    "https://huggingface.co/org/name?library=x": f"{HUB}org/name",
    "huggingface.co/org/name": f"{HUB}org/name",
    "hf://org/name": f"{HUB}org/name",
    "https://huggingface.co/datasets/org/name": "is no model; tasks have names",
    "https://huggingface.co/": "names no repository",
    "http://localhost:8080": SERVICE,
    "https://user:secret@example.org/v1/embeddings?key=secret": SERVICE,
    "STS12": "is a task or a group of tasks; name it with `tasks`",
    "sts": "is a task or a group of tasks; name it with `tasks`",
    "pairs.tsv": "a table is no model; name it with `tasks`",
    "gone.csv": "a table is no model; name it with `tasks`",
}
TASKS = {
    "all-minilm-l6-v2": "is a model; name it with `model`",
    "mine.py:Mine": "is a model; name it with `model`",
    "openai:small@http://localhost:1/v1": "is a model; name it with `model`",
    "org/name": "a model of the hub is named with `model`",
    "https://huggingface.co/datasets/org/name": "nothing is fetched from there",
    "ck": "the folder of a model; name it with `model`",
    "./folder": "a task of your own is a file in it (pairs.tsv)",
}


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("ck").mkdir()
    Path("ck/config.json").write_text("{}")
    Path("folder").mkdir()
    Path("pairs.tsv").write_text("sentence1\tsentence2\tscore\na\tb\t1\n")


@pytest.mark.parametrize(("model", "phrase"), MODELS.items(), ids=MODELS)
def test_what_is_no_model(model: str, phrase: str):
    with pytest.raises(UsageError) as caught:
        evaluate(model, "demo")
    assert phrase in str(caught.value)
    assert str(caught.value).startswith("`model` ")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("task", "phrase"), TASKS.items(), ids=TASKS)
def test_what_is_no_task(task: str, phrase: str):
    for asked in (task, ["demo", task], f"demo,{task}"):
        with pytest.raises(UsageError) as caught:
            evaluate("all-minilm-l6-v2", asked)
        assert phrase in str(caught.value)
        assert str(caught.value).startswith(f"`tasks` {task}")


def test_what_is_understood_is_never_looked_at():
    Path("sts").mkdir()
    with mix_ups_told(models=["sts"], tasks="all-minilm-l6-v2"):
        pass


@pytest.mark.parametrize("words", [["zzz"], "zzz", None, [3], ["!ck"], ["x" * 5000]])
def test_any_other_error_goes_on(words: object):
    with pytest.raises(UsageError, match="as it was"), mix_ups_told(tasks=words):
        raise UsageError("as it was")
