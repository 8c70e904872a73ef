"""What do other precisions and backends gain, and what do they change?

    python performance/precision_speed.py --data-dir SentEval/data [--tasks sts] [--rounds 1]

Runs `run_eval.py` once for each setting, in turn, each in a process of its own, without the
store of vectors. Prints the seconds of encoding, the ratio to float32 in torch, and the largest
change of a main score over the tasks. A setting that moves a score by more than 0.1 point is
called approximate. An export is made before the clock starts, by a run on the demonstration
pairs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

PROJECT = Path(__file__).resolve().parents[1]

SETTINGS = (
    ("float32", "torch"),
    ("bfloat16", "torch"),
    ("float32", "onnx"),
    ("int8", "onnx"),
    ("float32", "openvino"),
    ("bfloat16", "openvino"),
    ("int8", "openvino"),
)
"""The first is the reference."""

APPROXIMATE = 0.1
"""Points: a setting that moves a main score by more is called approximate."""


@dataclass(frozen=True)
class Outcome:
    """One run: seconds of encoding, and the main score of each task in points."""

    seconds: float
    scores: dict[str, float]


def main() -> int:
    """Run the settings in turn and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="all-minilm-l6-v2")
    parser.add_argument("--tasks", default="sts")
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args()
    outcomes: dict[tuple[str, str], list[Outcome]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for setting in SETTINGS:  # exports, and a warm file cache
            _run(asked, setting, "DemoSTS", Path(folder))
        for _ in range(asked.rounds):
            for setting in SETTINGS:
                outcome = _run(asked, setting, asked.tasks, Path(folder))
                if isinstance(outcome, Outcome):
                    outcomes.setdefault(setting, []).append(outcome)
                    print(*setting, f"{outcome.seconds:.1f} s", file=sys.stderr)
                else:
                    print(*setting, "left out:", outcome, file=sys.stderr)
    print(_table(outcomes))
    return 0


def _run(
    asked: argparse.Namespace, setting: tuple[str, str], tasks: str, folder: Path
) -> Outcome | str:
    """Score once; return what came out, or why nothing did."""
    precision, backend = setting
    options = ["--model", asked.model, "--tasks", tasks, "--data-dir", asked.data_dir]
    options += ["--precision", precision, "--backend", backend, "--device", "cpu", "--no-cache"]
    options += ["--overwrite", "--output-dir", str(folder / "results"), "--format", "json"]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, str(PROJECT / "run_eval.py"), *options],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"BENCHMARK_CACHE_DIR": str(folder / "cache")},
    )
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    [run] = json.loads(done.stdout)["runs"]
    scores = {task: 100 * record["main_score"] for task, record in run["tasks"].items()}
    return Outcome(run["timings"]["encode_seconds"], scores)


def _table(outcomes: dict[tuple[str, str], list[Outcome]]) -> str:
    reference = outcomes[SETTINGS[0]]
    seconds = statistics.median(outcome.seconds for outcome in reference)
    rows = []
    for (precision, backend), found in outcomes.items():
        own = statistics.median(outcome.seconds for outcome in found)
        changes = {
            task: found[0].scores[task] - score for task, score in reference[0].scores.items()
        }
        worst = max(changes, key=lambda task: abs(changes[task]))
        word = "approximate" if abs(changes[worst]) > APPROXIMATE else ""
        row = (precision, backend, f"{own:.1f}", f"{seconds / own:.2f}", f"{changes[worst]:+.4f}")
        rows.append((*row, worst, word))
    headings = ("precision", "backend", "encode s", "ratio", "largest change", "on", "")
    return tabulate(rows, headings, disable_numparse=True)


if __name__ == "__main__":
    sys.exit(main())
