"""How long does what should answer at once take, beside ``python -c "import numpy"``?

    python performance/start_up.py [--rounds 9] [--data-dir SentEval/data]

Processor seconds (user and system) of whole processes, the least of all rounds: what else runs on
a machine only adds to them. In each round every command runs once, in turn, with one thread. With
the data, also the STS table when nothing is left to encode: with all records there, and with all
vectors stored but no record; and what the second of these is made of. Its first round encodes, into
a store that is thrown away.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from performance.tools.child import environment, run_child

MODEL = "all-minilm-l6-v2"
NUMPY = "import numpy"
STARTS = {
    "python -c pass": ["-c", "pass"],
    NUMPY: ["-c", "import numpy"],
    "import benchmark": ["-c", "import benchmark"],
    "from benchmark import evaluate": ["-c", "from benchmark import evaluate"],
    "run_eval.py --help": ["run_eval.py", "--help"],
    "run_eval.py --version": ["run_eval.py", "--version"],
    "run_eval.py --list-models": ["run_eval.py", "--list-models"],
    "run_eval.py --list-tasks": ["run_eval.py", "--list-tasks"],
    "python -m benchmark --help": ["-m", "benchmark", "--help"],
    "python -m benchmark check --help": ["-m", "benchmark", "check", "--help"],
    "answer to the shell's completion": ["-m", "benchmark", "__complete", "bash", "check", "--fo"],
}
"""Arguments of Python, by what the table calls them."""


def main() -> int:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--data-dir", type=Path, help="the STS data, in SentEval's layout")
    parser.add_argument("--parts", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.parts:
        print(json.dumps(parts_of_a_warm_run(given.data_dir)))
        return 0
    print(f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    variables = environment(1)
    # As installed: byte code is kept, and output is buffered.
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"):
        variables.pop(name, None)
    print(shown(measured(STARTS, given.rounds, variables)))
    if given.data_dir is not None:
        with tempfile.TemporaryDirectory() as folder:
            variables |= {"BENCHMARK_CACHE_DIR": folder}
            print(f"\n{warm_runs(given.data_dir.resolve(), folder, given.rounds, variables)}")
    return 0


def measured(
    commands: Mapping[str, Sequence[str]], rounds: int, variables: Mapping[str, str]
) -> dict[str, float]:
    """Return the least processor seconds of each command, of the rounds after a first one."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, arguments in commands.items():
            outcome = run_child([sys.executable, *arguments], variables)
            if number:
                taken[name].append(outcome.processor_seconds)
    return {name: min(of_one) for name, of_one in taken.items()}


def shown(seconds: Mapping[str, float]) -> str:
    """Return the table, with how many times the import of numpy each takes."""
    rows = [(name, cpu, cpu / seconds[NUMPY]) for name, cpu in seconds.items()]
    return tabulate(rows, ("command", "cpu s", "times"), "github", floatfmt=("", ".3f", ".2f"))


def warm_runs(data: Path, folder: str, rounds: int, variables: Mapping[str, str]) -> str:
    """Return the tables of both warm runs and of the parts of the one that scores."""
    asked = ["run_eval.py", "--model", MODEL, "--tasks", "sts", "--data-dir", str(data)]
    asked += ["--quiet", "--output-dir"]
    commands = {
        NUMPY: STARTS[NUMPY],
        "STS, all vectors stored": [*asked, f"{folder}/again", "--overwrite"],
        "STS, all records there": [*asked, f"{folder}/records"],
    }
    seconds = measured(commands, rounds, variables)
    itself = [sys.executable, __file__, "--parts", "--data-dir", str(data)]
    found = [json.loads(run_child(itself, variables).output) for _ in range(rounds)]
    parts = {name: min(one[name] for one in found) for name in found[0]}
    whole = seconds["STS, all vectors stored"]
    parts["command line, records, table"] = whole - sum(parts.values())
    rows = [*parts.items(), ("in all", whole)]
    return f"{shown(seconds)}\n\n{tabulate(rows, ('part', 'cpu s'), 'github', floatfmt='.3f')}"


def parts_of_a_warm_run(data: Path) -> dict[str, float]:
    """Walk the road without the command line; return the processor seconds of each part."""
    bare = run_child([sys.executable, "-c", "pass"], environment(1)).processor_seconds
    clock = Stopwatch()
    from benchmark.embeddings import default_cache, embed
    from benchmark.encoders import build_encoder, parse_reference, vector_identity
    from benchmark.options import DataOptions, EncoderOptions
    from benchmark.tasks import KINDS, select_tasks
    from benchmark.tasks.loading import load_data, locate_data

    parts = {"interpreter": bare, "imports": clock.lap()}
    sources = DataOptions(data_dir=data, offline=True)
    loaded, failures = load_data(locate_data(select_tasks("sts"), sources), sources)
    if failures:
        raise next(iter(failures.values()))
    parts["data: find, hash, read"] = clock.lap()
    encoder = build_encoder(parse_reference(MODEL, None), "any", EncoderOptions(offline=True))
    identity = vector_identity(encoder) or ""
    parts["encoder: hash of its files"] = clock.lap()
    sentences = [s for one in loaded for s in KINDS[one.task.kind].sentences(one.data.parts)]
    vectors = embed(encoder, sentences, store=default_cache().store(identity, MODEL))
    if vectors.report.encoded:
        raise SystemExit("the store does not hold all vectors")
    parts["look-up of stored vectors"] = clock.lap()
    for one in loaded:
        KINDS[one.task.kind].score(one.task, one.data.parts, vectors)
    parts["scores"] = clock.lap()
    return parts


class Stopwatch:
    """Processor time of this process, lap by lap."""

    def __init__(self) -> None:
        self._began = time.process_time()

    def lap(self) -> float:
        """Return the seconds since the last lap."""
        before, self._began = self._began, time.process_time()
        return self._began - before


def processor() -> str:
    """Return the name of the CPU, as Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    sys.exit(main())
