"""Checkpoints of the hub: which files are fetched, when nobody is asked, and what failures say."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from huggingface_hub import constants, hf_hub_download

from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.files.hub_checkpoint import fetch_checkpoint
from benchmark.errors import ModelError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES, as_files
from tests.hub.client import paths_asked
from tests.hub.server import HubServer

REPO = "org/name"
OTHERS = {
    "README.md": b"A model",
    ".gitattributes": b"",
    "tf_model.h5": b"tensors for another library",
    "flax_model.msgpack": b"and another",
    "rust_model.ot": b"and another",
    "model.onnx": b"and another",
    "onnx/model.onnx": b"and another",
    "openvino/openvino_model.bin": b"and another",
    "onnx/config.json": b"{}",
    "training_args.bin": b"pickled",
    "optimizer.pt": b"pickled",
    "modeling_own.py": b"raise SystemExit",
    "pytorch_model.fp16.bin": b"a variant",
    "model.fp16.safetensors": b"a variant",
}


def files_of(
    write: Callable[..., Path], tmp_path: Path, *args: Any, **more: Any
) -> dict[str, bytes]:
    """Write a checkpoint aside and return its files."""
    return as_files(write(tmp_path / f"written {len(list(tmp_path.iterdir()))}", *args, **more))


def fetch(reference: str, **options: Any) -> Any:
    """Return an encoder; its card knows all files by hash, and nothing is loaded yet."""
    options = {"pooler": "avg"} | options
    return build_encoder(parse_reference(reference), "sts", EncoderOptions(**options))


def contents(encoder: Any) -> tuple[str | None, str | None]:
    """Return what tells that the right files arrived, and arrived whole."""
    return encoder.card.weights_sha256, encoder.card.settings_sha256


def fetched(hub: HubServer) -> set[str]:
    """Return the files whose content was sent."""
    return {
        path.split("/", 5)[5] for path in paths_asked(hub, "GET") if not path.startswith("/api/")
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a DiffCSE checkpoint."""
    return checkpoints.write_diffcse(tmp_path_factory.mktemp("diffcse"))


@pytest.fixture
def diffcse(hub: HubServer, written: Path) -> str:
    """The commit of that checkpoint on the hub."""
    return hub.add_repo(REPO, as_files(written))


# --- which files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "wanted"),
    [
        (["pytorch_model.bin"], {"pytorch_model.bin"}),
        (["model.safetensors"], {"model.safetensors"}),
        (["model.safetensors", "pytorch_model.bin"], {"model.safetensors"}),
    ],
)
def test_one_form_of_the_weights_and_what_goes_with_it(
    hub: HubServer, tmp_path: Path, weights: list[str], wanted: set[str]
) -> None:
    files = files_of(checkpoints.write_plain, tmp_path) | OTHERS
    files |= files_of(checkpoints.write_plain, tmp_path, form="bin")
    files = {
        name: content
        for name, content in files.items()
        if name in weights or name not in ("model.safetensors", "pytorch_model.bin")
    }
    hub.add_repo(REPO, files)
    fetch(REPO)
    assert fetched(hub) == {"config.json", "vocab.txt"} | wanted


@pytest.mark.parametrize("form", ["safetensors", "bin"])
def test_all_shards(hub: HubServer, tmp_path: Path, form: str) -> None:
    files = files_of(checkpoints.write_sharded, tmp_path, form)
    hub.add_repo(REPO, files | OTHERS)
    vectors = fetch(REPO).encode(SENTENCES)
    assert fetched(hub) == set(files)
    plain = fetch(str(checkpoints.write_plain(tmp_path / "plain")))
    assert np.array_equal(vectors, plain.encode(SENTENCES))


