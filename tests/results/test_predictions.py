"""What each pair got, kept beside the record."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from benchmark import evaluate
from benchmark.errors import RecordError
from benchmark.options import DataOptions
from benchmark.results import read_predictions, read_record
from benchmark.results.predictions import GOLD_FOLDER, encode_predicted
from tests.encoder_files import WordHash


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with both demonstration tasks."""
    folder = tmp_path_factory.mktemp("finished")
    evaluate(WordHash(), "demo,demo-transfer", output_dir=folder, protocol="sklearn")
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(finished, tmp_path / "results"))


def record_of(folder: Path, task: str) -> Path:
    [path] = folder.rglob(f"{task}*.json")
    return path


def test_cosines_give_the_recorded_scores(folder: Path):
    path = record_of(folder, "DemoSTS")
    result = read_record(path)
    kept = read_predictions(path, result)
    assert kept.predicted.dtype == np.float32
    assert [name for name, _ in kept.gold.subsets] == list(result.subsets)
    expected = stats.spearmanr(kept.predicted, kept.gold.values).statistic
    assert result.main_score == pytest.approx(expected, abs=1e-14)
    start = 0
    for name, size in kept.gold.subsets:
        part = slice(start, start + size)
        rho = stats.spearmanr(kept.predicted[part], kept.gold.values[part]).statistic
        assert result.subsets[name]["spearman"] == pytest.approx(rho, abs=1e-14)
        assert result.subsets[name]["pairs"] == size
        start += size


def test_classes_are_those_that_were_counted(folder: Path):
    path = record_of(folder, "Demo*olarity")
    result = read_record(path)
    kept = read_predictions(path, result)
    assert kept.predicted.dtype.kind == "i"
    accuracy = (kept.predicted == kept.gold.values).mean()
    assert result.main_score == pytest.approx(accuracy, abs=0.005)  # means of rounded folds


@pytest.mark.parametrize("largest", [2**15 - 1, 2**15, 2**40])
def test_whole_numbers_are_kept_whatever_their_size(largest: int):
    given = np.array([0, largest, -largest])
    kept = np.load(io.BytesIO(encode_predicted(given)))
    assert kept.tolist() == given.tolist()
    assert kept.dtype == (np.int16 if largest < 2**15 else np.int64)


@pytest.mark.parametrize("task", ["DemoSTS", "Demo*olarity"])
def test_gold_is_read_from_the_data_where_it_was_not_kept(folder: Path, task: str):
    path = record_of(folder, task)
    result = read_record(path)
    kept = read_predictions(path, result)
    shutil.rmtree(folder / GOLD_FOLDER)
    again = read_predictions(path, result)
    assert np.array_equal(kept.gold.values, again.gold.values)
    assert kept.gold.subsets == again.gold.subsets


def test_gold_of_other_data_is_not_taken(folder: Path):
    path = record_of(folder, "DemoSTS")
    result = read_record(path)
    other = replace(result, data=replace(result.data, sha256="0" * 64))
    with pytest.raises(RecordError, match=r"gold scores of DemoSTS .* `data_dir`"):
        read_predictions(path, other, DataOptions(offline=True))


def test_a_flipped_byte_is_noticed(folder: Path):
    path = record_of(folder, "DemoSTS")
    beside = path.with_suffix(".npy")
    content = bytearray(beside.read_bytes())
    content[-3] ^= 1
    beside.write_bytes(content)
    with pytest.raises(RecordError, match=r"damaged, or of another record; score it again"):
        read_predictions(path, read_record(path))


def test_a_lost_file_is_named(folder: Path):
    path = record_of(folder, "DemoSTS")
    path.with_suffix(".npy").unlink()
    with pytest.raises(RecordError, match=r"DemoSTS\.npy: .*copy them along"):
        read_predictions(path, read_record(path))


def test_a_lost_file_makes_the_next_run_score_again(folder: Path):
    path = record_of(folder, "DemoSTS")
    path.with_suffix(".npy").unlink()
    run = evaluate(WordHash(), "DemoSTS", output_dir=folder)
    assert not run.resumed
    assert len(read_predictions(path, read_record(path)).predicted) == 192


def test_damaged_gold_is_named(folder: Path):
    [gold] = (folder / GOLD_FOLDER).glob("DemoSTS-*.npz")
    gold.write_bytes(gold.read_bytes()[:100])
    path = record_of(folder, "DemoSTS")
    with pytest.raises(RecordError, match=r"gold.*cannot be read .*; delete it"):
        read_predictions(path, read_record(path))


def test_gold_that_unpacks_to_gigabytes_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch):
    [gold] = (folder / GOLD_FOLDER).glob("DemoSTS-*.npz")
    with np.load(gold) as arrays:
        names, sizes = arrays["names"], arrays["sizes"]
    np.savez_compressed(gold, values=np.zeros(10**6), names=names, sizes=sizes)
    monkeypatch.setattr("benchmark.results.predictions.MOST_BYTES", 10**6)
    path = record_of(folder, "DemoSTS")
    with pytest.raises(RecordError, match="unpacks to more than 1,000,000 bytes"):
        read_predictions(path, read_record(path))


def test_a_record_without_predictions_says_so(folder: Path):
    path = record_of(folder, "DemoSTS")
    result = replace(read_record(path), predictions_sha256=None)
    with pytest.raises(RecordError, match=r"keeps no predictions .* `overwrite`"):
        read_predictions(path, result)
