"""Supervised relatedness goes through the verbs: scored, recorded, compared, explained, gated."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import msgspec
import numpy as np
import pytest
from scipy.stats import pearsonr

from benchmark import render
from benchmark.datasets import SentencePairs
from benchmark.datasets.files import LoadedData
from benchmark.evaluation import evaluate_loaded
from benchmark.options import RunOptions
from benchmark.results import ResultStore, Run, read_record
from benchmark.results.schema import record_schema
from benchmark.settings import Settings
from benchmark.tasks import groups
from benchmark.tasks.loading import TaskData
from tests.cli.conftest import Command
from tests.cli.verbs import verb
from tests.encoder_files import Other, WordHash
from tests.tasks.test_relatedness import pairs

__all__ = ["verb"]

TASKS = groups()["supervised"]
ENCODERS = (WordHash(), Other())


def parts(seed: int) -> tuple[SentencePairs, ...]:
    sizes = {"train": 90, "dev": 40, "test": 60}
    return tuple(pairs(name, size, seed + len(name)) for name, size in sizes.items())


ENTRIES = [
    TaskData(task, LoadedData(parts(seed), f"{seed:064x}", True, "memory"))
    for seed, task in enumerate(TASKS)
]


def evaluated(folder: Path) -> list[Run]:
    settings = Settings(store=ResultStore(folder))
    return [
        evaluate_loaded(encoder, TASKS, ENTRIES, {}, RunOptions(), settings)[0]
        for encoder in ENCODERS
    ]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    evaluated(folder)
    return folder


def called(verb: Command, *arguments: object) -> str:
    outcome = verb(*arguments)
    assert outcome.code == 0, outcome.err
    return outcome.out


def test_records_are_sound_and_taken_by_the_next_run(results: Path) -> None:
    for run, encoder in zip(evaluated(results), ENCODERS, strict=True):
        assert run.resumed == {task.id for task in TASKS}
        for entry in ENTRIES:
            [path] = (results / run.model).rglob(f"{entry.task.id}.json")
            jsonschema.validate(msgspec.json.decode(path.read_bytes()), record_schema())
            record, predicted = read_record(path), np.load(path.with_suffix(".npy"))
            gold = entry.data.parts[-1].by_length().gold
            assert record.main_score == pytest.approx(pearsonr(predicted, gold).statistic, abs=1e-9)
            assert record.choices["test"]["mse"] == pytest.approx(np.mean((predicted - gold) ** 2))
            assert "metric:pearson|clf:senteval-relatedness|cv:dev-pearson" in record.signature
            assert encoder.card.name == run.model


def test_one_task_or_several_side_by_side_make_no_difference(results: Path) -> None:
    [run] = evaluate_loaded(WordHash(), TASKS, ENTRIES[1:], {}, RunOptions(), Settings())
    [path] = (results / "word-hash").rglob(f"{TASKS[1].id}.json")
    assert run[TASKS[1].id].main_score == read_record(path).main_score


def test_a_failure_stays_with_its_task() -> None:
    flat = [SentencePairs(p.name, p.first, p.second, np.full(len(p), 3.0)) for p in parts(0)]
    broken = TaskData(TASKS[0], LoadedData(tuple(flat), "0" * 64, True, "memory"))
    settings = Settings()
    [run] = evaluate_loaded(WordHash(), TASKS, [broken, ENTRIES[1]], {}, RunOptions(), settings)
    assert list(run.results) == [TASKS[1].id]
    assert "are all the same" in str(run.failures[TASKS[0].id])


def test_the_table_has_an_average(results: Path) -> None:
    shown = render(evaluated(results), "table")
    for run in evaluated(results):
        scores = [round(100 * run[task.id].main_score, 2) for task in TASKS]
        average = f"{round(sum(scores) / 2, 2):.2f}"
        assert all(cell in shown for cell in (*map("{:.2f}".format, scores), average))


def correlations(given: np.ndarray, gold: np.ndarray) -> np.ndarray:
    """Pearson's, of each row."""
    x, y = given - given.mean(axis=1, keepdims=True), gold - gold.mean()
    return x @ y / np.sqrt((x**2).sum(axis=1) * (y @ y))


def test_compare_exchanges_what_was_predicted(results: Path, verb: Command) -> None:
    shown = called(verb, "compare", results, "--models", "word-hash", "other", "--format", "json")
    [group] = json.loads(shown)["groups"]
    assert group["metric"] == "pearson"
    first = group["tasks"][0]
    gold = ENTRIES[0].data.parts[-1].by_length().gold
    a, b = (
        np.load(next((results / name).rglob(f"{first['task']}.npy")))
        for name in ("word-hash", "other")
    )
    taken = np.random.default_rng(0).random((4000, len(gold))) < 0.5
    found = correlations(np.where(taken, a, b), gold) - correlations(np.where(taken, b, a), gold)
    observed = pearsonr(a, gold).statistic - pearsonr(b, gold).statistic
    expected = np.mean(np.abs(found) >= abs(observed) - 1e-9)
    assert first["p_value"] == pytest.approx(expected, abs=0.03)  # three standard errors


def test_explain_shows_the_test_pairs_as_one_subset(results: Path, verb: Command) -> None:
    document = json.loads(called(verb, "explain", results, "--format", "json"))
    assert (document["parts"], document["confusions"]) == ([], [])
    one, _ = document["others"]
    assert [one["metric"], one["rows"]] == ["pearson", 60]
    assert [subset["name"] for subset in one["subsets"]] == ["test"]


def test_the_gate_holds_them_to_a_hundredth_of_a_point(
    results: Path, verb: Command, tmp_path: Path
) -> None:
    baseline = tmp_path / "baseline.toml"
    called(verb, "check", results, "--baseline", baseline, "--update")
    kept = baseline.read_text()
    scores = [float(written) for written in re.findall(r"^score = (.+)$", kept, re.MULTILINE)]
    assert len(scores) == 4
    for moved, code in ((0.00005, 0), (0.0002, 1)):
        text = kept
        for score in scores:
            text = text.replace(f"score = {score!r}", f"score = {score + moved:.9f}")
        assert text != kept
        baseline.write_text(text)
        assert verb("check", results, "--baseline", baseline).code == code


def test_a_model_card_has_them(results: Path, verb: Command, tmp_path: Path) -> None:
    called(verb, "export", results, "--to", "model-index", "--output", tmp_path)
    card = (tmp_path / "word-hash" / "model-index.md").read_text()
    assert card.count("type: pearson") == 2


def test_the_leaderboard_ranks_them(results: Path, verb: Command, tmp_path: Path) -> None:
    called(verb, "leaderboard", results, "--output", tmp_path, "--format", "all")
    [page] = [path.read_text() for path in tmp_path.glob("*.md")]
    assert "Pearson's correlation" in page
    for run in evaluated(results):
        assert f"{100 * run[TASKS[0].id].main_score:.2f}" in page
    called(verb, "leaderboard", results, "--output", tmp_path, "--format", "html")
    [page] = [path.read_text() for path in tmp_path.glob("*.html")]
    assert "supervised-pairs" not in page  # predicted scores are not drawn as cosines
