"""The data of a task, from the folder that ``params.task_path`` names."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmark.datasets import load_catalogue
from benchmark.datasets.files import Folder, find_folder, load_parts
from benchmark.errors import DataError
from benchmark.tasks import Task

logger = logging.getLogger(__name__)

_FLAG = "pass `unverified_data`"
_PARAMETER = "set params['unverified_data'] = True"


def read_data(task: Task, task_path: str | os.PathLike[str], *, unverified: bool) -> Sequence[Any]:
    """Read and verify all subsets or splits of a task.

    Args:
        task: which.
        task_path: SentEval's folder ``data``, or the folder ``downstream`` in it.
        unverified: let files through that are not the published ones.

    Returns:
        Its pairs or labelled sentences, part by part, in the order of the files.

    Raises:
        DataError: files are missing, are not the published ones, or cannot be read.
    """
    root = Path(task_path)
    dataset = load_catalogue().datasets[task.dataset]
    # All splits, where the task of that name in this project scores one of them.
    parts = dataset.parts
    folders = [Folder(root / inner, str(root)) for inner in ("downstream", "")]
    folder = find_folder(dataset, parts, folders)
    if folder is None:
        raise DataError(
            f"{task.id}: no data in params['task_path'] = {str(root)!r}: neither "
            f"downstream/{parts[0].files[0].path} nor {parts[0].files[0].path} is there"
        )
    try:
        data = load_parts(dataset, parts, folder, unverified=unverified)
    except DataError as error:
        raise DataError(f"{task.id}: {error}".replace(_FLAG, _PARAMETER)) from error
    if not data.verified:
        logger.warning("%s: this is not the published data, scores cannot be compared", task.id)
    return data.parts
