"""Every pooler on every architecture for text: the plain definition, or refused in one line."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmark.encoders.transformer.hidden import forward_and_pool
from benchmark.encoders.transformer.poolers import POOLERS
from benchmark.errors import ModelError
from tests.encoders.plain import OF_ANY_TEXT
from tests.encoders.transformer.architectures import MODEL_TYPES, NOT_MADE, WORDS, tiny_model
from tests.oracles.pooling import INNER, outputs_of, pooled
from tests.rounding import assert_close

TRIED = [kind for kind in MODEL_TYPES if kind not in NOT_MADE]
_QUICK = (
    "albert bert canine deberta-v2 distilbert electra funnel gpt2 longformer mobilebert "
    "modernbert mpnet opt reformer roberta squeezebert xlnet"
)
QUICK = _QUICK.split()
"""One of each way to keep hidden states, and the encoders that people evaluate."""

_NOT_BY_LAYER = (
    "bart bigbird_pegasus canine deepseek_v4 funnel longcat_flash mbart mvp plbart reformer"
)
NOT_BY_LAYER = _NOT_BY_LAYER.split()
"""Those without a state for each layer and token: they shorten, widen, or have two stacks."""


def test_no_architecture_is_left_out_silently() -> None:
    assert len(TRIED) > 150
    assert set(NOT_MADE) <= set(MODEL_TYPES)
    assert set(QUICK) | set(NOT_BY_LAYER) <= set(TRIED)


@pytest.mark.parametrize(
    "model_type",
    [pytest.param(kind, marks=[] if kind in QUICK else [pytest.mark.slow]) for kind in TRIED],
)
def test_the_plain_definition_or_refused(model_type: str) -> None:
    model = tiny_model(model_type)
    generator = np.random.default_rng(0)
    found = {}
    for length in (9, 16):
        rows = generator.integers(WORDS // 4, WORDS // 2, (3, length)).tolist()
        ids, outputs = torch.tensor(rows), outputs_of(model, rows)
        for name, pooler in ((name, POOLERS[name]) for name in OF_ANY_TEXT):
            wanted = pooled(model, rows, outputs, name)
            if name in INNER:
                assert (wanted is None) == (model_type in NOT_BY_LAYER)
            if wanted is None:
                with pytest.raises(ModelError, match=f"pooler {name} takes .* this architecture"):
                    forward_and_pool(model, ids, pooler)
                continue
            with torch.inference_mode():
                found[name] = forward_and_pool(model, ids, pooler).numpy()
            assert_close(found[name], wanted, 1e-4)
    for name in INNER:  # else the comparison above would tell nothing
        if name in found:
            assert np.abs(found[name] - found["avg"]).max() > 1e-3 * np.abs(found["avg"]).max()