def test_the_weights_file_that_the_settings_name(hub: HubServer, tmp_path: Path) -> None:
    files = files_of(checkpoints.write_plain, tmp_path)
    settings = json.loads(files["config.json"]) | {"transformers_weights": "best.safetensors"}
    best = files["model.safetensors"]
    decoy = {"model.safetensors": b"", "config.json": json.dumps(settings).encode()}
    hub.add_repo(REPO, files | decoy | {"best.safetensors": best})
    encoder = fetch(REPO)
    assert encoder.card.weights_sha256 == hashlib.sha256(best).hexdigest()
    assert encoder.encode(SENTENCES).shape == (len(SENTENCES), checkpoints.HIDDEN)
    assert "model.safetensors" not in fetched(hub)


def test_the_weights_file_that_is_asked_for(hub: HubServer, tmp_path: Path) -> None:
    files = files_of(checkpoints.write_plain, tmp_path, form="bin", seed=1)
    files |= {"model.safetensors": files_of(checkpoints.write_plain, tmp_path)["model.safetensors"]}
    hub.add_repo(REPO, files)
    checkpoint = fetch_checkpoint(REPO, weights_file="pytorch_model.bin")
    assert fetched(hub) == {"config.json", "vocab.txt", "pytorch_model.bin"}
    assert [path.name for path in checkpoint.weights_files()] == ["pytorch_model.bin"]


@pytest.mark.parametrize("again", ["online", "offline", "hub is down"])
def test_a_form_that_another_tool_left_in_the_cache_is_not_taken(
    hub: HubServer, tmp_path: Path, again: str
) -> None:
    """The file whose hash is checked must be the one that is loaded."""
    files = files_of(checkpoints.write_plain, tmp_path, form="bin", seed=1)
    files |= {"model.safetensors": files_of(checkpoints.write_plain, tmp_path)["model.safetensors"]}
    hub.add_repo(REPO, files)
    hf_hub_download(REPO, "model.safetensors")
    wanted = "pytorch_model.bin"
    first = fetch_checkpoint(REPO, weights_file=wanted)
    if again == "hub is down":
        hub.fail("*", "503", times=None)
    second = fetch_checkpoint(REPO, weights_file=wanted, offline=again == "offline")
    for checkpoint in (first, second):
        assert (checkpoint.folder / "model.safetensors").is_file()
        assert [path.name for path in checkpoint.weights_files()] == [wanted]
        assert checkpoint.weights_sha256() == checkpoint.sha256_of(wanted)


def test_settings_of_sentence_transformers_come_along(hub: HubServer, tmp_path: Path) -> None:
    files = files_of(checkpoints.write_sentence_transformers, tmp_path, prompts={"prompts": {}})
    hub.add_repo(REPO, files | OTHERS)
    encoder = fetch(REPO, pooler=None)
    assert fetched(hub) == set(files)
    assert encoder.card.pooler == "avg"
    assert encoder.card.normalize
    assert encoder.card.max_length == 48


@pytest.mark.parametrize("stray", [False, True])
def test_a_transformer_in_a_folder_of_its_own(
    hub: HubServer, tmp_path: Path, stray: bool, log: None
) -> None:
    """As old versions of sentence-transformers wrote it; what lies beside is not the model."""
    write = checkpoints.write_sentence_transformers
    files = files_of(write, tmp_path, inside="0_Transformer")
    others = files_of(checkpoints.write_plain, tmp_path, seed=7) if stray else {}
    hub.add_repo(REPO, others | files | {"0_Transformer/tf_model.h5": b"tensors"})
    encoder = fetch(REPO, pooler=None)
    assert "0_Transformer/model.safetensors" in fetched(hub)
    assert "model.safetensors" not in fetched(hub)
    assert "0_Transformer/tf_model.h5" not in fetched(hub)
    vectors = encoder.encode(SENTENCES)
    folder = write(tmp_path / "plain", inside="0_Transformer")
    assert np.array_equal(vectors, fetch(str(folder), pooler=None).encode(SENTENCES))
    again = fetch(REPO, pooler=None, offline=True)
    assert again.card == encoder.card


