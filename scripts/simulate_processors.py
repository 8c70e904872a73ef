"""Run the tests that compute under other processors than this one, as far as it can play them.

    python scripts/simulate_processors.py                       # every kind, one after another
    python scripts/simulate_processors.py --kind sse-1-thread   # this one; --list names them
    python scripts/simulate_processors.py --kind avx2-4-threads -- -n 2 -x    # the rest: pytest's

The libraries that compute choose their kernels by what the processor has, and each of them can be
told to do with less: that reorders sums as another machine would. Before the tests run, a fresh
process says what every library took, and a kind that had no effect is an error. What cannot be
played is another vendor (MKL), and what ONNX Runtime and OpenVINO choose.

Tests that are marked slow are left out unless pytest is told otherwise (``-- -m ""``).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from junitparser import JUnitXml

PROJECT = Path(__file__).resolve().parents[1]

COMPUTE = (
    "comparisons",
    "drop_in",
    "embeddings",
    "encoders",
    "equivalence",
    "metrics",
    "oracles",
    "performance",
    "reproduction",
    "steps",
    "tasks",
    "test_evaluation.py",
    "test_rounding.py",
    "training",
    "zoo",
)
"""Where under tests/ something is computed whose last digits a processor decides."""


APART = (
    "embeddings/engines",
    "embeddings/storage",
    "embeddings/test_call_limits.py",
    "encoders/transformer/backends",
    "encoders/files/test_damaged_files.py",
    "encoders/files/test_hub_checkpoint.py",
    "encoders/files/test_rewritten_folder.py",
    "encoders/files/test_seal.py",
    "equivalence/test_causes.py",
    "encoders/library/test_library_files.py",
    "encoders/library/test_library_refused.py",
    "encoders/served",
    "encoders/test_documented_service.py",
    "encoders/transformer/test_peft_adapter.py",
    "encoders/transformer/test_poolers.py",
    "encoders/transformer/test_sentence_transformers_refused.py",
    "performance/test_start_up.py",
    "training/test_processes.py",
)
"""Files among these that ask what becomes of processes, files and connections, which take long; and
what computes with OpenVINO, which goes half by what oneDNN is told and half by what the processor
says, and on such a processor, which there is none of, gives matrices of a wrong shape."""

ELSEWHERE = (
    "browser",
    "campaign",
    "cli",
    "datasets",
    "end_to_end",
    "gate",
    "hub",
    "interchange",
    "leaderboard",
    "measures",
    "reports",
    "results",
    "scripts",
)
"""Rooms of text, files and records. Every room is here or above; a test looks."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of processor.

    Attributes:
        name: what it is asked for by.
        capability: what torch must be able to use here for it to be played: its own name.
        environment: what tells the libraries.
        effect: what a fresh process must then say, by library.
    """

    name: str
    capability: str
    environment: Mapping[str, str]
    effect: Mapping[str, object]


_SSE = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3,X86_V4,AVX512_ICL,AVX512_SPR",
    "NUMBA_CPU_NAME": "generic",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Nehalem",
}
_AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4,AVX512_ICL,AVX512_SPR",
    "NUMBA_CPU_FEATURES": "",
    "NUMBA_CPU_NAME": "haswell",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}
_AVX512 = {
    "ATEN_CPU_CAPABILITY": "avx512",
    "MKL_ENABLE_INSTRUCTIONS": "AVX512",
    "NPY_DISABLE_CPU_FEATURES": "AVX512_ICL,AVX512_SPR",
    "NUMBA_CPU_FEATURES": "",
    "NUMBA_CPU_NAME": "skylake-avx512",
    "ONEDNN_MAX_CPU_ISA": "AVX512_CORE",
    "OPENBLAS_CORETYPE": "SkylakeX",
}
_EFFECT: dict[str, dict[str, object]] = {
    "sse": {"torch": "DEFAULT", "numpy": [], "openblas": ["Nehalem"], "numba": "generic"},
    "avx2": {"torch": "AVX2", "numpy": ["X86_V3"], "openblas": ["Haswell"], "numba": "haswell"},
    "avx512": {
        "torch": "AVX512",
        "numpy": ["X86_V3", "X86_V4"],
        "openblas": ["SkylakeX"],
        "numba": "skylake-avx512",
    },
    "own": {},
}
_ISA = {
    "sse": "Intel SSE4.1",
    "avx2": "Intel AVX2",
    "avx512": "Intel AVX-512 with AVX512BW, AVX512VL, and AVX512DQ extensions",
}
_ORDER = ("DEFAULT", "AVX2", "AVX512")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def _kind(name: str, environment: Mapping[str, str], threads: int) -> Kind:
    capability = {"sse": "DEFAULT", "own": ""}.get(name, name.upper())
    effect = _EFFECT[name] | {"threads": threads}
    if name in _ISA:
        effect |= {"onednn": _ISA[name]}
    if name == "sse":
        effect |= {"mkl": "COMPATIBLE"}
    told = dict(environment) | dict.fromkeys(_THREADS, str(threads))
    told["MKL_DYNAMIC"] = "FALSE"  # else torch takes no more threads than there are cores
    plural = "s" if threads > 1 else ""
    return Kind(f"{name}-{threads}-thread{plural}", capability, told, effect)


KINDS = tuple(
    _kind(name, environment, threads)
    for threads in (1, 4)
    for name, environment in (("sse", _SSE), ("avx2", _AVX2), ("avx512", _AVX512), ("own", {}))
)
_PROBE = r"""
import json, re, sys
import numba.core.registry, numpy, numpy.linalg, scipy.linalg, torch
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
from threadpoolctl import threadpool_info
a, image = torch.ones(256, 256), torch.ones(4, 16, 32, 32)
with torch.backends.mkl.verbose(1), torch.backends.mkldnn.verbose(1):
    a @ a
    torch.nn.functional.conv2d(image, image[:, :, :3, :3])
