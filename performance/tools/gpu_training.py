"""How fast do SimCSE and DiffCSE train, and in how much memory? And a model to train from.

    python -m performance.tools.gpu_training --json F --seconds 100 [--device cuda] [--text T]

Steps in a plain loop, batches of 64 sentences of 32 tokens, in each precision; the same by the
recipe, through the loading library's trainer; then a BERT of that size is initialised from scratch
and trained as a masked language model for some seconds, with a generator of half its layers. Its
folder is what the part ``recipes`` begins with.
"""

from __future__ import annotations

import gc
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM, BertModel
from transformers.utils import logging

from benchmark.embeddings import Advance
from benchmark.training import BatchNormHead, DenseHead, DiffCSE, SimCSE, Vocabulary, masked, train
from performance.tools.findings import Entry, Findings
from performance.tools.gpu_part import Asked, run_part
from performance.tools.machine import wait
from performance.tools.random_bert import Size
from performance.tools.sentences import sentences

TOKENS, BATCH = 32, 64
"""Of a sentence, and sentences of a batch, as both papers have them."""

MODEL, GENERATOR, TEXT = "trained", "generator", "text.txt"
"""What is left in the folder for the recipes."""

_SIZE, _TINY = Size("base", 12, 768), Size("tiny", 2, 64)
_WORDS, _FEW_WORDS = 16_000, 400
_MASKED_BATCH, _MASK_RATIO, _RATE = 256, 0.15, 3e-4


