"""A worker reads its modules anew: what was edited since must not answer under the old name."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

from benchmark.embeddings import Processes, embed
from benchmark.embeddings.engines.replica import received, require_same_code, sent
from benchmark.encoders import vector_identity
from benchmark.errors import ModelError
from tests.embeddings.engines.encoders import Plain

CODE = """
import numpy as np
from benchmark import EncoderCard

class Edited:
    card = EncoderCard("edited", version="1")

    def encode(self, sentences):
        return np.full((len(sentences), 2), 1.0, np.float32)
"""


def test_code_that_is_edited_before_the_workers_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "edited_encoder.py"
    file.write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        encoder = importlib.import_module("edited_encoder").Edited()
        assert vector_identity(encoder)
        file.write_text(CODE.replace("1.0", "2.0"))
        with pytest.raises(ModelError, match="a worker process would give other vectors") as caught:
            embed(encoder, ["a", "b"], engine=Processes(2))
    finally:
        sys.modules.pop("edited_encoder", None)
    assert "source is" in str(caught.value)
    assert str(caught.value).endswith("changed since the run began, run again")


def test_the_same_code_is_let_through() -> None:
    encoder = Plain()
    require_same_code(received(sent(encoder)), vector_identity(encoder))
    ours = json.loads(vector_identity(encoder) or "")
    with pytest.raises(ModelError, match=r"machine is .*, not abacus"):
        require_same_code(encoder, json.dumps(ours | {"machine": "abacus"}))
