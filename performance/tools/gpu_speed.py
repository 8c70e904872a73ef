"""How fast is a GPU, how fast are we on it, and what stands in the way?

    python -m performance.tools.gpu_speed --json F --seconds 120 [--data-dir SentEval/data]

Bare products, bandwidth; whole runs in fresh processes and their parts; encoding alone in each
precision, with the share of time in which the GPU computes; sentence-transformers' `encode`.
"""

from __future__ import annotations

import gc
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmark.embeddings import distinct
from benchmark.embeddings.asker import fill_up
from benchmark.embeddings.engines import InProcess
from benchmark.embeddings.work import Work, prepare
from benchmark.encoders.device import compute_threads
from benchmark.options import DataOptions
from performance.tools.child import environment, run_child
from performance.tools.findings import Entry, Findings
from performance.tools.gpu_correct import encoder_of
from performance.tools.gpu_part import Asked, run_part
from performance.tools.least_work import shape_of
from performance.tools.machine import measure as measure_products
from performance.tools.machine import wait
from performance.tools.ours import command
from performance.tools.prepare import similarity_pairs
from performance.tools.random_bert import Size, write_random_bert
from performance.tools.random_encoders import write_word_pieces
from performance.tools.sentences import sentences

_LARGE = (Size("MiniLM", 6, 384), Size("base", 12, 768), Size("large", 24, 1024))
_TINY = (Size("tiny", 2, 128),)
_PRECISIONS = ("float32", "bfloat16", "float16")
_TOKENS = (4096, 16384, 65536)
_STS = "STS12,STS13,STS14,STS15,STS16,STSBenchmark"
_PROFILED, _PROFILED_IN = 20, ("float32", "bfloat16")
"""Batches that the profiler sees, and precisions: it takes seconds, and slows the host down."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is encoded: tasks as `run_eval.py` is asked for them, and their sentences."""

    tasks: list[str]
    texts: list[str]


def measure(findings: Findings, asked: Asked) -> None:
    """Ask all, what is worth most first."""
    sizes = _TINY if asked.tiny else _LARGE
    question = _question(asked)
    models: dict[str, str] = {}

    def write(size: Size) -> Entry:
        models[size.name] = _model(asked, size)
        return {"folder": models[size.name]}

    def ask(what: str, needs: float, question: Callable[..., Entry], *more: Any) -> None:
        for size in sizes:
            asking = partial(question, asked, models.get(size.name, ""), *more)
            findings.measure(f"{size.name}, {what}", asking, needs * (1 + size.layers / 24))

    for size in sizes:
        findings.measure(f"{size.name}, weights", partial(write, size))
    ask("encoding", 18.0, _encode_all, question)
    ask("bare products", 3.0, _products)
    findings.measure("bandwidth", partial(_bandwidth, asked), needs=3.0)
    ask("sentence-transformers, float32", 12.0, _library, findings, question, "float32")
    findings.measure("start", partial(_start, asked, models), needs=40.0)
    ask("whole run, float32", 20.0, _runs, findings, question, "float32")
    ask("sentence-transformers, bfloat16", 12.0, _library, findings, question, "bfloat16")
    ask("whole run, bfloat16", 20.0, _runs, findings, question, "bfloat16")
    if find_spec("mteb") is None:
        findings.leave_out("MTEB", "it is not installed")
    else:
        findings.leave_out("MTEB", "tool_speed.py --device cuda compares with it")


def _question(asked: Asked) -> Question:
    if asked.data_dir:
        where = Path(asked.data_dir).resolve()
        tasks = ["--tasks", _STS, "--data-dir", str(where), "--unverified-data"]
        pairs = similarity_pairs(_STS, DataOptions(data_dir=where, unverified_data=True))
        sides = [side for task in pairs for side in task.scored()[:2]]
        return Question(tasks, distinct([text for side in sides for text in side]))
    texts = sentences(400 if asked.tiny else 26_000)
    asked.folder.mkdir(parents=True, exist_ok=True)
    path = asked.folder / "pairs.tsv"
    lines = [f"{a}\t{b}\t{place % 6}" for place, (a, b) in
             enumerate(zip(texts[::2], texts[1::2], strict=True))]  # fmt: skip
    path.write_text("\n".join(["sentence1\tsentence2\tscore", *lines, ""]), "utf-8")
    return Question(["--tasks", f"ours={path}"], texts)