def measure(findings: Findings, asked: Asked) -> None:
    """Ask all."""
    size = _TINY if asked.tiny else _SIZE
    asked.folder.mkdir(parents=True, exist_ok=True)
    logging.disable_progress_bar()
    findings.measure("tokenizer", partial(_tokenizer, asked), needs=3.0)
    config = BertConfig(
        vocab_size=len(_tokenizer_of(asked)), num_hidden_layers=size.layers,
        hidden_size=size.hidden, intermediate_size=4 * size.hidden,
        num_attention_heads=max(1, size.hidden // 64),
    )  # fmt: skip
    for method, precision in itertools.product(("simcse", "diffcse"), _precisions(asked)):
        question = partial(_steps, asked, config, method, precision)
        findings.measure(f"{method}, {precision}, plain loop", question, needs=4.0)
    findings.measure("pre-training", partial(_pretrained, asked, config, findings), 20.0)
    findings.measure("simcse, by the recipe", partial(_recipe, asked), needs=10.0)


# --- steps a second -------------------------------------------------------------------------------


def _precisions(asked: Asked) -> tuple[str, ...]:
    """Return those that the recipes offer on the device."""
    return ("float32",) if asked.device == "cpu" else ("float32", "bfloat16", "float16")


def _steps(asked: Asked, config: Any, method: str, precision: str) -> Entry:
    """Return steps a second, peak memory and operations of a plain loop."""
    objective = _objective(asked, config, method).to(asked.device).train()
    trained = [weight for weight in objective.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-5, weight_decay=0.0)
    scaler = torch.amp.GradScaler(asked.device, enabled=precision == "float16")
    ids = torch.randint(5, config.vocab_size, (BATCH, TOKENS), device=asked.device)
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    twice = {name: value[:, None].expand(-1, 2, -1) for name, value in batch.items()}

    def step() -> Any:
        with _autocast(asked.device, precision):
            total = objective(**twice).total
        scaler.scale(total).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(trained, 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
        return total.detach()

    with FlopCounterMode(display=False) as counted:
        step()
    for _ in range(1 if asked.tiny else 5):
        step()
    with _peak(asked.device) as entry:
        seconds, count, last = _repeated(asked.device, step, 0.2 if asked.tiny else 1.5)
    operations = counted.get_total_flops()
    return entry | {
        "steps_a_second": count / seconds,
        "steps": count,
        "batch": BATCH,
        "operations_a_step": operations,
        "operations_a_second": operations * count / seconds,
        "last_loss": float(last),
    }


def _objective(asked: Asked, config: Any, method: str) -> SimCSE | DiffCSE:
    torch.manual_seed(1)
    encoder = BertModel(config, add_pooling_layer=False)
    if method == "simcse":
        return SimCSE(encoder, DenseHead(config.hidden_size))
    contrast = SimCSE(encoder, BatchNormHead(config.hidden_size))
    discriminator = BertModel(config, add_pooling_layer=False)
    generator = BertForMaskedLM(_half(config))
    return DiffCSE(contrast, generator, discriminator, Vocabulary.of(_tokenizer_of(asked)))


def _half(config: Any) -> Any:
    """Return the configuration of a generator: half the layers."""
    return type(config)(**config.to_dict() | {"num_hidden_layers": config.num_hidden_layers // 2})


def _autocast(device: str, precision: str) -> Any:
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device, dtype=getattr(torch, precision))


def _repeated(device: str, step: Callable[[], Any], least: float) -> tuple[float, int, Any]:
    """Return seconds, steps, and what the last one returned."""
    wait(device)
    started = time.perf_counter()
    count, last = 0, None
    while time.perf_counter() - started < least:
        for _ in range(5):
            last = step()
        count += 5
        wait(device)
    return time.perf_counter() - started, count, last


@contextmanager
def _peak(device: str) -> Iterator[Entry]:
    """Give an entry that gets the most memory that tensors had at once inside."""
    entry: Entry = {}
    gc.collect()
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats()
    yield entry
    if device != "cpu":
        entry["peak_bytes"] = torch.cuda.max_memory_allocated()
        gc.collect()
        torch.cuda.empty_cache()


# --- by the recipe --------------------------------------------------------------------------------


class Pace:
    """Watches training: when each step ended."""

    def __init__(self, device: str, until: float = float("inf")) -> None:
        """Stop it when the time is over, by `TimeIsOverError`."""
        self.device, self.until = device, until
        self.times: list[tuple[int, float]] = []

    @contextmanager
    def watch(self, name: str) -> Iterator[Advance]:  # noqa: ARG002 - a name of a piece of work
        """Be told how far it is."""
        yield self._advance

    def _advance(self, done: int, total: int) -> None:  # noqa: ARG002 - as it is called
        self.times.append((done, time.perf_counter()))
        if self.times[-1][1] > self.until:
            raise TimeIsOverError

    def steps_a_second(self) -> float:
        """Return the pace of most steps: those with an evaluation or a checkpoint are few."""
        moments = [moment for _, moment in self.times[5:]]
        return 1 / statistics.median(later - one for one, later in itertools.pairwise(moments))


class TimeIsOverError(Exception):
    """Training had to end early."""


def _recipe(asked: Asked) -> Entry:
    """Train some steps by the recipe, in a process where CUDA has been started before."""
    pace = Pace(asked.device)
    with _peak(asked.device) as entry:
        started = time.perf_counter()
        train(
            "simcse", model=str(asked.folder / MODEL), data=str(asked.folder / TEXT),
            output_dir=asked.folder / "some steps", watch=pace.watch, tasks="none",
            batch_size=BATCH, max_steps=15 if asked.tiny else 100, device=asked.device,
            precision="float32" if asked.device == "cpu" else "bfloat16",
        )  # fmt: skip
        entry["seconds"] = time.perf_counter() - started
    return entry | {"steps_a_second": pace.steps_a_second(), "batch": BATCH}


# --- a model to train from ------------------------------------------------------------------------


def _tokenizer(asked: Asked) -> Entry:
    """Write the text, and a tokenizer that is trained on it."""
    from tokenizers import BertWordPieceTokenizer

    path = asked.folder / TEXT
    if asked.text:
        lines = [Path(one).read_text("utf-8").splitlines() for one in asked.text]
        text = [line for several in lines for line in several if line.strip()]
    else:
        text = sentences(600)
    path.write_text("".join(f"{line}\n" for line in text), "utf-8")
    tokenizer: Any = BertWordPieceTokenizer()
    tokenizer.train(
        [str(path)], vocab_size=_FEW_WORDS if asked.tiny else _WORDS, show_progress=False
    )
    for name in (MODEL, GENERATOR):
        (asked.folder / name).mkdir(exist_ok=True)
        tokenizer.save_model(str(asked.folder / name))
        (asked.folder / name / "tokenizer_config.json").write_text(
            '{"tokenizer_class": "BertTokenizer", "model_max_length": 512}'
        )
        (asked.folder / name / "config.json").write_text('{"model_type": "bert"}')
    return {"sentences": len(text), "words": tokenizer.get_vocab_size()}


def _tokenizer_of(asked: Asked) -> Any:
    return AutoTokenizer.from_pretrained(asked.folder / MODEL)


def _pretrained(asked: Asked, config: Any, findings: Findings) -> Entry:
    """Train an encoder and a generator as masked language models, and save them."""
    tokenizer = _tokenizer_of(asked)
    text = (asked.folder / TEXT).read_text("utf-8").splitlines()
    read = tokenizer(text, truncation=True, max_length=TOKENS, padding="max_length",
                     return_tensors="pt")  # fmt: skip
    ids = read["input_ids"].to(asked.device)
    seconds = 1.0 if asked.tiny else min(60.0, findings.left - 18.0)
    entry: Entry = {}
    for name, one, share in ((MODEL, config, 0.7), (GENERATOR, _half(config), 0.3)):
        torch.manual_seed(2)
        model = BertForMaskedLM(one)
        entry[name] = _learned(asked, model, ids, Vocabulary.of(tokenizer), seconds * share)
        model.to("cpu").save_pretrained(asked.folder / name)
    return entry


def _learned(asked: Asked, model: Any, ids: Any, vocabulary: Vocabulary, seconds: float) -> Entry:
    """Train for so many seconds; return how the loss went."""
    model.to(asked.device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=0.01)
    precision = "float32" if asked.device == "cpu" else "bfloat16"
    size = 32 if asked.tiny else _MASKED_BATCH
    started = time.perf_counter()
    curve: list[tuple[int, float, float]] = []
    for step in itertools.count(1):
        gone = time.perf_counter() - started
        if gone > seconds:
            break
        # Up in a fiftieth of the time, then down to nothing.
        rate = min(gone / seconds * 50, 1.0) * (1 - gone / seconds)
        for group in optimizer.param_groups:
            group["lr"] = _RATE * rate
        rows = ids[torch.randint(len(ids), (size,), device=ids.device)]
        hidden = masked(rows, vocabulary, _MASK_RATIO)
        with _autocast(asked.device, precision):
            loss = model(
                input_ids=hidden, attention_mask=(rows != 0).long(),
                labels=torch.where(hidden != rows, rows, -100),
            ).loss  # fmt: skip
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % 20 == 1:
            curve.append((step, round(gone, 2), float(loss.detach())))
    wait(asked.device)
    return {"steps": step - 1, "seconds": time.perf_counter() - started, "losses": curve}


if __name__ == "__main__":
    sys.exit(run_part(measure))
