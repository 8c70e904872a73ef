"""What a recipe needs, small enough for a test: models with random weights, and sentences."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForMaskedLM

from tests.checkpoints import SENTENCES, Family, write_plain

PROJECT = Path(__file__).parents[2]


def write_model(folder: Path, family: Family = "bert", **changes: Any) -> Path:
    """Write an encoder of two layers, as a training begins with one."""
    return write_plain(folder, family, num_hidden_layers=2, **changes)


def write_generator(folder: Path, family: Family = "bert", **changes: Any) -> Path:
    """Write a masked language model of one layer with the same tokenizer."""
    write_plain(folder, family, num_hidden_layers=1, **changes)
    torch.manual_seed(5)
    AutoModelForMaskedLM.from_config(AutoConfig.from_pretrained(folder)).save_pretrained(folder)
    return folder


def write_text(path: Path, count: int = 96) -> Path:
    """Write different sentences, one a line."""
    lines = (f"{SENTENCES[place % len(SENTENCES)]} {place}" for place in range(count))
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def write_triples(path: Path, count: int = 48) -> Path:
    """Write a table of sentence, what follows, what contradicts."""
    rows = (
        f"a dog runs {place},an animal runs {place},nothing runs {place}" for place in range(count)
    )
    path.write_text("sent0,sent1,hard_neg\n" + "\n".join(rows), "utf-8")
    return path


def command(*words: object, **named: Any) -> subprocess.Popen[str]:
    """Start the verb ``train`` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "benchmark", "train", *map(str, words)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **named,
    )