@pytest.mark.parametrize("missing", ["vocab.txt", "config.json", "model.safetensors"])
def test_offline_with_half_a_folder_of_its_own(
    hub: HubServer, tmp_path: Path, missing: str
) -> None:
    write = checkpoints.write_sentence_transformers
    hub.add_repo(REPO, files_of(write, tmp_path, inside="0_Transformer"))
    root = fetch_checkpoint(REPO).folder
    (root / "0_Transformer" / missing).unlink()
    with pytest.raises(ModelError, match="on this machine"):
        fetch(REPO, offline=True)


@pytest.mark.parametrize("path", ["../..", "/etc", "nowhere", "[0]*"])
def test_a_transformer_in_no_folder(hub: HubServer, tmp_path: Path, path: str) -> None:
    files = files_of(checkpoints.write_sentence_transformers, tmp_path, inside="0_Transformer")
    modules = files["modules.json"].replace(b"0_Transformer", path.encode())
    hub.add_repo(REPO, files | {"modules.json": modules})
    with pytest.raises(ModelError, match="the repository holds no PyTorch weights"):
        fetch(REPO)


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_an_adapter_is_refused_before_anything_is_fetched(
    hub: HubServer, tmp_path: Path, name: str
) -> None:
    hub.add_repo(REPO, files_of(checkpoints.write_plain, tmp_path) | {name: b"{}"})
    with pytest.raises(ModelError, match="holds a whole model and adapter_"):
        fetch(REPO)
    assert "model.safetensors" not in fetched(hub)


def test_code_is_fetched_only_when_trusted(hub: HubServer, tmp_path: Path) -> None:
    hub.add_repo(REPO, files_of(checkpoints.write_plain, tmp_path) | OTHERS)
    fetch_checkpoint(REPO)
    assert not any(name.endswith(".py") for name in fetched(hub))
    checkpoint = fetch_checkpoint(REPO, trust_remote_code=True)
    assert (checkpoint.folder / "modeling_own.py").is_file()


def test_the_card_says_what_was_fetched(hub: HubServer, diffcse: str) -> None:
    card = fetch(REPO).card
    assert (card.name, card.source, card.revision) == (REPO, REPO, diffcse)
    [digest] = [
        blob.sha256
        for name, blob in hub.store.repos["model", REPO].commits[diffcse].items()
        if name == "pytorch_model.bin"
    ]
    assert card.weights_sha256 == digest


@pytest.mark.parametrize("revision", ["paper", "v1.0", None])
def test_branches_and_tags(
    hub: HubServer, tmp_path: Path, diffcse: str, revision: str | None
) -> None:
    branch = {revision: None} if revision else None
    other = files_of(checkpoints.write_diffcse, tmp_path, seed=7)
    newer = hub.add_repo(REPO, other, branches=branch)
    encoder = fetch(f"{REPO}@{revision}" if revision else REPO)
    assert encoder.card.revision == newer
    assert fetch(f"{REPO}@{diffcse}").card.revision == diffcse
    assert newer != diffcse


def test_a_branch_that_moved_is_noticed(hub: HubServer, tmp_path: Path, diffcse: str) -> None:
    before = fetch(REPO)
    newer = hub.add_repo(REPO, files_of(checkpoints.write_diffcse, tmp_path, seed=7))
    after = fetch(REPO)
    assert (before.card.revision, after.card.revision) == (diffcse, newer)
    assert contents(before) != contents(after)


# --- when nobody is asked -------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["commit", "branch"])
def test_a_pinned_commit_is_asked_for_once(hub: HubServer, diffcse: str, first: str) -> None:
    before = fetch(f"{REPO}@{diffcse}" if first == "commit" else REPO)
    asked = len(hub.requests)
    after = fetch(f"{REPO}@{diffcse}")
    assert len(hub.requests) == asked
    assert contents(before) == contents(after)


def test_a_cached_branch_costs_a_look_and_no_download(hub: HubServer, diffcse: str) -> None:
    fetch(REPO)
    asked = len(hub.requests)
    fetch(REPO)
    more = [request.path for request in hub.requests[asked:]]
    assert set(more) == {"/api/models/org/name", "/api/models/org/name/revision/main"} & set(more)
    assert len(more) <= 2


