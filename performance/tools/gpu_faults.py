"""What may go wrong around a batch on a GPU: overlap, full memory, the state of a training.

python -m performance.tools.gpu_faults --json F --seconds 30 [--device cuda]
"""

from __future__ import annotations

import gc
import logging
import sys
from functools import partial
from typing import Any

import numpy as np

from benchmark.embeddings import embed
from benchmark.encoders.transformer.encoder import TransformerEncoder
from performance.tools.findings import Entry, Findings
from performance.tools.gpu_correct import TOLERANCE, difference, encoder_of
from performance.tools.gpu_part import Asked, run_part
from performance.tools.random_encoders import write_families
from performance.tools.sentences import sentences

_IN_FLIGHT = 12


def measure(findings: Findings, asked: Asked) -> None:
    """Ask all; what needs a GPU's memory is left out where there is none."""
    model = asked.model or str(write_families(asked.folder, tiny=asked.tiny)["BERT"])
    findings.measure("state around an evaluation", partial(_state, asked.device, model))
    for precision in ("float32", "bfloat16"):
        name = f"batches in flight, {precision}"
        findings.measure(name, partial(_overlap, asked.device, model, precision))
    if asked.device == "cpu":
        findings.leave_out("full memory", "no CUDA")
        return
    for share in (0.6, 0.2, 0.05):
        name = f"full memory, {share:.0%} of what is needed is free"
        findings.measure(name, partial(_full, asked.device, model, share), needs=3.0)


def _overlap(device: str, model: str, precision: str) -> Entry:
    """Start many batches, fetch them in another order, and compare with plain calls."""
    encoder = encoder_of(model, device, precision, pooler="avg")
    batches = _batches(encoder, 40)
    plain = [encoder.encode_tokens(rows) for rows in batches]
    wrong = []
    for order in (range(len(batches)), reversed(range(len(batches)))):
        waiting = [encoder.start_tokens(rows) for rows in batches]
        found = {place: waiting[place]() for place in order}
        kept = {place: matrix.copy() for place, matrix in found.items()}
        again = [encoder.start_tokens(rows)() for rows in batches]  # pinned memory used again
        for place, expected in enumerate(plain):
            for what, matrix in (("started", kept[place]), ("later", found[place]),
                                 ("again", again[place])):  # fmt: skip
                if not np.array_equal(matrix, expected):
                    apart = float(np.abs(matrix - expected).max())
                    wrong.append(f"batch {place}, {what}: {apart:.3g} apart")
    entry: Entry = {
        "batches": len(batches),
        "overlaps": encoder.overlaps,
        "lengths": sorted({len(rows[0]) for rows in batches}),
    }
    return entry | ({"wrong": "; ".join(wrong[:5])} if wrong else {})


def _batches(encoder: TransformerEncoder, rows: int) -> list[list[list[int]]]:
    """Return batches of one length each, of several lengths."""
    by_length: dict[int, list[list[int]]] = {}
    for row in encoder.tokenize(sentences(rows * _IN_FLIGHT)).ids:
        by_length.setdefault(len(row), []).append(list(row))
    some = sorted(by_length.items())[:_IN_FLIGHT]
    return [rows for _, rows in some]


def _state(device: str, model: str) -> Entry:
    """Evaluate amid a training, and look at what it would notice."""
    import torch

    torch.manual_seed(7)
    layer = torch.nn.Linear(16, 16).to(device)
    inputs = torch.ones(4, 16, device=device)
    before = _gradients(layer, inputs)
    states = _noticed(device)
    held = _allocated(device)
    encoder = encoder_of(model, device, "float32", pooler="avg")
    embed(encoder, sentences(100))
    after = _noticed(device)
    wrong = [name for name in states if states[name] != after[name]]
    if not torch.equal(before, _gradients(layer, inputs)):
        wrong.append("gradients")
    del encoder
    gc.collect()
    entry: Entry = {"bytes_before": held, "bytes_after": _allocated(device)}
    return entry | ({"wrong": f"changed: {', '.join(wrong)}"} if wrong else {})


def _gradients(layer: Any, inputs: Any) -> Any:
    import torch

    layer.zero_grad()
    torch.nn.functional.gelu(layer(inputs)).sum().backward()
    return layer.weight.grad.clone()


def _noticed(device: str) -> dict[str, Any]:
    """Return what a training depends on, by name, each as it can be compared."""
    import torch

    found: dict[str, Any] = {
        "grad mode": torch.is_grad_enabled(),
        "inference mode": torch.is_inference_mode_enabled(),
        "float32 precision": torch.get_float32_matmul_precision(),
        "TF32 of cuDNN": torch.backends.cudnn.allow_tf32,
        "cuDNN benchmark": torch.backends.cudnn.benchmark,
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "default type": str(torch.get_default_dtype()),
        "threads": torch.get_num_threads(),
        "random numbers of the CPU": torch.get_rng_state().tolist(),
        "autocast": torch.is_autocast_enabled(),
    }
    if device != "cpu":
        found["random numbers of CUDA"] = torch.cuda.get_rng_state().tolist()
        found["current device"] = torch.cuda.current_device()
        found["TF32 of products"] = torch.backends.cuda.matmul.allow_tf32
        found["current stream"] = torch.cuda.current_stream().cuda_stream
    return found


def _allocated(device: str) -> int | None:
    import torch

    return torch.cuda.memory_allocated() if device != "cpu" else None


def _full(device: str, model: str, share: float) -> Entry:
    """Embed with so little memory free that batches must be halved; compare with plenty."""
    import torch

    many = sentences(6000)
    encoder = encoder_of(model, device, "float32", pooler="avg")
    encoder.load()
    embed(encoder, many[:100])
    resident = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    expected = embed(encoder, many)[many]
    needed = torch.cuda.max_memory_allocated() - resident
    gc.collect()
    torch.cuda.empty_cache()
    free, total = torch.cuda.mem_get_info()
    left = max(int(needed * share), 16 << 20)
    filler = [torch.empty(max(free - left, 1), dtype=torch.uint8, device=device)]
    said = _Heard()
    logging.getLogger("benchmark").addHandler(said)
    try:
        found = embed(encoder, many)[many]
        after = torch.cuda.mem_get_info()[0]
    finally:
        logging.getLogger("benchmark").removeHandler(said)
        filler.clear()
        torch.cuda.empty_cache()
    again = embed(encoder, many)[many]
    compared = difference(found, expected, many)
    entry: Entry = {
        "needed_bytes": needed, "left_bytes": left, "total_bytes": total, "free_after": after,
        "halved": said.lines, "same_bits": np.array_equal(found, expected), **compared,
        "same_bits_with_memory_again": np.array_equal(again, expected),
    }  # fmt: skip
    wrong = []
    if not compared["relative"] <= TOLERANCE:
        wrong.append(f"vectors {compared['relative']:.2g} of the largest entry apart")
    if not said.lines:
        entry["note"] = "nothing had to be halved"
    return entry | ({"wrong": "; ".join(wrong)} if wrong else {})


class _Heard(logging.Handler):
    """Keeps what is said of memory."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if "at once" in record.getMessage():
            self.lines.append(record.getMessage())


if __name__ == "__main__":
    sys.exit(run_part(measure))