def _model(asked: Asked, size: Size) -> str:
    """Return the folder of an encoder of this size; the given one, if it has it."""
    if asked.model:
        config = json.loads((Path(asked.model) / "config.json").read_text("utf-8"))
        if (config["num_hidden_layers"], config["hidden_size"]) == (size.layers, size.hidden):
            return asked.model
    folder = asked.folder / size.name
    if folder.exists():
        return str(folder)
    tokenizer = Path(asked.model) if asked.model else asked.folder / "tokenizer"
    if not asked.model:
        from transformers import BertConfig

        write_word_pieces(tokenizer, BertConfig().vocab_size)
    return str(write_random_bert(folder, size, tokenizer))


# --- the machine ----------------------------------------------------------------------------------


def _products(asked: Asked, model: str) -> Entry:
    """Return the rate of bare products in each precision, in operations a second."""
    shape = shape_of(json.loads((Path(model) / "config.json").read_text("utf-8")))
    entry: Entry = {}
    for precision in _precisions(asked):
        sizes = (256,) if asked.tiny else _TOKENS
        found = measure_products(shape, asked.device, 0.4, precision, sizes)
        entry[precision] = {"rate": found["rate"], "rates": found["rates"]}
    _free(asked)
    return entry


def _precisions(asked: Asked) -> tuple[str, ...]:
    return ("float32",) if asked.device == "cpu" else _PRECISIONS


def _bandwidth(asked: Asked) -> Entry:
    """Return bytes a second: within the device's memory, and to and from pinned memory."""
    import torch

    if asked.device == "cpu":
        return {"left_out": "no CUDA"}
    there = torch.empty(1 << 30, dtype=torch.uint8, device=asked.device)
    other = torch.empty_like(there)
    here = torch.empty(1 << 28, dtype=torch.uint8, pin_memory=True)
    part = there[: here.numel()]
    copies: dict[str, tuple[Callable[[], Any], int]] = {
        "device": (lambda: other.copy_(there), 2 * there.numel()),
        "to the device, pinned": (lambda: part.copy_(here, non_blocking=True), here.numel()),
        "from the device, pinned": (lambda: here.copy_(part, non_blocking=True), here.numel()),
    }
    return {name: size / _least(copy) for name, (copy, size) in copies.items()}


def _least(work: Callable[[], Any], times: int = 10) -> float:
    """Return the seconds of the fastest of some repetitions."""
    least = float("inf")
    for _ in range(times):
        wait("cuda")
        started = time.perf_counter()
        work()
        wait("cuda")
        least = min(least, time.perf_counter() - started)
    return least


def _free(asked: Asked) -> None:
    import torch

    gc.collect()
    if asked.device != "cpu":
        torch.cuda.empty_cache()


# --- encoding alone -------------------------------------------------------------------------------


def _encode_all(asked: Asked, model: str, question: Question) -> Entry:
    """Return by precision what encoding takes when everything is loaded."""
    started = time.perf_counter()
    work = prepare(encoder_of(model, asked.device, "float32"), question.texts, None)
    entry: Entry = {"tokenize_seconds": time.perf_counter() - started}
    for precision in _precisions(asked):
        if precision == "bfloat16":
            # First without: what is then slower in a first pass with it, is its own making ready.
            with _without_cudnn_attention():
                entry["bfloat16, cuDNN's attention off"] = _encode(asked, model, work, precision)
            _free(asked)
        entry[precision] = _encode(asked, model, work, precision)
        _free(asked)
    return entry


@contextmanager
def _without_cudnn_attention() -> Iterator[None]:
    """Have attention computed by torch's own kernels: cuDNN's are made ready for each shape."""
    import torch

    before = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(before)


def _encode(asked: Asked, model: str, work: Work, precision: str) -> Entry:
    import torch

    started = time.perf_counter()
    encoder = encoder_of(model, asked.device, precision)
    encoder.load()
    wait(asked.device)
    loaded = time.perf_counter()
    lengths = [len(row) for row in work.items]
    sent = sum(
        len(fill_up(batch, lengths[batch[0]])) * lengths[batch[0]] for batch in work.batches()
    )
    operations = shape_of(encoder.checkpoint.config()).operations(lengths)
    entry: Entry = {
        "load_seconds": loaded - started,
        "sentences": len(lengths),
        "tokens": sum(lengths),
        "sent_tokens": sent,
        "batches": sum(1 for _ in work.batches()),
        "operations": operations,
    }
    if asked.device != "cpu":
        torch.cuda.reset_peak_memory_stats()
    rounds = [_timed(asked.device, lambda: _drain(encoder, work)) for _ in range(2)]
    entry["first_seconds"], entry["encode_seconds"] = rounds[0], min(rounds)
    if asked.device != "cpu":
        entry["peak_bytes"] = torch.cuda.max_memory_allocated()
        entry |= _busy(encoder, work) if precision in _PROFILED_IN else {}
    return entry


