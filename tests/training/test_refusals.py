"""What cannot be trained is refused in one line, before anything is trained or written."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmark.errors import BenchmarkError, DataError, ModelError, TrainingError, UsageError
from benchmark.training import train
from benchmark.training.trainer import ObjectiveTrainer
from tests.checkpoints import write_decoder, write_distilbert, write_plain
from tests.fixtures import log
from tests.training.recipe_files import write_generator, write_model, write_text, write_triples

__all__ = ["log"]

QUICK = {"max_steps": 4, "batch_size": 8, "learning_rate": 1e-3, "device": "cpu", "tasks": "none"}


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    """All that DiffCSE needs."""
    return {
        "model": write_model(tmp_path / "bert"),
        "generator": str(write_generator(tmp_path / "generator")),
        "data": write_text(tmp_path / "text.txt"),
        "output_dir": tmp_path / "runs" / "x",
        **QUICK,
    }


def refused(kind: type[BenchmarkError], said: str, method: str, given: dict[str, Any]) -> None:
    with pytest.raises(kind, match=said) as caught:
        train(method, **given)
    assert "\n" not in str(caught.value)
    assert type(caught.value) is kind
    assert not (Path(given["output_dir"]) / "run.toml").exists()


# --- options --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        ("difcse", {}, "there is no recipe 'difcse' .did you mean diffcse.."),
        ("x", {}, "choose from simcse, simcse-supervised, diffcse, diffcse-transfer"),
        ("diffcse", {"batch_sise": 3}, "unknown option `batch_sise` .did you mean batch_size.."),
        ("diffcse", {"batch_size": 1}, "`batch_size` 1: a whole number >= 2 is needed"),
        ("diffcse", {"learning_rate": 0.0}, "`learning_rate` 0.0: a number above 0"),
        ("diffcse", {"learning_rate": float("nan")}, "`learning_rate` nan: a number above 0"),
        ("diffcse", {"mask_ratio": 1.5}, "`mask_ratio` 1.5: a share, at most 1"),
        ("diffcse", {"lambda_": -1.0}, "`lambda` -1.0"),
        ("diffcse", {"hard_weight": 1.0}, "`hard_weight` 1.0: DiffCSE, for STS, has no use for it"),
        ("simcse-supervised", {"hard_weight": float("nan")}, "`hard_weight` nan: a finite number"),
        ("diffcse", {"seed": 2**32}, "`seed` 4294967296: at most 4294967295"),
        ("diffcse", {"seeds": f"0,{2**32}"}, "`seeds` .*: distinct numbers from 0 to 4294967295"),
        ("simcse", {}, "`generator` .*: SimCSE, unsupervised, has no use for it"),
        ("diffcse", {"seeds": "a"}, "`seeds` 'a': a number, or numbers with commas"),
        ("diffcse", {"seeds": "1,1"}, "`seeds` '1,1': distinct numbers"),
        ("diffcse", {"seeds": 0}, "`seeds` 0: distinct numbers"),
        ("diffcse", {"precision": "float16"}, "`precision` float16: this cpu has no instructions"),
        ("diffcse", {"report_to": "nix"}, "`report_to` 'nix': the trainer knows no such reporter"),
        ("diffcse", {"max_length": 65}, "`max_length` 65: bert takes at most 64 tokens"),
        ("diffcse", {"tasks": "STS99"}, "unknown task 'STS99'"),
        ("diffcse", {"generator": "words:x"}, "`generator` words:x|words:x: no such file"),
    ],
)
def test_options(method: str, options: dict[str, Any], said: str, given: dict[str, Any]):
    kind = ModelError if "no such file" in said else UsageError
    refused(kind, said, method, {**given, **options})


def test_a_device_that_is_not_there(given: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    refused(
        UsageError,
        "`device` cuda: there is none on this machine",
        "diffcse",
        {**given, "device": "cuda"},
    )


def test_accelerate_missing(given: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    usual = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *more: None if name == "accelerate" else usual(name, *more),
    )
    refused(
        UsageError,
        r"training needs the package accelerate; pip install '.*\[training\]'",
        "diffcse",
        given,
    )


def test_no_generator_is_known_for_a_model(given: dict[str, Any]):
    del given["generator"]
    refused(UsageError, "no generator is published for this model; name a masked", "diffcse", given)


# --- models ---------------------------------------------------------------------------------------


def test_a_generator_of_another_vocabulary(given: dict[str, Any], tmp_path: Path):
    other = write_generator(tmp_path / "other")
    words = (other / "vocab.txt").read_text("utf-8").split("\n")
    words[10], words[11] = words[11], words[10]
    (other / "vocab.txt").write_text("\n".join(words), "utf-8")
    said = r"other: its tokenizer is not that of bert \('.*' is 1[01] here and 1[01] there\)"
    refused(ModelError, said, "diffcse", {**given, "generator": str(other)})


def test_a_generator_of_another_size_without_a_tokenizer(given: dict[str, Any], tmp_path: Path):
    other = write_generator(tmp_path / "other", "roberta")
    for name in ("vocab.json", "merges.txt"):
        (other / name).unlink()
    said = "vocabularies differ in size: the encoder has"
    refused(ModelError, said, "diffcse", {**given, "generator": str(other)})


def test_a_generator_that_is_no_language_model(given: dict[str, Any], tmp_path: Path):
    other = write_plain(tmp_path / "other")
    said = "other: weights of a masked language model are missing from"
    refused(ModelError, said, "diffcse", {**given, "generator": str(other)})


def test_a_decoder(given: dict[str, Any], tmp_path: Path):
    model = write_decoder(tmp_path / "gpt")
    said = "gpt: its tokenizer has no cls token; an encoder like BERT or RoBERTa is needed"
    refused(ModelError, said, "diffcse", {**given, "model": model})


def test_a_tokenizer_without_a_mask(given: dict[str, Any]):
    for folder in (Path(given["model"]), Path(given["generator"])):
        settings = {"tokenizer_class": "BertTokenizer", "mask_token": None}
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    refused(ModelError, "bert: has no mask token", "diffcse", given)


def test_a_tokenizer_that_pads_before_the_sentence(given: dict[str, Any]):
    settings = {"tokenizer_class": "BertTokenizer", "padding_side": "left"}
    (Path(given["model"]) / "tokenizer_config.json").write_text(json.dumps(settings))
    del given["generator"]
    refused(ModelError, "bert: its tokenizer pads before the sentence", "simcse", given)


def test_a_supervised_model_without_a_pooling_layer(given: dict[str, Any], tmp_path: Path):
    del given["generator"]
    given |= {"model": write_distilbert(tmp_path / "d"), "data": write_triples(tmp_path / "t.csv")}
    said = "d: this architecture .distilbert. has no pooling layer"
    refused(ModelError, said, "simcse-supervised", given)


def test_code_of_a_checkpoint_is_not_run(given: dict[str, Any]):
    path = Path(given["model"]) / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"auto_map": {"AutoModel": "mine.Model"}}))
    refused(ModelError, "bert: runs code of its own from its repository", "diffcse", given)


def test_a_folder_without_a_model(given: dict[str, Any], tmp_path: Path):
    (tmp_path / "empty").mkdir()
    refused(
        ModelError,
        "no checkpoint, config.json is missing",
        "diffcse",
        {**given, "model": tmp_path / "empty"},
    )


# --- data -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "text.txt: the file is empty"),
        ("\n\n \n", "text.txt: all 3 lines are empty"),
        ("one\none\none\n", "text.txt: 3 times the same"),
        ("one\n", "text.txt: only one sentence"),
        ("a b c d e\nb c d e f\n" * 40, "all of the first 80 rows are longer than 4 tokens"),
    ],
)
def test_sentences(content: str, said: str, given: dict[str, Any]):
    Path(given["data"]).write_text(content, "utf-8")
    refused(DataError, said, "diffcse", {**given, "max_length": 4})


def test_fewer_sentences_than_several_processes_share(
    given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WORLD_SIZE", "2")
    said = "text.txt: there are 96 rows, fewer than a batch of 98 over 2 processes"
    refused(DataError, said, "diffcse", {**given, "batch_size": 98})


def test_data_that_is_not_there(given: dict[str, Any]):
    refused(DataError, "nowhere.txt: cannot be read", "diffcse", {**given, "data": "nowhere.txt"})


def test_sentences_where_triples_are_needed(given: dict[str, Any]):
    del given["generator"]
    refused(UsageError, "needs a table of pairs or triples", "simcse-supervised", given)


# --- the folder -----------------------------------------------------------------------------------


def test_a_folder_with_another_run(given: dict[str, Any], tmp_path: Path):
    train("diffcse", **given)
    with pytest.raises(
        UsageError, match=r"holds another run \(learning_rate 0.001 there, 0.1 now\)"
    ):
        train("diffcse", **{**given, "learning_rate": 0.1})
    write_text(Path(given["data"]), 50)
    with pytest.raises(
        UsageError, match=r"holds another run \(data sha256 .* rows 96 there, 50 now"
    ):
        train("diffcse", **given)
    with pytest.raises(UsageError, match="holds a single run; give another for several seeds"):
        train("diffcse", **given, seeds=2)


def test_a_folder_with_something_else(given: dict[str, Any]):
    folder = Path(given["output_dir"])
    folder.mkdir(parents=True)
    (folder / "thesis.tex").write_text("")
    refused(UsageError, "holds 'thesis.tex' and no run.toml", "diffcse", given)
    refused(
        UsageError,
        "text.txt: a file has this name",
        "diffcse",
        {**given, "output_dir": given["data"]},
    )


def test_a_damaged_story(given: dict[str, Any]):
    folder = Path(given["output_dir"])
    folder.mkdir(parents=True)
    (folder / "run.toml").write_text("[asked")
    with pytest.raises(BenchmarkError, match=r"run\.toml: cannot be read") as caught:
        train("diffcse", **given)
    assert caught.value.exit_code == 3


def test_a_folder_that_cannot_be_written(given: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    def refuse(path: Path, *_: Any, **__: Any) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("benchmark.training.run_folder.Path.mkdir", refuse)
    refused(UsageError, "`output_dir` .*: cannot be written .Permission denied.", "diffcse", given)


def test_two_processes_in_a_folder(given: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    usual = ObjectiveTrainer.train

    def also(trainer: Any, **named: Any) -> Any:
        monkeypatch.setattr(ObjectiveTrainer, "train", usual)
        with pytest.raises(UsageError, match="another process trains there"):
            train("diffcse", **given)
        return usual(trainer, **named)

    monkeypatch.setattr(ObjectiveTrainer, "train", also)
    train("diffcse", **given)


# --- while it trains ------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number(
    value: float, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    from benchmark.training.objectives import diffcse

    usual, calls = diffcse.DiffCSE.forward, []

    def broken(objective: Any, *inputs: Any, **named: Any) -> Any:
        losses = usual(objective, *inputs, **named)
        calls.append(1)
        factor = value if len(calls) == 1 + 4 else 1.0  # one is made before training
        return type(losses)(losses.total * factor, losses.contrastive, losses.replaced)

    monkeypatch.setattr(diffcse.DiffCSE, "forward", broken)
    said = rf"step 4: the loss is {value}; .*checkpoints/step-3 is the last whole checkpoint"
    with pytest.raises(TrainingError, match=said):
        train("diffcse", **{**given, "save_steps": 3})
    assert train("diffcse", **{**given, "save_steps": 3})[0].steps == 4


@pytest.mark.parametrize("writer", ["torch.save", "benchmark.training.trainer.save_file"])
def test_a_full_disk_at_a_checkpoint(
    writer: str, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    module, _, name = writer.rpartition(".")
    usual: Any = getattr(__import__(module, fromlist=[name]), name)
    full: list[bool] = []

    def write(content: Any, path: Any, *more: Any, **named: Any) -> None:
        if full:
            Path(path).write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        usual(content, path, *more, **named)

    usual_step = ObjectiveTrainer.training_step

    def step(trainer: Any, *inputs: Any) -> Any:
        full.extend([True] if trainer.steps == 3 else [])
        return usual_step(trainer, *inputs)

    monkeypatch.setattr(writer, write)
    monkeypatch.setattr(ObjectiveTrainer, "training_step", step)
    said = (
        r"step 4: a checkpoint cannot be written into .* \(No space left on device\); "
        r".*checkpoints/step-2 stays, the same command goes on from there; make room"
    )
    with pytest.raises(TrainingError, match=said):
        train("diffcse", **{**given, "save_steps": 2})
    left = [path.name for path in (Path(given["output_dir"]) / "checkpoints").iterdir()]
    assert left == ["step-2"]
    monkeypatch.undo()
    [run] = train("diffcse", **{**given, "save_steps": 2})
    assert run.steps == 4
