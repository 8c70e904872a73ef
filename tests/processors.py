"""What was seen on which processors, for tests of what is equal to the last bit.

On any other a last bit may differ, and what hangs on it: there, tests compare to rounding.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch

_FILE = Path("/proc/cpuinfo")
_LINES = _FILE.read_text("utf-8").partition("\n\n")[0].splitlines() if _FILE.is_file() else []
_SAID = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in _LINES)}
_EPYC = (_SAID.get("vendor_id"), _SAID.get("cpu family")) == ("AuthenticAMD", "25")
_XEON = "amx_tile" in _SAID.get("flags", "").split()

BITS = (
    (_EPYC or _XEON)
    and torch.backends.cpu.get_cpu_capability() == "AVX512"
    and "MKL_CBWR" not in os.environ
)
"""Whether this is a processor on which bits were seen to agree: AMD's EPYC of family 25 and Intel's
Xeon with AMX, both with AVX-512."""

FITS = BITS and _EPYC
"""Whether this is a processor on which classifiers on real sentences were seen to be trained for as
many passes as by the oracle, with the same predictions."""
