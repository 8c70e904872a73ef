"""How fast this machine multiplies matrices of the shapes that occur, in float32.

    python -m performance.tools.machine --hidden 384 --intermediate 1536

No encoder in float32 can be faster than its products. The threads are those of the environment
(``OMP_NUM_THREADS``), as for the contenders.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from performance.tools.least_work import Shape

TOKENS = (512, 1024, 2048, 4096)
"""Rows of the left matrix: the tokens of a batch. The rate is that of the best of them."""


def main() -> int:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hidden", type=int, required=True)
    parser.add_argument("--intermediate", type=int, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=3.0)
    given = parser.parse_args()
    shape = Shape(1, given.hidden, given.intermediate)
    print(json.dumps(measure(shape, given.device, given.seconds)))
    return 0


def measure(
    shape: Shape,
    device: str = "cpu",
    seconds: float = 3.0,
    precision: str = "float32",
    sizes: Sequence[int] = TOKENS,
) -> dict[str, Any]:
    """Return the machine's rate in operations a second, and what it was measured on.

    Args:
        shape: of the encoder; the number of its layers does not matter.
        device: of torch.
        seconds: to spend on it, shared out among shapes and batch sizes.
        precision: type of the numbers, as torch names it.
        sizes: tokens of a batch.
    """
    import torch

    hidden, inner = shape.hidden, shape.intermediate
    # inputs, outputs, how often a layer has such a product
    products = [(hidden, hidden, 4), (hidden, inner, 1), (inner, hidden, 1)]
    share = seconds / len(sizes) / len(products)
    rates = {}
    with torch.inference_mode():
        for tokens in sizes:
            least = [
                _least_seconds(torch, device, precision, (tokens, inputs, outputs), share) * times
                for inputs, outputs, times in products
            ]
            operations = 2 * tokens * (4 * hidden * hidden + 2 * hidden * inner)
            rates[str(tokens)] = operations / sum(least)
    return {
        "rate": max(rates.values()),
        "rates": rates,
        "threads": torch.get_num_threads(),
        "processor": _device_title(torch, device),
    }


def _least_seconds(
    torch: Any, device: str, precision: str, size: tuple[int, int, int], seconds: float
) -> float:
    """Return the time of the fastest of many products, bias included."""
    tokens, inputs, outputs = size
    generator = torch.Generator(device).manual_seed(0)
    left, weight, bias = (
        torch.randn(shape, generator=generator, device=device).to(getattr(torch, precision))
        for shape in ((tokens, inputs), (outputs, inputs), (outputs,))
    )
    torch.nn.functional.linear(left, weight, bias)
    wait(device)
    least = float("inf")
    begun = time.perf_counter()
    while least == float("inf") or time.perf_counter() - begun < seconds:
        started = time.perf_counter()
        torch.nn.functional.linear(left, weight, bias)
        wait(device)
        least = min(least, time.perf_counter() - started)
    return least


def wait(device: str) -> None:
    """Wait until the device has done all it was given."""
    import torch

    if device != "cpu":
        torch.cuda.synchronize()


def _device_title(torch: Any, device: str) -> str:
    return str(torch.cuda.get_device_name()) if device == "cuda" else processor()


def processor() -> str:
    """Return what the processor calls itself."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main())
