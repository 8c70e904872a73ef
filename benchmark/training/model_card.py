"""The model card of what was trained: how, on what, what its vectors are, and what loads it.

Whatever came from elsewhere (names, paths, settings) is escaped: it can neither start markup nor
leave its cell, its line or its quotes.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmark.escaping import code_span, markdown_text
from benchmark.interchange.hub_forms import of_model_card
from benchmark.one_line import one_line
from benchmark.results import TaskResult, printed
from benchmark.results.making import environment

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_VECTORS = {
    "cls_before_pooler": "the last hidden state at the first token",
    "cls": "the last hidden state at the first token, through a dense layer and tanh",
}
_LIMITS = """\
- Trained to tell sentences of its data apart: on other languages, longer texts and other domains
  nobody has measured it.
- A seed gives the same run again on the same machine and versions only; runs of other seeds differ
  by tenths of a point or more.
- What its base model learned of prejudice it still knows."""
_PAPERS = {
    "simcse": ("SimCSE", "https://arxiv.org/abs/2104.08821"),
    "diffcse": ("DiffCSE", "https://arxiv.org/abs/2204.10298"),
}


@dataclass(frozen=True, slots=True)
class CheckpointStory:
    """What a model card tells of a training run.

    Attributes:
        name: of the run.
        method: ``simcse``, ``simcse-supervised``, ``diffcse``.
        base: the model that training began with, as it was named.
        data: name of the data.
        data_sha256: of its file.
        sentences: lines or rows of it.
        seed: of the run.
        steps: updates of the weights that led to these.
        settings: further settings by name: batch, learning rate, temperature ...
        data_source: where the data is published, ``REPOSITORY@COMMIT``; empty if it is one's own.
        generator: of DiffCSE, as it was named.
        device: what was trained on.
        scores: results that were measured on the way, by id of task.
    """

    name: str
    method: str
    base: str
    data: str
    data_sha256: str
    sentences: int
    seed: int
    steps: int
    settings: Mapping[str, object] = field(default_factory=dict)
    data_source: str = ""
    generator: str | None = None
    device: str = "cpu"
    scores: Mapping[str, TaskResult] = field(default_factory=dict)


def model_card(story: CheckpointStory, *, pooler: str, head: bool, tokens: int | None) -> str:
    """Return the text of a ``README.md``, with the front matter that the hub reads.

    Args:
        story: of the run.
        pooler: how vectors are made.
        head: whether ``pooler_output`` of the encoder is what the head of the training gives.
        tokens: most that are read of a sentence, special ones included.
    """
    title, paper = _PAPERS.get(story.method.split("-")[0], (story.method, ""))
    cited = f" ([{title}]({paper}))" if paper else ""
    vector = _VECTORS.get(pooler, f"the pooling {code_span(pooler)} of the last layer")
    limit = f" At most {tokens:,} tokens of a sentence are read." if tokens else ""
    about = (
        f"A sentence encoder, trained with {code_span(one_line(story.method))}{cited} from "
        f"{code_span(one_line(_name(story.base)))}."
    )
    parts = [
        f"---\n{_front_matter(story)}---",
        f"# {markdown_text(one_line(story.name))}",
        about,
        f"The vector of a sentence is {vector}. Vectors are compared by their cosine.{limit}",
        "## What loads it",
        *_snippets(story.name, pooler, head=head),
        "## Training",
        _table(_training(story)),
        "## Scores",
        _scores(story),
        "## Limits",
        _LIMITS,
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(story: CheckpointStory) -> str:
    from huggingface_hub import ModelCardData

    entries, _ = of_model_card(story.scores)
    data = story.data_source.partition("@")[0]
    tags = ["sentence-transformers", "sentence-similarity", "feature-extraction", story.method]
    card = ModelCardData(
        model_name=one_line(story.name),
        library_name="sentence-transformers",
        pipeline_tag="sentence-similarity",
        tags=[one_line(tag) for tag in tags],
        base_model=story.base if _is_on_hub(story.base) else None,
        datasets=[data] if _HUB_ID.fullmatch(data) else None,
        eval_results=entries or None,
    )
    return f"{card.to_yaml()}\n"


def _is_on_hub(model: str) -> bool:
    return _HUB_ID.fullmatch(model) is not None and not Path(model).exists()


def _name(model: str) -> str:
    """Return a hub id as it is; of a folder its name alone, where it lies is nobody's business."""
    return model if _is_on_hub(model) else Path(model).name or model


def _snippets(name: str, pooler: str, *, head: bool) -> Iterable[str]:
    quoted = json.dumps(name)
    shell = one_line(shlex.quote(name))
    yield f"```bash\nsebench run --model {shell} --tasks sts\n```"
    yield _python(
        "from sentence_transformers import SentenceTransformer",
        f'vectors = SentenceTransformer({quoted}).encode(["A man plays the guitar."])',
    )
    if pooler == "cls_before_pooler" or (pooler == "cls" and head):
        yield "SimCSE's own tool:"
        yield _python(
            "from simcse import SimCSE",
            f"model = SimCSE({quoted}, pooler={json.dumps(pooler)})",
            'vectors = model.encode(["A man plays the guitar."])',
        )


def _python(*lines: str) -> str:
    return "\n".join(["```python", *lines, "```"])


def _training(story: CheckpointStory) -> Iterable[tuple[str, object]]:
    yield "method", story.method
    yield "base model", _name(story.base)
    if story.generator:
        yield "generator", _name(story.generator)
    yield "data", f"{story.data}, {story.sentences:,} sentences or rows"
    if story.data_source:
        yield "published as", story.data_source
    yield "SHA-256 of the data", story.data_sha256
    yield "steps", f"{story.steps:,}"
    yield "seed", story.seed
    yield from story.settings.items()
    yield from environment(story.device).items()


def _table(rows: Iterable[tuple[str, object]]) -> str:
    lines = [
        f"| {markdown_text(one_line(str(name)))} | {markdown_text(one_line(str(value)))} |"
        for name, value in rows
    ]
    return "\n".join(["| | |", "| --- | --- |", *lines])


def _scores(story: CheckpointStory) -> str:
    if not story.scores:
        return "None were measured while it was trained."
    rows = [
        "| task | split | score x 100 |",
        "| --- | --- | --- |",
        *(
            f"| {markdown_text(task)} | {markdown_text(result.data.split)} | "
            f"{printed(result.main_score)} |"
            for task, result in story.scores.items()
        ),
    ]
    return (
        "\n".join(rows) + "\n\nA score on a split that chose the checkpoint says little of "
        "others: evaluate before you quote."
    )
