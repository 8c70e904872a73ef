"""Published rows that say what they are of, for tests: made of those of the papers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmark.leaderboard import Leaderboard, Traits, make_leaderboard
from benchmark.results import PublishedRow, PublishedTable, collect, published_sources
from benchmark.results.published import Backbone
from benchmark.results.published_files import published_table
from tests.leaderboard.samples import QUICK, STS, write_model

BACKBONES = [
    Backbone("bert", "BERT-base", "BERT", 110_000_000),
    Backbone("bert-large", "BERT-large", "BERT", 340_000_000),
    Backbone("roberta", "RoBERTa-base", "RoBERTa", 125_000_000),
    Backbone("llama", "Llama-7b", "Llama", 6_700_000_000),
]
TRAINING = ["untrained", "unsupervised", "nli"]


def diffcse_rows() -> list[PublishedRow]:
    """DiffCSE as its paper prints it, retrained, with a trap, of another question; and in a log."""
    paper = next(
        row for row in published_table("diffcse-sts").rows if row.model == "DiffCSE-BERT-base"
    )
    paper = replace(
        paper, method="diffcse-bert-base", backbone=BACKBONES[0], year=2022, training="unsupervised"
    )
    again = replace(
        paper, model="DiffCSE again", average="77.00", status="rerun", source="simcse",
        marks=("other-seeds",),
        scores={**paper.scores, "STS12": Decimal("70.28")},
        deviations={name: Decimal("0.38") for name in STS}, average_deviation="0.40", runs=5,
    )  # fmt: skip
    trap = replace(again, model="DiffCSE trap", average="80.00", marks=("test-text",))
    other = replace(
        again, model="DiffCSE mean", average="76.00",
        protocol=replace(paper.protocol, aggregation="mean"),
    )  # fmt: skip
    return [paper, again, trap, other]


def table_of(rows: list[PublishedRow], name: str = "made", **changes: Any) -> PublishedTable:
    """A table of these rows."""
    rows = [replace(row, table=name, **changes) for row in rows]
    base = published_table("diffcse-sts")
    return replace(base, id=name, title=f"Table {name}", rows=tuple(rows), group=rows[0].group)


def method_board(folder: Path) -> Leaderboard:
    """The rows of DiffCSE, its log, and a row of ours."""
    paper, *others = diffcse_rows()
    write_model(folder, "diffcse-bert-base")
    tables = [table_of([paper, *others]), table_of([paper], "log", group="log", status="notebook")]
    described = {"diffcse-bert-base": Traits(method="diffcse-bert-base", year=2022)}
    return _board(folder, tables, described)


def field_board(folder: Path, count: int = 330) -> Leaderboard:
    """A measured row and many quoted ones of every year, backbone and training."""
    write_model(folder, "ours", 0.9)
    ours = Traits(2021, "BERT-base", "BERT", 110_000_000, "unsupervised")
    return _board(folder, [table_of([*field_rows(count)])], {"ours": ours})


def field_rows(count: int) -> Iterator[PublishedRow]:
    """Rows whose averages grow with the years; every tenth has a trap, every eleventh no year."""
    base = diffcse_rows()[0]
    for place in range(count):
        shift = Decimal(place * 7 % count) / 30
        yield replace(
            base,
            model=f"model {place}",
            method="",
            scores={name: Decimal("70.00") + round(shift, 2) for name in STS},
            average=f"{70 + shift:.2f}",
            year=None if place % 11 == 10 else 2018 + place * 7 % count * 8 // count,
            backbone=BACKBONES[place % len(BACKBONES)],
            training=TRAINING[place // 4 % len(TRAINING)],
            marks=("test-text",) if place % 10 == 9 else (),
            where=f"Table {place % 40}",
        )


def _board(folder: Path, tables: list[PublishedTable], described: dict) -> Leaderboard:
    return make_leaderboard(
        "sts",
        collect([folder]),
        tables,
        method=QUICK,
        bibliography=published_sources(),
        described=described,
    )[0]
