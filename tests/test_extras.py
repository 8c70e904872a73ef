"""What to install, from where: the package by its name, a checkout by its folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import benchmark
from benchmark.extras import DISTRIBUTION, installing

PROJECT = Path(__file__).parents[1]
PACKAGE = Path(benchmark.__file__).parent


def said_by(package: Path, *others: Path) -> str:
    """What the copy of the package in a folder says, with other folders on the path."""
    script = "from benchmark.extras import installing; print(installing('onnx'))"
    path = os.pathsep.join(map(str, (package, *others)))
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": path},
        cwd=package,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def written(folder: Path, *, metadata: bool) -> Path:
    (folder / "benchmark").mkdir(parents=True)
    for name in ("__init__.py", "extras.py"):
        shutil.copy(PACKAGE / name, folder / "benchmark" / name)
    if metadata:
        info = folder / f"{DISTRIBUTION.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: 1\n")
    return folder


def test_an_installed_package_is_named(tmp_path: Path):
    site = written(tmp_path / "site", metadata=True)
    assert said_by(site) == f"pip install '{DISTRIBUTION}[onnx]'"


def test_a_checkout_is_named_by_its_folder(tmp_path: Path):
    checkout = written(tmp_path / "checkout", metadata=False)
    assert said_by(checkout) == "pip install '.[onnx]'"


def test_a_checkout_beside_an_installed_package_is_what_runs(tmp_path: Path):
    site = written(tmp_path / "site", metadata=True)
    checkout = written(tmp_path / "checkout", metadata=False)
    assert said_by(checkout, site) == "pip install '.[onnx]'"


def test_the_name_and_the_extras_are_those_of_the_project():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert project["name"] == DISTRIBUTION
    files = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py")]
    assert not [text for text in files if "pip install '.[" in text]
    assert installing("ray").endswith("[ray]'")
