"""What lies beside a user's file, which Python knows by name alone, whichever folder it is from.

A file is run as a script is: its folder is on the path, and it imports what is there. A second one
of another folder that imports a module of the same name would be given that of the first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import all_suffixes
from pathlib import Path

from benchmark.encoders.raising import is_of_others
from benchmark.errors import ModelError

_OF_THE_PROGRAM = ("__main__", "__mp_main__", "run_eval", "sebench")
"""Modules that nobody's file imports for its own, of whatever file they are."""


@contextmanager
def finding_its_own(file: Path, who: str) -> Iterator[None]:
    """Refuse what was done inside, failed or not, if it may have met another one's neighbours.

    Args:
        file: the user's, resolved.
        who: is named in the refusal.

    Raises:
        ModelError: a module that lies beside it, too, was loaded from another folder.
    """
    try:
        yield
    except Exception as error:
        require_its_own(file, who, error)
        raise
    require_its_own(file, who)


def require_its_own(file: Path, who: str, cause: Exception | None = None) -> None:
    """Refuse to go on where an import gives a file's code what lies beside another file.

    Libraries are passed over: a file that is called like one does not take its place. So is the
    file itself, which is run by another name.

    Raises:
        ModelError: a module that lies beside it, too, was loaded from another folder.
    """
    folder = file.parents[1] if file.name == "__init__.py" else file.parent
    for name, module in list(sys.modules.items()):
        loaded = getattr(module, "__file__", None)
        if name in _OF_THE_PROGRAM or not isinstance(loaded, str) or not is_of_others(loaded):
            continue
        own = _beside(folder, name)
        if own is not None and own.resolve() not in (file, Path(loaded).resolve()):
            raise ModelError(
                f"{who}: `import {name}` gives {loaded} in this process, not {own}; run the two "
                "one by one, or rename one of them"
            ) from cause


def file_of_class(kind: type) -> Path | None:
    """Return the file of a user's class, or of the package that it is in; None for a library's."""
    module = sys.modules.get(kind.__module__.partition(".")[0])
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not is_of_others(file):
        return None
    return Path(file).resolve()


def _beside(folder: Path, name: str) -> Path | None:
    """Return what a folder has to give for the name of a module, as Python looks for it."""
    place = folder.joinpath(*name.split("."))
    files = [place / "__init__.py", *(Path(f"{place}{suffix}") for suffix in all_suffixes())]
    found = next((file for file in files if file.is_file()), None)
    if found is None and any(place.glob("*.py")):  # a package without a file of its own
        return place
    return found
