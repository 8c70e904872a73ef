"""The card of a trained model, read back by the hub's own client and by a reader of Markdown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

from benchmark.training.model_card import CheckpointStory, model_card
from tests.results.samples import sample_result

STORY = CheckpointStory(
    name="runs-x",
    method="diffcse",
    base="google-bert/bert-base-uncased",
    generator="distilbert/distilbert-base-uncased",
    data="wiki1m",
    data_sha256="5e" * 32,
    data_source=f"princeton-nlp/datasets-for-simcse@{'e1' * 20}",
    sentences=1_000_000,
    seed=42,
    steps=31_250,
    settings={"batch": 64, "learning rate": 7e-6, "lambda": 0.005},
    device="cuda",
)
HOSTILE = "x\n---\nlicense: mit\n# <img src=x onerror=alert(1)> ```\n`|' \"; rm -rf ~ \u202e$(id)"


def text_of(story: CheckpointStory = STORY, **options: Any) -> str:
    return model_card(
        story, **{"pooler": "cls_before_pooler", "head": False, "tokens": 512} | options
    )


def front_matter(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(re.split(r"^---$", text, flags=re.MULTILINE)[1])
    return found


def rendered(text: str) -> tuple[str, list[str]]:
    """Return the HTML of the body, and the code of its fenced blocks."""
    body = re.split(r"^---$", text, maxsplit=2, flags=re.MULTILINE)[2]
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    fences = [token.content for token in markdown.parse(body) if token.type == "fence"]
    return markdown.render(body), fences


def cells(text: str) -> dict[str, str]:
    rows = re.findall(r"<td>(.*?)</td>\s*<td>(.*?)</td>", rendered(text)[0])
    return dict(rows)


def test_the_hub_reads_what_it_is() -> None:
    data = ModelCard(text_of()).data
    assert data.library_name == "sentence-transformers"
    assert data.pipeline_tag == "sentence-similarity"
    assert data.base_model == "google-bert/bert-base-uncased"
    assert data.datasets == ["princeton-nlp/datasets-for-simcse"]
    assert "diffcse" in data.tags


def test_the_score_that_chose_it_is_in_the_model_index() -> None:
    result = sample_result()
    data = ModelCard(text_of(replace(STORY, scores={result.task: result}))).data
    assert data.model_name == "runs-x"
    [found] = data.eval_results
    assert found.metric_value == pytest.approx(100 * result.main_score, abs=5e-5)
    assert found.metric_args["signature"] == result.signature
    html = rendered(text_of(replace(STORY, scores={result.task: result})))[0]
    assert f"<td>{100 * result.main_score:.2f}</td>" in html


def test_without_scores_there_is_no_model_index() -> None:
    assert "model-index" not in front_matter(text_of())
    assert "None were measured" in text_of()


def test_it_tells_how_it_was_trained_and_with_what() -> None:
    import torch

    found = cells(text_of())
    wanted = {
        "method": "diffcse",
        "base model": "google-bert/bert-base-uncased",
        "generator": "distilbert/distilbert-base-uncased",
        "data": "wiki1m, 1,000,000 sentences or rows",
        "SHA-256 of the data": "5e" * 32,
        "steps": "31,250",
        "seed": "42",
        "learning rate": "7e-06",
        "lambda": "0.005",
        "device": "cuda",
        "torch": torch.__version__,
    }
    assert found.items() >= wanted.items()


@pytest.mark.parametrize(
    ("pooler", "head", "said", "tool"),
    [
        ("cls_before_pooler", False, "the last hidden state at the first token.", True),
        ("cls", True, "through a dense layer and tanh.", True),
        ("cls", False, "through a dense layer and tanh.", False),
        ("avg", False, "the pooling <code>avg</code> of the last layer.", False),
    ],
)
def test_what_loads_it(pooler: str, head: bool, said: str, tool: bool) -> None:
    html, fences = rendered(text_of(pooler=pooler, head=head))
    assert said in html
    assert "At most 512 tokens" in html
    assert fences[0] == "sebench run --model runs-x --tasks sts\n"
    assert len(fences) == 2 + tool
    for fence in fences[1:]:
        compile(fence, "card", "exec")
    assert (f'SimCSE("runs-x", pooler="{pooler}")' in html.replace("&quot;", '"')) == tool


def test_where_a_folder_lies_is_nobodys_business(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "org" / "mine").mkdir(parents=True)
    story = replace(STORY, base=str(tmp_path / "org" / "mine"), generator="", data_source="")
    text = text_of(story)
    assert str(tmp_path) not in text
    assert cells(text)["base model"] == "mine"
    assert "base_model" not in front_matter(text)
    assert "datasets" not in front_matter(text)
    monkeypatch.chdir(tmp_path)  # a folder that is called as a repository is
    text = text_of(replace(STORY, base="org/mine"))
    assert "base_model" not in front_matter(text)
    assert cells(text)["base model"] == "mine"


def test_names_stay_what_they_are() -> None:
    story = replace(
        STORY,
        name=HOSTILE,
        method=HOSTILE,
        base=HOSTILE,
        generator=HOSTILE,
        data=HOSTILE,
        data_source=HOSTILE,
        settings={HOSTILE: HOSTILE},
    )
    text = text_of(story)
    assert "license" not in front_matter(text)
    html, fences = rendered(text)
    assert "<img" not in html
    assert "\u202e" not in text
    assert re.findall(r"<(h\d)>", html) == ["h1", "h2", "h2", "h2", "h2"]
    assert [len(fence.splitlines()) for fence in fences] == [1, 2, 3]
    for fence in fences[1:]:
        compile(fence, "card", "exec")
