"""MTEB's STS17, which is scored subset by subset: in, and out again."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from benchmark.errors import DataError
from benchmark.interchange import (
    eval_results,
    model_index,
    mteb_files,
    quoted_files,
    read_mteb_file,
    read_tree,
    write_files,
)
from benchmark.results.published_files import published_table
from benchmark.results.signature import Signature, sign
from benchmark.tasks import task_by_id
from benchmark.tasks.loading import published_sha256
from tests.interchange.mteb_results import entry_of, write_result
from tests.interchange.stored import publication
from tests.results.samples import CARD

REVISION = "faeb762787bd10488a50c8b5be4a3b82e411949c"
MINILM = {
    "ko-ko": 0.2895,
    "ar-ar": 0.50892913,
    "en-ar": -0.0427624576,
    "en-de": 0.3582,
    "en-en": 0.8758779089,
    "en-tr": 0.0449654007,
    "es-en": 0.1631363187,
    "es-es": 0.76116,
}
"""Of all-MiniLM-L6-v2, in the order of MTEB's file."""

OURS = ["en-en", "es-es", "ar-ar", "es-en", "en-ar", "en-tr"]
MEASURED = {f"STS17/{subset}": MINILM[subset] for subset in OURS}


def sts17(scores: dict[str, float], **changes: Any) -> dict[str, Any]:
    """As mteb 1.12 and later write it."""
    entries = [
        entry_of(score) | {"hf_subset": subset, "languages": ["spa-Latn"]} | changes
        for subset, score in scores.items()
    ]
    return {"task_name": "STS17", "dataset_revision": REVISION, "scores": {"test": entries}}


def of_2022(scores: dict[str, float]) -> dict[str, Any]:
    """As the first versions did."""
    test = {subset: {"cos_sim": {"spearman": score}} for subset, score in scores.items()}
    return {"mteb_dataset_name": "STS17", "test": test | {"evaluation_time": 12.5}}


@pytest.mark.parametrize("content", [sts17(MINILM), of_2022(MINILM)], ids=["now", "2022"])
def test_each_subset_that_we_have_is_a_score(tmp_path: Path, content: dict[str, Any]):
    scores = read_mteb_file(write_result(tmp_path, content, "STS17"))
    assert {score.subset: score.spearman for score in scores} == {
        subset: Decimal(str(MINILM[subset])) for subset in OURS
    }
    assert [score.column for score in scores] == list(MEASURED)
    assert {frozenset(score.other_subsets) for score in scores} == {frozenset({"ko-ko", "en-de"})}


def test_subsets_that_we_do_not_have_are_named_once(tmp_path: Path):
    write_result(tmp_path, sts17(MINILM), "STS17")
    tree = read_tree([tmp_path])
    assert len(tree.results) == len(OURS)
    [omission] = tree.omissions
    assert omission.what.endswith("STS17.json: ko-ko, en-de")
    assert omission.why == "subsets that have no column here"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (sts17({"ko-ko": 0.5}), "test has the subsets ko-ko, none of en-en, es-es"),
        (sts17({}), "test has the subsets none, none of"),
        (sts17({"default": 0.5}), "test has the subsets default, none of"),
        (sts17({"en-en": 0.5}, main_score=0.6), "contradicts itself"),
        (sts17({"en-en": 50.0}), "no correlation: MTEB's scores are fractions"),
        ({"task_name": "STS17", "scores": {"test": 5}}, "no list of entries"),
    ],
)
def test_a_file_that_tells_nothing_is_refused(
    tmp_path: Path, content: dict[str, Any], message: str
):
    with pytest.raises(DataError, match=message):
        read_mteb_file(write_result(tmp_path, content, "STS17"))


def imported(folder: Path) -> Any:
    files, errors = quoted_files(read_tree([folder / "results"]))
    assert errors == []
    write_files(folder, files)
    published = Path(__file__).parents[2] / "leaderboards" / "published"
    for name in ("columns.toml", "sources.bib"):
        (folder / name).write_bytes((published / name).read_bytes())
    [row] = published_table(files[0].path.removesuffix(".toml"), folder).rows
    return row


