"""Leaderboards for tests of formats: a plain one, and one that is hostile in every field."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmark.leaderboard import Leaderboard, make_leaderboard
from benchmark.results import (
    PublishedTable,
    collect,
    published_sources,
    published_table,
    published_tables,
)
from tests.leaderboard.samples import (
    FORMULA,
    HOSTILE,
    QUICK,
    STS,
    card_number,
    write_model,
    write_models,
)
from tests.results.samples import CARD


@functools.cache
def plain_board() -> Leaderboard:
    """Three models, two of them alike, one without an average; all published rows."""
    with tempfile.TemporaryDirectory() as folder:
        write_models(Path(folder), [0.9, 0.9, 0.2])
        write_model(Path(folder), "part", tasks=["STS12", "STS13"], card=card_number(9))
        return _board(Path(folder), published_tables(), published_sources())


@functools.cache
def hostile_board(name: str = HOSTILE) -> Leaderboard:
    """A measured row, one of other rules, ranked and listed quoted rows: all named like this."""
    card = replace(CARD, source=name, revision=name, prompt=name, pooler=name)
    with tempfile.TemporaryDirectory() as folder:
        fields = {"notes": (name,), "environment": {name: name}, "created": name}
        write_model(Path(folder), name, 0.9, card=card, **fields)
        write_model(Path(folder), name, 0.5, card=card_number(1), verified=False, **fields)
        return _board(Path(folder), _hostile_tables(name), _hostile_sources(name))


@functools.cache
def measured_board() -> Leaderboard:
    """Nothing quoted."""
    with tempfile.TemporaryDirectory() as folder:
        write_models(Path(folder), [0.9, 0.2])
        return _board(Path(folder), (), {})


def _board(folder: Path, tables, sources: Mapping[str, str]) -> Leaderboard:
    runs = collect([folder])
    return make_leaderboard("sts", runs, tables, method=QUICK, bibliography=sources)[0]


def _hostile_tables(name: str) -> list[PublishedTable]:
    return [_hostile(published_table(table), name) for table in ("diffcse-sts", "mteb-sts")]


def _hostile(table: PublishedTable, name: str) -> PublishedTable:
    rows = tuple(
        replace(row, model=f"{name}{place}", setting=name, where=name, note=name)
        for place, row in enumerate(table.rows[:3])
    )
    columns = {
        key: column if key in STS else replace(column, heading=name)
        for key, column in table.columns.items()
    }
    return replace(table, title=name, note=name, rows=rows, columns=columns)


def _hostile_sources(name: str) -> dict[str, str]:
    line = " ".join(name.split())
    return {
        key: f"@misc{{{key},\n    title = {{{line}}},\n    url = {{javascript:{line}}},\n}}"
        for key in published_sources()
    }


__all__ = ["FORMULA", "HOSTILE", "hostile_board", "measured_board", "plain_board"]
