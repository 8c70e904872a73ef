"""The similarity tasks' data by SentEval's class names, for scripts that score it themselves.

Upstream's classes and SimCSE's hold it in different attributes; these have both. Files must be the
published ones, as everywhere here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from benchmark.datasets import SentencePairs, load_catalogue
from senteval.batches import Tokens
from senteval.data import read_folder
from senteval.errors import ParamsError
from senteval.identity import name_others

Columns = tuple[list[Tokens], list[Tokens], list[float]]


class STSEval:
    """Pairs of one task; which, its subclasses say.

    Attributes:
        datasets: names of the subsets, or splits.
        data: for each, the first sentences and the second as lists of tokens, and gold scores.
        samples: all sentences, as ``prepare`` sees them.
        sick_data: the same as ``data``, in the keys ``X_A``, ``X_B`` and ``y``.
    """

    dataset: ClassVar[str]
    shortest_first: ClassVar[bool] = True
    prefix: ClassVar[str] = ""

    def __init__(
        self, task_path: str | os.PathLike[str], seed: int = 1111, *, unverified_data: bool = False
    ) -> None:
        """Read the files.

        Args:
            task_path: the folder of this task, ``.../downstream/STS/STS12-en-test``.
            seed: kept; nothing is drawn.
            unverified_data: let files through that are not the published ones.

        Raises:
            ParamsError: the folder has another name than SentEval's.
            DataError: files are missing, are not the published ones, or cannot be read.
        """
        name_others()
        self.seed = seed
        self.datasets: list[str] = []
        self.data: dict[str, Columns] = {}
        self.samples: list[Tokens] = []
        root = _root(type(self).__name__, self.dataset, Path(task_path))
        for part in read_folder(self.dataset, root, unverified=unverified_data):
            name = f"{self.prefix}{part.name}"
            first, second, gold = _columns(part, shortest_first=self.shortest_first)
            self.datasets.append(name)
            self.data[name] = first, second, gold
            self.samples += first + second

    @property
    def sick_data(self) -> dict[str, dict[str, list[Tokens] | list[float]]]:
        """Upstream's attribute."""
        return {
            name: dict(zip(("X_A", "X_B", "y"), columns, strict=True))
            for name, columns in self.data.items()
        }


class STS12Eval(STSEval):
    """STS12, by subset, shortest pairs first."""

    dataset = "STS12"


class STS13Eval(STSEval):
    """STS13, by subset, shortest pairs first."""

    dataset = "STS13"


class STS14Eval(STSEval):
    """STS14, by subset, shortest pairs first."""

    dataset = "STS14"


class STS15Eval(STSEval):
    """STS15, by subset, shortest pairs first."""

    dataset = "STS15"


class STS16Eval(STSEval):
    """STS16, by subset, shortest pairs first."""

    dataset = "STS16"


class STSBenchmarkEval(STSEval):
    """STSBenchmark, by split, in the order of its files."""

    dataset = "STSBenchmark"
    shortest_first = False


class SICKRelatednessEval(STSEval):
    """SICKRelatedness, by split, in the order of its files."""

    dataset = "SICKRelatedness"
    shortest_first = False


class STSBun_Eval(STSEval):  # noqa: N801 - SynWMD's name
    """STSBenchmark as SynWMD's copy has it: shortest pairs first, splits named as the files."""

    dataset = "STSBenchmark"
    prefix = "sts-"


def _root(class_name: str, dataset: str, task_path: Path) -> Path:
    """Return the folder ``downstream`` in which a task's folder lies.

    Raises:
        ParamsError: the folder is not called what it is called there.
    """
    inner = Path(load_catalogue().datasets[dataset].parts[0].files[0].path).parent
    absolute = task_path.absolute()
    if absolute.parts[-len(inner.parts) :] != inner.parts:
        raise ParamsError(f"{class_name}: {str(task_path)!r} is no folder .../downstream/{inner}")
    return absolute.parents[len(inner.parts) - 1]


def _columns(part: SentencePairs, *, shortest_first: bool) -> Columns:
    first = [text.split() for text in part.first]
    second = [text.split() for text in part.second]
    rows = list(zip(first, second, map(float, part.gold), strict=True))
    if shortest_first:
        rows.sort(key=lambda row: (len(row[0]), len(row[1]), row[2]))
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]
