"""A prompt whose tokens are not pooled, in a graph: as torch does it, where none is left, too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.checkpoints import SENTENCES
from tests.encoders.transformer.backends.conftest import encoder_of
from tests.encoders.transformer.prompted import write_prompted
from tests.rounding import assert_close

POOLERS = "cls_before_pooler+max+avg+avg_sqrt_len+weighted_mean+last_token"


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["openvino", "onnx"])
def test_an_export_leaves_the_prompt_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    """Each number of tokens has an export of its own, and none is taken for another."""
    pytest.importorskip(backend if backend == "openvino" else "onnxruntime")
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "cache"))
    texts = (*SENTENCES, "", "man", "the guitar plays a man " * 30)
    prompts = {"short": "a man: ", "long": "two dogs run through the deep snow: "}
    folder = write_prompted(tmp_path, "begins", prompts=prompts)
    for name in prompts:
        wanted = encoder_of(folder, "torch", pooler=POOLERS, prompt_name=name).encode(texts)
        assert not np.isfinite(wanted).all()  # nothing is left of the empty text
        found = encoder_of(folder, backend, pooler=POOLERS, prompt_name=name).encode(texts)
        assert_close(found, wanted)
    assert len([path for path in (tmp_path / "cache/exports").iterdir() if path.is_dir()]) == 2
