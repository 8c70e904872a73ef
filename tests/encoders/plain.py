"""The vectors of a checkpoint, computed plainly: the oracle of the encoder tests.

Weights are put into the reference classes by hand, sentences go through one at a time in
double precision, all hidden states are asked for, and pooling is NumPy on one matrix.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer

from benchmark.encoders.transformer.poolers import POOLERS

Vector = NDArray[np.float64]
Pool = Callable[[list[NDArray[np.float64]]], Vector]

POOL: dict[str, Pool] = {
    "cls_before_pooler": lambda h: h[-1][0],
    "avg": lambda h: h[-1].mean(axis=0),
    "avg_top2": lambda h: ((h[-1] + h[-2]) / 2).mean(axis=0),
    "avg_first_last": lambda h: ((h[0] + h[-1]) / 2).mean(axis=0),
    "avg_first_last_layer1": lambda h: ((h[1] + h[-1]) / 2).mean(axis=0),
    "max": lambda h: h[-1].max(axis=0),
    "avg_sqrt_len": lambda h: h[-1].sum(axis=0) / np.sqrt(len(h[-1])),
    "weighted_mean": lambda h: np.average(h[-1], axis=0, weights=range(1, len(h[-1]) + 1)),
    "last_token": lambda h: h[-1][-1],
}
"""From the hidden states of one sentence, (layers + 1) x (tokens, d), to its vector."""

OF_ANY_TEXT = tuple(name for name, pooler in POOLERS.items() if not pooler.needs_template)
"""The poolers that ask for no template."""


def plain_vectors(
    folder: Path, pooler: str, sentences: Sequence[str], **where: Any
) -> NDArray[np.float64]:
    """Return the (n, d) vectors of sentences by one pooler; see `plain_by_pooler`."""
    return plain_by_pooler(folder, (pooler,), sentences, **where)[pooler]


def plain_by_pooler(
    folder: Path,
    poolers: Iterable[str],
    sentences: Sequence[str],
    *,
    prefix: str = "",
    head: str = "pooler.",
    limit: int | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Return the (n, d) vectors of sentences, by pooler.

    Args:
        folder: of the checkpoint.
        poolers: names of the poolers.
        sentences: the sentences.
        prefix: what the names of the encoder's weights begin with.
        head: what those of the pooling head begin with.
        limit: most tokens; the last one stays when more are cut.
    """
    weights = read_weights(folder)
    model = _model(folder, weights, prefix)
    rows: dict[str, list[Vector]] = {pooler: [] for pooler in poolers}
    for sentence in sentences:
        ids = plain_ids(folder, sentence)
        if limit is not None and len(ids) > limit:
            ids = [*ids[: limit - 1], ids[-1]]
        with torch.no_grad():
            output = model(input_ids=torch.tensor([ids]), output_hidden_states=True)
        states = [state[0].numpy() for state in output.hidden_states]
        for pooler, row in rows.items():
            if pooler == "cls":
                matrix, bias = (
                    weights[f"{head}dense.{part}"].numpy() for part in ("weight", "bias")
                )
                row.append(np.tanh(matrix.astype(float) @ states[-1][0] + bias))
            else:
                row.append(POOL[pooler](states))
    return {pooler: np.stack(row) for pooler, row in rows.items()}


def plain_ids(folder: Path, sentence: str) -> list[int]:
    """Return the token ids of a sentence, special tokens included."""
    if (folder / "merges.txt").is_file():
        byte_pairs = ByteLevelBPETokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
        return [0, *byte_pairs.encode(sentence).ids, 2]
    pieces = (folder / "vocab.txt").read_text("utf-8").split("\n")
    first, last = ("<s>", "</s>") if "<s>" in pieces else ("[CLS]", "[SEP]")
    words = BertWordPieceTokenizer(
        str(folder / "vocab.txt"), cls_token=first, sep_token=last, lowercase=True
    )
    return list(words.encode(sentence).ids)


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    """Return all weights of a checkpoint under the names that they have there."""
    weights: dict[str, torch.Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        weights |= load_file(path)
    for path in sorted(folder.glob("*.bin")):
        weights |= torch.load(path, weights_only=True)
    return weights


def _model(folder: Path, weights: dict[str, torch.Tensor], prefix: str) -> Any:
    settings = json.loads((folder / "config.json").read_text("utf-8"))
    named = {"bert": "Bert", "roberta": "Roberta", "distilbert": "DistilBert"}
    family = named.get(settings["model_type"], settings["model_type"])
    family = {"mpnet": "MPNet", "albert": "Albert"}.get(family, family)
    config = getattr(transformers, f"{family}Config").from_dict(settings)
    config._attn_implementation = "eager"
    model = getattr(transformers, f"{family}Model")(config)
    renamed = {
        name.removeprefix(prefix)
        .replace("LayerNorm.gamma", "LayerNorm.weight")
        .replace("LayerNorm.beta", "LayerNorm.bias"): weight
        for name, weight in weights.items()
        if name.startswith(prefix)
    }
    missing, _ = model.load_state_dict(renamed, strict=False)
    assert all(name.startswith("pooler.") for name in missing), missing
    return model.double().eval()
