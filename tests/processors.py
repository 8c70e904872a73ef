"""What was seen on which processors, for tests of what is equal to the last bit."""

from __future__ import annotations

import os

import torch

BITS = torch.backends.cpu.get_cpu_capability() == "AVX512" and "MKL_CBWR" not in os.environ
"""Whether this is a processor of a kind on which bits were seen to agree: AMD's and Intel's with
AVX-512. On others a last bit may differ, and what hangs on it."""
