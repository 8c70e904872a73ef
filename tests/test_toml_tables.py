"""Tables that people write: what is not understood is named by line and entry."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from benchmark.datasets import catalogue as data
from benchmark.encoders.asked import catalogue as models
from benchmark.errors import UsageError
from benchmark.interchange.mteb_tasks import _Catalogue as MtebCatalogue
from benchmark.tasks import catalogue as tasks
from benchmark.toml_tables import packaged_table, read_table

CATALOGUES = {
    "models": ("benchmark.encoders.asked", "models.toml", models._Catalogue),
    "tasks": ("benchmark.tasks", "tasks.toml", tasks._Catalogue),
    "data": ("benchmark.datasets", "catalogue.toml", data.Catalogue),
    "MTEB's tasks": ("benchmark.interchange", "mteb_tasks.toml", MtebCatalogue),
}


def text_of(name: str) -> str:
    package, file, _ = CATALOGUES[name]
    return resources.files(package).joinpath(file).read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        (
            "models",
            "weights_sha256",
            "weights_sha",
            "bert-base.checkpoints.sts: unknown key 'weights_sha' (did you mean weights_sha256?)",
        ),
        ("models", "licence", "license", "unknown key 'license' (did you mean licence?)"),
        ("models", "pooler", "poolr", "unknown key 'poolr' (did you mean pooler?)"),
        ("models", "[models.", "[model.", "unknown key 'model' (did you mean models?)"),
        ("tasks", "heading", "headline", "tasks.entry 1: unknown key 'headline'"),
        ("tasks", "[[tasks]]", "[[task]]", "unknown key 'task' (did you mean tasks?)"),
        ("data", "sha256", "sha265", "archive: unknown key 'sha265' (did you mean sha256?)"),
        ("data", "scored", "score", "parts.entry 1: unknown key 'score' (did you mean scored?)"),
        ("MTEB's tasks", "earlier", "earlyer", "tasks.STS12: unknown key 'earlyer' (did you mean"),
    ],
)
def test_a_key_that_is_unknown(name: str, before: str, after: str, said: str) -> None:
    _, file, layout = CATALOGUES[name]
    text = text_of(name)
    whole = [n for n, line in enumerate(text.split("\n"), 1) if line.lstrip().startswith(before)]
    changed = text.split("\n")
    changed[whole[0] - 1] = changed[whole[0] - 1].replace(before, after, 1)
    with pytest.raises(ValueError, match="unknown key") as caught:
        read_table("\n".join(changed), layout, file)
    assert str(caught.value).startswith(f"{file}, line {whole[0]}: ")
    assert said in str(caught.value)


MODEL = """
[models.mine]
title = "Mine"
adapter = "transformers"
pooler = "avg"
licence = "mit"
citation = "mine"
[models.mine.checkpoints.any]
repo = "org/mine"

[citations]
mine = '''
licence = "of nothing" '''
"""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('licence = "mit"\n', "", "t.toml, line 2: models.mine: Object missing required field"),
        ('"mit"', "3", "t.toml, line 2: models.mine: Expected `str`, got `int` - at `$.licence`"),
        ('"transformers"', "1", "t.toml, line 2: models.mine: Expected `str`, got `int`"),
        ('"org/mine"', "[]", "t.toml, line 8: models.mine.checkpoints.any: Expected `str | null`"),
        ("[citations]", "citations", "t.toml: Expected '=' after a key"),
        ("[models.mine]", "[models.mine", "t.toml: Expected ']'"),
        (
            "[citations]\nmine",
            "citations",
            "t.toml, line 11: models.mine.checkpoints.any: unknown key 'citations'",
        ),
    ],
)
def test_other_mistakes(before: str, after: str, said: str) -> None:
    read_table(MODEL, models._Catalogue, "t.toml")
    assert before in MODEL
    with pytest.raises(ValueError, match=r"^t\.toml") as caught:
        read_table(MODEL.replace(before, after), models._Catalogue, "t.toml")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "\x00", "a = 1\na = 2", "models = 3"])
def test_what_is_no_such_table(text: str) -> None:
    with pytest.raises(ValueError, match=r"^t\.toml"):
        read_table(text, models._Catalogue, "t.toml")


def test_a_catalogue_that_somebody_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(_package: Any) -> Path:
        return tmp_path

    monkeypatch.setattr(resources, "files", elsewhere)
    (tmp_path / "models.toml").write_text(MODEL.replace("repo =", "rpo ="))
    with pytest.raises(UsageError, match=r"models\.toml, line 9: .*'rpo' \(did you mean repo\?\)"):
        packaged_table("benchmark.encoders.asked", "models.toml", models._Catalogue)
    (tmp_path / "models.toml").unlink()
    with pytest.raises(UsageError, match=r"models\.toml"):
        packaged_table("benchmark.encoders.asked", "models.toml", models._Catalogue)