@pytest.mark.parametrize("revision", [None, "main", "commit"])
@pytest.mark.parametrize("how", ["option", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_uses_the_cache(
    hub: HubServer,
    diffcse: str,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
    revision: str | None,
) -> None:
    before = fetch(REPO)
    asked = len(hub.requests)
    if how != "option":
        monkeypatch.setenv(how, "1")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    reference = f"{REPO}@{diffcse if revision == 'commit' else revision}" if revision else REPO
    after = fetch(reference, offline=how == "option")
    assert len(hub.requests) == asked
    assert after.card == before.card


@pytest.mark.parametrize("how", ["option", "HF_HUB_OFFLINE"])
def test_offline_without_a_copy(
    hub: HubServer, diffcse: str, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how != "option":
        monkeypatch.setenv(how, "1")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="org/name is not on this machine") as caught:
        fetch(REPO, offline=how == "option")
    assert ("`offline`" in str(caught.value)) == (how == "option")
    assert hub.requests == []


@pytest.mark.parametrize("missing", ["config.json", "vocab.txt", "pytorch_model.bin"])
def test_offline_with_half_a_copy(hub: HubServer, diffcse: str, missing: str) -> None:
    """What an interrupted download left must not pass for the whole."""
    folder = fetch_checkpoint(REPO).folder
    (folder / missing).unlink()
    with pytest.raises(ModelError, match="on this machine"):
        fetch(REPO, offline=True)
    fetch(REPO)
    fetch(REPO, offline=True)


def test_a_copy_that_another_tool_began_is_completed(hub: HubServer, diffcse: str) -> None:
    """Configuration and weights alone would make a model with another tokenizer."""
    for name in ("config.json", "pytorch_model.bin"):
        hf_hub_download(REPO, name, revision=diffcse)
    assert (fetch(f"{REPO}@{diffcse}").checkpoint.folder / "vocab.txt").is_file()


@pytest.mark.parametrize("kind", ["429", "503", "hangup", "cut", "reset", "truncated", "not a hub"])
@pytest.mark.parametrize("pinned", [False, True])
def test_a_hub_that_fails_leaves_the_copy(
    hub: HubServer,
    diffcse: str,
    log: None,
    caplog: pytest.LogCaptureFixture,
    kind: Any,
    pinned: bool,
) -> None:
    before = fetch(REPO)
    caplog.clear()
    hub.fail("*", kind, times=None)
    hub.fail("*", "hangup", times=None, method="HEAD")
    after = fetch(f"{REPO}@{diffcse}" if pinned else REPO)
    assert after.card == before.card
    warnings = [r.message for r in caplog.records if r.levelname == "WARNING"]
    assert len([text for text in warnings if f"using the copy of {diffcse}" in text]) == (
        not pinned
    )


def test_a_hub_that_is_gone_leaves_the_copy(
    hub_cache: Path,
    hub: HubServer,
    diffcse: str,
    log: None,
    caplog: pytest.LogCaptureFixture,
    naps: list[float],
) -> None:
    fetch(REPO)
    hub.__exit__()
    try:
        assert fetch(REPO).card.revision == diffcse
        assert f"using the copy of {diffcse}" in caplog.text
        assert sum(naps) < 10
    finally:
        hub.__enter__()


def test_a_copy_of_another_tool_serves_when_the_hub_is_down(
    hub: HubServer, diffcse: str, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("config.json", "vocab.txt", "pytorch_model.bin"):
        hf_hub_download(REPO, name)
    hub.fail("*", "503", times=None)
    for reference in (REPO, f"{REPO}@{diffcse}"):
        caplog.clear()
        assert fetch(reference).card.revision == diffcse
        assert "using the copy" in caplog.text


# --- what failures say ----------------------------------------------------------------------------


def refusal(reference: str, **options: Any) -> str:
    """Return the one line with which a model is refused."""
    with pytest.raises(ModelError) as caught:
        fetch(reference, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert REPO in message
    return message


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("401", "hf auth login"),
        ("403", "is gated"),
        ("404", "does not exist on the hub, or is private"),
        ("429", "too many requests (429)"),
        ("503", "the hub is in trouble (503)"),
        ("hangup", "the connection broke"),
        ("not a hub", "is no hub"),
    ],
)
@pytest.mark.parametrize("pinned", [False, True])
def test_a_hub_that_refuses_everything(
    hub: HubServer, diffcse: str, naps: list[float], kind: Any, said: str, pinned: bool
) -> None:
    hub.fail("*", kind, times=None)
    message = refusal(f"{REPO}@{diffcse}" if pinned else REPO)
    assert said in message
    assert sum(naps) < 90  # the client has patience of its own, three times


@pytest.mark.parametrize("name", ["config.json", "pytorch_model.bin"])
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("401", "hf auth login"),
        ("403", "is gated"),
        ("404", "does not exist"),
        ("429", "too many requests (429)"),
        ("503", "the hub is in trouble (503)"),
        ("hangup", "the connection broke"),
        ("cut", "the connection broke"),
        ("reset", "the connection broke"),
        ("truncated", "the download broke off"),
        ("not a hub", "the download broke off"),
        ("corrupt", "arrives damaged"),
    ],
)
def test_a_file_that_never_arrives(
    hub: HubServer, diffcse: str, naps: list[float], kind: Any, said: str, name: str
) -> None:
    hub.fail(f"*/resolve/*/{name}", kind, times=None, method="GET")
    message = refusal(REPO)
    assert said in message
    assert sum(naps) < 120
    hub.faults.clear()
    fetch(REPO)  # nothing bad is left behind