def _drain(encoder: Any, work: Work) -> None:
    for _ in InProcess().encode(encoder, work):
        pass


def _timed(device: str, question: Callable[[], Any]) -> float:
    wait(device)
    started = time.perf_counter()
    question()
    wait(device)
    return time.perf_counter() - started


def _busy(encoder: Any, work: Work) -> Entry:
    """Return the share of time in which kernels run, over some batches of all lengths."""
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    batches = list(work.batches())
    step = max(1, len(batches) // _PROFILED)
    places = [place for batch in batches[::step] for place in batch]
    some = Work([work.items[place] for place in places], work.tokens[places], work.batch_tokens)
    seconds = min(_timed("cuda", lambda: _drain(encoder, some)) for _ in range(2))
    try:
        with profile(activities=[ProfilerActivity.CUDA]) as seen:
            _drain(encoder, some)
            wait("cuda")
        kernels = [event for event in seen.key_averages() if event.device_type == DeviceType.CUDA]
        busy = sum(event.self_device_time_total for event in kernels) / 1e6
    except Exception as error:  # a profiler needs rights that a container may not have
        return {"profiler": f"{type(error).__name__}: {error}"[:300]}
    kernels.sort(key=lambda event: -event.self_device_time_total)
    return {
        "busy_seconds": busy,
        "of_seconds": seconds,
        "busy_share": busy / seconds,
        "kernels": {
            event.key[:100]: [event.count, event.self_device_time_total / 1e6]
            for event in kernels[:12]
        },
    }


# --- whole runs -----------------------------------------------------------------------------------


def _runs(
    asked: Asked, model: str, findings: Findings, question: Question, precision: str
) -> Entry:
    """Run `run_eval.py` with an empty store, and again, each in a fresh process."""
    scratch = asked.folder / "runs"
    shutil.rmtree(scratch, ignore_errors=True)
    chosen = ["--model", model, *question.tasks, "--device", asked.device, "--format", "json"]
    chosen += ["--precision", precision]
    variables = environment(compute_threads(), BENCHMARK_CACHE_DIR=str(scratch / "cache"))
    entry: Entry = {}
    for name in ("cold", "warm") if precision == "float32" else ("cold",):
        outcome = run_child(
            command(scratch / name, chosen), variables, limit=max(5.0, min(90.0, findings.left))
        )
        [run] = json.loads(outcome.output)["runs"]
        entry[name] = {
            "seconds": outcome.seconds,
            "processor_seconds": outcome.processor_seconds,
            "peak_bytes": outcome.peak_bytes,
            "timings": run["timings"],
            "scores": {task: record["main_score"] for task, record in run["tasks"].items()},
        }
    if "warm" in entry and entry["cold"]["scores"] != entry["warm"]["scores"]:
        entry["wrong"] = "the warm run has other scores"
    return entry


def _start(asked: Asked, models: dict[str, str]) -> Entry:
    """Return the parts of a start, in turn and with CUDA started beside the rest."""
    entry: Entry = {}
    program = [sys.executable, "-m", "performance.tools.gpu_start", "--device", asked.device]
    program += ["--model", next(iter(models.values()))]
    for name, more in (("in turn", []), ("beside", ["--beside"])):
        outcome = run_child([*program, *more], environment(compute_threads()), 60)
        entry[name] = json.loads(outcome.output) | {"process": outcome.seconds}
    return entry


# --- sentence-transformers ------------------------------------------------------------------------


def _library(
    asked: Asked, model: str, findings: Findings, question: Question, precision: str
) -> Entry:
    """Return the seconds of the library's `encode` on the same sentences, by batch size."""
    if find_spec("sentence_transformers") is None:
        return {"left_out": "sentence-transformers is not installed"}
    import torch
    from sentence_transformers import SentenceTransformer

    started = time.perf_counter()
    library = SentenceTransformer(model, device=asked.device).to(getattr(torch, precision))
    wait(asked.device)
    entry: Entry = {"load_seconds": time.perf_counter() - started}
    library.encode(question.texts[:256], batch_size=32)
    for size in (32, 256):
        if size == 256 and findings.left < 1.5 * entry["batches of 32"]:
            entry[f"batches of {size}"] = None
            continue
        encode = partial(library.encode, question.texts, batch_size=size, show_progress_bar=False)
        entry[f"batches of {size}"] = _timed(asked.device, encode)
    del library
    _free(asked)
    return entry


if __name__ == "__main__":
    sys.exit(run_part(measure))
