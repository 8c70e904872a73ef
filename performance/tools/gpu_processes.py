"""Two processes on one card: the same vectors, also when one of them is killed.

python -m performance.tools.gpu_processes --json F --seconds 40 [--device cuda]
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from functools import partial

import numpy as np

from benchmark.embeddings import Local, embed
from performance.tools.child import environment, run_child
from performance.tools.findings import Entry, Findings
from performance.tools.gpu_correct import TOLERANCE, difference, encoder_of
from performance.tools.gpu_part import Asked, run_part
from performance.tools.ours import command
from performance.tools.random_encoders import write_families
from performance.tools.sentences import sentences

_WORKERS = 2


def measure(findings: Findings, asked: Asked) -> None:
    """Ask all."""
    model = asked.model or str(write_families(asked.folder, tiny=asked.tiny)["BERT"])
    count = 200 if asked.tiny else 8000
    for kill in (False, True):
        name = f"{_WORKERS} workers" + (", one killed" if kill else "")
        question = partial(_beside, asked.device, model, count, kill=kill)
        findings.measure(name, question, needs=10.0)
    findings.measure("--workers 2", partial(_commands, asked, model), needs=20.0)


def _beside(device: str, model: str, count: int, *, kill: bool) -> Entry:
    """Embed in this process and in several; compare."""
    many = sentences(count)
    encoder = encoder_of(model, device, "float32", pooler="avg")
    alone = embed(encoder, many)
    killed: list[int] = []

    def advance(done: int, _total: int) -> None:
        """Kill a worker amid its work: when the first batch is there."""
        if kill and done and not killed:
            [pid, *_] = [worker.pid for worker in multiprocessing.active_children() if worker.pid]
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    beside = embed(encoder, many, engine=Local(_WORKERS), advance=advance)
    compared = difference(beside[many], alone[many], many)
    entry: Entry = {
        **compared,
        "same_bits": np.array_equal(beside[many], alone[many]),
        "killed": killed,
        "seconds_alone": alone.report.encode_seconds,
        "seconds_beside": beside.report.encode_seconds,
        "batches": beside.report.batches,
    }
    wrong = []
    if not compared["relative"] <= TOLERANCE:
        wrong.append(f"{compared['relative']:.2g} of the largest entry apart, {compared['where']}")
    if kill and not killed:
        wrong.append("no worker was killed")
    return entry | ({"wrong": "; ".join(wrong)} if wrong else {})


def _commands(asked: Asked, model: str) -> Entry:
    """Score the demonstration pairs from the command line, with one process and with two."""
    tables = {}
    for workers in (1, _WORKERS):
        chosen = ["--model", model, "--tasks", "DemoSTS", "--device", asked.device, "--no-cache"]
        chosen += ["--pooler", "avg", "--workers", str(workers), "--format", "json"]
        outcome = run_child(
            command(asked.folder / f"records-{workers}", chosen), environment(4), limit=60
        )
        [run] = json.loads(outcome.output)["runs"]
        tables[workers] = (run["tasks"]["DemoSTS"]["main_score"], outcome.seconds)
    entry: Entry = {f"{workers} workers": found for workers, found in tables.items()}
    apart = abs(tables[1][0] - tables[_WORKERS][0])
    return entry | ({"wrong": f"scores {apart:.2g} apart"} if not apart <= TOLERANCE else {})


if __name__ == "__main__":
    sys.exit(run_part(measure))
