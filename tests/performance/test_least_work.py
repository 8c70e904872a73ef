"""The least work, against torch's own count of operations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoModel

from benchmark.encoders.asked.catalogue import named_models
from performance.tools.least_work import Shape, shape_of
from performance.tools.random_bert import SIZES
from tests.checkpoints import write_distilbert, write_plain


def counted(folder: Path, lengths: list[int]) -> int:
    """What torch counts in a forward pass of each sentence by itself, pooling head left out."""
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    model.pooler = None
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        for length in lengths:
            ids = torch.full((1, length), 7)
            model(input_ids=ids, attention_mask=torch.ones_like(ids))
    return counter.get_total_flops()


@pytest.mark.parametrize("write", [write_plain, write_distilbert])
def test_operations_are_those_that_torch_counts(write: Any, tmp_path: Path):
    folder = write(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    lengths = [3, 9, 17, 40]
    assert shape_of(config).operations(lengths) == counted(folder, lengths)


def test_weights_of_known_models():
    # 4 x 768^2 + 2 x 768 x 3072 in each of 12 layers: "85 M" of BERT-base's 110 M.
    assert Shape(12, 768, 3072).weights == 84_934_656
    assert Shape(6, 384, 1536).weights == 10_616_832
    assert [size.weights for size in SIZES if size.name == "base"] == [84_934_656]


def test_other_architectures_are_refused():
    with pytest.raises(ValueError, match="modernbert"):
        shape_of({"model_type": "modernbert", "hidden_size": 8})


def test_the_embedded_model_is_there():
    assert "all-minilm-l6-v2" in named_models()
