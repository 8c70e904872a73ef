"""``python -m benchmark compare``: from records of two models to a table and an exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from benchmark import evaluate
from benchmark.results import collect
from benchmark.results.families import Family, Member, write_family
from tests.cli.conftest import Command
from tests.cli.test_startup import loaded_by
from tests.cli.verbs import verb
from tests.comparisons.made_up import store
from tests.comparisons.test_families import given_by
from tests.encoder_files import Other, WordHash
from tests.results.edits import forge

__all__ = ["verb"]

QUICK = ("--resamples", "500")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of two encoders on the demonstration tasks, ``x`` in a second state elsewhere."""
    folder = tmp_path_factory.mktemp("scored")
    for encoder in (WordHash(), Other()):
        evaluate(encoder, "demo", output_dir=folder / "results")
    evaluate(Other(), "DemoSTS", output_dir=folder / "other")
    return folder


@pytest.fixture
def results(scored: Path, tmp_path: Path) -> Path:
    """The records, to be damaged at will."""
    return shutil.copytree(scored / "results", tmp_path / "results")


def record_of(results: Path, model: str, task: str) -> Path:
    """The file of a record."""
    return next(results.glob(f"{model}/*/{task}.json"))


# --- what is compared -----------------------------------------------------------------------------


def test_a_folder_of_two_models_is_enough(results: Path, verb: Command):
    outcome = verb("compare", "results", *QUICK)
    assert outcome.code == 0
    assert outcome.err.splitlines() == [
        "demo: 1 task, 500 resamples and exchanges",
        "demo-transfer: 1 task, 500 resamples and exchanges",
    ]
    lines = outcome.out.splitlines()
    assert lines[0].startswith("A = other")
    assert lines[1].startswith("B = word-hash")
    assert "drawn: rows of the tasks, all around one sentence together" in outcome.out
    assert "note: demonstration pairs: shows that the tool works" in outcome.out


def test_names_give_the_order(results: Path, verb: Command):
    outcome = verb("compare", "results", "--models", "word-hash", "other", *QUICK, "--quiet")
    assert outcome.out.startswith("A = word-hash")
    assert outcome.err == ""
    assert verb("compare", "results", "--models", "word-hash,other", *QUICK).out == outcome.out


def test_two_folders_are_two_models(results: Path, verb: Command):
    outcome = verb("compare", "results/word-hash", "results/other", *QUICK)
    assert outcome.code == 0
    assert outcome.out.startswith("A = word-hash")


def test_the_numbers_are_scipys(results: Path, verb: Command):
    found = json.loads(verb("compare", "results", "--format", "json", *QUICK).out)
    [gold] = results.glob("gold/DemoSTS-*.npz")
    values = np.load(gold)["values"]
    scores = [
        stats.spearmanr(np.load(next(results.glob(f"{name}/*/DemoSTS.npy"))), values).statistic
        for name in ("other", "word-hash")
    ]
    [task] = found["groups"][0]["tasks"]
    assert task["scores"] == pytest.approx(scores, abs=1e-12)
    assert task["difference"] == pytest.approx(scores[0] - scores[1], abs=1e-9)
    assert task["low"] < task["difference"] < task["high"]


def test_tasks_can_be_chosen_and_missing_ones_are_named(results: Path, verb: Command):
    outcome = verb("compare", "results", "--tasks", "DemoSTS", "STS12", *QUICK)
    assert "demo-transfer" not in outcome.out
    assert "left out: STS12: there is no record" in outcome.out


def test_level_and_seed_reach_the_report(results: Path, verb: Command):
    options = ("--tasks", "DemoSTS", "--level", "0.8", "--seed", "7", *QUICK)
    outcome = verb("compare", "results", *options)
    assert "80 % interval" in outcome.out
    assert "500 paired bootstrap resamples, seed 7" in outcome.out
    assert "below 0.2;" in outcome.out
    assert verb("compare", "results", *options).out == outcome.out


def test_markdown(results: Path, verb: Command):
    text = verb("compare", "results", "--format", "markdown", *QUICK).out
    assert "### demo: Spearman's correlation x 100" in text
    assert text.count("| Demo ") == 2


# --- bad input ------------------------------------------------------------------------------------


