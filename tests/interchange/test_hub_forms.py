"""A model card and ``.eval_results``, read back by the hub's own client."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import EvalResult, ModelCard, parse_eval_result_entries
from huggingface_hub.repocard_data import model_index_to_eval_results
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.datasets import load_catalogue
from benchmark.interchange import eval_results, model_index
from benchmark.interchange.hub_forms import _IN_ARCHIVE
from benchmark.tasks import KINDS, Similarity
from tests.interchange.stored import MEASURED, publication
from tests.results.samples import CARD, sample_result


def read_back(text: str) -> tuple[str, list[EvalResult]]:
    """What the hub's client makes of a card that begins with this front matter."""
    return model_index_to_eval_results(front_matter(text)["model-index"])


def front_matter(text: str) -> dict[str, Any]:
    """What stands between the first two lines of ``---``."""
    return yaml.safe_load(re.split(r"^---$", text, flags=re.MULTILINE)[1])


def card_of(folder: Path, measured: dict[str, float] = MEASURED, **changes) -> str:
    [file], _ = model_index(publication(folder, measured, **changes))
    assert file.path == "org__tiny-bert/model-index.md"
    return file.content.decode()


def test_it_comes_back_through_the_hubs_parser(tmp_path: Path):
    name, results = read_back(card_of(tmp_path))
    assert name == "org/tiny-bert"
    by_name = {result.dataset_name: result for result in results}
    assert list(by_name)[:5] == ["STS12", "STS13", "STS14", "STS15", "STS16"]
    for task in list(by_name)[:5]:
        assert by_name[task].metric_value == pytest.approx(100 * MEASURED[task], abs=5e-5)
        assert by_name[task].dataset_type == f"mteb/{task.lower()}-sts"
        assert by_name[task].dataset_split == "test"
    first = by_name["STS12"]
    assert (first.task_type, first.metric_type) == ("sentence-similarity", "cosine_spearman")
    assert first.metric_name == "Spearman of the cosine x 100"
    assert first.metric_value == 72.369
    assert first.metric_args["signature"].startswith("task:STS12|")


def test_a_whole_card_is_read_by_the_hubs_client(tmp_path: Path):
    card = ModelCard(card_of(tmp_path) + "\n# A model\n")
    assert card.data.model_name == "org/tiny-bert"
    assert len(card.data.eval_results) == len(MEASURED)
    assert card.text.strip() == "# A model"


def test_other_tasks_name_the_archive_their_text_is_from(tmp_path: Path):
    _, results = read_back(card_of(tmp_path, {"STSBenchmark": 0.8, "STSBenchmark/dev": 0.7}))
    archive = load_catalogue().archive
    assert {(r.dataset_type, r.dataset_revision) for r in results} == {
        (archive.repo, archive.revision)
    }
    assert [(r.dataset_config, r.dataset_split) for r in results] == [
        ("STSBenchmark", "test"),
        ("STSBenchmark/dev", "dev"),
    ]
    assert results[0].dataset_name == "STS-B (SentEval's text and splits)"


def test_transfer_tasks_are_accuracies_and_stay_apart(tmp_path: Path):
    accuracy = {"test": {"accuracy": 0.81}, "dev": {"accuracy": 0.8}}
    text = card_of(tmp_path, {"MR": 0.81, "CR": 0.81}, scores=accuracy)
    _, results = read_back(text)
    assert [r.dataset_config for r in results] == ["MR", "CR"]
    assert {(r.task_type, r.metric_type, r.metric_name, r.metric_value) for r in results} == {
        ("text-classification", "accuracy", "Accuracy x 100", 81.0)
    }


def test_demonstration_and_unverified_scores_are_left_out(tmp_path: Path):
    files, omissions = model_index(publication(tmp_path / "a", {"DemoSTS": 0.5}))
    assert files == []
    assert omissions[0].why == "its data is nowhere on the hub"
    files, omissions = model_index(publication(tmp_path / "b", {"STS12": 0.5}, verified=False))
    assert files == []
    assert omissions[0].why == "scored on unverified data"


@settings(max_examples=50, deadline=None)
@given(score=st.floats(-1, 1))
def test_any_score_comes_back_at_six_decimals(
    score: float, tmp_path_factory: pytest.TempPathFactory
):
    _, [result] = read_back(card_of(tmp_path_factory.mktemp("records"), {"STS14": score}))
    assert float(result.metric_value) / 100 == pytest.approx(score, abs=0.51e-6)


@settings(max_examples=50, deadline=None)
@given(name=st.text(min_size=1, max_size=200))
def test_no_name_breaks_out_of_the_front_matter(
    name: str, tmp_path_factory: pytest.TempPathFactory
):
    hostile = f"{name}\n---\nlicense: evil\n"
    card = replace(CARD, name=hostile, source=None)
    folder = tmp_path_factory.mktemp("records")
    [file], _ = model_index(publication(folder, {"STS12": 0.5}, card=card))
    text = file.content.decode()
    assert len(re.findall(r"^---$", text, flags=re.MULTILINE)) == 2
    assert set(front_matter(text)) == {"model-index"}
    assert set(ModelCard(text).data.to_dict()) == {"model-index"}


def test_the_archive_holds_what_is_said_to_lie_in_it():
    assert set(load_catalogue().datasets) >= _IN_ARCHIVE
    folders = {
        entry.path.partition("/")[0]
        for name in _IN_ARCHIVE
        for part in load_catalogue().datasets[name].parts
        for entry in part.files
    }
    # The members of senteval.tar.
    assert folders <= {"CR", "MPQA", "MR", "MRPC", "SICK", "SNLI", "SST", "STS", "SUBJ", "TREC"}


def test_a_kind_of_task_that_the_hub_has_no_type_for_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(KINDS, "similarity", Similarity(on_hub=("", "")))
    files, [omission] = model_index(publication(tmp_path, {"STS12": 0.5}))
    assert files == []
    assert omission.why == "the hub has no type for tasks of its kind"


def test_results_of_benchmarks_come_back_through_the_hubs_parser(tmp_path: Path):
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
