"""What a score was computed with, beside the model: versions, platform, device."""

from __future__ import annotations

import os
import platform

from benchmark.encoders.identity import version_of

_PACKAGES = ("numpy", "torch", "transformers", "tokenizers")


def environment(device: str) -> dict[str, str]:
    """Return versions and platform; imports none of the packages it names."""
    import benchmark

    return {
        "benchmark": benchmark.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpus": str(os.cpu_count() or 0),
        "device": device,
        **{package: version_of(package) for package in _PACKAGES},
    }