def test_nothing_named(verb: Command):
    verb("compare").refused(2, "compare: name records, or folders of them")


def test_one_model_only(results: Path, verb: Command):
    verb("compare", "results/other").refused(
        2, "compare: only one model is named (other); name a second folder, or two --models"
    )


def test_the_same_model_twice(results: Path, verb: Command):
    verb("compare", "results", "--models", "other", "other").refused(2, "names other twice")
    verb("compare", "results", "results/other", "--models", "other").refused(
        2, "A and B are the same records of other"
    )


def test_an_unknown_model(results: Path, verb: Command):
    verb("compare", "results", "--models", "word-hahs", "other").refused(
        2, "--models word-hahs: results holds no such model (did you mean word-hash?)"
    )


def test_an_unknown_task_or_format(results: Path, verb: Command):
    verb("compare", "results", "--tasks", "STS18").refused(2, "did you mean sts17?")
    verb("compare", "results", "--format", "html").refused(2, "--format")


@pytest.mark.parametrize(
    ("options", "phrase"),
    [
        (("--resamples", "3"), "--resamples 3: 40 are the least for intervals of 95 %"),
        (("--level", "95"), "--level 95.0: a confidence level lies between 0 and 1"),
        (("--level", "nan"), "--level nan"),
        (("--seed", "-1"), "--seed -1"),
    ],
)
def test_numbers_that_make_no_sense(results: Path, verb: Command, options, phrase):
    verb("compare", "results", *options).refused(2, phrase)


def test_different_tasks_only(results: Path, verb: Command):
    one, other = results / "word-hash", results / "other"
    next(one.rglob("DemoSTS.json")).unlink()
    next(other.rglob("DemoPolarity.json")).unlink()
    verb("compare", one, other).refused(
        2, "no task is left (DemoSTS: only B has a record; DemoPolarity: only A has"
    )