@pytest.mark.parametrize("name", ["config.json", "vocab.txt", "pytorch_model.bin"])
@pytest.mark.parametrize("kind", ["429", "503", "hangup", "cut", "reset", "truncated", "corrupt"])
def test_a_file_that_arrives_in_the_end(
    hub: HubServer, diffcse: str, written: Path, kind: Any, name: str
) -> None:
    hub.fail(f"*/resolve/*/{name}", kind, times=1, method="GET")
    assert contents(fetch(REPO)) == contents(fetch(str(written)))


@pytest.mark.parametrize("kind", ["429", "503", "hangup", "cut", "reset"])
@pytest.mark.parametrize("path", ["/api/models/org/name", "/api/models/org/name/tree/*"])
def test_a_list_that_arrives_in_the_end(
    hub: HubServer, diffcse: str, naps: list[float], kind: Any, path: str
) -> None:
    hub.fail(path, kind, times=1)
    assert fetch(REPO).card.revision == diffcse
    assert len(naps) >= 1


def test_unknown_things(hub: HubServer, tmp_path: Path, diffcse: str) -> None:
    with pytest.raises(ModelError, match="does not exist on the hub, or is private"):
        fetch("org/other")
    assert "has no such revision" in refusal(f"{REPO}@other")
    assert "has no such revision" in refusal(f"{REPO}@{'0' * 40}")
    hub.add_repo(REPO, {"README.md": b"", "tf_model.h5": b"", "config.json": b"{}"})
    assert "holds no PyTorch weights" in refusal(REPO)
    with pytest.raises(ModelError, match=r"holds no model\.safetensors"):
        fetch_checkpoint(REPO, weights_file="model.safetensors")
    hub.add_repo(REPO, files_of(checkpoints.write_plain, tmp_path))
    (gone := checkpoints.write_plain(tmp_path / "gone") / "config.json").unlink()
    hub.add_repo(REPO, as_files(gone.parent))
    with pytest.raises(ModelError, match=r"config\.json is missing"):
        fetch(REPO)


