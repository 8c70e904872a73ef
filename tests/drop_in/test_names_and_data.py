"""Task names and data folders: what is not there is said before anything is encoded."""

from __future__ import annotations

import json
import logging
import pickle
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import scipy.stats
import senteval
import sklearn.metrics
from senteval.errors import TaskNotAvailable, UnknownTask
from senteval.names import AVAILABLE, NOT_AVAILABLE
from senteval.utils import cosine

from benchmark.errors import DataError, UsageError
from tests.conftest import PROJECT
from tests.drop_in.own_tasks import read
from tests.drop_in.word_vectors import batcher


@pytest.fixture
def real_cr(real_data: Path, tmp_path: Path) -> Path:
    """A folder ``data`` with the real CR in it."""
    shutil.copytree(real_data / "CR", tmp_path / "data" / "downstream" / "CR")
    return tmp_path / "data"


def evaluate(params: Any, name: Any) -> Any:
    return senteval.engine.SE(params, batcher).eval(name)


def never(*_given: Any) -> Any:
    raise AssertionError("encoded before everything was checked")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("STSBenchmark-fix", "no published archive"),
        ("CocoCXC", "captions"),
        ("ImageCaptionRetrieval", "image"),
    ],
)
def test_names_that_are_not_available_yet(name: str, why: str, params: Any) -> None:
    se = senteval.engine.SE(params, never)
    for asked in (name, [name], [name, "STSBenchmark-fix"]):
        with pytest.raises(TaskNotAvailable, match="is not available yet") as refusal:
            se.eval(asked)
        assert isinstance(refusal.value, NotImplementedError)
        assert isinstance(refusal.value, UsageError)
    with pytest.raises(TaskNotAvailable, match=f"^{name} is not available yet .*{why}"):
        se.eval(name)
    assert name not in se.list_tasks


def test_of_several_names_those_that_are_available_are_scored(
    params: Any, caplog: pytest.LogCaptureFixture
) -> None:
    results = evaluate(params, ["STS12", "CocoCXC", "CR", "ImageCaptionRetrieval"])
    left_out = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [record.getMessage().split(":")[0] for record in left_out] == [
        "CocoCXC is left out",
        "ImageCaptionRetrieval is left out",
    ]
    assert results == {name: evaluate(params, name) for name in ("STS12", "CR")}
    assert list(results) == ["STS12", "CR"]
    assert "CocoCXC" not in results
    assert results.get("CocoCXC") is None
    with pytest.raises(KeyError) as refusal:
        results["CocoCXC"]["all"]
    assert str(refusal.value).startswith("CocoCXC was left out: not available yet (crisscrossed")
    assert isinstance(refusal.value, UsageError)
    with pytest.raises(KeyError, match=r"^'STS13'$"):
        results["STS13"]
    for kept in (pickle.loads(pickle.dumps(results)), json.loads(json.dumps(results))):
        assert type(kept) is dict
        assert kept["CR"] == results["CR"]


def test_probing_tasks_without_their_files_do_not_stop_a_list(
    params: Any, made_up: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """SentEval's own examples list them, and the usual archive of data does not hold them."""
    params["task_path"] = tmp_path
    shutil.copytree(made_up / "downstream" / "CR", tmp_path / "downstream" / "CR")
    shutil.copytree(made_up / "probing", tmp_path / "probing")
    (tmp_path / "probing" / "sentence_length.txt").unlink()
    results = evaluate(params, ["CR", "Length", "Tense", "SNLI"])
    assert list(results) == ["CR", "Tense"]
    assert "Length is left out: no data in params['task_path']" in caplog.text
    with pytest.raises(
        KeyError, match=r"SNLI was left out: .*there is no downstream/SNLI/s1\.train"
    ):
        results["SNLI"]["acc"]
    for alone in ("Length", ["Length"], ["Length", "SNLI"]):
        with pytest.raises(DataError, match=r"(Length|SNLI): no data in params\['task_path'\]"):
            evaluate(params, alone)


@pytest.mark.real_data
@pytest.mark.slow
def test_probing_tasks_that_are_refused_do_not_stop_a_list(
    params: Any, real_cr: Path, made_up: Path
) -> None:
    del params["unverified_data"]
    shutil.copytree(made_up / "probing", real_cr / "probing")
    results = evaluate(params | {"task_path": real_cr}, ["CR", "Tense"])
    assert list(results) == ["CR"]
    with pytest.raises(KeyError, match=r"Tense was left out: .*refused"):
        results["Tense"]


def test_the_development_split_alone(params: Any) -> None:
    seen = []
    se = senteval.engine.SE(params, batcher, lambda _params, samples: seen.append(len(samples)))
    result = se.eval("STSBenchmark-dev")
    assert seen == [2 * 17]
    whole = evaluate(params, "STSBenchmark")["dev"]
    assert list(result) == ["dev", "all"]
    assert result["dev"] == whole
    for metric in ("pearson", "spearman"):
        assert result["all"][metric] == pytest.approx(
            dict.fromkeys(("all", "mean", "wmean"), whole[metric][0])
        )


@pytest.mark.parametrize("name", ["STSBenchmark", "SICKRelatedness"])
def test_the_cosine_of_the_test_split(name: str, params: Any, made_up: Path) -> None:
    """BERT-whitening's copy; the oracle is its rule, pair by pair."""
    prepared, encoded = [], []

    def recording(params: Any, batch: Any) -> Any:
        encoded.extend(map(tuple, batch))
        return batcher(params, batch)

    se = senteval.engine.SE(params, recording, lambda _params, samples: prepared.extend(samples))
    result = se.eval(f"{name}Cosin")
    train, dev, test = read(name, made_up / "downstream")
    assert len(prepared) == 2 * (len(train) + len(dev) + len(test))
    assert set(encoded) == {tuple(text.split()) for text in (*test.first, *test.second)}
    u, v = (batcher(params, [text.split() for text in side]) for side in (test.first, test.second))
    cosines = [cosine(*pair) for pair in zip(u, v, strict=True)]
    assert result == {
        "pearson": pytest.approx(scipy.stats.pearsonr(cosines, test.gold)[0], abs=1e-6),
        "spearman": evaluate(params, name)["test"]["spearman"][0],
        "mse": pytest.approx(sklearn.metrics.mean_squared_error(test.gold, cosines), abs=1e-6),
        "ntest": len(test),
    }
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("STS17", r"unknown task 'STS17' \(did you mean STS1\d\?\); available are CR, MR"),
        ("sts12", r"did you mean STS12\?"),
        ("SICK-Relatedness", r"did you mean SICKRelatedness\?"),
        ("", "unknown task ''"),
        (12, "unknown task 12"),
    ],
)
def test_unknown_names(name: Any, message: str, params: Any) -> None:
    with pytest.raises(UnknownTask, match=message) as refusal:
        senteval.engine.SE(params, never).eval(["STS12", name])
    assert isinstance(refusal.value, ValueError)