def test_a_place_without_records(verb: Command, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    verb("compare", "nowhere").refused(3, "nowhere: no such file or folder")
    verb("compare", "empty", "empty").refused(3, "empty: holds no record")


@pytest.mark.parametrize(
    ("fields", "phrase"),
    [
        ({"schema_version": 99}, "schema version 99, this program reads"),
        ({"main_score": 1.5}, "not a readable record"),
        ({"main_score": 0.9}, "its score is 0.9, but scores.all.spearman is 0."),
        (
            {"main_score": 0.9, "scores": {"all": {"spearman": 0.9}}},
            "the record says 0.900000, its predictions give",
        ),
        ({"task": "STS12"}, "signed for task DemoSTS, but it holds STS12"),
        ({"predictions_sha256": "0" * 64}, "damaged, or of another record"),
    ],
)
def test_records_of_other_versions_and_edited_ones(results: Path, verb: Command, fields, phrase):
    forge(record_of(results, "other", "DemoSTS"), **fields)
    verb("compare", "results", "--quiet", *QUICK).refused(3, phrase)


def test_a_truncated_record_and_not_a_number(results: Path, verb: Command):
    path = next(results.glob("other/*/DemoSTS.json"))
    whole = path.read_text()
    path.write_text(whole[:200])
    verb("compare", "results").refused(3, "DemoSTS.json: not a readable record")
    path.write_text(whole.replace('"main_score": ', '"main_score": NaN, "was": '))
    verb("compare", "results").refused(3, "DemoSTS.json: not a readable record")


def test_lost_predictions(results: Path, verb: Command):
    next(results.glob("other/*/DemoSTS.npy")).unlink()
    verb("compare", "results", "--quiet", *QUICK).refused(3, "copy them along with the record")


def test_records_that_never_had_predictions_are_left_out(results: Path, verb: Command):
    forge(record_of(results, "other", "DemoSTS"), predictions_sha256=None)
    outcome = verb("compare", "results", *QUICK)
    assert outcome.code == 0
    assert "left out: DemoSTS: A keeps no predictions; score it again" in outcome.out


def test_other_data_is_left_out_and_named(results: Path, verb: Command):
    path = record_of(results, "other", "DemoSTS")
    record = json.loads(path.read_text())
    data = record["data"]["sha256"]
    other = "0123456789ab" + data[12:]
    signature = record["signature"].replace(data[:12], other[:12])
    forge(path, data=record["data"] | {"sha256": other}, signature=signature)
    outcome = verb("compare", "results", *QUICK)
    assert outcome.code == 0
    reason = f"A and B answer different questions: data 0123456789ab and {data[:12]}"
    assert f"left out: DemoSTS: {reason}" in outcome.out


def test_a_data_folder_that_is_not_there(results: Path, verb: Command):
    verb("compare", "results", "--data-dir", "nowhere").refused(3, "--data-dir nowhere")
    several = ("--data-dir", "results", "--data-dir", "nowhere")
    for asked in ("compare", "explain"):
        verb(asked, "results", *several).refused(3, "--data-dir nowhere")


# --- families -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs of a good method, two of a bad one, and the file of a family."""
    folder = tmp_path_factory.mktemp("seeds")
    for seed in range(3):
        store(folder / "good", f"seed-a-{seed}", given_by(0.15, seed))
    for seed in range(2):
        store(folder / "bad", f"seed-b-{seed}", given_by(0.5, 50 + seed))
    members = [Member(run.model, (run.fingerprint or "",)) for run in collect([folder / "bad"])]
    write_family(folder, Family("bad-method", "seed", tuple(members)))
    return folder


def test_globs_and_families_are_compared_with_both_variations(seeds: Path, verb: Command):
    asked = ("compare", str(seeds), "--format", "json", *QUICK, "--models", "seed-a-*")
    outcome = verb(*asked, "seed-b-*")
    assert outcome.err.splitlines() == ["sts: 2 tasks, 5 runs, 500 resamples"]
    found = json.loads(outcome.out)
    assert [len(found["families"][letter]["runs"]) for letter in "AB"] == [3, 2]
    assert found["method"]["test"] == "two-level"
    assert found["groups"][0]["average"]["verdict"] == "A"
    named = json.loads(verb(*asked, "bad-method").out)
    assert named["families"]["B"]["varied"] == "seed"
    assert named["groups"] == found["groups"]
    folders = ("compare", str(seeds / "good"), str(seeds / "bad"), "--format", "json", *QUICK)
    assert json.loads(verb(*folders).out)["groups"] == found["groups"]


def test_a_glob_of_one_is_a_model(seeds: Path, verb: Command):
    asked = ("compare", str(seeds), *QUICK, "--models", "seed-a-0")
    assert verb(*asked, "seed-b-[0]").out == verb(*asked, "seed-b-0").out
    assert "one more run of B" in verb(*asked, "seed-b-*").out


def test_a_glob_that_nothing_matches(seeds: Path, verb: Command):
    asked = ("compare", str(seeds), "--models", "seed-a-*")
    verb(*asked, "seed-c-*").refused(2, "--models seed-c-*:")
    verb(*asked).refused(2, "compare: only one model is named (seed-a-*)")


# --- what it needs --------------------------------------------------------------------------------


def test_no_model_and_no_torch(scored: Path):
    statement = "from benchmark.cli import main; main(sys.argv[1:])"
    loaded = loaded_by(statement, "compare", str(scored / "results"), *QUICK)
    assert not {"torch", "transformers", "pandas", "sklearn"} & set(loaded)


@pytest.mark.real_data
def test_the_whole_sts_table(real_data: Path, tmp_path: Path, verb: Command):
    for encoder in (WordHash(), Other()):
        evaluate(encoder, "sts", data_dir=real_data, output_dir=tmp_path / "results")
    outcome = verb(
        "compare", "results", "--models", "word-hash", "other", "--data-dir", real_data, "--format",
        "json", "--resamples", "2000",
    )  # fmt: skip
    found = json.loads(outcome.out)
    [group] = found["groups"]
    assert group["drawn"] == "sentences"
    # More dimensions make a better bag of words, if not on every task.
    assert [task["verdict"] for task in group["tasks"]].count("A") == 6
    assert group["average"]["verdict"] == "A"
    assert group["average"]["low"] > 0
    rounded = [round(100 * task["scores"][0], 2) for task in group["tasks"]]
    assert group["average"]["printed"][0] == f"{np.mean(rounded):.2f}"
