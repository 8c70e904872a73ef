"""What else is called ``benchmark``: whatever of ours runs is not stopped by it, and says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark import __version__
from tests.conftest import PROJECT

FORMS = ["benchmark.py", "benchmark/__init__.py"]
ENCODER = """
import numpy as np
from benchmark import EncoderCard


class Letters:
    card = EncoderCard(name="letters", version="1")

    def encode(self, sentences):
        counts = [[text.count(chr(97 + n)) for n in range(26)] for text in sentences]
        return np.array(counts, dtype=np.float32)
"""


def run(where: Path, *command: object, path: Path | str = PROJECT) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=where,
        env=os.environ | {"PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(params=FORMS)
def namesake(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    found = tmp_path / "mine" / request.param
    found.parent.mkdir(parents=True)
    found.write_text("raise SystemExit('theirs')")
    return found


def test_in_the_working_directory(namesake: Path, tmp_path: Path):
    done = run(tmp_path / "mine", "-m", "sebench", "--version")
    assert (done.returncode, done.stdout) == (0, f"{__version__}\n")
    ours = PROJECT / "benchmark"
    assert done.stderr == f"warning: {str(namesake)!r} is passed over: {str(ours)!r} is what runs\n"
    assert run(tmp_path / "mine", "-m", "benchmark", "--version").stderr == "theirs\n"


def test_on_the_path_of_the_command(namesake: Path, tmp_path: Path):
    """The command that an installer writes: its own folder comes first, then those on the path."""
    command = tmp_path / "bin" / "sebench"
    command.parent.mkdir()
    command.write_text("import sys\nfrom sebench import main\nsys.exit(main())\n")
    path = os.pathsep.join((str(tmp_path / "mine"), str(PROJECT)))
    done = run(tmp_path, command, "--version", path=path)
    assert (done.returncode, done.stdout) == (0, f"{__version__}\n")
    assert len(done.stderr.splitlines()) == 1
    other_way = os.pathsep.join((str(PROJECT), str(tmp_path / "mine")))
    assert run(tmp_path, command, "--version", path=other_way).stderr == ""


def test_a_mere_folder_hides_nothing(tmp_path: Path):
    (tmp_path / "benchmark").mkdir()
    done = run(tmp_path, "-m", "sebench", "--version")
    assert (done.stdout, done.stderr) == (f"{__version__}\n", "")


def test_the_script_of_a_checkout_finds_its_own(namesake: Path, tmp_path: Path):
    done = run(tmp_path / "mine", PROJECT / "run_eval.py", "--version", path=tmp_path / "mine")
    assert (done.stdout, done.stderr) == (f"{__version__}\n", "")


PROCESSES = ["--workers", "2"]
RAY = ["--engine", "ray", "--ray-address", "local", "--workers", "1"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "engine"),
    [
        ([PROJECT / "run_eval.py"], PROCESSES),
        (["-m", "benchmark", "run"], PROCESSES),
        (["-m", "sebench", "run"], PROCESSES),
        (["-m", "sebench", "run"], RAY),
    ],
    ids=["run_eval", "benchmark", "sebench", "ray"],
)
def test_beside_an_encoder_that_goes_to_other_processes(
    way: list[object], engine: list[str], namesake: Path, tmp_path: Path
):
    if engine is RAY:
        pytest.importorskip("ray")
    (tmp_path / "mine" / "letters.py").write_text("from counted import Letters")
    (tmp_path / "mine" / "counted.py").write_text(ENCODER)
    asked = ["--model", "mine/letters.py:Letters", "--tasks", "DemoSTS", "--output-dir", "out"]
    done = run(tmp_path, *way, *asked, *engine)
    assert done.returncode == 0, done.stderr
    [said] = [line for line in done.stderr.splitlines() if "passed over" in line]
    assert said.startswith(f"warning: {namesake} is passed over: `import benchmark` gives the")
