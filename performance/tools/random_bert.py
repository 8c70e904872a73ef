"""BERTs of several sizes with random weights: speed does not ask what a model has learnt."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

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


def write_random_bert(folder: Path, size: Size, tokenizer: Path) -> Path:
    """Write a checkpoint with the tokenizer of another one; return its folder."""
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
    )
    torch.manual_seed(0)
    BertModel(config).save_pretrained(folder)
    return folder
