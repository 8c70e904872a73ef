"""Does a GPU give the CPU's vectors, does it hold, and how fast is it?

    python performance/gpu.py [--budget 240] [--json F] [--data-dir SentEval/data] [--model FOLDER]

Parts, each in a process of its own with a share of the time: correct (families, poolers,
precisions, batches), faults (overlap, full memory, the state of a training), processes (two on
one card), speed (whole runs, encoding alone, the limit, sentence-transformers). Needs what
`run_eval.py` needs, installs nothing, and reads no network. What is found is in the JSON after
every step. On a CPU (`--device cpu`) it is a rehearsal, with tiny encoders.

Exit codes: 0 all is well; 1 something failed, is wrong or had no time; 2 usage.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.atomic import write_atomically
from benchmark.encoders.device import compute_threads
from benchmark.one_line import one_line
from performance.tools.child import ChildFailed, environment, run_child
from performance.tools.findings import is_sound
from performance.tools.gpu_table import render
from performance.tools.machine import processor

SHARES = {"correct": 0.3, "faults": 0.1, "processes": 0.15, "speed": 0.45}
"""Of the budget, by part; what one leaves the next ones have."""

_GRACE = 10.0
"""Seconds after its time before a part is killed: it ends by itself between two steps."""

_LIBRARIES = ("torch", "transformers", "tokenizers", "sentence-transformers", "numpy")


def main(arguments: list[str] | None = None) -> int:
    """Run the parts in turn, and print what they found."""
    given = _parser().parse_args(arguments)
    if given.device != "cpu":
        import torch

        if not torch.cuda.is_available():
            print(f"error: --device {given.device}: there is none here", file=sys.stderr)
            return 2
    content: dict[str, Any] = {"on": _about(given), "parts": {}, "ended": {}}
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gpu-") as scratch:
        beside = given.json or Path(scratch) / "found.json"
        for name in given.parts:
            path = beside.with_name(f"{beside.stem}-{name}.json")
            path.unlink(missing_ok=True)
            left = given.budget - (time.monotonic() - started)
            rest = sum(SHARES[part] for part in given.parts[given.parts.index(name) :])
            why = _run(name, path, max(1.0, left * SHARES[name] / rest), Path(scratch), given)
            if why:
                content["ended"][name] = why
                print(f"{name}: {why}", file=sys.stderr, flush=True)
            if path.is_file():
                content["parts"][name] = json.loads(path.read_text("utf-8"))
            content["seconds"] = time.monotonic() - started
            if given.json:
                write_atomically(given.json, json.dumps(content, indent=1).encode() + b"\n")
    print(render(content), flush=True)
    entries = [entry for part in content["parts"].values() for entry in part.values()]
    return 1 if content["ended"] or not all(is_sound(entry) for entry in entries) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--budget", type=float, default=240.0, help="seconds in all, roughly")
    parser.add_argument("--json", type=Path, help="keep all raw figures here")
    parser.add_argument("--data-dir", help="as of run_eval.py; sentences of our own without it")
    parser.add_argument("--model", help="a checkpoint's folder, beside random weights")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--parts", type=_names, default=list(SHARES), metavar="NAME,NAME",
                        help=f"of {', '.join(SHARES)}")  # fmt: skip
    return parser


def _names(text: str) -> list[str]:
    wanted = text.split(",")
    if not set(wanted) <= SHARES.keys():
        raise argparse.ArgumentTypeError(f"there are {', '.join(SHARES)}")
    return [name for name in SHARES if name in wanted]


def _run(
    name: str, path: Path, seconds: float, folder: Path, given: argparse.Namespace
) -> str | None:
    """Run a part in a process; return why it did not end well, None if it did."""
    command = [
        sys.executable, "-m", f"performance.tools.gpu_{name}", "--json", str(path.resolve()),
        "--seconds", f"{seconds:.1f}", "--device", given.device, "--folder", str(folder),
    ]  # fmt: skip
    if given.model:
        command += ["--model", str(Path(given.model).resolve())]
    if given.data_dir:
        command += ["--data-dir", str(Path(given.data_dir).resolve())]
    if given.device == "cpu":
        command += ["--tiny"]
    try:
        outcome = run_child(command, environment(compute_threads()), seconds + _GRACE)
    except ChildFailed as error:
        return one_line(str(error))
    for line in outcome.messages.splitlines()[-200:]:
        print(f"{name}: {one_line(line)}", file=sys.stderr)
    return None


def _about(given: argparse.Namespace) -> dict[str, Any]:
    """Return the card, its driver, the processor, and the versions of libraries."""
    about: dict[str, Any] = {
        "processor": f"{processor()}, {compute_threads()} threads",
        "python": platform.python_version(),
        **{name: _version(name) for name in _LIBRARIES},
    }
    if given.device == "cpu":
        return about | {"GPU": "none: a rehearsal on the CPU"}
    import torch

    card = torch.cuda.get_device_properties(0)
    return about | {
        "GPU": f"{card.name}, {card.total_memory / 2**30:.0f} GiB, "
        f"{card.multi_processor_count} multiprocessors, capability {card.major}.{card.minor}",
        "CUDA": f"{torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}",
        "nvidia-smi": _smi(),
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _smi() -> str:
    fields = "driver_version,clocks.max.sm,clocks.max.mem,power.limit,pcie.link.gen.max"
    command = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader"]
    try:
        return subprocess.run(  # noqa: S603 - our own command
            command, capture_output=True, text=True, check=False, timeout=20
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        return f"cannot be asked: {error}"


if __name__ == "__main__":
    sys.exit(main())
