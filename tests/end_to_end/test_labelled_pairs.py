"""Pairs with labels 0 and 1 go through every verb."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from benchmark import render
from benchmark.datasets import SentencePairs
from benchmark.datasets.files import LoadedData
from benchmark.evaluation import evaluate_loaded
from benchmark.options import RunOptions
from benchmark.results import ResultStore, Run, read_record
from benchmark.settings import Settings
from benchmark.sheet import FORMATS
from benchmark.tasks import Task
from benchmark.tasks.loading import TaskData
from tests.cli.conftest import Command
from tests.cli.verbs import verb
from tests.encoder_files import Other, WordHash

__all__ = ["verb"]

WORDS = ("sun", "rain", "wind", "snow", "road", "tree", "bird", "fish", "stone", "river", "cloud")
ENCODERS = {"word-hash": WordHash, "other": Other}
TASKS = (
    Task("tickets", "Tickets", "labels", "my-tickets", kind="pair-classification"),
    Task("questions", "Questions", "labels", "my-questions", kind="pair-classification"),
)


def labelled(name: str, seed: int, size: int = 80) -> SentencePairs:
    """Pairs of four words; the more words they share, the likelier the label is 1."""
    dice = np.random.default_rng(seed)
    rows = [dice.permutation(WORDS)[:8] for _ in range(size)]
    shared = dice.integers(0, 5, size)
    # Words are in order, so that no two sentences differ by rounding only.
    first = tuple(" ".join(sorted(row[:4])) for row in rows)
    second = tuple(
        " ".join(sorted(row[4 - s : 8 - s])) for row, s in zip(rows, shared, strict=True)
    )
    labels = (shared + 1.5 * dice.normal(size=size) > 2).astype(float)
    return SentencePairs(name, first, second, labels)


PARTS = {
    "tickets": (labelled("english", 1), labelled("simple", 2, 50)),
    "questions": (labelled("all", 3),),
}
SHA256 = {"tickets": "1" * 64, "questions": "2" * 64}


def entry(task: Task) -> TaskData:
    return TaskData(task, LoadedData(PARTS[task.id], SHA256[task.id], True, "memory"))


def evaluated(folder: Path) -> list[Run]:
    settings = Settings(store=ResultStore(folder / "results"))
    entries = [entry(task) for task in TASKS]
    return [
        evaluate_loaded(encoder(), TASKS, entries, {}, RunOptions(), settings)[0]
        for encoder in ENCODERS.values()
    ]


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    return evaluated(tmp_path)


def cosines(model: str, part: SentencePairs) -> np.ndarray:
    encode = ENCODERS[model]().encode
    first, second = (encode(column).astype(np.float64) for column in (part.first, part.second))
    norms = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return np.round((first * second).sum(axis=1) / norms, 6)  # equal ones are equal


def expected(model: str, task: str) -> list[float]:
    """Average precision of each subset, then over all, by scikit-learn."""
    columns = [(part.gold, cosines(model, part)) for part in PARTS[task]]
    whole = tuple(np.concatenate(column) for column in zip(*columns, strict=True))
    return [average_precision_score(*column) for column in (*columns, whole)]


def called(verb: Command, *arguments: object) -> str:
    outcome = verb(*arguments)
    assert outcome.code == 0, outcome.err
    return outcome.out


# --- a run ----------------------------------------------------------------------------------------


def test_scores_are_scikit_learns(runs: list[Run]):
    for run in runs:
        for task in TASKS:
            *subsets, whole = expected(run.model, task.id)
            record = run[task.id]
            assert record.main_score == pytest.approx(whole, abs=1e-9)
            assert [s["ap"] for s in record.subsets.values()] == pytest.approx(subsets, abs=1e-9)
            assert "|agg:all|metric:ap|sim:cos|" in record.signature
            assert set(record.choices["all"]) == {"f1_threshold", "accuracy_threshold"}
    assert runs[0]["tickets"].main_score != runs[1]["tickets"].main_score


def test_records_are_read_back_and_resumed(runs: list[Run], tmp_path: Path):
    for run, again in zip(runs, evaluated(tmp_path), strict=True):
        assert again.resumed == {"tickets", "questions"}
        assert dict(again.results) == dict(run.results)
        for task in TASKS:
            assert read_record(run.paths[task.id]) == run[task.id]


@pytest.mark.parametrize("form", FORMATS)
def test_every_table_has_them(runs: list[Run], form: str):
    shown = render(runs, form)
    for run in runs:
        for task in TASKS:
            score = run[task.id].main_score
            assert (str(score) if form in ("json", "csv") else f"{100 * score:.2f}") in shown


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_thresholds_stand_below_the_table(runs: list[Run], form: str):
    record = runs[0]["tickets"]
    scores, chosen = record.scores["all"], record.choices["all"]
    assert (
        f"Tickets: best F1 {100 * scores['f1']:.2f} from a cosine of {chosen['f1_threshold']:.4f}, "
        f"best accuracy {100 * scores['accuracy']:.2f} from a cosine of "
        f"{chosen['accuracy_threshold']:.4f}, ROC AUC {100 * scores['roc_auc']:.2f}"
    ) in render(runs, form)


# --- compare --------------------------------------------------------------------------------------


def test_compare_exchanges_ranks(runs: list[Run], verb: Command, tmp_path: Path):
    """The p-value is that of an exchange of midranks, written plainly with scikit-learn."""
    shown = called(verb, "compare", tmp_path / "results", "--format", "json")
    [group] = json.loads(shown)["groups"]
    assert group["metric"] == "ap"
    [found] = [task for task in group["tasks"] if task["task"] == "questions"]
    [part] = PARTS["questions"]
    ranks = [scipy.stats.rankdata(cosines(model, part)) for model in ("other", "word-hash")]
    scores = [average_precision_score(part.gold, column) for column in ranks]
    assert found["scores"] == pytest.approx(scores, abs=1e-9)
    dice = np.random.default_rng(0)
    exchanged = []
    for flips in dice.integers(0, 2, (400, len(part))):
        a, b = (np.where(flips, ranks[1 - one], ranks[one]) for one in (0, 1))
        exchanged.append(
            average_precision_score(part.gold, a) - average_precision_score(part.gold, b)
        )
    p = np.mean(np.abs(exchanged) >= abs(scores[0] - scores[1]) - 1e-9)
    assert found["p_value"] == pytest.approx(p, abs=0.1)  # four standard errors
    assert found["low"] < scores[0] - scores[1] < found["high"]
    assert found["discordance"] is None


@pytest.mark.parametrize("form", FORMATS)
def test_every_comparison_has_them(runs: list[Run], verb: Command, tmp_path: Path, form: str):
    shown = called(verb, "compare", tmp_path / "results", "--resamples", 200, "--format", form)
    assert ("average precision" in shown) == (form != "json")
    assert re.search("tickets|Tickets", shown)


# --- explain --------------------------------------------------------------------------------------


def test_explain_tells_thresholds_and_pairs(runs: list[Run], verb: Command, tmp_path: Path):
    document = json.loads(called(verb, "explain", tmp_path / "results", "--format", "json"))
    assert (document["parts"], document["confusions"], document["pairs"]["farthest"]) == (
        [],
        [],
        [],
    )
    tickets, questions = document["others"]
    assert [one["name"] for one in tickets["subsets"]] == ["english", "simple"]
    models = ("other", "word-hash")
    assert tickets["scores"] == pytest.approx([expected(m, "tickets")[-1] for m in models])
    labelled = document["labelled"]
    [cut] = [one["f1"] for one in labelled["cuts"] if one["task"] == "questions"]
    [part] = PARTS["questions"]
    for of_model, model in zip(cut, models, strict=True):
        taken = cosines(model, part) >= of_model["threshold"]
        assert of_model["f1"] == pytest.approx(f1_score(part.gold, taken))
        assert of_model["hits"] == int(np.sum(taken & (part.gold == 1)))
    areas = [roc_auc_score(part.gold, cosines(model, part)) for model in models]
    assert labelled["cuts"][1]["roc_auc"] == pytest.approx(areas)
    assert {pair["gold"] for pair in labelled["lowest"]} == {1.0}
    assert {pair["gold"] for pair in labelled["highest"]} == {0.0}
    assert len(labelled["a_nearer"]) == len(labelled["b_nearer"]) == 5
    assert questions["task"] == "questions"


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "json"])
@pytest.mark.parametrize("models", [["other"], ["other", "word-hash"]], ids=["one", "two"])
def test_every_explanation_has_them(
    runs: list[Run], verb: Command, tmp_path: Path, form: str, models: list[str]
):
    results = tmp_path / "results"
    shown = called(verb, "explain", results, "--models", *models, "--format", form, "--top", 2)
    if form == "csv":
        tables = {line[0] for line in csv.reader(shown.splitlines()) if line}
        assert {"Scores of subsets (x 100)", "Best thresholds (scores x 100)"} <= tables
    else:
        both = " by both" if len(models) > 1 else ""
        for title in ("Best thresholds", f"Label 1, placed lowest{both}", "Label 0, placed high"):
            assert title in shown
        assert ("A nearer to the label than B" in shown) == (len(models) > 1)
    score = runs[1]["tickets"].scores["all"]["f1"]
    assert f"{100 * score:.2f}" in shown


# --- check, leaderboard, export -------------------------------------------------------------------


def test_check_passes_and_fails(runs: list[Run], verb: Command, tmp_path: Path):
    results, baseline = tmp_path / "results", tmp_path / "baseline.toml"
    called(verb, "check", results, "--baseline", baseline, "--update")
    called(verb, "check", results, "--baseline", baseline)
    kept, score = baseline.read_text(), runs[0]["questions"].main_score
    for points, code in ((0.009, 0), (0.011, 1)):
        moved = f"score = {round(score + points / 100, 12)}"
        assert f"score = {score}" in kept
        baseline.write_text(kept.replace(f"score = {score}", moved))
        assert verb("check", results, "--baseline", baseline).code == code


def test_check_asks_for_significance(runs: list[Run], verb: Command, tmp_path: Path):
    """Another encoder under the same name: worse by chance, or surely worse."""
    results = tmp_path / "results"
    called(verb, "check", results, "--baseline", results, "--significant")

    class Shuffled(WordHash):
        """Knows nothing of what its sentences share."""

        version = "2"

        def encode(self, sentences):
            return super().encode([sentence[::-1].replace(" ", "") for sentence in sentences])

    settings = Settings(store=ResultStore(tmp_path / "worse"))
    entries = [entry(task) for task in TASKS]
    [worse] = evaluate_loaded(Shuffled(), TASKS, entries, {}, RunOptions(), settings)
    assert worse.model == "word-hash"
    outcome = verb("check", tmp_path / "worse", "--baseline", results, "--significant")
    assert outcome.code == 1
    assert "tickets" in outcome.out


def test_the_leaderboard_ranks_them(runs: list[Run], verb: Command, tmp_path: Path):
    boards = tmp_path / "boards"
    called(verb, "leaderboard", tmp_path / "results", "--output", boards, "--format", "all")
    page = (boards / "TASKS-labels.md").read_text()
    assert "average precision x 100" in page
    for run in runs:
        assert f"{100 * run['tickets'].main_score:.2f}" in page
    document = json.loads((boards / "TASKS-labels.json").read_text())
    assert "ap" in json.dumps(document)


def test_the_page_shows_labels_against_cosines(runs: list[Run], verb: Command, tmp_path: Path):
    boards = tmp_path / "boards"
    called(verb, "leaderboard", tmp_path / "results", "--output", boards, "--format", "html")
    [page] = [path.read_text() for path in boards.glob("*.html")]
    assert "Label against cosine" in page
    assert "Gold against cosine</h3>" not in page
    for name in ("english", "roc_auc", "f1 threshold"):
        assert name in page
    assert "all accuracy" not in page  # no classifier's splits


@pytest.mark.parametrize("form", ["model-index", "eval-results", "mteb"])
def test_exports_leave_them_out_and_say_so(
    runs: list[Run], verb: Command, tmp_path: Path, form: str
):
    asked = ("export", tmp_path / "results", "--to", form, "--output", tmp_path / "out")
    outcome = verb(*asked)
    assert "word-hash on tickets: " in outcome.err + outcome.out
    assert not list((tmp_path / "out").rglob("*tickets*"))
