"""Tasks that no catalogue has: scored from Python, then read by every verb."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmark import render
from benchmark.datasets import SentencePairs
from benchmark.datasets.files import LoadedData
from benchmark.evaluation import evaluate_loaded
from benchmark.options import RunOptions
from benchmark.results import ResultStore, Run, read_record
from benchmark.settings import Settings
from benchmark.tasks import Task, known_task
from benchmark.tasks.loading import TaskData
from tests.cli.conftest import Command
from tests.cli.verbs import verb
from tests.encoder_files import Other, WordHash

__all__ = ["verb"]

WORDS = ("sun", "rain", "wind", "snow", "road", "tree", "bird", "fish", "stone", "river", "cloud")
TASKS = (
    Task("weather-second", "Zweite", "weather", "my-pairs", aliases=("zwei",), note="made up"),
    Task("weather-first", "Erste", "weather", "my-pairs"),
)


def entry(task: Task) -> TaskData:
    """Pairs that share more words the higher their gold is, of the given seed."""
    dice = np.random.default_rng(len(task.id))
    rows = [dice.permutation(WORDS)[:8] for _ in range(60)]
    shared = dice.integers(0, 5, len(rows))
    first = tuple(" ".join(row[:4]) for row in rows)
    second = tuple(" ".join(row[4 - s : 8 - s]) for row, s in zip(rows, shared, strict=True))
    pairs = SentencePairs("all", first, second, shared.astype(float))
    return TaskData(task, LoadedData((pairs,), f"{len(task.id):064x}", True, "memory"))


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    settings = Settings(store=ResultStore(tmp_path / "results"))
    entries = [entry(task) for task in TASKS]
    return [
        evaluate_loaded(encoder, TASKS, entries, {}, RunOptions(), settings)[0]
        for encoder in (WordHash(), Other())
    ]


def average(run: Run) -> str:
    scores = [round(100 * run[task.id].main_score, 2) for task in TASKS]
    return f"{np.mean(scores):.2f}"


def test_no_catalogue_has_them():
    assert [known_task(task.id) for task in TASKS] == [None, None]


def test_the_run_shows_them_in_the_order_they_were_asked(runs: list[Run]):
    heading, _, first, second, *_ = render(runs).splitlines()
    assert heading.split() == ["Model", "Zweite", "Erste", "Avg."]
    assert first.split()[-1] == average(runs[0])
    assert second.split()[-1] == average(runs[1])


def test_compare_shows_headings_and_averages(runs: list[Run], verb: Command, tmp_path: Path):
    outcome = verb("compare", tmp_path / "results", "--resamples", 200)
    assert outcome.code == 0, outcome.err
    assert "weather: Spearman's correlation x 100" in outcome.out
    named = [line.split()[0] for line in outcome.out.splitlines() if line]
    assert named.index("Zweite") + 1 == named.index("Erste") == named.index("Avg.") - 1
    [mean] = [line for line in outcome.out.splitlines() if line.startswith("Avg.")]
    assert mean.split()[1:3] == [average(runs[1]), average(runs[0])]


def test_the_average_is_of_what_is_compared(runs: list[Run], verb: Command, tmp_path: Path):
    """One model has another task in the table: its average is still that of the tasks above."""
    more = Task("weather-third", "Dritte", "weather", "my-pairs")
    settings = Settings(store=ResultStore(tmp_path / "results"))
    evaluate_loaded(WordHash(), (more,), [entry(more)], {}, RunOptions(), settings)
    outcome = verb("compare", tmp_path / "results", "--resamples", 200)
    assert "left out: weather-third: only" in outcome.out
    [mean] = [line for line in outcome.out.splitlines() if line.startswith("Avg.")]
    assert mean.split()[1:3] == [average(runs[1]), average(runs[0])]


@pytest.mark.parametrize("wanted", ["weather-second", "zwei", "WEATHER,!weather-first", "*-second"])
def test_they_are_chosen_by_their_own_names(
    runs: list[Run], verb: Command, tmp_path: Path, wanted: str
):
    outcome = verb("explain", tmp_path / "results", "--tasks", wanted, "--format", "json")
    assert outcome.code == 0, outcome.err
    assert [part["task"] for part in json.loads(outcome.out)["parts"]] == ["weather-second"]


def test_explain_shows_headings(runs: list[Run], verb: Command, tmp_path: Path):
    outcome = verb("explain", tmp_path / "results", "--models", "word-hash")
    assert outcome.code == 0, outcome.err
    assert "Zweite" in outcome.out
    assert "note: made up" in outcome.out


def test_check_passes_and_fails(runs: list[Run], verb: Command, tmp_path: Path):
    baseline, results = tmp_path / "baseline.toml", tmp_path / "results"
    assert verb("check", results, "--baseline", baseline, "--update").code == 0
    passed = verb("check", results, "--baseline", baseline)
    assert passed.code == 0, passed.out
    assert passed.out.index("weather-second") < passed.out.index("weather-first")
    lines = baseline.read_text().splitlines()
    [place] = [
        place
        for place, line in enumerate(lines)
        if line.startswith("score") and "other.weather-first" in lines[place - 1].replace('"', "")
    ]
    lines[place] = "score = 1.0"
    baseline.write_text("\n".join(lines))
    assert verb("check", results, "--baseline", baseline).code == 1
    significant = verb("check", results, "--baseline", results, "--significant")
    assert significant.code == 0, significant.err


@pytest.mark.parametrize("form", ["markdown", "all"])
def test_leaderboard_shows_headings_and_averages(
    runs: list[Run], verb: Command, tmp_path: Path, form: str
):
    output = tmp_path / "boards"
    outcome = verb("leaderboard", tmp_path / "results", "--output", output, "--format", form)
    assert outcome.code == 0, outcome.err
    page = (output / "TASKS-weather.md").read_text()
    assert "| Model | Zweite | Erste | Avg. |" in " ".join(page.split()).replace("| # ", "", 1)
    table = [[cell.strip() for cell in line.split("|")] for line in page.splitlines()]
    for run in runs:
        [row] = [cells for cells in table if f"{run.model}<br><sub>measured</sub>" in cells]
        assert average(run) in row[-2]
    again = verb("leaderboard", tmp_path / "results", "--output", output, "--format", form)
    assert again.code == 0, again.err
    assert (output / "TASKS-weather.md").read_text() == page


def test_records_tell_all_of_this_themselves(runs: list[Run], tmp_path: Path):
    for path in (tmp_path / "results").rglob("weather-*.json"):
        asked = read_record(path).asked
        assert asked.table == ("weather-second", "weather-first")
        assert asked.group == "weather"
