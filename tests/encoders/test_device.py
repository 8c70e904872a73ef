"""How many CPUs may be kept busy, and which kind of device it is, without waiting for torch."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmark.encoders import device
from benchmark.encoders.device import (
    as_memory_error,
    compute_threads,
    device_name,
    usable_cpus,
)
from benchmark.errors import UsageError

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def cpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Have so many CPUs and so much of a container's quota."""

    def have(count: int, new: str | None = None, old: tuple[str, str] | None = None) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(count)), raising=False)
        monkeypatch.setattr(device, "_CPU_QUOTA", tmp_path / "cpu.max")
        monkeypatch.setattr(device, "_OLD_CPU_QUOTA", tmp_path / "cpu")
        if new is not None:
            (tmp_path / "cpu.max").write_text(new)
        if old is not None:
            (tmp_path / "cpu").mkdir()
            (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(old[0])
            (tmp_path / "cpu" / "cpu.cfs_period_us").write_text(old[1])

    return have


# --- CPUs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quota", "wanted"),
    [
        (None, 8),
        ("max 100000\n", 8),
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),  # one and a half: the half is worth a thread
        ("10000 100000\n", 1),
        ("1600000 100000\n", 8),  # more than the machine lends us
        ("50000 50000\n", 1),
        ("0 100000\n", 8),
        ("200000 0\n", 8),
        ("", 8),
        ("nonsense\n", 8),
        ("1 2 3\n", 8),
    ],
)
def test_the_quota_of_a_container(cpus: Any, quota: str | None, wanted: int) -> None:
    cpus(8, quota)
    assert usable_cpus() == wanted


@pytest.mark.parametrize(
    ("quota", "wanted"),
    [
        (("-1\n", "100000\n"), 8),
        (("200000\n", "100000\n"), 2),
        (("250000\n", "100000\n"), 3),
        (("x", "100000\n"), 8),
    ],
)
def test_the_quota_of_an_older_container(cpus: Any, quota: tuple[str, str], wanted: int) -> None:
    cpus(8, old=quota)
    assert usable_cpus() == wanted


def test_the_newer_quota_goes_before_the_older(cpus: Any) -> None:
    cpus(8, "max 100000\n", ("200000\n", "100000\n"))
    assert usable_cpus() == 8


def test_affinity_counts(cpus: Any) -> None:
    cpus(3)
    assert usable_cpus() == 3
    cpus(3, "800000 100000\n")
    assert usable_cpus() == 3


def test_a_system_without_affinity(cpus: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cpus(8)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert usable_cpus() == 5
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cpus() == 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_the_affinity_of_this_process() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert usable_cpus() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(
    ("named", "wanted"),
    [
        (None, 4),
        ("1", 1),
        ("7", 7),  # who names a number means it
        (" 2 ", 2),
        ("2,1", 2),
        ("", 4),
        ("0", 4),
        ("many", 4),
        ("-2", 4),
    ],
)
def test_threads(
    cpus: Any, monkeypatch: pytest.MonkeyPatch, named: str | None, wanted: int
) -> None:
    cpus(4)
    if named is None:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", named)
    assert compute_threads() == wanted


# --- the kind of device ---------------------------------------------------------------------------


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Have this system, version of torch and driver."""

    def have(platform: str, version: str, *, driver: bool) -> None:
        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.setattr(metadata, "version", lambda _: version)
        (tmp_path / "driver").write_text("")
        name = "driver" if driver else "none"
        monkeypatch.setattr(device, "_DRIVERS", (str(tmp_path / "none"), str(tmp_path / name)))

    return have


@pytest.mark.parametrize(
    ("platform", "version", "driver", "surely"),
    [
        ("linux", "2.13.0+cpu", True, True),
        ("linux", "2.13.0+cu130", False, True),
        ("linux", "2.13.0+cu130", True, False),
        ("linux", "2.13.0", True, False),
        ("darwin", "2.13.0", False, False),  # may be one of Apple's own
        ("win32", "2.13.0", False, False),
        ("win32", "2.13.0+cpu", False, True),
    ],
)
def test_where_there_can_only_be_a_cpu(
    system: Any, platform: str, version: str, driver: bool, surely: bool
) -> None:
    system(platform, version, driver=driver)
    assert device._surely_cpu() == surely


@pytest.mark.parametrize(
    ("present", "name", "kind"),
    [
        ((), "auto", "cpu"),
        (("cuda",), "auto", "cuda"),
        (("mps",), "auto", "mps"),
        (("cuda",), "cpu", "cpu"),
        (("cuda",), "cuda", "cuda"),
        (("cuda",), "cuda:1", "cuda"),
        (("mps",), "mps", "mps"),
    ],
)
def test_the_kind_of_device(
    monkeypatch: pytest.MonkeyPatch, present: tuple[str, ...], name: str, kind: str
) -> None:
    monkeypatch.setattr(device, "_surely_cpu", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in present)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2 * ("cuda" in present))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in present)
    assert device_name(name) == kind


def test_a_device_that_is_named_is_not_taken_on_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a CPU is all there can be."""
    monkeypatch.setattr(device, "_surely_cpu", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="`device` cuda: there is none on this machine"):
        device_name("cuda")


def test_nobody_waits_for_torch() -> None:
    program = (
        "import sys; from benchmark.encoders import device;"
        "device._DRIVERS = ();"
        "print(device.device_name('cpu'), device.device_name('auto'), device.usable_cpus() > 0);"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    if sys.platform == "linux":
        assert done.stdout.split() == ["cpu", "cpu", "True", "False"]


# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "[ONNXRuntimeError] : 1 : FAIL : Failed to allocate memory for requested buffer of size 9",
        "std::bad_alloc",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    ],
)
def test_other_libraries_run_out_of_memory_in_their_own_words(text: str) -> None:
    error = type("Fail", (Exception,), {})(f"{text}\nand where")
    with pytest.raises(MemoryError) as caught, as_memory_error():
        raise error
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is error


def test_other_errors_of_theirs_pass() -> None:
    with pytest.raises(KeyError), as_memory_error():
        raise KeyError("ids")
