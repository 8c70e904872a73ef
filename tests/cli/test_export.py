"""The verb ``export``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard, parse_eval_result_entries

from tests.cli.conftest import Command
from tests.cli.test_startup import loaded_by
from tests.cli.verbs import verb
from tests.interchange.stored import write_records
from tests.results.samples import CARD

__all__ = ["verb"]

FOLDER = Path("results", "org__tiny-bert", "0123456789abcdef0123456789abcdef01234567")
PACKAGED = replace(CARD, source="a-package", revision="0.1.0")


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return write_records(tmp_path / "records")


def test_mtebs_tree(verb: Command, records: Path, tmp_path: Path):
    done = verb("export", records, "--output", tmp_path / "out")
    assert done.code == 0
    assert done.out.splitlines() == [
        *(str(tmp_path / "out" / FOLDER / f"STS{year}.json") for year in range(12, 17)),
        str(tmp_path / "out" / FOLDER / "model_meta.json"),
    ]
    written = json.loads((tmp_path / "out" / FOLDER / "STS12.json").read_text())
    assert written["scores"]["test"][0]["main_score"] == 0.72369
    said = done.err.splitlines()
    assert len(said) == 2
    assert said[0].startswith("left out: tiny-bert on STSBenchmark: MTEB scores the raw text")
    assert said[1].startswith("left out: tiny-bert on SICKRelatedness: MTEB scores all 9,927 pairs")


def test_a_model_card(verb: Command, records: Path):
    done = verb("export", records, "--to", "model-index", "--quiet")
    assert (done.code, done.err) == (0, "")
    card = ModelCard(done.out)
    assert card.data.model_name == "org/tiny-bert"
    assert [result.metric_value for result in card.data.eval_results][:2] == [72.369, 80.6032]


def test_results_of_benchmarks(verb: Command, records: Path, tmp_path: Path):
    done = verb("export", records, "--to", "eval-results")
    assert [e.task_id for e in parse_eval_result_entries(yaml.safe_load(done.out))][:2] == [
        "STS12_default_test",
        "STS12",
    ]
    done = verb("export", records, "--to", "eval-results", "--output", tmp_path / "out")
    assert done.code == 0
    assert (tmp_path / "out" / "org__tiny-bert" / ".eval_results" / "STS16.yaml").is_file()


def test_a_name_for_weights_that_came_from_no_hub(verb: Command, tmp_path: Path):
    records = write_records(tmp_path / "records", {"STS12": 0.5}, card=PACKAGED)
    plain = verb("export", records, "--output", tmp_path / "out")
    assert "results/tiny-bert/no_revision_available/STS12.json" in plain.out
    assert "plain name" in plain.err
    named = verb("export", records, "--output", tmp_path / "out", "--model-name", "org/tiny")
    assert "results/org__tiny/no_revision_available/STS12.json" in named.out
    assert "plain name" not in named.err


def test_several_models_need_a_folder(verb: Command, records: Path, tmp_path: Path):
    write_records(records, card=replace(CARD, name="other", source="org/other", pooler="avg"))
    refused = verb("export", records, "--to", "model-index", "--quiet")
    refused.refused(2, "records of several models", "--output")
    done = verb("export", records, "--to", "model-index", "--output", tmp_path / "out")
    assert len(done.out.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "phrases"),
    [
        (("export",), ("name records",)),
        (("export", "records"), ("--output",)),
        (("export", "records", "--to", "mtebb"), ("--to",)),
        (("export", "records", "--to", "model-index", "--model-name", "tiny"), ("org/name",)),
    ],
)
def test_usage(verb: Command, records: Path, arguments: tuple[str, ...], phrases: tuple[str, ...]):
    verb(*arguments).refused(2, *phrases)


def test_nothing_that_can_be_exported(verb: Command, tmp_path: Path):
    records = write_records(tmp_path / "records", {"STSBenchmark": 0.5})
    done = verb("export", records, "--output", tmp_path / "out", "--quiet")
    done.refused(2, "none of these records can be exported")
    assert not (tmp_path / "out").exists()


def test_unreadable_records(verb: Command, records: Path, tmp_path: Path):
    next(records.rglob("STS12.json")).write_bytes(b'{"task": ')
    verb("export", records, "--output", tmp_path / "out").refused(3, "STS12.json")
    assert not (tmp_path / "out").exists()


def test_it_loads_no_model_library(records: Path, tmp_path: Path):
    statement = "from benchmark.cli import main; main(sys.argv[1:])"
    assert loaded_by(statement, "export", str(records), "--output", str(tmp_path / "out")) == []
    card = loaded_by(statement, "export", str(records), "--to", "model-index")
    assert card == ["huggingface_hub"]
