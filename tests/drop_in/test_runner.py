"""``python -m senteval script.py``: python's own run of it, with this senteval whatever it does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from benchmark import __version__
from tests.conftest import PROJECT
from tests.drop_in.conftest import DROP_IN
from tests.drop_in.own_tasks import own_scores

SCRIPT = Path(__file__).with_name("evaluation_script.py")
WHO = f"senteval is here the drop-in of sentence-embedding-benchmark {__version__}"

FIGURE_OF_THEIRS = """
class SE:
    def __init__(self, *given): pass
    def eval(self, name): return {"all": "theirs"}
"""

SHOWS = """
import sys
import tomllib
print(sorted(name for name in globals() if name != "__annotations__"))
print(__name__, __file__, __package__, __spec__, type(__loader__).__name__, __doc__)
print(sys.argv, sys.path[0], sys.modules["__main__"].__dict__ is globals())
"""


def run(where: Path, *command: object, **variables: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=where,
        env=plain | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def with_ours(where: Path, *command: object) -> subprocess.CompletedProcess[str]:
    return run(where, "-m", "senteval", *command, PYTHONPATH=str(DROP_IN))


def write_theirs(folder: Path) -> Path:
    """Write a package that answers in senteval's place, as a checkout brings it."""
    copy = folder / "senteval"
    copy.mkdir(parents=True)
    (copy / "__init__.py").write_text("from senteval import engine\n")
    (copy / "engine.py").write_text(FIGURE_OF_THEIRS)
    (copy / "binary.py").write_text("")
    return copy


EVALUATION = """
import sys
import tomllib
sys.path.insert(0, "./SentEval")
IMPORT
print(senteval.engine.SE({"task_path": "."}, print).list_tasks)
"""


@pytest.mark.parametrize(
    "statement",
    [
        "import senteval",
        "import senteval.engine",
        "from senteval.engine import SE; import senteval",
        "import senteval; del sys.modules['senteval']; import senteval",
        "import importlib, senteval; senteval = importlib.reload(senteval)",
        "import SentEval.senteval as senteval",
        "import SentEval.senteval.engine; from SentEval import senteval",
    ],
)
def test_a_competing_folder_at_the_head_of_the_path(statement: str, tmp_path: Path) -> None:
    write_theirs(tmp_path / "SentEval")
    (tmp_path / "evaluation.py").write_text(EVALUATION.replace("IMPORT", statement))
    outcome = with_ours(tmp_path, "evaluation.py")
    assert outcome.returncode == 0, outcome.stderr
    assert "STS12" in outcome.stdout
    first, *others = outcome.stderr.splitlines()
    assert first == f"{WHO} ({DROP_IN / 'senteval'})"
    named = tmp_path / "SentEval" / "senteval"
    assert others
    assert all(str(named) in line or "SentEval/senteval is on" in line for line in others)
    asked = (
        "import sys; sys.path[0] = 'SentEval'; import senteval as s; print(s.engine.SE().eval(1))"
    )
    assert "theirs" in run(tmp_path, "-c", asked).stdout, "they would have answered"


def test_what_the_drop_in_does_not_have_is_not_taken_from_theirs(tmp_path: Path) -> None:
    write_theirs(tmp_path / "SentEval")
    for module in ("senteval.binary", "SentEval.senteval.binary"):
        (tmp_path / "evaluation.py").write_text(
            f"import sys; sys.path.insert(0, 'SentEval'); import senteval, {module}"
        )
        outcome = with_ours(tmp_path, "evaluation.py")
        assert outcome.returncode == 1
        last = outcome.stderr.splitlines()[-1]
        assert last.startswith("ModuleNotFoundError: No module named 'senteval.binary': senteval")
        assert last.endswith("which has no such part")


def test_a_module_of_that_name_that_is_no_copy_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "senteval.py").write_text("print('mine')")
    (tmp_path / "script.py").write_text("import mine.senteval")
    assert with_ours(tmp_path, "script.py").stdout == "mine\n"


