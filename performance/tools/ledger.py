"""All raw numbers of a comparison: one JSON file, written anew after each run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmark.atomic import write_atomically
from benchmark.errors import UsageError

FORMAT = 1


class Ledger:
    """What was measured so far.

    Attributes:
        content: ``question`` (model, tasks, threads ...), ``versions``, ``facts`` (the work
            asked for), ``rates`` (of the machine, by round), ``runs``, ``left_out`` (why, by
            contender), ``warm_imports``.
    """

    def __init__(self, question: dict[str, Any], path: Path | None = None) -> None:
        """Begin an empty one; it is kept in this file, if one is given."""
        self._path = path
        self.content: dict[str, Any] = {
            "format": FORMAT,
            "question": question,
            "facts": {},
            "rates": {},
            "runs": [],
            "left_out": {},
            "warm_imports": None,
        }

    def resume(self) -> None:
        """Go on from the file, if it is there.

        Raises:
            UsageError: it is unreadable, or answers another question.
        """
        if self._path is None or not self._path.is_file():
            return
        content = read_content(self._path)
        ours, theirs = self.content["question"], content["question"]
        differing = [key for key in ours if ours[key] != theirs.get(key)]
        if differing:
            raise UsageError(
                f"{self._path}: was measured with another {', '.join(differing)}; give another "
                "--json, or leave out --resume"
            )
        content["left_out"] = {}  # what lacked may have been installed
        self.content = content

    def done(self, contender: str, turn: int) -> bool:
        """Tell whether a contender's run of a round is there and went well."""
        return any(
            (run["contender"], run["round"]) == (contender, turn) and "failure" not in run
            for run in self.content["runs"]
        )

    def add(self, run: dict[str, Any]) -> None:
        """Take a run, in place of one of the same contender and round that failed."""
        key = (run["contender"], run["round"])
        kept = [old for old in self.content["runs"] if (old["contender"], old["round"]) != key]
        self.content["runs"] = [*kept, run]
        self.save()

    def save(self) -> None:
        """Write the file."""
        if self._path is not None:
            write_atomically(self._path, json.dumps(self.content, indent=1).encode() + b"\n")


def read_content(path: Path) -> dict[str, Any]:
    """Return the content of a ledger's file.

    Raises:
        UsageError: it is none.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}, not {FORMAT}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: no figures of tool_speed.py ({error})") from error
    return content  # type: ignore[no-any-return]
