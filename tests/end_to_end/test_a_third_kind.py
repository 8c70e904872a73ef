"""A kind of task that is neither similarity nor classification goes through every verb.

`tests.end_to_end.duplicate_search` is what somebody would write who has read docs/add-a-kind.md;
nothing else in the program knows of it.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark import render
from benchmark.datasets import Dataset, Part, catalogue
from benchmark.datasets.catalogue import FileEntry
from benchmark.datasets.files import LoadedData, sha256_of
from benchmark.datasets.readers import READERS
from benchmark.errors import TaskError, UnreadableRecord, UsageError
from benchmark.evaluation import evaluate_loaded
from benchmark.measures import MEASURES, Measure, Tolerance
from benchmark.metrics.geometry import unit_rows
from benchmark.options import RunOptions
from benchmark.results import ResultStore, Run, contradiction, read_record
from benchmark.settings import Settings
from benchmark.sheet import FORMATS
from benchmark.tasks import KINDS, Gold, Task
from benchmark.tasks import catalogue as tasks_catalogue
from benchmark.tasks.loading import TaskData
from tests.cli.conftest import Command
from tests.cli.verbs import verb
from tests.encoder_files import Other, WordHash
from tests.end_to_end.duplicate_search import DuplicateSearch, Searches
from tests.results.edits import forge, forget_texts

__all__ = ["verb"]

PAGE = Path(__file__).parents[2] / "docs" / "add-a-kind.md"
WORDS = ("sun", "rain", "wind", "snow", "road", "tree", "bird", "fish", "stone", "river", "cloud")
TASKS = (
    Task("forum", "Forum", "searches", "my-forum", kind="duplicate-search"),
    Task("news", "News", "searches", "my-news", kind="duplicate-search"),
)


@pytest.fixture(autouse=True)
def _the_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "duplicate-search", DuplicateSearch())


def searches(name: str, seed: int, queries: int = 30) -> Searches:
    """Queries of four words, each asked twice: its duplicates share two or three of them.

    Words are in order, so that no two sentences differ by rounding only.
    """
    dice = np.random.default_rng(seed)
    rows = [dice.permutation(WORDS)[:8] for _ in range(queries)]
    asked = [" ".join(sorted(row[:4])) for row in rows for _ in range(2)]
    found = [" ".join(sorted(row[4 - shared : 8 - shared])) for row in rows for shared in (2, 3)]
    candidates = tuple(dict.fromkeys(found))
    return Searches(name, tuple(asked), candidates, np.array([candidates.index(f) for f in found]))


PARTS = {
    "forum": (searches("questions", 1), searches("answers", 2)),
    "news": (searches("all", 3),),
}


def entry(task: Task) -> TaskData:
    return TaskData(task, LoadedData(PARTS[task.id], f"{len(task.id):064x}", True, "memory"))


def evaluated(folder: Path) -> list[Run]:
    settings = Settings(store=ResultStore(folder / "results"))
    entries = [entry(task) for task in TASKS]
    return [
        evaluate_loaded(encoder, TASKS, entries, {}, RunOptions(), settings)[0]
        for encoder in (WordHash(), Other())
    ]


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    return evaluated(tmp_path)


def right(encoder: WordHash, part: Searches) -> list[bool]:
    """Whether no other candidate is as near as the right one, written plainly."""
    found = []
    candidates = encoder.encode(part.candidates).astype(float)
    for query, place in zip(encoder.encode(part.queries).astype(float), part.right, strict=True):
        cosines = [c @ query / np.linalg.norm(c) / np.linalg.norm(query) for c in candidates]
        found.append(max(cosines) == cosines[place])
    return found


def shares(encoder: WordHash, task: str) -> list[float]:
    """The accuracy of each subset, then over all."""
    answers = [right(encoder, part) for part in PARTS[task]]
    return [float(np.mean(one)) for one in (*answers, np.concatenate(answers))]


# --- a run ----------------------------------------------------------------------------------------


def test_scores_are_the_shares_of_queries_that_find_their_duplicate(runs: list[Run]):
    for run, encoder in zip(runs, (WordHash(), Other()), strict=True):
        for task in TASKS:
            *subsets, whole = shares(encoder, task.id)
            assert 0 < whole < 1
            record = run[task.id]
            assert record.main_score == pytest.approx(whole, abs=1e-12)
            assert [s["accuracy"] for s in record.subsets.values()] == pytest.approx(subsets)
            assert record.counts["samples"] == sum(map(len, PARTS[task.id]))
            assert "metric:accuracy" in record.signature


def test_a_tie_counts_against_the_encoder():
    part = Searches("all", ("q",), ("a", "b"), np.array([1]))

    class Same:
        def __getitem__(self, sentences: Sequence[str]) -> Any:
            return np.ones((len(sentences), 2), np.float32)

    scores = DuplicateSearch().score(TASKS[0], [part], Same())
    assert (scores.main_score, scores.predicted.tolist()) == (0.0, [0])


def test_no_vector_that_is_not_finite_is_scored(tmp_path: Path):
    class Broken(WordHash):
        def encode(self, sentences: Sequence[str]) -> np.ndarray:
            vectors = super().encode(sentences)
            vectors[0] = np.nan
            return vectors

    settings = Settings(store=ResultStore(tmp_path / "results"))
    [run] = evaluate_loaded(Broken(), TASKS[:1], [entry(TASKS[0])], {}, RunOptions(), settings)
    assert "not finite" in str(run.failures["forum"])


def test_answers_to_other_rows_are_refused():
    class Short(DuplicateSearch):
        def answers(self, *asked: Any) -> Any:
            return super().answers(*asked)[1:]

    class Vectors:
        def __getitem__(self, sentences: Sequence[str]) -> Any:
            return WordHash().encode(sentences)

    with pytest.raises(TaskError, match=r"news: answers of shape \(59,\) for 60 rows"):
        Short().score(TASKS[1], PARTS["news"], Vectors())


def test_records_are_taken_by_the_next_run(runs: list[Run], tmp_path: Path):
    for run, again in zip(runs, evaluated(tmp_path), strict=True):
        assert again.resumed == {"forum", "news"}
        assert dict(again.results) == dict(run.results)


@pytest.mark.parametrize("form", FORMATS)
def test_every_table_has_them(runs: list[Run], form: str):
    shown = render(runs, form)
    for task in TASKS:
        for run in runs:
            score = run[task.id].main_score
            assert (str(score) if form in ("json", "csv") else f"{100 * score:.2f}") in shown


# --- verbs that read records ----------------------------------------------------------------------


def called(verb: Command, *arguments: object) -> str:
    outcome = verb(*arguments)
    assert outcome.code == 0, outcome.err
    return outcome.out


@pytest.mark.parametrize("form", FORMATS)
def test_compare_counts_who_is_right(runs: list[Run], verb: Command, tmp_path: Path, form: str):
    asked = ("compare", tmp_path / "results", "--models", "word-hash", "other", "--format", form)
    shown = called(verb, *asked, "--resamples", 200)
    first, second = (
        np.concatenate([right(encoder, part) for part in PARTS["forum"]])
        for encoder in (WordHash(), Other())
    )
    only = [int(np.sum(first & ~second)), int(np.sum(second & ~first))]
    if form == "json":
        [group] = json.loads(shown)["groups"]
        [forum] = [task for task in group["tasks"] if task["task"] == "forum"]
        assert [forum["discordance"][f"only_{one}"] for one in ("first", "second")] == only
    else:
        [line] = [line for line in shown.splitlines() if re.search(r"\bForum\b", line)]
        assert set(map(str, only)) <= set(re.findall(r"\d+", line))


@pytest.mark.parametrize("form", FORMATS)
def test_explain_shows_subsets_and_neither_pairs_nor_classes(
    runs: list[Run], verb: Command, tmp_path: Path, form: str
):
    shown = called(verb, "explain", tmp_path / "results", "--format", form)
    if form == "json":
        document = json.loads(shown)
        assert (document["parts"], document["confusions"]) == ([], [])
        forum, news = document["others"]
        assert [forum["task"], forum["metric"], forum["rows"]] == ["forum", "accuracy", 120]
        columns = zip(shares(Other(), "forum"), shares(WordHash(), "forum"), strict=True)
        scores = [*(one["scores"] for one in forum["subsets"]), forum["scores"]]
        assert scores == [list(pair) for pair in columns]
        assert [one["name"] for one in news["subsets"]] == ["all"]
    elif form == "csv":
        heading, *lines = csv.reader(shown.splitlines())
        assert heading == ["table", "Task", "Measure", "Subset", "Rows", "A", "B"]
        assert [line[1:5] for line in lines] == [
            ["Forum", "accuracy", "all", "120"],
            ["", "", "questions", "60"],
            ["", "", "answers", "60"],
            ["News", "accuracy", "all", "60"],
        ]
    else:
        assert "Scores of subsets" in shown
        assert "questions" in shown
        assert "aken for" not in shown
        assert "ggregation" not in shown


def test_check_allows_two_samples(runs: list[Run], verb: Command, tmp_path: Path):
    results, baseline = tmp_path / "results", tmp_path / "baseline.toml"
    called(verb, "check", results, "--baseline", baseline, "--update")
    kept = baseline.read_text()
    for samples, code in ((2, 0), (3, 1)):
        better = {run["news"].main_score: run["news"].main_score + samples / 60 for run in runs}
        text = kept
        for score, moved in better.items():
            text = text.replace(f"score = {score}", f"score = {round(moved, 12)}")
        assert text != kept
        baseline.write_text(text)
        assert verb("check", results, "--baseline", baseline).code == code
    called(verb, "check", results, "--baseline", results, "--significant")


def test_the_leaderboard_ranks_them(runs: list[Run], verb: Command, tmp_path: Path):
    boards = tmp_path / "boards"
    called(verb, "leaderboard", tmp_path / "results", "--output", boards, "--format", "all")
    page = (boards / "TASKS-searches.md").read_text()
    assert "accuracy in %" in page
    for run in runs:
        assert f"{100 * run['forum'].main_score:.2f}" in page
    called(verb, "leaderboard", tmp_path / "results", "--output", boards, "--format", "html")
    [page] = [path.read_text() for path in boards.glob("*.html")]
    # Subsets as rows of their own; no cosines against gold, and no classifier's splits.
    assert "questions" in page
    assert "searches-pairs" not in page
    assert "all accuracy" not in page


def test_model_cards_leave_them_out_and_say_so(runs: list[Run], verb: Command, tmp_path: Path):
    asked = ("export", tmp_path / "results", "--to", "model-index", "--output", tmp_path / "out")
    outcome = verb(*asked)
    assert "word-hash on forum: the catalogue has no such task" in outcome.err + outcome.out


# --- a measure of its own, whose values are neither right nor wrong -------------------------------

RECIPROCAL = Measure(
    name="mrr",
    title="mean reciprocal rank x 100",
    of_rows=lambda given, gold: float(np.mean(given / gold)),
    rounding=1e-6,
    tolerance=Tolerance(0.5),
    decimals=None,
    judges_rows=False,
    by_rank=False,
    hub=("mrr", "Mean reciprocal rank"),
)


class Ranked(DuplicateSearch):
    """The same by the ranks of the duplicates."""

    measure = RECIPROCAL

    def gold(self, parts: Sequence[Searches]) -> Gold:
        gold = super().gold(parts)
        return Gold(np.ones(len(gold.values)), gold.subsets)

    def answers(self, parts: Sequence[Searches], vectors: Any) -> Any:
        return np.concatenate([1 / self._ranks(part, vectors) for part in parts])

    def _ranks(self, part: Searches, vectors: Any) -> Any:
        cosines = unit_rows(vectors[part.queries]) @ unit_rows(vectors[part.candidates]).T
        own = cosines[np.arange(len(part)), part.right]
        return (cosines >= own[:, None]).sum(axis=1).astype(np.float32)


@pytest.fixture
def ranked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    monkeypatch.setitem(KINDS, "duplicate-search", Ranked())
    monkeypatch.setitem(MEASURES, "mrr", RECIPROCAL)
    return evaluated(tmp_path)


def test_models_exchange_values_and_not_their_ranks(
    ranked: list[Run], verb: Command, tmp_path: Path
):
    """The p-value is that of an exchange of what they gave, written plainly."""
    [group] = json.loads(called(verb, "compare", tmp_path / "results", "--format", "json"))[
        "groups"
    ]
    assert group["metric"] == "mrr"
    forum = group["tasks"][0]
    assert forum["discordance"] is None
    records = {run.model: tmp_path / "results" / run.model for run in ranked}
    [first, second] = (
        np.load(next(records[model].rglob("forum.npy"))) for model in ("other", "word-hash")
    )
    flips = np.random.default_rng(0).choice([-1, 1], (20_000, len(first)))
    means = (flips * (first - second)).mean(axis=1)
    expected = np.mean(np.abs(means) >= abs(np.mean(first - second)) - 1e-9)
    assert forum["p_value"] == pytest.approx(expected, abs=0.02)  # three standard errors


def test_floats_are_not_taken_for_cosines(ranked: list[Run], verb: Command, tmp_path: Path):
    boards = tmp_path / "boards"
    called(verb, "leaderboard", tmp_path / "results", "--output", boards, "--format", "html")
    [page] = [path.read_text() for path in boards.glob("*.html")]
    assert "mean reciprocal rank" in page
    assert "searches-pairs" not in page
    document = json.loads(called(verb, "explain", tmp_path / "results", "--format", "json"))
    assert document["parts"] == []
    assert [task["metric"] for task in document["others"]] == ["mrr", "mrr"]


def test_the_gate_allows_what_the_measure_does(ranked: list[Run], verb: Command, tmp_path: Path):
    results, baseline = tmp_path / "results", tmp_path / "baseline.toml"
    called(verb, "check", results, "--baseline", baseline, "--update")
    kept, score = baseline.read_text(), ranked[0]["news"].main_score
    assert f"score = {score}" in kept
    for points, code in ((0.49, 0), (0.51, 1)):
        moved = f"score = {round(score + points / 100, 12)}"
        baseline.write_text(kept.replace(f"score = {score}", moved))
        assert verb("check", results, "--baseline", baseline).code == code


# --- where its data is in the catalogue -----------------------------------------------------------


def read_searches(name: str, contents: Sequence[bytes], paths: Sequence[str]) -> Searches:
    """Read lines of a query and its duplicate, separated by a tab; the duplicates are searched."""
    rows = [line.split("\t") for line in contents[0].decode().splitlines()]
    candidates = tuple(dict.fromkeys(row[1] for row in rows))
    right = np.array([candidates.index(row[1]) for row in rows], np.int64)
    return Searches(name, tuple(row[0] for row in rows), candidates, right)


@pytest.fixture
def catalogued(tmp_path: Path) -> Iterator[Path]:
    """The tasks in the catalogue of tasks, their data in that of data; the folder of the data."""
    folder, datasets = tmp_path / "data", {}
    for task in TASKS:
        parts = []
        for part in PARTS[task.id]:
            found = [part.candidates[place] for place in part.right]
            rows = zip(part.queries, found, strict=True)
            content = "".join(f"{query}\t{duplicate}\n" for query, duplicate in rows).encode()
            path = folder / "Searches" / f"{task.id}-{part.name}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            known = FileEntry(f"Searches/{path.name}", sha256_of(content), len(part))
            parts.append(Part(part.name, len(part), (known,)))
        datasets[task.dataset] = Dataset("made up", "searches", "none", "", tuple(parts))
    data, tasks = catalogue.load_catalogue(), tasks_catalogue.all_tasks()
    more = replace(data, datasets=data.datasets | datasets)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(READERS, "searches", read_searches)
        patch.setattr(catalogue, "packaged_table", lambda *_: more)
        patch.setattr(
            tasks_catalogue,
            "packaged_table",
            lambda *_: tasks_catalogue._Catalogue((*tasks, *TASKS)),
        )
        _forget()
        yield folder
    _forget()


def _forget() -> None:
    for cached in (catalogue.load_catalogue, tasks_catalogue.all_tasks, tasks_catalogue.groups):
        cached.cache_clear()


def test_rows_that_share_a_sentence_are_drawn_together(
    catalogued: Path, verb: Command, tmp_path: Path
):
    """Each query is asked twice, and both rows are drawn or none: intervals are wider."""
    encoders = shutil.copy(Path(__file__).parents[1] / "encoder_files.py", tmp_path)
    models = [f"{encoders}:WordHash", f"{encoders}:Other"]
    asked = ("--tasks", "searches", "--data-dir", catalogued, "--output-dir", tmp_path / "results")
    called(verb, "run", "--model", *models, *asked, "--quiet")
    drawn, widths = [], []
    for forget in (lambda _: None, forget_texts):
        forget(tmp_path / "results")
        shown = called(
            verb, "compare", tmp_path / "results", "--data-dir", tmp_path, "--format", "json"
        )
        [group] = json.loads(shown)["groups"]
        drawn.append(group["drawn"])
        widths.append([task["high"] - task["low"] for task in group["tasks"]])
    assert drawn == ["sentences", "rows"]
    together, alone = widths
    assert together != alone


# --- what is wrong with it ------------------------------------------------------------------------


def test_a_kind_that_nobody_knows_is_refused_by_name():
    task = replace(TASKS[0], kind="duplicate-serch")
    data = TaskData(task, LoadedData(PARTS["forum"], "0" * 64, True, "memory"))
    [run] = evaluate_loaded(WordHash(), [task], [data], {}, RunOptions(), Settings())
    assert isinstance(run.failures["forum"], UsageError)
    assert "'duplicate-serch' (did you mean duplicate-search?)" in str(run.failures["forum"])


def test_a_program_without_the_kind_reads_its_records(
    runs: list[Run], verb: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    before = called(verb, "explain", tmp_path / "results", "--format", "json")
    monkeypatch.delitem(KINDS, "duplicate-search")
    assert called(verb, "explain", tmp_path / "results", "--format", "json") == before
    called(verb, "compare", tmp_path / "results", "--resamples", 100)
    boards = tmp_path / "boards"
    called(verb, "leaderboard", tmp_path / "results", "--output", boards, "--format", "all")
    [path] = (tmp_path / "results" / "other").rglob("news.json")
    edited = replace(read_record(path), main_score=0.123456)
    assert contradiction(edited).startswith(
        "its score is 0.123456, but scores.all.accuracy and scores.mean.accuracy and "
    )
    forge(path, main_score=0.123456)
    with pytest.raises(UnreadableRecord, match=r"its score is 0\.123456"):
        read_record(path)


def test_the_page_shows_this_very_file():
    file, table = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert file == (Path(__file__).parent / "duplicate_search.py").read_text("utf-8")
    assert '    "duplicate-search": DuplicateSearch(),\n' in table
