"""The published schema, and what the program writes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from benchmark import evaluate
from benchmark.results import encode_record, read_record
from benchmark.results.record import LATER, TrainingRecord
from benchmark.results.schema import encode_schema, record_schema
from tests.encoder_files import WordHash
from tests.results.samples import sample_result


def validate(record: Any) -> None:
    validator = jsonschema.Draft202012Validator(record_schema())
    validator.validate(record)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(record_schema())


def test_the_published_file_is_up_to_date():
    published = resources.files("benchmark.results").joinpath("schema.json").read_bytes()
    assert published == encode_schema(), (
        "run python -m benchmark.results.schema > benchmark/results/schema.json, and raise "
        "SCHEMA_VERSION if a field changed its meaning"
    )


def test_the_module_prints_it():
    printed = subprocess.run(
        [sys.executable, "-m", "benchmark.results.schema"],
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert printed.stdout == encode_schema()


def test_records_of_a_run_are_valid(tmp_path: Path):
    run = evaluate(WordHash(), "DemoSTS", output_dir=tmp_path)
    [path] = tmp_path.rglob("*.json")
    record = json.loads(path.read_bytes())
    validate(record)
    assert record["main_score"] == run["DemoSTS"].main_score
    assert set(record) == set(record_schema()["$defs"]["TaskResult"]["properties"]) - set(LATER)


def test_the_record_of_a_model_in_training_says_where_it_stood(tmp_path: Path):
    evaluate(WordHash(), "DemoSTS", output_dir=tmp_path)
    [path] = tmp_path.rglob("*.json")
    trained = replace(read_record(path), training=TrainingRecord("runs/x", 125, 0.5))
    path.write_bytes(encode_record(trained))
    validate(json.loads(path.read_bytes()))
    assert read_record(path) == trained


@pytest.mark.parametrize(
    "changes",
    [
        {"schema_version": 1},
        {"sha256": None},
        {"sha256": "ab"},
        {"main_score": 72.37},
        {"main_score": None},
        {"main_score": "0.5"},
        {"counts": {"pairs": -1}},
        {"counts": {"pairs": 1.5}},
        {"timings": {"score_seconds": -0.1}},
        {"scores": {"all": {"spearman": 1.5}}},
        {"subsets": {"first": {"spearman": -2}}},
        {"notes": "none"},
    ],
    ids=str,
)
def test_nonsense_is_not_valid(changes: dict[str, Any]):
    record = json.loads(encode_record(sample_result()))
    validate(record)
    with pytest.raises(jsonschema.ValidationError):
        validate(record | changes)


@pytest.mark.parametrize("field", record_schema()["$defs"]["TaskResult"]["required"])
def test_no_field_may_be_missing(field: str):
    record = json.loads(encode_record(sample_result()))
    del record[field]
    with pytest.raises(jsonschema.ValidationError, match=field):
        validate(record)
