"""What a score was computed with, beside the model: versions, platform, device."""

from __future__ import annotations

import os
import platform
from importlib import metadata

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
        **{package: _version(package) for package in _PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
