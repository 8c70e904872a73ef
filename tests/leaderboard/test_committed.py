"""The pages in the repository are what the tool makes of the records beside them."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmark.cli import main
from benchmark.leaderboard import (
    BOARDS,
    Statistics,
    make_leaderboard,
    read_statistics,
)
from benchmark.options import DataOptions
from benchmark.results import collect
from benchmark.tasks import table
from tests.conftest import PROJECT

FOLDER = PROJECT / "leaderboards"
RECORDS = FOLDER / "records"
PAGES = ("STS.md", "TRANSFER.md", "statistics.json", "STS/*.md", "TRANSFER/*.md")
MEANT = "if this is meant: python -m benchmark leaderboard"
MODELS = {"all-minilm-l6-v2", "glove-6b-50d"}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Records and statistics, without the pages."""
    shutil.copytree(RECORDS, tmp_path / "records", ignore=shutil.ignore_patterns("gold"))
    shutil.copy(FOLDER / "statistics.json", tmp_path)
    return tmp_path


def test_the_pages_are_made_again_to_the_byte(copied: Path):
    assert main(["leaderboard", "--output", str(copied), "--quiet"]) == 0
    for pattern in PAGES:
        found, kept = ({p.relative_to(f): p for p in f.glob(pattern)} for f in (copied, FOLDER))
        assert found.keys() == kept.keys(), MEANT
        assert found or "/" in pattern
        for name, path in found.items():
            assert path.read_bytes() == kept[name].read_bytes(), MEANT


def test_the_pages_stay_short():
    """They are read on the web: what is not shown first stands in files by year."""
    for name in ("STS.md", "TRANSFER.md"):
        assert (FOLDER / name).stat().st_size < 40_000


@pytest.mark.parametrize("group", BOARDS)
def test_both_models_have_every_score_and_every_interval(group):
    runs, kept = collect([RECORDS]), read_statistics(FOLDER / "statistics.json")
    board, known = make_leaderboard(group, runs, (), kept)
    [section] = board.sections
    assert {row.model for row in section.rows} >= MODELS
    for row in section.rows:
        assert list(row.cells) == [task.id for task in table(group)]
        assert all(cell.interval for cell in row.cells.values())
        assert row.average.interval
        assert row.units == "sentences"
    assert section.tests == section.pairs > 0
    assert BOARDS[group].name in {path.stem for path in FOLDER.glob("*.md")}
    assert {key: row for key, row in kept.rows.items() if row.group == group} == known.rows


def test_the_predictions_are_those_of_the_records():
    for run in collect([RECORDS]):
        for stored in run.records.values():
            content = stored.path.with_suffix(".npy").read_bytes()
            assert hashlib.sha256(content).hexdigest() == stored.result.predictions_sha256


def test_nothing_but_records_and_predictions_is_kept():
    kept = [path for path in RECORDS.rglob("*") if path.is_file() and "gold" not in path.parts]
    assert {path.suffix for path in kept} == {".json", ".npy"}
    for path in kept:
        if path.suffix == ".npy":
            assert np.load(path, allow_pickle=False).ndim == 1


def test_gold_is_not_committed():
    assert "/leaderboards/records/gold/" in (PROJECT / ".gitignore").read_text("utf-8").split()


def test_no_record_tells_of_the_machine_it_was_made_on():
    private = re.compile(r"/(home|root|Users|tmp|work|mnt)/|[A-Z]:\\\\|@[a-z]+\.(com|org)")
    for path in RECORDS.rglob("*.json"):
        assert not private.search(path.read_text("utf-8")), path


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize("group", BOARDS)
def test_the_statistics_are_computed_again_from_the_data(real_data: Path, group):
    kept = read_statistics(FOLDER / "statistics.json")
    sources = DataOptions(data_dir=real_data, offline=True)
    _, known = make_leaderboard(group, collect([RECORDS]), (), Statistics(), sources=sources)
    assert known.rows == {key: row for key, row in kept.rows.items() if row.group == group}
    assert known.pairs == {key: pair for key, pair in kept.pairs.items() if pair.group == group}
