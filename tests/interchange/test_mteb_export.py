"""MTEB's result tree, as we write it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.errors import UnreadableRecord
from benchmark.interchange import ExportedFile, mteb_files
from tests.interchange.stored import publication
from tests.results.samples import CARD, sample_result

FOLDER = "results/org__tiny-bert/0123456789abcdef0123456789abcdef01234567"
SAME = ["STS12", "STS13", "STS14", "STS15", "STS16"]


def content(files: list[ExportedFile], name: str) -> Any:
    [file] = [file for file in files if file.path.endswith(f"/{name}.json")]
    return json.loads(file.content)


def test_only_tasks_that_are_the_same_have_a_file(tmp_path: Path):
    files, omissions = mteb_files(publication(tmp_path))
    assert [file.path for file in files] == [
        *(f"{FOLDER}/{task}.json" for task in SAME),
        f"{FOLDER}/model_meta.json",
    ]
    said = {omission.what: omission.why for omission in omissions}
    assert "tokenised and lower-cased" in said["tiny-bert on STSBenchmark"]
    assert "9,927" in said["tiny-bert on SICKRelatedness"]
    assert len(said) == 2


def test_a_file_has_mtebs_keys_and_six_decimals(tmp_path: Path):
    files, _ = mteb_files(publication(tmp_path))
    written = content(files, "STS12")
    [entry] = written["scores"].pop("test")
    assert written == {
        "dataset_revision": "a0d554a64d88156834ff5ae9920b964011b16384",
        "task_name": "STS12",
        "mteb_version": None,
        "scores": {},
        "evaluation_time": None,
        "kg_co2_emissions": None,
        "date": 1767323045.0,  # 2026-01-02T03:04:05 in UTC
    }
    assert entry.pop("signature").startswith("task:STS12|split:test|agg:all|metric:spearman|")
    assert entry == {
        "cosine_pearson": 0.72369,
        "cosine_spearman": 0.72369,
        "main_score": 0.72369,
        "hf_subset": "default",
        "languages": ["eng-Latn"],
    }


@settings(max_examples=50, deadline=None)
@given(score=st.floats(-1, 1))
def test_any_score_is_within_half_a_unit_of_the_sixth_decimal(
    score: float, tmp_path_factory: pytest.TempPathFactory
):
    files, _ = mteb_files(publication(tmp_path_factory.mktemp("records"), {"STS13": score}))
    text = next(file.content.decode() for file in files if "STS13" in file.path)
    [entry] = json.loads(text)["scores"]["test"]
    assert abs(entry["main_score"] - score) <= 0.5e-6 + 1e-15
    assert entry["main_score"] == entry["cosine_spearman"]
    assert "nan" not in text.lower()


def test_the_model_is_described_as_far_as_it_is_known(tmp_path: Path):
    files, _ = mteb_files(publication(tmp_path, {"STS12": 0.5}))
    meta = content(files, "model_meta")
    assert meta["name"] == "org/tiny-bert"
    assert meta["revision"] == "0123456789abcdef0123456789abcdef01234567"
    assert meta["max_tokens"] == 512
    assert meta["framework"] == ["PyTorch"]
    assert meta["similarity_fn_name"] == "cosine"
    assert meta["use_instructions"] is False
    assert meta["license"] is None


def test_a_model_without_such_tasks_has_no_files_at_all(tmp_path: Path):
    files, omissions = mteb_files(publication(tmp_path, {"STSBenchmark": 0.5, "MR": 0.8}))
    assert files == []
    assert [omission.why for omission in omissions][1] == "MTEB has no such task"


def test_scores_of_unverified_data_stay_here(tmp_path: Path):
    files, omissions = mteb_files(publication(tmp_path, {"STS12": 0.5}, verified=False))
    assert files == []
    assert omissions[0].why == "scored on unverified data"


def test_another_question_stays_here(tmp_path: Path):
    signature = sample_result("STS12").signature.replace("sim:cos", "sim:dot")
    files, omissions = mteb_files(publication(tmp_path, {"STS12": 0.5}, signature=signature))
    assert files == []
    assert "signature" in omissions[0].why


def test_a_date_that_is_none_is_refused(tmp_path: Path):
    with pytest.raises(UnreadableRecord, match=r"STS12\.json: created is no time"):
        mteb_files(publication(tmp_path, {"STS12": 0.5}, created="yesterday"))


def test_hostile_strings_stay_inside_their_json_string(tmp_path: Path):
    name = 'x"},\n{"evil": 1}\u2028</script>'
    card = replace(CARD, name=name, source=None)
    files, _ = mteb_files(publication(tmp_path, {"STS12": 0.5}, card=card))
    for file in files:
        assert "evil" not in json.loads(file.content)
        assert file.path.count("/") == 3


def test_the_same_records_give_the_same_bytes(tmp_path: Path):
    first, _ = mteb_files(publication(tmp_path / "a"))
    second, _ = mteb_files(publication(tmp_path / "b"))
    assert first == second