@pytest.mark.parametrize("several", [("STS12", "CR"), {"STS12": 0, "CR": 0}, iter(["STS12", "CR"])])
def test_any_collection_of_names(several: Any, params: Any) -> None:
    assert list(evaluate(params, several)) == ["STS12", "CR"]


def test_no_names(params: Any) -> None:
    assert evaluate(params, []) == {}


def test_the_folder_downstream_will_do_as_well(params: Any, made_up: Path) -> None:
    inner = params | {"task_path": made_up / "downstream"}
    assert evaluate(inner, "STS12") == evaluate(params, "STS12")


@pytest.mark.parametrize("path", ["nowhere", "."])
def test_data_that_is_not_there(path: str, params: Any, tmp_path: Path) -> None:
    se = senteval.engine.SE(params | {"task_path": tmp_path / path}, never)
    with pytest.raises(DataError, match=r"CR: no data in params\['task_path'\] .*custrev\.pos"):
        se.eval("CR")


def test_data_that_is_not_there_is_missed_before_the_first_task(
    params: Any, made_up: Path, tmp_path: Path
) -> None:
    shutil.copytree(made_up / "downstream" / "STS", tmp_path / "downstream" / "STS")
    se = senteval.engine.SE(params | {"task_path": tmp_path}, never)
    with pytest.raises(DataError, match=r"^MR: no data"):
        se.eval(["STS12", "MR"])


@pytest.mark.parametrize("name", ["STS12", "STSBenchmark", "CR", "TREC", "MRPC", "SST2"])
def test_data_that_is_not_the_published_is_refused(name: str, params: Any) -> None:
    del params["unverified_data"]
    with pytest.raises(DataError, match=f"^{name}: .*refused.*") as refusal:
        senteval.engine.SE(params, never).eval(name)
    assert "set params['unverified_data'] = True" in str(refusal.value)
    assert "--" not in str(refusal.value)


def test_data_that_is_let_through_is_marked_in_the_log(
    params: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        evaluate(params, "STS12")
    [record] = caplog.records
    assert record.getMessage().startswith("STS12: this is not the published data")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("TREC/TREC_10.label", b"ABBR:exp What is this ?\nANIMAL:dog And this ?\n"),
        ("TREC/TREC_10.label", b"no label here\n"),
        ("TREC/TREC_10.label", b""),
        ("STS/STS12-en-test/STS.gs.MSRpar.txt", b"1.0\n"),
    ],
)
def test_data_that_cannot_be_read(
    path: str, content: bytes, params: Any, made_up: Path, tmp_path: Path
) -> None:
    shutil.copytree(made_up, tmp_path / "data")
    (tmp_path / "data" / "downstream" / path).write_bytes(content)
    params["task_path"] = tmp_path / "data"
    with pytest.raises(DataError, match=Path(path).name.replace(".", r"\.")):
        senteval.engine.SE(params, never).eval(["TREC", "STS12"])


@pytest.mark.real_data
def test_a_real_file_with_one_changed_byte(real_data: Path, tmp_path: Path) -> None:
    shutil.copytree(real_data / "CR", tmp_path / "CR")
    file = tmp_path / "CR" / "custrev.neg"
    file.write_bytes(b"x" + file.read_bytes()[1:])
    with pytest.raises(DataError, match=r"^CR: .*custrev\.neg: refused"):
        senteval.engine.SE({"task_path": tmp_path}, never).eval("CR")


def test_the_page_has_every_name() -> None:
    rows = (PROJECT / "docs" / "drop-in.md").read_text("utf-8").split("## Names")[1]
    named, refused = rows.split("## Both shapes")[0].split("| STSBenchmark-fix", 1)
    words = set(re.findall(r"[\w-]+", named)) | {f"STS{year}" for year in range(12, 17)}
    assert not set(AVAILABLE) - words
    assert not set(NOT_AVAILABLE) - set(re.findall(r"[\w-]+", f"STSBenchmark-fix{refused}"))
