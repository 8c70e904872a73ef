"""Pipes, devices, depths and wrong types at every door of the program: one line, and its code.

Before they were refused, a pipe was waited for and a device read without end.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmark.results.published_files import published_folder
from tests.checkpoints import write_json, write_sentence_transformers
from tests.cli.conftest import Command
from tests.cli.verbs import verb
from tests.encoders.transformer.test_dense import write_layer
from tests.interchange.mteb_results import plain, write_result
from tests.leaderboard.samples import write_model

__all__ = ["verb"]


def _pipe(path: Path) -> str:
    os.mkfifo(path)
    return "it is a pipe, no plain file"


def _endless(path: Path) -> str:
    path.symlink_to("/dev/zero")
    return "it is a device, no plain file"


def _nowhere(path: Path) -> str:
    path.symlink_to("nowhere")
    return "No such file"


def _deep(path: Path) -> str:
    text = "[" * 100_000
    path.write_text(f"x = {text}" if path.suffix == ".toml" else text)
    return "nested too deeply"


def _bytes(path: Path) -> str:
    path.write_bytes(b'"\xff"')
    return "not UTF-8 at byte 1"


NO_FILES = [_pipe, _endless, _nowhere]
NO_TEXTS = [*NO_FILES, _deep, _bytes]
Spoil = Callable[[Path], str]


def spoiled(path: Path, spoil: Spoil) -> str:
    """Put something odd in the place of a file; return what must be said of it."""
    path.unlink(missing_ok=True)
    return spoil(path)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers folder with a file of every kind."""
    folder = tmp_path_factory.mktemp("checkpoint") / "m"
    write_sentence_transformers(folder, after=("Dense", "Normalize"), prompts={})
    write_layer(folder / "2_Dense", 8)
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer"})
    return folder


SETTINGS = (
    *("config.json", "tokenizer_config.json", "modules.json", "sentence_bert_config.json"),
    *("config_sentence_transformers.json", "1_Pooling/config.json", "2_Dense/config.json"),
)


@pytest.mark.parametrize("spoil", NO_TEXTS)
@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_a_checkpoint(
    command: Command, checkpoint: Path, tmp_path: Path, name: str, spoil: Spoil
):
    folder = shutil.copytree(checkpoint, tmp_path / "m")
    said = spoiled(folder / name, spoil)
    command("--model", folder, "--tasks", "DemoSTS").refused(4, f"{name}: cannot be read (", said)


@pytest.mark.parametrize("spoil", NO_FILES)
@pytest.mark.parametrize("name", ["vocab.txt", "tokenizer.json", "special_tokens_map.json"])
def test_a_tokenizer(command: Command, checkpoint: Path, tmp_path: Path, name: str, spoil: Spoil):
    folder = shutil.copytree(checkpoint, tmp_path / "m")
    said = spoiled(folder / name, spoil)
    command("--model", folder, "--tasks", "DemoSTS").refused(4, f"{name}: cannot be read (", said)


@pytest.mark.parametrize("spoil", NO_FILES)
def test_evaluation_data(command: Command, mine: str, own_data: Path, spoil: Spoil):
    name = "STS/STS12-en-test/STS.gs.MSRpar.txt"
    said = spoiled(own_data / name, spoil)
    arguments = ("--tasks", "STS12", "--data-dir", own_data, "--unverified-data")
    command("--model", f"{mine}:WordHash", *arguments).refused(3, f"{name}: cannot be read", said)


@pytest.mark.parametrize("spoil", NO_TEXTS)
@pytest.mark.parametrize("name", ["STS12.json", "model_meta.json"])
def test_results_of_mteb(verb: Command, tmp_path: Path, name: str, spoil: Spoil):
    path = write_result(tmp_path / "tree", plain("STS12", 0.5))
    said = spoiled(path.with_name(name), spoil)
    done = verb("import", tmp_path / "tree", "--output", tmp_path / "out")
    done.refused(3, name, said)


def test_results_of_mteb_in_a_folder_that_is_locked(
    verb: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_result(tmp_path / "tree", plain("STS12", 0.5))

    def locked(path: object) -> None:
        raise PermissionError(13, "Permission denied", "tree/results")

    monkeypatch.setattr(os, "scandir", locked)
    done = verb("import", tmp_path / "tree", "--output", tmp_path / "out")
    done.refused(3, "tree/results: cannot be read (Permission denied)")


@pytest.mark.parametrize("spoil", NO_TEXTS)
@pytest.mark.parametrize("name", ["columns.toml", "sources.bib", "diffcse-sts.toml"])
def test_published_figures(verb: Command, tmp_path: Path, name: str, spoil: Spoil):
    if name == "sources.bib" and spoil is _deep:
        pytest.skip("nothing nests there")
    write_model(tmp_path / "results", "one", 0.9)
    for kept in ("columns.toml", "sources.bib", "diffcse-sts.toml"):
        (tmp_path / "figures").mkdir(exist_ok=True)
        shutil.copy(published_folder() / kept, tmp_path / "figures")
    said = spoiled(tmp_path / "figures" / name, spoil)
    done = verb("leaderboard", tmp_path / "results", "--published", tmp_path / "figures")
    done.refused(3, f"{name}: ", said, "docs/published.md")


@pytest.mark.parametrize("value", ["3", '"x"', "[]", "nan", "1979-05-27"])
def test_columns_that_are_no_tables(verb: Command, tmp_path: Path, value: str):
    write_model(tmp_path / "results", "one", 0.9)
    shutil.copytree(published_folder(), tmp_path / "figures")
    (tmp_path / "figures" / "columns.toml").write_text(f"x = {value}\n")
    done = verb("leaderboard", tmp_path / "results", "--published", tmp_path / "figures")
    done.refused(3, "columns.toml: ", "where a table is expected")


@pytest.mark.parametrize("spoil", NO_TEXTS)
def test_a_baseline(verb: Command, tmp_path: Path, spoil: Spoil):
    write_model(tmp_path / "results", "one", 0.9)
    said = spoiled(tmp_path / "baseline.toml", spoil)
    done = verb("check", tmp_path / "results", "--baseline", tmp_path / "baseline.toml")
    done.refused(3, "baseline.toml: not a readable baseline (", said)


def test_a_baseline_whose_name_no_file_has(verb: Command, tmp_path: Path):
    write_model(tmp_path / "results", "one", 0.9)
    verb("check", tmp_path / "results", "--baseline", "x" * 5000).refused(2, "no such file")