def test_imported_figures_answer_the_questions_of_ours(tmp_path: Path):
    """The same task, the same text: they share a column, and the text of the papers is another."""
    write_result(tmp_path, sts17(MINILM), "STS17")
    for task, score in {"STSBenchmark": 0.8203247283, "SICK-R": 0.7758245525}.items():
        data = {
            "STSBenchmark": "b0fddb56ed78048fa8b90373c8a3cfc37b684831",
            "SICK-R": "20a6d6f312dd54037fe07a32d58e5e168867909d",
        }[task]
        content = {"task_name": task, "dataset_revision": data}
        write_result(tmp_path, content | {"scores": {"test": [entry_of(score)]}}, task)
    row = imported(tmp_path)
    assert list(row.scores) == ["STS-B/mteb", "SICK-R/mteb", *MEASURED]
    assert row.scores["STS17/en-ar"] == Decimal("-4.27624576")
    for task in row.scores:
        ours = sign(task_by_id(task), published_sha256(task_by_id(task)), True, CARD)
        assert row.ranks_with(task, ours), task
        assert Signature.parse(ours).question == row.question(task)
    papers = task_by_id("STSBenchmark")
    assert not row.ranks_with("STS-B/mteb", sign(papers, published_sha256(papers), True, CARD))


def test_an_unknown_commit_of_the_data_is_compared_with_nothing(tmp_path: Path):
    write_result(tmp_path, sts17(MINILM) | {"dataset_revision": "0" * 40}, "STS17")
    row = imported(tmp_path)
    assert {row.question(task) for task in row.scores} == {None}
    assert row.note == "mteb version not stated; STS17: data revision 000000000000"


# --- and out --------------------------------------------------------------------------------------


def test_records_make_one_file_with_an_entry_for_each_subset(tmp_path: Path):
    files, omissions = mteb_files(publication(tmp_path, MEASURED | {"STS17/es-en-4b": 0.5}))
    [omission] = omissions
    assert omission.what == "tiny-bert on STS17/es-en-4b"
    assert omission.why == "MTEB has no such task"
    [file] = [file for file in files if file.path.endswith("/STS17.json")]
    written = json.loads(file.content)
    assert written["dataset_revision"] == REVISION
    entries = written["scores"]["test"]
    assert [entry["hf_subset"] for entry in entries] == OURS
    assert {entry["hf_subset"]: entry["main_score"] for entry in entries} == {
        subset: round(MINILM[subset], 6) for subset in OURS
    }
    languages = {entry["hf_subset"]: entry["languages"] for entry in entries}
    assert languages["es-es"] == ["spa-Latn"]
    assert languages["en-ar"] == ["eng-Latn", "ara-Arab"]


def test_what_is_written_is_read_back(tmp_path: Path):
    files, _ = mteb_files(publication(tmp_path / "records", MEASURED))
    write_files(tmp_path / "tree", files)
    found = {entry.score.column: entry.score for entry in read_tree([tmp_path / "tree"]).results}
    assert {task: float(score.spearman) for task, score in found.items()} == {
        task: round(score, 6) for task, score in MEASURED.items()
    }


def test_the_hubs_forms_name_the_subset(tmp_path: Path):
    made = publication(tmp_path, {"STS17/en-ar": 0.5, "STS-B/mteb": 0.8})
    files, _ = eval_results(made)
    texts = {Path(file.path).stem: file.content.decode() for file in files}
    assert set(texts) == {"STS17", "STSBenchmark"}
    assert "task_id: STS17_en-ar_test" in texts["STS17"]
    assert "task_id: STS17\n" not in texts["STS17"]  # the whole is a mean of eleven
    assert "task_id: STSBenchmark_default_test" in texts["STSBenchmark"]
    assert "task_id: STSBenchmark\n" in texts["STSBenchmark"]
    [card], omissions = model_index(made)
    assert omissions == []
    text = card.content.decode()
    assert "type: mteb/sts17-crosslingual-sts" in text
    assert "config: en-ar" in text
    assert "STS17 (en-ar)" in text
    assert "type: mteb/stsbenchmark-sts" in text
