"""The command ``sebench``; ``python -m sebench`` is the same, in whatever folder.

Anybody may have a folder or a file called ``benchmark``. Python takes the first on its path, so
this module, whose name nobody else has, sees to it that ours is the first: in this process, and in
those that it starts, which inherit the path.
"""

import os
import sys

_HOME = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib loads slowly
_FORMS = ("benchmark.py", os.path.join("benchmark", "__init__.py"))  # noqa: PTH118


def _find_ours_first() -> None:
    home = os.path.realpath(_HOME)
    entries = [os.path.realpath(entry or os.curdir) for entry in sys.path]
    place = entries.index(home) if home in entries else len(entries)
    hiding = {entry: _namesake(entry) for entry in entries[:place] if _namesake(entry)}
    if not hiding:
        return
    behind = [given for given, entry in zip(sys.path, entries, strict=True) if entry in hiding]
    sys.path[:] = [given for given in sys.path if given not in behind]
    sys.path += [*([] if home in entries else [_HOME]), *behind]
    ours = os.path.join(_HOME, "benchmark")  # noqa: PTH118
    for found in hiding.values():
        print(f"warning: {found!a} is passed over: {ours!a} is what runs", file=sys.stderr)


def _namesake(folder: str) -> str | None:
    paths = [os.path.join(folder, form) for form in _FORMS]  # noqa: PTH118
    return next((path for path in paths if os.path.isfile(path)), None)  # noqa: PTH113


_find_ours_first()

from benchmark.cli import main  # noqa: E402 - only now is it ours

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
