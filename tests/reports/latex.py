r"""A real LaTeX, where one is installed: what we write for ``\\input`` is set without an error."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_DOCUMENT = r"""\documentclass[twocolumn]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{booktabs}
\begin{document}
\input{made}
\end{document}
"""
_COMMANDS = {
    "pdflatex": ("-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"),
    "tectonic": ("--only-cached",),
}


def set_by_latex(text: str, folder: Path) -> None:
    """Set a file that is read into a document; skips where there is no LaTeX, and says so."""
    there = [name for name in _COMMANDS if shutil.which(name)]
    if not there:
        pytest.skip(f"none of {', '.join(_COMMANDS)} is installed")
    work = folder / "set"
    work.mkdir(parents=True)
    (work / "made.tex").write_text(text, "utf-8")
    (work / "paper.tex").write_text(_DOCUMENT, "utf-8")
    done = subprocess.run(
        [there[0], *_COMMANDS[there[0]], "paper.tex"],
        check=False,
        cwd=work,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert (work / "paper.pdf").stat().st_size > 1000