sys.stdout.flush()
codegen = numba.core.registry.cpu_target.target_context.codegen()
blas = [found for found in threadpool_info() if found["internal_api"] == "openblas"]
print(json.dumps({
    "torch": torch.backends.cpu.get_cpu_capability(),
    "threads": torch.get_num_threads(),
    "numpy": [name for name in __cpu_dispatch__ if __cpu_features__.get(name)],
    "openblas": sorted({found["architecture"] for found in blas}),
    "numba": codegen._get_host_cpu_name(),
}))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the kinds that were asked for; the exit code is 1 if one of them fails."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    cut = given.index("--") if "--" in given else len(given)
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--kind", choices=[kind.name for kind in KINDS])
    which.add_argument("--list", action="store_true", help="name those playable here, and stop")
    asked = parser.parse_args(given[:cut])
    kinds = playable(probe({})["torch"])
    if asked.list:
        print(*(kind.name for kind in kinds), sep="\n")
        return 0
    if asked.kind:
        kinds = [kind for kind in kinds if kind.name == asked.kind]
        if not kinds:
            parser.error(f"this machine cannot play {asked.kind}; it can play those of --list")
    failed = [kind.name for kind in kinds if not passes(kind, given[cut + 1 :])]
    print(f"passed: {len(kinds) - len(failed)} of {len(kinds)}", *failed and ["failed:", *failed])
    return bool(failed)


def playable(capability: object, machine: str | None = None) -> list[Kind]:
    """Return the kinds that a machine with this capability of torch can play."""
    if (machine or platform.machine()).lower() not in {"x86_64", "amd64"}:
        return [kind for kind in KINDS if not kind.capability]
    most = _ORDER.index(str(capability)) if capability in _ORDER else 0
    return [kind for kind in KINDS if not kind.capability or kind.capability in _ORDER[: most + 1]]


def probe(environment: Mapping[str, str]) -> dict[str, object]:
    """Return what each library says, in a fresh process, that it computes with."""
    bare = {name: value for name, value in os.environ.items() if name not in _SSE | _AVX2}
    told = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", _PROBE], env=bare | dict(environment), capture_output=True,
        text=True, check=True, timeout=300,
    ).stdout  # fmt: skip
    *lines, last = told.splitlines()
    said: dict[str, object] = json.loads(last)
    for line in lines:
        if "info,cpu,isa:" in line:
            said["onednn"] = line.partition("isa:")[2]
        if " CNR:" in line:
            said["mkl"] = line.partition(" CNR:")[2].split()[0]
    return said


def without_effect(kind: Kind, said: Mapping[str, object]) -> list[str]:
    """Return the libraries that do not do what the kind asks for."""
    return [name for name, wanted in kind.effect.items() if said.get(name) != wanted]


def passes(kind: Kind, options: Sequence[str]) -> bool:
    """Run the tests under a kind, and say how it went in two lines."""
    said = probe(kind.environment)
    print(f"{kind.name}:", ", ".join(f"{name} {value}" for name, value in said.items()), flush=True)
    if missing := without_effect(kind, said):
        print(f"{kind.name}: FAILED, no effect on {', '.join(missing)}", flush=True)
        return False
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        paths = [str(PROJECT / "tests" / name) for name in COMPUTE]
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}"]
        command += [f"--ignore={PROJECT / 'tests' / name}" for name in APART]
        code = subprocess.run(  # noqa: S603 - our own command
            [*command, *options, *paths],
            check=False,
            cwd=PROJECT,
            env=os.environ | dict(kind.environment),
        ).returncode
        counts = passed_by_place(report) if report.exists() else Counter()
    empty = [name for name in COMPUTE if not counts[name]]
    verdict = "passed" if code == 0 and not empty else "FAILED"
    nothing = f", nothing ran in {', '.join(empty)}" if empty else ""
    print(f"{kind.name}: {verdict}, {sum(counts.values()):,} tests passed{nothing}", flush=True)
    return verdict == "passed"


def passed_by_place(report: Path) -> Counter[str]:
    """Count the tests of each place that ran and passed, after pytest's report."""
    suites = JUnitXml.fromfile(str(report))
    cases = (case for suite in suites for case in suite)
    return Counter(_place(case.classname) for case in cases if case.is_passed)


def _place(classname: str) -> str:
    """Return the place of ``tests.metrics.test_f1`` or ``tests.test_evaluation``."""
    name = [*classname.split("."), ""][1]
    return f"{name}.py" if name.startswith("test_") else name


if __name__ == "__main__":
    sys.exit(main())
