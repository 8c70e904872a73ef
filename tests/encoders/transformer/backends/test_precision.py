"""Which precision is computed in: what is offered, what the device has, what `auto` takes."""

from __future__ import annotations

import platform
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import torch

from benchmark.encoders import device
from benchmark.encoders.transformer.backends.backend import (
    BACKENDS,
    PRECISIONS,
    choose_precision,
)
from benchmark.errors import UsageError

ANY = ("float32", "bfloat16", "float16", "int8", "8bit", "4bit")


class Machine:
    """Have another machine, as far as is asked."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self._patch = patch
        self._folder = folder
        patch.setattr(device, "_surely_cpu", lambda: False)
        self.gpu(None)

    def gpu(self, kind: str | None, capability: tuple[int, int] = (9, 0)) -> None:
        self._patch.setattr(torch.cuda, "is_available", lambda: kind == "cuda")
        self._patch.setattr(torch.backends.mps, "is_available", lambda: kind == "mps")
        self._patch.setattr(torch.cuda, "get_device_capability", lambda: capability)

    def cpu(self, machine: str, *flags: str, file: bool = True) -> None:
        """A CPU of this kind; what it has is told by a file of the system, or else by torch."""
        self._patch.setattr(platform, "machine", lambda: machine)
        path = self._folder / "cpuinfo"
        if file:
            one = f"processor\t: 0\nflags\t\t: fpu sse2 {' '.join(flags)}\nbogomips\t: 5192\n\n"
            path.write_text(one * 2)
        else:
            path = self._folder / "none"
        self._patch.setattr(device, "_CPU_INFO", path)
        told = {"sse2": True, "avx512_bf16": False, "cpu_name": "x", **dict.fromkeys(flags, True)}
        self._patch.setattr(torch.cpu, "get_capabilities", lambda: MappingProxyType(told))
        here = "bf16" in flags or "sve_bf16" in flags
        mkldnn = type("Mkldnn", (), {"_is_mkldnn_bf16_supported": staticmethod(lambda: here)})
        self._patch.setattr(torch.ops, "mkldnn", mkldnn, raising=False)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    return Machine(monkeypatch, tmp_path)


def taken(backend: str, name: str = "cpu") -> set[str]:
    """The precisions that are not refused."""
    found = set()
    for asked in PRECISIONS:
        try:
            assert choose_precision(asked, backend, name) == asked
        except UsageError:
            continue
        found.add(asked)
    return found


def refusal(asked: str, backend: str, name: str = "cpu") -> str:
    with pytest.raises(UsageError) as caught:
        choose_precision(asked, backend, name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- CPUs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "flags", "of_torch", "of_openvino", "of_onnx"),
    [
        ("old", ("avx2", "avx512f"), set(), set(), set()),
        ("Cascade Lake", ("avx512_vnni",), set(), {"int8"}, {"int8"}),
        ("Alder Lake", ("avx_vnni",), set(), {"int8"}, {"int8"}),
        (
            "Zen 4",
            ("avx512_bf16", "avx512_vnni"),
            {"bfloat16"},
            {"bfloat16", "int8"},
            {"int8"},
        ),
        (
            "Sapphire Rapids",
            ("avx512_bf16", "amx_bf16", "amx_int8", "avx512_fp16", "avx512_vnni"),
            {"bfloat16", "float16"},
            {"bfloat16", "int8"},
            {"int8"},
        ),
    ],
)
@pytest.mark.parametrize("file", [True, False])
def test_what_an_x86_has(
    machine: Machine,
    name: str,
    flags: tuple[str, ...],
    of_torch: set[str],
    of_openvino: set[str],
    of_onnx: set[str],
    file: bool,
) -> None:
    machine.cpu("x86_64", *flags, file=file)
    assert taken("torch") == {"float32"} | of_torch
    assert taken("openvino") == {"float32"} | of_openvino
    assert taken("onnx") == {"float32"} | of_onnx


@pytest.mark.parametrize(
    ("flags", "of_torch", "of_onnx"),
    [((), set(), set()), (("dot",), set(), {"int8"}), (("bf16", "i8mm"), {"bfloat16"}, {"int8"})],
)
def test_what_an_arm_has(
    machine: Machine, flags: tuple[str, ...], of_torch: set[str], of_onnx: set[str]
) -> None:
    machine.cpu("aarch64", *flags)
    assert taken("torch") == {"float32"} | of_torch
    assert taken("onnx") == {"float32"} | of_onnx


def test_a_torch_that_cannot_tell(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.cpu("x86_64", "avx512_bf16", file=False)
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert taken("torch") == {"float32"}


def test_what_the_file_says_torch_says_too() -> None:
    """Of this very machine, for the instructions that are asked for."""
    if platform.machine() != "x86_64" or not device._CPU_INFO.exists():
        pytest.skip("torch is asked directly here")
    capabilities = torch.cpu.get_capabilities()
    asked = {name for names in device.INSTRUCTIONS.values() for name in names}
    told = {name for name in asked if capabilities.get(name)}
    assert device._cpu_instructions() & asked == told


# --- GPUs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capability", "wanted"),
    [
        ((6, 1), {"float32"}),  # Pascal: float16 at a 64th of the rate
        ((7, 0), {"float32", "float16"}),
        ((7, 5), {"float32", "float16"}),
        ((8, 0), {"float32", "float16", "bfloat16", "8bit", "4bit"}),
        ((9, 0), {"float32", "float16", "bfloat16", "8bit", "4bit"}),
    ],
)
def test_what_a_gpu_of_nvidia_has(
    machine: Machine, capability: tuple[int, int], wanted: set[str]
) -> None:
    machine.cpu("x86_64")
    machine.gpu("cuda", capability)
    assert taken("torch", "cuda") == taken("torch", "auto") == wanted
    assert taken("torch", "cpu") == {"float32"}


def test_what_a_gpu_of_apple_has(machine: Machine) -> None:
    machine.cpu("arm64", "bf16", file=False)
    machine.gpu("mps")
    assert taken("torch", "mps") == {"float32", "float16"}


@pytest.mark.parametrize("kind", ["cuda", "mps"])
@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_exported_models_compute_on_the_cpu(machine: Machine, backend: str, kind: str) -> None:
    machine.cpu("x86_64", "avx512_vnni")
    machine.gpu(kind)
    for asked in ("float32", "int8", "auto"):
        said = f"`backend` {backend} computes on the CPU; add `device` cpu"
        assert refusal(asked, backend, kind) == said
        assert refusal(asked, backend, "auto") == said
    assert choose_precision("int8", backend, "cpu") == "int8"


# --- auto -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gpu", "flags", "backend", "wanted"),
    [
        (None, (), "torch", "float32"),
        (None, ("avx512_vnni",), "torch", "float32"),  # int8 is never taken unasked
        (None, ("avx512_vnni",), "openvino", "float32"),
        (None, ("avx512_bf16",), "torch", "bfloat16"),
        (None, ("avx512_bf16",), "openvino", "bfloat16"),
        (None, ("avx512_bf16",), "onnx", "float32"),
        (None, ("avx512_fp16",), "torch", "float16"),
        (None, ("avx512_fp16", "amx_bf16"), "torch", "bfloat16"),
        ("cuda", (), "torch", "bfloat16"),
        ("mps", (), "torch", "float16"),
    ],
)
def test_auto(
    machine: Machine, gpu: str | None, flags: tuple[str, ...], backend: str, wanted: str
) -> None:
    machine.cpu("x86_64", *flags)
    machine.gpu(gpu)
    assert choose_precision("auto", backend, gpu or "cpu") == wanted


def test_auto_on_an_older_gpu(machine: Machine) -> None:
    machine.cpu("x86_64")
    machine.gpu("cuda", (7, 5))
    assert choose_precision("auto", "torch", "cuda") == "float16"
    machine.gpu("cuda", (6, 1))
    assert choose_precision("auto", "torch", "cuda") == "float32"


# --- words ----------------------------------------------------------------------------------------


def test_what_is_not_offered(machine: Machine) -> None:
    machine.cpu("x86_64", *device.INSTRUCTIONS["int8"])
    assert refusal("int8", "torch") == (
        "`precision` int8: `backend` torch does not offer it; it has float32, bfloat16, float16, "
        "8bit, 4bit (`backend` onnx or openvino has int8)"
    )
    assert refusal("float16", "openvino").startswith("`precision` float16: `backend` openvino does")
    assert refusal("bfloat16", "onnx").endswith("(`backend` torch or openvino has bfloat16)")


def test_what_would_be_slow(machine: Machine) -> None:
    machine.cpu("x86_64")
    assert refusal("bfloat16", "torch") == (
        "`precision` bfloat16: this CPU has no instructions for it (avx512_bf16, amx_bf16, bf16, "
        "sve_bf16), so it would be far slower than float32; use `precision` auto"
    )
    machine.gpu("cuda", (6, 1))
    assert refusal("float16", "torch", "cuda") == (
        "`precision` float16: this GPU has no instructions for it, so it would be far slower than "
        "float32; use `precision` auto"
    )


@pytest.mark.parametrize(
    ("asked", "backend", "said"),
    [
        ("float64", "torch", "`precision` float64: there is none; choose from float32, bfloat16"),
        ("float32", "abacus", "`backend` abacus: there is none; choose from torch, onnx, openvino"),
    ],
)
def test_what_there_is_none_of(asked: str, backend: str, said: str) -> None:
    assert refusal(asked, backend).startswith(said)


def test_the_lists_are_whole() -> None:
    assert set(PRECISIONS) == set(ANY)
    assert all(set(backend.precisions) <= set(PRECISIONS) for backend in BACKENDS.values())
    assert all("float32" in backend.precisions for backend in BACKENDS.values())


def test_a_warm_run_does_not_wait_for_torch(machine: Machine, monkeypatch: Any) -> None:
    """On Linux the system tells what the CPU has."""
    monkeypatch.setattr(device, "_surely_cpu", lambda: True)
    machine.cpu("x86_64", "avx512_vnni", "avx512_bf16")
    monkeypatch.setitem(__import__("sys").modules, "torch", None)  # an import would fail
    assert choose_precision("int8", "onnx", "cpu") == "int8"
    assert choose_precision("auto", "torch", "auto") == "bfloat16"
