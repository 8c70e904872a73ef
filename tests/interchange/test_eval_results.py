"""The hub's ``.eval_results`` files, read back by its own client."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import yaml
from huggingface_hub import parse_eval_result_entries

from benchmark.interchange import eval_results
from tests.interchange.stored import publication
from tests.results.samples import CARD, sample_result


def test_they_come_back_through_the_hubs_parser(tmp_path: Path):
    files, omissions = eval_results(publication(tmp_path))
    assert [file.path for file in files] == [
        f"org__tiny-bert/.eval_results/STS{year}.yaml" for year in range(12, 17)
    ]
    assert len(omissions) == 2
    part, whole = parse_eval_result_entries(yaml.safe_load(files[1].content))
    assert part.task_id == "STS13_default_test"
    assert whole.task_id == "STS13"
    for entry in (part, whole):
        assert entry.dataset_id == "mteb/sts13-sts"
        assert entry.dataset_revision == "7e90230a92c190f1bf69ae9002b8cea547a64cca"
        assert entry.value == 80.6032
        assert entry.date == "2026-01-02T03:04:05+00:00"
        assert entry.notes == sample_result("STS13", card=CARD).signature


def test_strings_stay_strings(tmp_path: Path):
    card = replace(CARD, prompt="own:- value: 100 # 'evil'")
    signature = sample_result("STS12", card=card).signature
    [file], _ = eval_results(publication(tmp_path, {"STS12": 0.5}, card=card))
    entries = yaml.safe_load(file.content)
    assert [entry["value"] for entry in entries] == [50.0, 50.0]
    assert entries[0]["notes"] == signature
