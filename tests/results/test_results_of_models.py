"""Results as mappings and sequences: what a program or a notebook takes from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmark.errors import ModelError
from benchmark.results import Run, Runs, StoredRun, collect, encode_record
from tests.gate.samples import HOSTILE, stored
from tests.results.samples import sample_run

SCORES = {"STS13": 0.6, "STS12": 0.5, "STSBenchmark": 0.123456789}
WHOLE = dict.fromkeys(
    ("STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark", "SICKRelatedness"), 0.5
)


@pytest.fixture(params=["in memory", "stored"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run | StoredRun:
    """The same results of one model, in memory and read back."""
    made = sample_run(SCORES)
    return made if request.param == "in memory" else stored(tmp_path, made)[0]


def test_a_run_is_a_mapping_of_its_tasks(run: Run | StoredRun):
    assert list(run) == ["STS12", "STS13", "STSBenchmark"]  # the order of the tables
    assert len(run) == 3
    assert "STS-B" in run
    assert "STS14" not in run
    assert run["STS-B"] is run["STSBenchmark"]
    assert run.get("STS14") is None
    assert {task: result.main_score for task, result in dict(run).items()} == SCORES
    with pytest.raises(KeyError):
        run["STS14"]


def test_scores_are_points_at_full_precision(run: Run | StoredRun):
    assert run.scores == {task: 100 * score for task, score in SCORES.items()}
    assert type(run.scores) is dict


def test_averages_are_numbers_or_nothing(run: Run | StoredRun, tmp_path: Path):
    assert run.average("sts") is None
    assert run.averages == {"sts": None}
    whole = sample_run(WHOLE)
    assert whole.averages == stored(tmp_path / "whole", whole)[0].averages == {"sts": 50.0}
    assert sample_run({"DemoSTS": 0.5}).averages == {}  # one column has none


def test_a_representation_is_one_short_line(run: Run | StoredRun):
    kind = type(run).__name__
    assert repr(run) == f"<{kind} of tiny-bert: STS12, STS13, STSBenchmark>"
    assert repr(sample_run({}, "STS12")) == "<Run of tiny-bert: nothing>"
    assert repr(Runs([run])) == "<Runs of tiny-bert>"


def test_a_run_is_a_document(run: Run | StoredRun):
    document = json.loads(json.dumps(run.to_dict(), allow_nan=False))
    assert document["model"] == "tiny-bert"
    assert document["averages"] == {"sts": None}
    for task, result in run.items():
        assert document["tasks"][task] == json.loads(encode_record(result))


def test_a_document_tells_failures():
    run = sample_run({}, "STS12", failures={"STS12": ModelError("it is broken")})
    assert run.to_dict()["failures"] == {"STS12": "it is broken"}


def test_a_frame_has_a_row_for_each_model_and_task(tmp_path: Path):
    first, second = sample_run(SCORES), sample_run({"MR": 0.8}, name="other")
    frame = Runs([first, second]).to_pandas()
    assert list(frame.columns) == [
        "model",
        "fingerprint",
        "task",
        "heading",
        "group",
        "score",
        "metric",
        "aggregation",
        "notes",
        "signature",
        "created",
    ]
    assert frame["model"].tolist() == ["tiny-bert"] * 3 + ["other"]
    assert frame["heading"].tolist() == ["STS12", "STS13", "STS-B", "MR"]
    assert frame["group"].tolist() == ["sts"] * 3 + ["transfer"]
    assert frame["score"].tolist() == [*first.scores.values(), 80.0]
    assert frame["metric"].tolist() == ["spearman"] * 3 + ["accuracy"]
    assert frame["score"].dtype == float
    assert frame["signature"][0] == first["STS12"].signature
    assert frame["notes"][2] == "; ".join(first["STSBenchmark"].notes)
    read_back = Runs(sorted(stored(tmp_path, first, second), key=lambda run: run.model == "other"))
    assert read_back.to_pandas().equals(frame)


def test_a_frame_of_nothing_has_its_columns(run: Run | StoredRun):
    empty = sample_run({}, "STS12").to_pandas()
    assert list(empty.columns) == list(run.to_pandas().columns)
    assert len(empty) == 0


def test_models_are_found_by_place_and_name(tmp_path: Path):
    runs = Runs([sample_run(SCORES), sample_run(SCORES, name="other")])
    assert runs["other"] is runs[1] is runs[-1]
    assert list(runs[1:]) == [runs["other"]]
    assert (len(runs), runs == Runs(list(runs)), runs == runs[:1]) == (2, True, False)
    with pytest.raises(KeyError, match="no models 'nobody'; there are tiny-bert, other"):
        runs["nobody"]
    with pytest.raises(KeyError, match="2 models 'tiny-bert'"):
        Runs([sample_run(SCORES), sample_run(SCORES)])["tiny-bert"]
    with pytest.raises(IndexError):
        runs[2]


def test_two_states_of_a_model_are_found_by_their_labels(tmp_path: Path):
    from tests.gate.samples import OTHER_WEIGHTS

    stored(tmp_path, sample_run(SCORES), sample_run(SCORES, card=OTHER_WEIGHTS))
    runs = Runs(collect([tmp_path]))
    assert [runs[run.label] for run in runs] == list(runs)
    assert len(set(runs.to_pandas()["fingerprint"])) == 2
    assert [line.split("  ")[0] for line in str(runs).splitlines()[2:4]] == [
        run.label for run in runs
    ]


def test_a_hostile_name_breaks_no_table():
    run = sample_run({"STS12": 0.5}, name=HOSTILE)
    shown = run._repr_markdown_()
    assert not set("\x1b\x00\u202e") & set(shown)
    in_code = [line for line in shown.splitlines() if "<script" in line]
    assert all(line.startswith("- `` ") and line.endswith(" ``") for line in in_code)
    [row] = [line for line in shown.splitlines() if "50.00" in line]
    assert row.replace("\\|", "").count("|") == 4
    assert len(repr(run).splitlines()) == 1


def test_a_task_and_its_variant_have_a_column_each(tmp_path: Path):
    from benchmark.tasks import select_tasks, with_protocol

    tasks = (*select_tasks("MR"), *with_protocol(select_tasks("MR"), "sklearn"))
    run = Run("m", tasks, {})
    assert "MR  " in str(run)
    assert "MR/sklearn" in str(run)
    assert "MR/sklearn" not in str(Run("m", tasks[1:], {}))
