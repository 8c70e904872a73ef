"""A folder of published tables as large as the whole field: 600 rows of 50 papers, all made up."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.leaderboard import Leaderboard, make_leaderboard
from benchmark.results import collect, published_sources, published_tables
from tests.leaderboard.samples import QUICK, STS, card_number, write_model

ROWS = 600
PAPERS = 50
BACKBONES = {
    "tiny": ("Tiny-BERT", "BERT", 14_000_000),
    "base": ("BERT-base", "BERT", 109_482_240),
    "large": ("BERT-large", "BERT", 335_141_888),
    "roberta": ("RoBERTa-base", "RoBERTa", 124_645_632),
    "roberta-large": ("RoBERTa-large", "RoBERTa", 355_359_744),
    "opt": ("OPT-1.3B", "OPT", 1_315_758_080),
    "llama": ("Llama-2-7B", "Llama", 6_738_415_616),
    "llama-13b": ("Llama-2-13B", "Llama", 13_015_864_320),
}
TRAININGS = ("untrained", "prompted", "fitted", "unsupervised", "nli", "synthetic", "sts")
APART = (
    {"aggregation": "wmean"},
    {"aggregation": "mean", "metric": "pearson"},
    {"data": "altered"},
    {"similarity": "best-of-four"},
)
"""Rules of other questions than the papers'; every third table has one of them."""
STATUSES = ("paper", "repository", "rerun", "transcribed")


def write_field(folder: Path, name: str = "") -> Path:
    """Write the tables: two of three ask what the papers ask.

    Args:
        folder: to write into.
        name: put before the names of models, backbones and papers.
    """
    dice = np.random.default_rng(13)
    entries = [
        _line(key, title=name + title, family=name + family, parameters=parameters)
        for key, (title, family, parameters) in BACKBONES.items()
    ]
    (folder / "backbones.toml").write_text("\n".join(entries), "utf-8")
    (folder / "columns.toml").write_text("", "utf-8")
    bibliography = (
        f"@inproceedings{{paper{place},\n    title = {{{' '.join(name.split())}Paper {place}}},\n"
        f"    author = {{Somebody, Else and Nobody, At All}},\n    year = {{{2018 + place % 9}}},\n"
        f"    url = {{https://example.org/papers/{place}}},\n}}"
        for place in range(PAPERS)
    )
    (folder / "sources.bib").write_text("\n\n".join(bibliography), "utf-8")
    for place in range(PAPERS):
        text = "\n".join(_table(place, dice, name))
        (folder / f"table-{place:02}.toml").write_text(text, "utf-8")
    return folder


def _table(place: int, dice: np.random.Generator, name: str) -> Iterator[str]:
    rules = {"aggregation": "all", "metric": "spearman", "similarity": "cos", "data": "senteval"}
    rules |= APART[place // 3 % len(APART)] if place % 3 == 2 else {}
    yield f"title = {json.dumps(f'{name}Paper {place}: STS')}\ngroup = 'sts'"
    yield f"source = 'paper{place}'\nwhere = 'Table {1 + place % 4}'\nyear = {2018 + place % 9}"
    yield f"columns = {json.dumps(STS)}\n[protocol]"
    yield from (f"{field} = '{value}'" for field, value in rules.items())
    for number in range(ROWS // PAPERS):
        scores = dice.uniform(50, 90, len(STS)).round(2)
        yield "[[rows]]"
        yield f"model = {json.dumps(f'{name}Method {place} of a paper, variant {number}')}"
        yield f"scores = {[float(score) for score in scores]}\naverage = '{scores.mean():.2f}'"
        yield f"backbone = '{list(BACKBONES)[(place + number) % len(BACKBONES)]}'"
        yield f"training = '{TRAININGS[place % len(TRAININGS)]}'\ncitation = 'paper{place}'"
        yield f"status = '{STATUSES[number % len(STATUSES)]}'\nmethod = 'method-{place}'"
        if number % 5 == 0:
            yield "marks = ['test-text']\nnote = 'trained on what it is tested with'"


def _line(key: str, **fields: Any) -> str:
    said = ", ".join(f"{field} = {json.dumps(value)}" for field, value in fields.items())
    return f"{key} = {{ {said} }}"


@functools.cache
def whole_field(name: str = "") -> Leaderboard:
    """Return the leaderboard of all of these rows and two measured ones."""
    with tempfile.TemporaryDirectory() as records, tempfile.TemporaryDirectory() as published:
        for place, quality in enumerate([0.9, 0.6]):
            write_model(Path(records), f"model-{place}", quality, STS, card=card_number(place))
        folder = write_field(Path(published), name)
        return make_leaderboard(
            "sts",
            collect([Path(records)]),
            published_tables(folder),
            method=QUICK,
            bibliography=published_sources(folder),
        )[0]
