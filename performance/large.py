"""Many sentences of one's own: does a run stay linear and bounded, and can it be killed?

    python performance/large.py [--model glove-6b-50d] [--counts 10000,100000,1000000] [--json F]

Each row is the real command line on a file of pairs, in a process of its own with a store of its
own. Then the largest is killed amid its encoding and run again, and run once with a store that
may hold half of its vectors.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.atomic import write_atomically
from benchmark.embeddings.storage.cache import LIMIT_VARIABLE
from benchmark.embeddings.storage.database import reading
from benchmark.embeddings.storage.rows import owner_of
from benchmark.one_line import one_line
from benchmark.places import CACHE_VARIABLE
from performance.tools.child import PROJECT, ChildFailed, environment
from performance.tools.curves import exponent
from performance.tools.ours import command
from performance.tools.sentences import sentences

_LAUNCHER = PROJECT / "performance" / "tools" / "launcher.py"
_BEGUN = re.compile(r": encoding [\d,]+ distinct")
_PROGRESS = re.compile(r": encoding: (\d+)%")

MEBIBYTE = 1024**2


def main(arguments: list[str] | None = None) -> int:
    """Measure, and print a table."""
    given = _parser().parse_args(arguments)
    rows: list[dict[str, Any]] = []
    try:
        with tempfile.TemporaryDirectory(prefix="large-") as name:
            folder = Path(name)
            for count in given.counts:
                write_pairs(folder / f"{count}.tsv", count)
                rows.append(run(folder, given, count, "whole"))
            largest = rows[-1]
            half = largest["encode_seconds"] / 2
            rows.append(run(folder, given, given.counts[-1], "killed", kill_after=half))
            rows.append(run(folder, given, given.counts[-1], "killed", what="resumed"))
            limit = largest["store_bytes"] // 2
            rows.append(run(folder, given, given.counts[-1], "limit", limit=limit))
    except (ChildFailed, OSError) as error:
        print(f"error: {one_line(str(error))}", file=sys.stderr)
        return 2
    print(table(rows))
    if given.json:
        write_atomically(given.json, json.dumps(rows, indent=1).encode() + b"\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--model", default="glove-6b-50d")
    parser.add_argument("--pooler", help="as of run_eval.py")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--counts", default=[10_000, 100_000, 1_000_000], metavar="N,N",
        type=lambda text: [int(part) for part in text.split(",")], help="of sentences, even",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, help="keep all raw numbers here")
    return parser


def write_pairs(path: Path, count: int) -> None:
    """Write so many different sentences of our own as pairs with drawn scores."""
    texts, draw = sentences(count), random.Random(0)  # noqa: S311 - nothing to guess
    with path.open("w", encoding="utf-8") as file:
        file.write("sentence1\tsentence2\tscore\n")
        for first, second in zip(texts[::2], texts[1::2], strict=True):
            file.write(f"{first}\t{second}\t{5 * draw.random():.2f}\n")


def run(
    folder: Path,
    given: argparse.Namespace,
    count: int,
    store: str,
    *,
    what: str | None = None,
    kill_after: float | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """Run the command line once, and return what it took.

    Args:
        folder: with the files of pairs; stores and records go there.
        given: model, pooler, threads.
        count: of sentences.
        store: its name; an equal one is found again.
        what: is shown of it.
        kill_after: seconds of encoding after which it is killed.
        limit: bytes that the store may take.

    Raises:
        ChildFailed: it ended otherwise than it was to.
    """
    what = what or store
    print(f"{count:,} sentences, {what}", file=sys.stderr, flush=True)
    cache, records = folder / f"store-{store}-{count}", folder / f"records-{what}-{count}"
    pooler = ["--pooler", given.pooler] if given.pooler else []
    asked = ["--model", given.model, "--tasks", str(folder / f"{count}.tsv"), *pooler]
    more = {CACHE_VARIABLE: str(cache)} | ({LIMIT_VARIABLE: str(limit)} if limit else {})
    figures, progress = watched(
        command(records, asked), environment(given.threads, CI="1", **more), kill_after
    )
    found = {
        "sentences": count,
        "what": what,
        **figures,
        "store_bytes": sum(file.stat().st_size for file in cache.rglob("*.sqlite")),
    }
    if kill_after is None:
        [record] = [json.loads(path.read_text("utf-8")) for path in records.glob("*/*/*.json")]
        timings = record["timings"]
        found["encoded"] = record["effort"]["encoded_sentences"]
        found["load_seconds"] = timings["load_seconds"]
        found["encode_seconds"] = timings["encode_seconds"]
        found["matrix_bytes"] = 4 * count * _width(cache)
        found["progress_off"] = progress_off(progress, found["encode_seconds"])
    return found


def _width(cache: Path) -> int:
    """Return how many numbers a stored vector has; 0 where none is left."""
    for path in cache.rglob("*.sqlite"):
        with reading(path) as connection:
            owner = owner_of(connection)
        return 0 if owner is None else owner.width
    return 0


def watched(
    asked: Sequence[str], variables: dict[str, str], kill_after: float | None
) -> tuple[dict[str, float], list[tuple[float, int]]]:
    """Run a command; return its figures, and after how many seconds it said what percentage.

    Raises:
        ChildFailed: it ended with another code than 0, and was not killed.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-I", "-S", str(_LAUNCHER), str(report), *asked],
            cwd=PROJECT, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        began, progress, last = 0.0, [], "said nothing"
        try:
            for line in process.stderr or ():
                last = line.strip() or last
                if _BEGUN.search(line):
                    began = time.monotonic()
                    if kill_after is not None:
                        time.sleep(kill_after)
                        return {}, []
                elif said := _PROGRESS.search(line):
                    progress.append((time.monotonic() - began, int(said[1])))
            if process.wait():
                raise ChildFailed(f"{last} (exit code {process.returncode})")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return json.loads(report.read_text("utf-8")), progress


