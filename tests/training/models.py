"""Tiny models in training, of every make that is evaluated, and made-up data for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import AutoModel, AutoModelForMaskedLM, AutoTokenizer

from benchmark.training import DenseHead, SimCSE
from tests.checkpoints import HIDDEN, SENTENCES, write_plain

TASK = "STSBenchmark/dev"
WORDS = sorted({word for text in SENTENCES for word in text.lower().split() if word.isalpha()})
"""That made-up sentences consist of: all are known to the tokenizers."""


class InTraining(NamedTuple):
    """A model as a training loop has it.

    Attributes:
        model: what the loop steps.
        tokenizer: of it; None where the model has its own.
        options: what is asked of the evaluator, and of the command line.
        save: writes the checkpoint of this moment.
    """

    model: Any
    tokenizer: Any
    options: dict[str, Any]
    save: Callable[[Path], None]


def step(model: torch.nn.Module, seed: int) -> None:
    """Change all weights a little, as an update does."""
    dice = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn(weight.shape, generator=dice).to(weight.dtype) * 0.05)


def of_transformers(folder: Path, kind: str = "bert", auto: Any = AutoModel, **how: Any) -> Any:
    """Return a model of transformers, its tokenizer, and what saves both."""
    path = write_plain(folder / "start", kind)  # type: ignore[arg-type]
    model, tokenizer = auto.from_pretrained(path, **how), AutoTokenizer.from_pretrained(path)
    return model, tokenizer, saver(model, tokenizer)


def saver(model: Any, tokenizer: Any) -> Callable[[Path], None]:
    """Return what writes a checkpoint as people do."""

    def save(path: Path) -> None:
        model.save_pretrained(path)
        tokenizer.save_pretrained(path)

    return save


def _plain(folder: Path, kind: str, **how: Any) -> InTraining:
    model, tokenizer, save = of_transformers(folder, kind, **how)
    return InTraining(model, tokenizer, {"pooler": "cls_before_pooler"}, save)


def _eager(folder: Path) -> InTraining:
    """Of another implementation of attention than checkpoints are computed with."""
    return _plain(folder, "bert", attn_implementation="eager")


def _with_head(folder: Path) -> InTraining:
    return _plain(folder, "bert")._replace(options={"pooler": "cls"})


def _language_model(folder: Path) -> InTraining:
    return _plain(folder, "roberta", auto=AutoModelForMaskedLM)


def _half(folder: Path) -> InTraining:
    return _plain(folder, "bert", dtype=torch.bfloat16)


def _objective(folder: Path) -> InTraining:
    """An encoder in SimCSE's objective, without a pooling layer as that wants it."""
    found = _plain(folder, "bert", add_pooling_layer=False)
    return found._replace(model=SimCSE(found.model, DenseHead(HIDDEN)))


def _wrapped(folder: Path) -> InTraining:
    found = _plain(folder, "bert")
    return found._replace(model=torch.nn.DataParallel(found.model))


def _checkpointing(folder: Path) -> InTraining:
    found = _plain(folder, "bert")
    found.model.gradient_checkpointing_enable()
    return found


def _adapted(folder: Path) -> InTraining:
    """A base with PEFT's adapter, which is all that is saved."""
    from peft import LoraConfig, get_peft_model

    model, tokenizer, _ = of_transformers(folder)
    adapted = get_peft_model(model, LoraConfig(target_modules=["query", "value"], r=2))
    options = {"pooler": "cls_before_pooler"}
    return InTraining(adapted, tokenizer, options, saver(adapted, tokenizer))


def _of_library(folder: Path, *, behind: bool = False) -> InTraining:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import (
        Dense,
        Normalize,
        Pooling,
        Transformer,
    )

    write_plain(folder / "start")
    modules = [Transformer(str(folder / "start"), max_seq_length=16), Pooling(HIDDEN)]
    modules += [Dense(HIDDEN, 8), Normalize()] if behind else []
    model = SentenceTransformer(modules=modules, device="cpu")
    model.encode(["as training does"])  # what a tokenizer was last told is saved with it
    return InTraining(model, None, {}, lambda path: model.save_pretrained(str(path)))


def _by_library(folder: Path) -> InTraining:
    """One that its own library computes for us, which needs its files each time."""
    found = _of_library(folder)
    return found._replace(options={"adapter": "sentence-transformers"})


LENT: dict[str, Callable[[Path], InTraining]] = {
    "bert": lambda folder: _plain(folder, "bert"),
    "roberta": lambda folder: _plain(folder, "roberta"),
    "with its head": _with_head,
    "eager attention": _eager,
    "masked language model": _language_model,
    "bfloat16": _half,
    "in an objective": _objective,
    "in a wrapper": _wrapped,
    "gradient checkpointing": _checkpointing,
    "of sentence-transformers": _of_library,
    "with layers behind": lambda folder: _of_library(folder, behind=True),
}
"""Those whose tensors an evaluation borrows."""

OTHERS: dict[str, Callable[[Path], InTraining]] = {
    "with an adapter": _adapted,
    "by its library": _by_library,
}

MODELS = LENT | OTHERS


def batches() -> Iterator[list[str]]:
    """Yield batches of sentences to train on."""
    yield from (list(SENTENCES[start : start + 4]) for start in range(0, len(SENTENCES), 4))
