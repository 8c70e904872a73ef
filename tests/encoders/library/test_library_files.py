"""Repositories that the library computes: what is fetched, what is taken from the cache."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.files.needed import Files
from benchmark.encoders.library.encoder import LibraryEncoder
from benchmark.encoders.library.files import library_files
from benchmark.errors import ModelError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES, as_files
from tests.encoders.files.test_hub_checkpoint import OTHERS, fetched
from tests.encoders.library import folders
from tests.hub.server import HubServer

REPO = "org/name"
UNREAD = OTHERS | {
    "2_Dense/README.md": b"A layer",
    "checkpoint-500/config.json": b"{}",
    "checkpoint-500/optimizer.pt": b"pickled",
    "LICENSE": b"free",
    "picture.png": b"a picture",
}


def encoder_of(reference: str, **options: Any) -> Any:
    """Return an encoder; its card knows all files by hash, and nothing is loaded yet."""
    return build_encoder(parse_reference(reference), "sts", EncoderOptions(**options))


@pytest.mark.parametrize("name", ["words, dense", "router", "layer norm", "bag", "clip"])
@pytest.mark.parametrize("adapter", ["auto", "sentence-transformers"])
def test_all_that_the_library_reads(
    hub: HubServer, tmp_path: Path, name: str, adapter: str
) -> None:
    folder = folders.write(tmp_path / "m", name)
    files = as_files(folder)
    hub.add_repo(REPO, UNREAD | files)
    encoder = encoder_of(REPO, adapter=adapter)
    assert isinstance(encoder, LibraryEncoder)
    sent = [files[path] for path in fetched(hub)]  # what two of them hold is sent once
    assert set(sent) == set(files.values())
    local = encoder_of(str(folder), adapter=adapter)
    assert encoder.card.fingerprint == local.card.fingerprint
    assert np.array_equal(encoder.encode(SENTENCES), local.encode(SENTENCES))
    offline = encoder_of(REPO, adapter=adapter, offline=True)
    assert offline.card == encoder.card
    assert np.array_equal(offline.encode(SENTENCES), local.encode(SENTENCES))


@pytest.mark.parametrize("adapter", ["auto", "sentence-transformers"])
@pytest.mark.parametrize(
    "missing", ["2_Dense/config.json", "router_config.json", "query_0_Transformer/tokenizer.json"]
)
def test_offline_with_a_part_of_it(
    hub: HubServer, tmp_path: Path, missing: str, adapter: str
) -> None:
    name = "router" if "router" in missing or "query" in missing else "words, dense"
    hub.add_repo(REPO, as_files(folders.write(tmp_path / "m", name)))
    folder = encoder_of(REPO, adapter=adapter).checkpoint.folder
    (folder / missing).unlink()
    with pytest.raises(ModelError, match="on this machine"):
        encoder_of(REPO, adapter=adapter, offline=True)


def test_one_form_of_the_weights_of_each_module() -> None:
    modules = [{"path": ""}, {"path": "1_Dense"}, {"path": "../out"}, {"path": 7}, "odd"]
    forms = ("model.safetensors", "pytorch_model.bin")
    names = ["modules.json", *forms, *(f"1_Dense/{form}" for form in forms), "2_X/config.json"]
    needed = library_files(Files(names, lambda _: modules), None, False)
    assert set(needed.files) == {"modules.json", "model.safetensors", "1_Dense/model.safetensors"}
    sharded = ["pytorch_model.bin.index.json", "pytorch_model-00001-of-00002.bin", "training.bin"]
    needed = library_files(Files(sharded, lambda _: None), None, False)
    assert list(needed.files) == sharded[:2]


def test_code_may_read_whatever_there_is(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    (folder / "inner").mkdir()
    for name in ("own.py", "inner/more.py", "inner/data.pt", ".hidden", "README.md"):
        (folder / name).write_text("x")
    from benchmark.encoders.files.needed import files_below

    found = set(library_files(files_below(folder), None, True).files)
    assert {"own.py", "inner/more.py", "inner/data.pt", "model.safetensors"} <= found
    assert not {".hidden", "README.md"} & found
    plain = set(library_files(files_below(folder), None, False).files)
    assert plain == {"config.json", "vocab.txt", "model.safetensors"}


def test_modules_that_tell_nothing() -> None:
    for content in ({}, None, 3, [3], [{"path": None}]):
        names = ["modules.json", "config.json"]
        needed = library_files(
            Files(names, lambda _, c=content: json.loads(json.dumps(c))), None, False
        )
        assert list(needed.files) == names
