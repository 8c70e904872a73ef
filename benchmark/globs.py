"""Names of which one stands for several, and the order in which people put names with numbers."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

SEED, STEP = "seed-", "step-"
"""What a number follows in names of the runs of one training, and of a model at a step."""

_STEP = re.compile(rf"(?<=/{STEP})\d+$", re.ASCII)
_SPECIAL = re.compile(r"[*?]|\[[^\]]+\]")


def is_glob(text: str) -> bool:
    """Tell whether a name may stand for several, like ``runs/seed-*``."""
    return bool(_SPECIAL.search(text))


def matches(name: str, glob: str) -> bool:
    """Tell whether a glob stands for a name, folder by folder: ``*`` ends at a slash."""
    names, globs = name.split("/"), glob.split("/")
    return len(names) == len(globs) and all(map(fnmatchcase, names, globs))


def natural(name: str) -> list[tuple[int, str]]:
    """Return a key to sort names by: seed-2 before seed-10."""
    return [(int(part or 0), rest) for part, rest in re.findall(r"(\d*)(\D*)", name, re.ASCII)]


def stepwise(name: str) -> str:
    """Return a key to sort names by in which steps of one run stand by number, all else by letter.

    >>> sorted(["x/step-1000", "x/step-250", "seed-10", "seed-9"], key=stepwise)
    ['seed-10', 'seed-9', 'x/step-250', 'x/step-1000']
    """
    return _STEP.sub(lambda found: found[0].zfill(20), name)