def test_gated_and_private(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = files_of(checkpoints.write_plain, tmp_path)
    hub.add_repo(REPO, files, gated=True)
    assert "is gated: ask its owners for access, then run hf auth login" in refusal(REPO)
    hub.add_repo(REPO, files, private=True)
    assert "is private (hf auth login)" in refusal(REPO)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", False)
    monkeypatch.setenv("HF_TOKEN", hub.store.token)
    fetch(REPO)


# --- damage ---------------------------------------------------------------------------------------


def damage(path: Path) -> None:
    """Flip the last byte of what a name in the cache stands for."""
    blob = path.resolve()
    content = bytearray(blob.read_bytes())
    content[-1] ^= 0xFF
    blob.write_bytes(content)


@pytest.mark.parametrize("name", ["config.json", "vocab.txt", "pytorch_model.bin"])
@pytest.mark.parametrize("pinned", [False, True])
def test_a_damaged_copy_is_fetched_again(
    hub: HubServer,
    diffcse: str,
    log: None,
    caplog: pytest.LogCaptureFixture,
    name: str,
    pinned: bool,
) -> None:
    before = fetch(REPO)
    damage(before.checkpoint.folder / name)
    asked = len(hub.requests)
    after = fetch(f"{REPO}@{diffcse}" if pinned else REPO)
    assert f"{name} of org/name is damaged, fetching it again" in caplog.text
    bodies = [r.path for r in hub.requests[asked:] if r.method == "GET" and "/resolve/" in r.path]
    assert bodies == [f"/org/name/resolve/{diffcse}/{name}"]
    assert contents(before) == contents(after)


@pytest.mark.parametrize("name", ["config.json", "pytorch_model.bin"])
def test_a_damaged_copy_that_stays_damaged(hub: HubServer, diffcse: str, name: str) -> None:
    damage(fetch(REPO).checkpoint.folder / name)
    hub.fail(f"*/{name}", "corrupt", times=None)
    assert f"{name} arrives damaged" in refusal(REPO)


@pytest.mark.parametrize("name", ["config.json", "vocab.txt", "pytorch_model.bin"])
def test_a_damaged_copy_offline(hub: HubServer, diffcse: str, name: str) -> None:
    damage(fetch(REPO).checkpoint.folder / name)
    assert f"the cached {name} is damaged" in refusal(REPO, offline=True)
    fetch(REPO)
    fetch(REPO, offline=True)


def test_damage_to_a_file_that_is_not_used_does_not_matter(hub: HubServer, tmp_path: Path) -> None:
    files = files_of(checkpoints.write_plain, tmp_path) | {"tf_model.h5": b"other"}
    hub.add_repo(REPO, files)
    fetch(REPO)
    damage(Path(hf_hub_download(REPO, "tf_model.h5")))
    fetch(REPO, offline=True)


def test_a_full_disk_is_not_the_network(
    hub: HubServer, diffcse: str, monkeypatch: pytest.MonkeyPatch, naps: list[float]
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("huggingface_hub.file_download.http_get", full)
    with pytest.raises(OSError, match="No space left"):
        fetch_checkpoint(REPO)
    assert naps == []


def test_a_folder_needs_no_hub(hub: HubServer, tmp_path: Path) -> None:
    fetch(str(checkpoints.write_diffcse(tmp_path / "m")))
    assert hub.requests == []


def test_a_checkpoint_says_where_it_lies(hub: HubServer, diffcse: str, hub_cache: Path) -> None:
    checkpoint = fetch_checkpoint(f"{REPO}")
    folder = hub_cache / "models--org--name" / "snapshots" / diffcse
    assert checkpoint == Checkpoint(folder, REPO, REPO, diffcse, "pytorch_model.bin")


@pytest.mark.parametrize("name", ["../../evil_Pooling/config.json", "/evil_Pooling/config.json"])
def test_a_name_that_leads_out_of_the_cache(
    hub: HubServer, hub_cache: Path, tmp_path: Path, written: Path, name: str
) -> None:
    hub.add_repo(REPO, as_files(written) | {name: b"{}"})
    with pytest.raises(ModelError) as caught:
        fetch(REPO)
    assert "\n" not in str(caught.value)
    inside = hub_cache / "models--org--name"
    assert [p for p in tmp_path.rglob("*evil*") if inside not in p.parents] == []
