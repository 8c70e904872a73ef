"""What to do about a library that comes with an extra of ours and is not there."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

DISTRIBUTION = "sentence-embedding-benchmark"


def installing(extra: str) -> str:
    """Return the command that installs an extra: of the installed package, or of a checkout.

    pip knows an installed package by its name, wherever it came from. A checkout that is run as
    it is, or is installed as one that can be edited, is named by its folder.
    """
    return f"pip install '{DISTRIBUTION if is_installed() else '.'}[{extra}]'"


def is_installed() -> bool:
    """Tell whether this very file was installed, and is not of a checkout beside what was."""
    try:
        installed = metadata.distribution(DISTRIBUTION).locate_file("benchmark/extras.py")
    except metadata.PackageNotFoundError:
        return False
    return Path(str(installed)).resolve() == Path(__file__).resolve()