def progress_off(progress: Sequence[tuple[float, int]], seconds: float) -> float | None:
    """Return the largest distance between percentages that were said and those of the time.

    None where nothing was said, as of a short run.
    """
    return max((abs(said - 100 * at / seconds) for at, said in progress), default=None)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return a row a run, and how processor time and memory grow with the sentences."""
    cells = []
    for row in rows:
        killed = "seconds" not in row
        off = row.get("progress_off")
        cells.append(
            [
                f"{row['sentences']:,}",
                row["what"],
                *(
                    ["", "", "", "", "", ""]
                    if killed
                    else [
                        f"{row['encoded']:,}",
                        f"{row['seconds']:.1f}",
                        f"{row['processor_seconds']:.1f}",
                        f"{row['encode_seconds']:.1f}",
                        f"{row['peak_bytes'] / MEBIBYTE:,.0f}",
                        f"{row['matrix_bytes'] / MEBIBYTE:,.0f}",
                    ]
                ),
                f"{row['store_bytes'] / MEBIBYTE:,.0f}",
                "" if off is None else f"{off:.0f}",
            ]
        )
    headings = ["sentences", "run", "encoded", "wall s", "cpu s", "encode s", "peak MiB",
                "matrix MiB", "store MiB", "progress off by"]  # fmt: skip
    shown = tabulate(cells, headings, tablefmt="pipe", disable_numparse=True,
                     colalign=["right", "left", *["right"] * 8])  # fmt: skip
    whole = [row for row in rows if row["what"] == "whole"]
    if len(whole) < 2:
        return shown
    growth = exponent([row["sentences"] for row in whole], [row["encode_seconds"] for row in whole])
    first, last = whole[0], whole[-1]
    each = (last["peak_bytes"] - first["peak_bytes"]) / (last["sentences"] - first["sentences"])
    return (
        f"{shown}\n\nencode s grows with sentences to the power {growth:.2f}; "
        f"memory by {each:,.0f} bytes a sentence, "
        f"{last['matrix_bytes'] / last['sentences']:,.0f} of them the matrix"
    )


if __name__ == "__main__":
    sys.exit(main())
