"""The runs behind the golden files; ``python -m tests.reports.golden_runs`` writes them anew."""

from __future__ import annotations

from pathlib import Path

from benchmark.encoders import EncoderCard
from benchmark.errors import DataError
from benchmark.reports import render
from benchmark.results import Run
from tests.results.samples import sample_run

GOLDEN = Path(__file__).with_name("golden")
SUFFIXES = {
    "table": "txt",
    "markdown": "md",
    "latex": "tex",
    "csv": "csv",
    "csv-table": "table.csv",
    "json": "json",
}

_DIFFCSE = {
    "STS12": 0.7228,
    "STS13": 0.8443,
    "STS14": 0.7647,
    "STS15": 0.8390,
    "STS16": 0.8054,
    "STSBenchmark": 0.8059,
    "SICKRelatedness": 0.7123,
    "DemoSTS": 0.123456789,
}


def small_runs() -> list[Run]:
    """A model with every score, and one on unverified data that failed on a task."""
    missing = DataError("STS16/STS.gs.headlines.txt: missing")
    some = {"STS12": 0.25, "STS13": -0.0149, "STSBenchmark": 1.0}
    return [
        sample_run(_DIFFCSE),
        sample_run(
            some,
            "STS12 STS13 STS16 STSBenchmark DemoSTS",
            name="path/to_file.py:Mine",
            card=EncoderCard(name="mine"),
            verified=False,
            failures={"STS16": missing, "DemoSTS": missing},
        ),
    ]


def rendered(form: str) -> str:
    """The content of the golden file of a format."""
    runs = small_runs()
    return render(runs[1:] if form == "json" else runs, form) + "\n"


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for form, suffix in SUFFIXES.items():
        (GOLDEN / f"small.{suffix}").write_text(rendered(form), "utf-8")
