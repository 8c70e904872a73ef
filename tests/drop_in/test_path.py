"""The drop-in finds the project behind it, wherever it is called from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import PROJECT
from tests.drop_in.conftest import DROP_IN

SHOW = "import senteval, benchmark; print(benchmark.__file__); print(senteval.engine.SE.__name__)"


def run(where: Path, code: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=where,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        check=False,
    )


def test_only_the_drop_in_on_the_path(tmp_path: Path) -> None:
    shown = run(tmp_path, SHOW, DROP_IN)
    assert shown.stdout.split() == [str(PROJECT / "benchmark" / "__init__.py"), "SE"], shown.stderr


def test_the_callers_modules_stay_in_front(tmp_path: Path) -> None:
    """The project has folders called ``scripts`` and ``tests``, too."""
    (tmp_path / "scripts.py").write_text("mine = True\n")
    shown = run(tmp_path, "import senteval, scripts; print(scripts.mine)", DROP_IN)
    assert shown.stdout.strip() == "True", shown.stderr


def test_a_mere_folder_called_benchmark_does_not_hide_it(tmp_path: Path) -> None:
    (tmp_path / "benchmark").mkdir()
    shown = run(tmp_path, SHOW, DROP_IN)
    assert str(PROJECT / "benchmark") in shown.stdout, shown.stderr


def test_another_package_called_benchmark_is_passed_over_and_named(tmp_path: Path) -> None:
    (tmp_path / "benchmark").mkdir()
    (tmp_path / "benchmark" / "__init__.py").write_text("raise SystemExit('theirs')")
    (tmp_path / "beside.py").write_text("mine = True\n")
    for paths in ((DROP_IN,), (PROJECT, DROP_IN)):  # -c puts the folder before both
        shown = run(tmp_path, f"{SHOW}; import beside, sys; print(sys.path[0] == '')", *paths)
        assert shown.stdout.split() == [str(PROJECT / "benchmark" / "__init__.py"), "SE", "True"]
        [line] = shown.stderr.splitlines()
        assert line.startswith(f"{tmp_path / 'benchmark' / '__init__.py'} is passed over: ")


def test_another_package_called_benchmark_that_was_imported_before(tmp_path: Path) -> None:
    (tmp_path / "benchmark.py").write_text("")
    refused = run(tmp_path, f"import benchmark; {SHOW}", DROP_IN)
    last = refused.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: {tmp_path / 'benchmark.py'} hides the package")
    assert last.endswith("import senteval before it")


def test_import_needs_no_torch(tmp_path: Path) -> None:
    shown = run(tmp_path, "import sys, senteval; print('torch' in sys.modules)", DROP_IN)
    assert shown.stdout.strip() == "False", shown.stderr
