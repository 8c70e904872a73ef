"""What was seen on which processors, for tests of what is equal to the last bit."""

from __future__ import annotations

import os
from pathlib import Path

import torch

BITS = torch.backends.cpu.get_cpu_capability() == "AVX512" and "MKL_CBWR" not in os.environ
"""Whether this is a processor of a kind on which bits were seen to agree: AMD's and Intel's with
AVX-512. On others a last bit may differ, and what hangs on it."""

_CPU = Path("/proc/cpuinfo")
FITS = BITS and _CPU.is_file() and "AuthenticAMD" in _CPU.read_text("utf-8")
"""Whether this is a processor on which classifiers on real sentences were seen to be trained for as
many passes as by the oracle, with the same predictions."""
