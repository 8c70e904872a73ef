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
from benchmark.tasks import task_by_id
from senteval.names import Scored

logger = logging.getLogger(__name__)

_FLAG = "pass `unverified_data`"
_PARAMETER = "set params['unverified_data'] = True"


def read_data(
    name: str, scored: Scored, task_path: str | os.PathLike[str], *, unverified: bool
) -> Sequence[Any]:
    """Read and verify the subsets or splits of a task.

    Args:
        name: as the script has it, for messages.
        scored: says which data set, and which parts of it.
        task_path: SentEval's folder ``data``, or the folder ``downstream`` in it.
        unverified: let files through that are not the published ones.

    Returns:
        Its pairs or labelled sentences, part by part, in the order of the files.

    Raises:
        DataError: files are missing, are not the published ones, or cannot be read.
    """
    root = Path(task_path)
    dataset = load_catalogue().datasets[task_by_id(scored.task).dataset]
    # All splits, where the task of that name in this project scores one of them.
    parts = dataset.select(scored.parts)
    folders = [Folder(root / inner, str(root)) for inner in ("downstream", "")]
    folder = find_folder(dataset, parts, folders)
    if folder is None:
        [first, *_] = parts[0].files
        looked = dict.fromkeys(str(place.path(first).relative_to(root)) for place in folders)
        raise DataError(
            f"{name}: no data in params['task_path'] = {str(root)!r}: there is no "
            f"{' or '.join(looked)}"
        )
    try:
        data = load_parts(dataset, parts, folder, unverified=unverified)
    except DataError as error:
        raise DataError(f"{name}: {error}".replace(_FLAG, _PARAMETER)) from error
    if not data.verified:
        logger.warning("%s: this is not the published data, scores cannot be compared", name)
    return data.parts


def read_folder(dataset_id: str, root: Path, *, unverified: bool) -> Sequence[Any]:
    """Read and verify a whole data set below a folder ``downstream``.

    Raises:
        DataError: files are missing, are not the published ones, or cannot be read.
    """
    dataset = load_catalogue().datasets[dataset_id]
    try:
        folder = Folder(root, str(root))
        return load_parts(dataset, dataset.parts, folder, unverified=unverified).parts
    except DataError as error:
        raise DataError(f"{dataset_id}: {error}") from error
