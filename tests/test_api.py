"""The verbs as functions: results in memory, records and folders may stand for each other."""

from __future__ import annotations

import inspect
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import benchmark
from benchmark import EncoderCard, ModelError, Run, Runs, UnreadableRecord, UsageError, evaluate
from benchmark.cli import compare as compare_verb
from benchmark.comparisons import Resampling
from benchmark.gate import Outcome
from tests.comparisons.made_up import store
from tests.comparisons.test_families import given_by
from tests.encoder_files import Other, Raises, WordHash
from tests.made_up_data import write_senteval
from tests.results.samples import sample_run

FEW = 200
"""Resamples: whether numbers agree, not which they are, is asked here."""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of two models on the demonstration pairs."""
    folder = tmp_path_factory.mktemp("records")
    evaluate([WordHash(), Other()], "DemoSTS", output_dir=folder)
    return folder


@pytest.fixture(scope="session")
def runs() -> Runs[Run]:
    """The same, in memory alone."""
    return evaluate([WordHash(), Other()], "DemoSTS")


def document(result: Any) -> Any:
    """All that a result says, for programs."""
    return json.loads(benchmark.render(result, "json"))


# --- several models -------------------------------------------------------------------------------


def test_several_models_are_scored_in_the_order_they_were_asked(runs: Runs[Run]):
    assert [run.model for run in runs] == ["word-hash", "other"]
    assert [run["DemoSTS"].main_score for run in runs] == [
        evaluate(encoder, "DemoSTS")["DemoSTS"].main_score for encoder in (WordHash(), Other())
    ]


def test_data_is_read_once_for_all(monkeypatch: pytest.MonkeyPatch):
    read = benchmark.evaluation.load_data
    times = []
    monkeypatch.setattr(
        "benchmark.evaluation.load_data", lambda *given: times.append(1) or read(*given)
    )
    evaluate((WordHash(), Other()), "DemoSTS")
    assert times == [1]


def test_one_models_failure_stays_its_own():
    failed, scored = evaluate([Raises(), WordHash()], "DemoSTS")
    assert isinstance(failed.failures["DemoSTS"], ModelError)
    assert (list(failed), list(scored)) == ([], ["DemoSTS"])
    with pytest.raises(ModelError):
        evaluate([Raises(), Raises()], "DemoSTS")


def test_a_name_that_is_wrong_is_refused_before_anything_is_computed():
    class Asked(WordHash):
        def encode(self, sentences: Sequence[str]) -> np.ndarray:
            raise AssertionError("it was asked")

    with pytest.raises(UsageError, match="unknown model 'zzz'"):
        evaluate([Asked(), "zzz"], "DemoSTS")
    with pytest.raises(UsageError, match="names no model"):
        evaluate([], "DemoSTS")


def test_names_and_objects_may_be_mixed(tmp_path: Path):
    file = shutil.copy(Path(__file__).with_name("encoder_files.py"), tmp_path)
    named, held = evaluate([f"{file}:Other", WordHash()], "DemoSTS", output_dir=tmp_path)
    assert (named.model, held.model) == ("other", "word-hash")


# --- tasks and encoders as objects ----------------------------------------------------------------


def test_tasks_are_objects_too():
    [task] = benchmark.select_tasks("DemoSTS")
    for asked in (task, [task], (task, "DemoSTS")):
        assert list(evaluate(WordHash(), asked)) == ["DemoSTS"]


@pytest.mark.slow
def test_an_encoder_of_the_catalogue_is_an_object_too():
    encoder = benchmark.load_encoder("all-minilm-l6-v2", device="cpu")
    assert isinstance(encoder, benchmark.Encoder)
    assert encoder.encode(["a sentence", "another"]).shape == (2, 384)
    by_name = evaluate("all-minilm-l6-v2", "DemoSTS", device="cpu")
    by_object = evaluate(encoder, "DemoSTS")
    assert by_object.model == by_name.model
    assert by_object["DemoSTS"].signature == by_name["DemoSTS"].signature


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("zzz", {}, "unknown model 'zzz'"),
        ("all-minilm-l6-v2", {"poler": "cls"}, r"unknown option `poler` \(did you mean pooler"),
        ("all-minilm-l6-v2", {"data_dir": "x"}, "unknown option `data_dir`"),
        ("all-minilm-l6-v2", {"pooler": "foo"}, "unknown pooler 'foo'"),
        ("all-minilm-l6-v2", {"checkpoint": "sts"}, "has only one"),
        ("diffcse-bert-base", {}, "a checkpoint for each of sts, transfer; choose one"),
        ("diffcse-bert-base", {"checkpoint": "other"}, "a checkpoint for each of sts, transfer"),
    ],
)
def test_encoders_that_there_are_not(name: str, options: dict[str, Any], said: str):
    with pytest.raises(UsageError, match=said):
        benchmark.load_encoder(name, **options)


# --- two models compared --------------------------------------------------------------------------


def test_runs_in_memory_compare_as_their_records_do(runs: Runs[Run], folder: Path):
    stored = benchmark.compare(folder, models=["word-hash", "other"], resamples=FEW)
    found = benchmark.render(stored, "json")
    first, second = runs
    records = benchmark.records(folder)
    for places, names in [
        ((first, second), None),
        ((runs,), ["word-hash", "other"]),
        ((first, folder), ["word-hash", "other"]),
        ((records["word-hash"], second), None),
        ((str(folder),), ["word-hash", "other"]),
    ]:
        made = benchmark.compare(*places, models=names, resamples=FEW)
        assert benchmark.render(made, "json") == found


def test_two_lists_of_runs_are_two_families(tmp_path: Path):
    for seed in range(3):
        store(tmp_path / "a", f"a-{seed}", given_by(0.15, seed))
        store(tmp_path / "b", f"b-{seed}", given_by(0.5, 50 + seed))
    first, second = (benchmark.records(tmp_path / name) for name in "ab")
    found = benchmark.compare(first, list(second), resamples=FEW)
    assert isinstance(found, benchmark.FamilyComparison)
    assert [run.label for run in found.second.runs] == ["b-0", "b-1", "b-2"]
    together = benchmark.compare(tmp_path, models=["a-*", "b-*"], resamples=FEW)
    assert together.groups == found.groups
    one = benchmark.compare(first[0], second, resamples=FEW)
    assert one.first.name == "a-0"
    assert isinstance(benchmark.compare(first[0], second[0], resamples=FEW), benchmark.Comparison)


def test_a_resumed_run_is_compared_by_what_is_stored(folder: Path):
    first, second = evaluate([Other(), WordHash()], "DemoSTS", output_dir=folder)
    assert first.resumed == second.resumed == {"DemoSTS"}
    found = benchmark.compare(first, second, resamples=FEW)
    assert found.groups[0].tasks[0].scores == (
        first["DemoSTS"].main_score,
        second["DemoSTS"].main_score,
    )


def test_a_record_that_is_not_read_but_held_needs_no_file(tmp_path: Path):
    run = evaluate(WordHash(), "DemoSTS", output_dir=tmp_path)
    for path in tmp_path.rglob("*.npy"):
        path.unlink()
    assert benchmark.compare(run, evaluate(Other(), "DemoSTS"), resamples=FEW).tests == 1
    with pytest.raises(UnreadableRecord):
        benchmark.compare(tmp_path, evaluate(Other(), "DemoSTS"), resamples=FEW)


class Training(WordHash):
    """Other vectors at each step, under one name that says nothing of them."""

    card = EncoderCard(name="in-training")

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions


def test_two_steps_of_one_training_are_two_runs(tmp_path: Path):
    before, after = (evaluate(Training(size), "DemoSTS", output_dir=tmp_path) for size in (2, 64))
    [task] = benchmark.compare(before, after, resamples=FEW).groups[0].tasks
    assert task.scores[0] < task.scores[1]
    with pytest.raises(UsageError, match="A and B are the same records"):
        benchmark.compare(after, after)


def test_sentences_are_found_where_a_run_had_them(tmp_path: Path):
    data = write_senteval(tmp_path / "data")
    options: dict[str, Any] = {"data_dir": data, "unverified_data": True}
    runs = evaluate([WordHash(), Other()], "STS12", **options, output_dir=tmp_path / "kept")

    def sentences(place: Any) -> Any:
        found = benchmark.explain(place, models=["word-hash"]).pairs.farthest[0]
        return found.sentences

    assert sentences(runs)
    assert sentences(tmp_path / "kept") is None
    data.rename(tmp_path / "elsewhere")
    assert sentences(runs) is None


def test_what_is_drawn_together_is_known_without_the_data(tmp_path: Path):
    data = write_senteval(tmp_path / "data")
    options: dict[str, Any] = {"data_dir": data, "unverified_data": True}
    runs = evaluate([WordHash(), Other()], "STS12", **options, output_dir=tmp_path / "kept")
    with_data = benchmark.compare(runs, resamples=FEW)
    assert with_data.groups[0].units == "sentences"
    without = benchmark.compare(tmp_path / "kept", models=["word-hash", "other"], resamples=FEW)
    assert benchmark.render(without) == benchmark.render(with_data)


@pytest.mark.parametrize(
    ("places", "options", "said"),
    [
        ((), {}, "compare: name records, or folders of them"),
        ((0,), {}, "compare: only one model is named"),
        ((0, 1), {"tasks": "zzz"}, "unknown task 'zzz'"),
        ((0, 1), {"tasks": "STS12"}, "no task is left"),
        ((0, 1), {"level": 2}, "`level` 2"),
        ((0, 1), {"models": ["nobody"]}, "`models` nobody"),
    ],
)
def test_comparisons_that_cannot_be(
    runs: Runs[Run], places: tuple[int, ...], options: dict[str, Any], said: str
):
    with pytest.raises(UsageError, match=said):
        benchmark.compare(*(runs[place] for place in places), **options)


def test_what_is_no_result_is_refused(runs: Runs[Run]):
    with pytest.raises(UsageError, match="float: neither results nor a folder of records"):
        benchmark.compare(runs[0], 0.5)
    with pytest.raises(UsageError, match="int is no result"):
        benchmark.render(3)
    with pytest.raises(UnreadableRecord, match="no such file or folder"):
        benchmark.records("nowhere")
    with pytest.raises(UsageError, match="name records"):
        benchmark.records()


@pytest.mark.parametrize("name", ["resamples", "level", "seed"])
def test_python_and_the_command_line_resample_alike(name: str):
    default = inspect.signature(benchmark.compare).parameters[name].default
    assert default == getattr(Resampling(), name)
    assert default == inspect.signature(compare_verb.compare).parameters[name].default


def test_one_model_is_explained_from_memory(runs: Runs[Run], folder: Path):
    stored = benchmark.explain(folder, models=["other"], top=2)
    held = benchmark.explain(runs["other"], top=2, tasks="DemoSTS")
    assert document(held) == document(stored)
    assert "Effect of aggregation" in str(held)


# --- a gate and a leaderboard ---------------------------------------------------------------------


def test_scores_are_checked_wherever_they_are(runs: Runs[Run], folder: Path):
    for results in (runs, folder, benchmark.records(folder), [*runs], [folder]):
        report = benchmark.check(results, folder)
        assert report.passed
        assert report.count(Outcome.PASSED) == 2
    assert not benchmark.check(runs[0], str(folder)).passed  # the other one is missing


def test_a_check_has_tolerances(runs: Runs[Run], folder: Path, tmp_path: Path):
    class Changed(WordHash):
        dimensions = 65

    changed = evaluate(Changed(), "DemoSTS")
    baseline = tmp_path / "baseline"
    evaluate(WordHash(), "DemoSTS", output_dir=baseline)
    assert not benchmark.check(changed, baseline, direction="any").passed
    assert benchmark.check(changed, baseline, direction="any", tolerance=99).passed
    assert benchmark.check(changed, baseline, tolerance="99").passed
    with pytest.raises(UsageError, match="`tolerance`: "):
        benchmark.check(changed, baseline, tolerance="much")
    with pytest.raises(UsageError, match="no such file"):
        benchmark.check(changed, tmp_path / "nowhere.toml")


def test_a_leaderboard_of_runs_is_that_of_their_records(tmp_path: Path):
    data = write_senteval(tmp_path / "data")
    options: dict[str, Any] = {"data_dir": data, "unverified_data": True}
    runs = evaluate([WordHash(), Other()], "STS12 STS13", **options, output_dir=tmp_path / "kept")
    data.rename(tmp_path / "elsewhere")  # else the runs have sentences, and the records have none
    board = benchmark.rank(runs, published=False)
    assert board.board.group == "sts"
    assert {row.model for row in board.measured} == {"word-hash", "other"}
    assert not board.quoted
    stored = benchmark.rank(tmp_path / "kept", published=False)
    assert document(stored) == document(board)
    assert str(board) == benchmark.render(board, "markdown")
    assert benchmark.rank(runs).quoted


def test_a_leaderboard_that_there_is_not(runs: Runs[Run]):
    with pytest.raises(UsageError, match="scores of demo alone"):
        benchmark.rank(runs)
    with pytest.raises(UsageError, match=r"`tasks` dmeo.*did you mean demo"):
        benchmark.rank(runs, tasks="dmeo")
    assert benchmark.rank(runs, tasks="demo").measured


def test_of_several_leaderboards_one_is_chosen():
    run = sample_run({"STS12": 0.5, "MR": 0.8})
    with pytest.raises(UsageError, match="leaderboards of sts, transfer; choose by `tasks`"):
        benchmark.rank(run, published=False)
    assert benchmark.rank(run, tasks="sts", published=False).board.group == "sts"


# --- what comes back prints itself ----------------------------------------------------------------


def test_every_result_prints_itself(runs: Runs[Run], folder: Path):
    results = [
        runs,
        runs[0],
        benchmark.records(folder)[0],
        benchmark.compare(runs, resamples=FEW),
        benchmark.explain(runs[0]),
        benchmark.check(runs, folder),
    ]
    for result in results:
        assert str(result) == benchmark.render(result)
        assert result._repr_markdown_() == benchmark.render(result, "markdown")
        json.loads(benchmark.render(result, "json"))
        assert "\n" not in repr(result)
        assert len(repr(result)) < 200
        with pytest.raises(UsageError, match="unknown format 'xml'"):
            benchmark.render(result, "xml")


def test_a_list_of_runs_is_rendered_as_before(runs: Runs[Run]):
    for form in ("table", "markdown", "latex", "csv", "json"):
        assert benchmark.render([*runs], form) == benchmark.render(runs, form)