def test_a_script_of_simcse_in_its_checkout(tmp_path: Path, made_up: Path) -> None:
    """Its figure is that of the project's own task, where the copy beside it would have another."""
    write_theirs(tmp_path / "SentEval")
    outcome = with_ours(
        *(tmp_path, SCRIPT, "--path_to_senteval", "./SentEval", "--path_to_data", made_up),
        *("--mode", "fasttest", "--tasks", "STS12", "--unverified_data"),
    )
    assert outcome.returncode == 0, outcome.stderr
    own = own_scores("STS12", made_up / "downstream").main_score
    assert f"| {100 * own:.2f} |" in outcome.stdout
    assert "SentEval/senteval is on the path too, and not used" in outcome.stderr


@pytest.mark.parametrize("link", [False, True])
@pytest.mark.parametrize("inner", ["", "deep/er"])
def test_a_script_sees_what_python_shows_it(inner: str, link: bool, tmp_path: Path) -> None:
    script = tmp_path / inner / "shows.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(SHOWS)
    if link:
        (tmp_path / "linked.py").symlink_to(script)
    name = "linked.py" if link else Path(inner) / "shows.py"
    ours = with_ours(tmp_path, name, "--option", "value")
    assert ours.stdout == run(tmp_path, name, "--option", "value").stdout
    assert "__main__" in ours.stdout


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.exit(3)",
        "raise SystemExit('it is so')",
        "exit()",
        "def f():\n    1 / 0\ntry:\n    f()\nexcept Exception as error:\n    raise ValueError(2)",
        "x = (",
        "print('\xe9')\n# coding: utf-8",
        "from __future__ import annotations\nimport nothing_of_this_name",
        "def f(x: nothing): pass",
        "import sys; sys.excepthook = lambda *error: print('hooked', error[1]); 1 / 0",
        "import atexit; atexit.register(print, 'at the end'); raise KeyError('lost')",
        "import threading as t\nt.Thread(target=lambda: print('thread')).start()\nraise OSError",
        "raise BaseException('base')",
        "import os; os._exit(9)",
    ],
)
def test_ends_and_tracebacks_are_pythons(code: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(code, "utf-8")
    ours, pythons = with_ours(tmp_path, "script.py"), run(tmp_path, "script.py")
    who, rest = ours.stderr.split("\n", 1)
    assert who.startswith(WHO)
    assert (ours.returncode, ours.stdout, rest) == (
        pythons.returncode,
        pythons.stdout,
        pythons.stderr,
    )


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    ours, pythons = with_ours(tmp_path, "no.py"), run(tmp_path, "no.py")
    assert ours.stderr.splitlines()[1:] == pythons.stderr.splitlines()
    assert ours.returncode == pythons.returncode == 2


def test_modules(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "evaluate.py").write_text(
        "import sys, senteval; print(sys.argv, __name__, __spec__.name, senteval.engine.__name__)"
    )
    write_theirs(tmp_path / "SentEval")
    ours = with_ours(tmp_path, "-m", "package.evaluate", "-x")
    assert ours.stdout.split("] ")[1] == "__main__ package.evaluate senteval.engine\n", ours.stderr
    assert ours.stdout.startswith(f"['{package / 'evaluate.py'}', '-x']")
    missing = with_ours(tmp_path, "-m", "nothing_of_this_name")
    assert missing.returncode == 1
    assert missing.stderr.splitlines()[-1].endswith(": No module named nothing_of_this_name")


def test_usage(tmp_path: Path) -> None:
    for given, code, stream in ([], 2, "stderr"), (["-m"], 2, "stderr"), (["--help"], 0, "stdout"):
        outcome = with_ours(tmp_path, *given)
        assert outcome.returncode == code
        assert getattr(outcome, stream).startswith("usage: python -m senteval SCRIPT.py")


def test_the_folder_itself_can_be_run(tmp_path: Path) -> None:
    """Where a copy in the current folder would be found first, and nothing is on the path."""
    write_theirs(tmp_path)
    (tmp_path / "script.py").write_text("import sys, senteval, utils; print(senteval.__file__)")
    (tmp_path / "utils.py").write_text("")
    outcome = run(tmp_path, DROP_IN / "senteval", "script.py")
    assert outcome.stdout == f"{DROP_IN / 'senteval' / '__init__.py'}\n", outcome.stderr
    safe = run(tmp_path, "-P", "-m", "senteval", "script.py", PYTHONPATH=str(DROP_IN))
    assert safe.stdout == outcome.stdout, safe.stderr


def test_a_copied_folder_says_what_it_lacks(tmp_path: Path) -> None:
    shutil.copytree(DROP_IN / "senteval", tmp_path / "copied" / "senteval")
    (tmp_path / "script.py").write_text("import senteval")
    path = str(tmp_path / "copied")
    for command in (["-m", "senteval", "script.py"], ["script.py"]):
        # -S: without what is installed here
        alone = run(tmp_path, "-S", *command, PYTHONPATH=path)
        last = alone.stderr.splitlines()[-1]
        assert last.startswith(f"ImportError: the senteval in {path} is the drop-in of")
        assert "install the tool, or put the folder of its checkout on the path" in last
    both = run(tmp_path, "-m", "senteval", "script.py", PYTHONPATH=f"{path}{os.pathsep}{PROJECT}")
    assert both.stderr == f"{WHO} ({path}/senteval)\n"
    assert both.returncode == 0


@pytest.mark.parametrize("form", ["benchmark.py", "benchmark/__init__.py"])
@pytest.mark.parametrize("runs", [["evaluation.py"], ["-m", "evaluation"]], ids=" ".join)
def test_a_namesake_of_the_project_beside_the_script(
    form: str, runs: list[str], tmp_path: Path
) -> None:
    (tmp_path / form).parent.mkdir(exist_ok=True)
    (tmp_path / form).write_text("raise SystemExit('theirs')")
    (tmp_path / "evaluation.py").write_text(EVALUATION.replace("IMPORT", "import senteval"))
    outcome = with_ours(tmp_path, *runs)
    assert "STS12" in outcome.stdout, outcome.stderr
    said = [line for line in outcome.stderr.splitlines() if "passed over" in line]
    assert len(said) == 1
    assert said[0].startswith(f"{tmp_path / form} is passed over: `import benchmark` gives ")


@pytest.mark.slow
def test_installed(tmp_path: Path) -> None:
    """The wheel has it; what is installed finds its project, and answers in a checkout's place."""
    hatchling = pytest.importorskip("hatchling.builders.wheel", reason="builds the package")
    [wheel] = hatchling.WheelBuilder(str(PROJECT)).build(directory=str(tmp_path / "wheel"))
    shutil.unpack_archive(wheel, tmp_path / "site", "zip")
    site = tmp_path / "site"
    assert (site / "senteval" / "tools" / "validation.py").is_file()
    assert (site / "benchmark" / "tasks" / "tasks.toml").is_file()
    [entries] = site.glob("*.dist-info/entry_points.txt")
    assert "senteval = senteval.script:main" in entries.read_text()
    where = tmp_path / "checkout"
    write_theirs(where / "SentEval")
    (where / "evaluation.py").write_text(EVALUATION.replace("IMPORT", "import senteval"))
    outcome = run(where, "-m", "senteval", "evaluation.py", PYTHONPATH=str(site))
    assert outcome.stderr.startswith(f"{WHO} ({site / 'senteval'})\n")
    assert "STS12" in outcome.stdout


def test_the_wheel_takes_it() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert [Path(package).name for package in wheel["packages"]] == ["benchmark", "senteval"]
    assert (PROJECT / wheel["packages"][1]) == DROP_IN / "senteval"
    assert project["project"]["scripts"]["senteval"] == "senteval.script:main"
