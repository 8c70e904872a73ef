"""Children: their time, their own memory, their last words."""

from __future__ import annotations

import os
import sys

import pytest

from performance.tools.child import ChildFailed, environment, run_child
from performance.tools.contender import CONTENDERS, rotated
from performance.tools.ours import heavy_imports


def python(code: str, limit: float | None = None) -> object:
    return run_child([sys.executable, "-c", code], environment(1), limit)


def test_time_and_output():
    outcome = python(
        "import time, sys; time.sleep(0.3); print('out'); print('err', file=sys.stderr)"
    )
    assert outcome.output == "out\n"
    assert outcome.messages == "err\n"
    assert outcome.seconds >= 0.3
    assert outcome.processor_seconds < outcome.seconds


def test_memory_is_the_childs_own():
    ours = bytearray(400_000_000)
    ours[::4096] = b"x" * len(ours[::4096])  # so that it is really ours
    assert python("pass").peak_bytes < 60_000_000
    assert python("x = bytes(range(256)) * 800_000").peak_bytes > 200_000_000


def test_processor_time_counts_all_work():
    outcome = python("import time\nt = time.process_time()\nwhile time.process_time() < t + 0.3: 0")
    assert outcome.processor_seconds >= 0.3


def test_a_failure_tells_the_last_words():
    with pytest.raises(ChildFailed, match=r"ValueError: no weights \(exit code 1\)"):
        python("raise ValueError('no weights')")
    with pytest.raises(ChildFailed, match=r"said nothing \(exit code 3\)"):
        python("raise SystemExit(3)")


def test_a_killed_child_is_a_failure():
    with pytest.raises(ChildFailed, match="exit code 137"):
        python("import os; os.kill(os.getpid(), 9)")


def test_what_takes_too_long_is_killed(tmp_path: object):
    with pytest.raises(ChildFailed, match="killed after 1 s"):
        python(f"import time; print({os.getpid()}); time.sleep(6000)", limit=1.0)


def test_threads_are_the_same_for_all_libraries():
    variables = environment(3, MTEB_CACHE="x")
    names = [name for name in variables if name.endswith("_NUM_THREADS")]
    assert len(names) >= 6
    assert {variables[name] for name in names} == {"3"}
    assert variables["HF_HUB_OFFLINE"] == "1"
    assert variables["MTEB_CACHE"] == "x"


def test_nobody_always_comes_first():
    names = list(CONTENDERS)
    orders = [rotated(names, turn) for turn in range(len(names))]
    assert orders[0] == names
    assert {order[0] for order in orders} == set(names)
    assert all(sorted(order) == sorted(names) for order in orders)


def test_imports_are_read_from_what_python_lists():
    listed = "import time:       120 |        300 |   torch\nimport time: 1 | 2 | torchless\n"
    assert heavy_imports(listed) == ["torch"]
    assert heavy_imports("import time: 1 | 2 |     numpy\nnot torch\n") == []
