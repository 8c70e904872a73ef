"""The verb ``import``."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from benchmark.results import published_tables
from tests.cli.conftest import Command
from tests.cli.test_startup import loaded_by
from tests.cli.verbs import verb
from tests.interchange.mteb_results import MINILM, plain, write_result

__all__ = ["verb"]

FILE = "imported-sentence-transformers__all-MiniLM-L6-v2.toml"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for task, score in MINILM.items():
        write_result(tmp_path / "mteb", plain(task, score))
    return tmp_path / "mteb"


def test_a_tree_becomes_published_figures(verb: Command, tree: Path, tmp_path: Path):
    done = verb("import", tree, "--output", tmp_path / "out")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        str(tmp_path / "out" / name) for name in (FILE, "columns.toml", "sources.bib")
    ]
    [table] = published_tables(tmp_path / "out")
    [row] = table.rows
    assert row.model == "sentence-transformers/all-MiniLM-L6-v2"
    assert row.status == "repository"
    assert row.scores["STS12"] == Decimal("72.36899998")
    assert set(row.scores) & {"STSBenchmark", "SICKRelatedness"} == set()
    assert not list((tmp_path / "out").rglob("*.json"))


def test_what_is_passed_over_is_said(verb: Command, tree: Path, tmp_path: Path):
    write_result(tree, {"task_name": "Banking77"})
    done = verb("import", tree, "--output", tmp_path / "out")
    assert done.code == 0
    assert done.err.startswith("left out: 1 file (Banking77): tasks that have no column here")
    assert verb("import", tree, "--output", tmp_path / "out", "--quiet").err == ""


def test_a_bad_file_is_named_and_the_others_are_imported(verb: Command, tree: Path, tmp_path: Path):
    write_result(tree, plain("STS13", 80.6032))
    path = write_result(tree, plain("STS14", 0.5))
    path.write_bytes(path.read_bytes()[:50])
    done = verb("import", tree, "--output", tmp_path / "out")
    assert done.code == 3
    assert [("STS13.json" in line, "STS14.json" in line) for line in done.errors] == [
        (True, False),
        (False, True),
    ]
    [table] = published_tables(tmp_path / "out")
    assert set(table.rows[0].scores) == {
        *("STS12", "STS15", "STS16", "STS-B/mteb", "SICK-R/mteb"),
    }


def test_a_hostile_file_is_one_line(verb: Command, tmp_path: Path):
    content = plain("STS13", 0.5, hf_subset="\x1b[2J\nerror: all is well")
    write_result(tmp_path / "mteb", content)
    verb("import", tmp_path / "mteb", "--output", tmp_path / "out").refused(3, r"\x1b[2J")


def test_nothing_to_import(verb: Command, tmp_path: Path):
    (tmp_path / "mteb").mkdir()
    done = verb("import", tmp_path / "mteb", "--output", tmp_path / "out")
    done.refused(3, "no result of a task that has a column here", "mteb")
    verb("import", tmp_path / "none", "--output", tmp_path / "out").refused(3, "none: no such file")


@pytest.mark.parametrize(
    ("arguments", "phrase"), [(["import"], "--output"), (["import", "--output", "x"], "MTEB")]
)
def test_usage(verb: Command, arguments: list[str], phrase: str):
    verb(*arguments).refused(2, phrase)


def test_it_loads_no_heavy_library(tree: Path, tmp_path: Path):
    statement = "from benchmark.cli import main; main(sys.argv[1:])"
    assert loaded_by(statement, "import", str(tree), "--output", str(tmp_path / "out")) == []
