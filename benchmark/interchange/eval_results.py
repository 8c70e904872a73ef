"""The hub's ``.eval_results/TASK.yaml``: scores that appear on the page of a benchmark's data.

The hub takes them for data repositories that are registered as a benchmark. Names and scale are
those that mteb 2.x writes: ``TASK_SUBSET_SPLIT`` for the part, ``TASK`` for the whole, 0-100.
"""

from __future__ import annotations

from typing import Any

from benchmark.interchange.model_card import points
from benchmark.interchange.mteb_tasks import mteb_tasks
from benchmark.interchange.publication import ExportedFile, Publication
from benchmark.interchange.selection import Omission, created, same_as_mteb
from benchmark.results import StoredRecord


def eval_results(publication: Publication) -> tuple[list[ExportedFile], list[Omission]]:
    """Return one file for each task that asks what MTEB's does, and what is left out.

    Raises:
        UnreadableRecord: a record bears no date.
    """
    from huggingface_hub import eval_result_entries_to_yaml
    from huggingface_hub.utils import yaml_dump

    records, omissions = same_as_mteb(publication.run)
    files = [
        ExportedFile(
            f"{publication.identity.folder}/.eval_results/{name}.yaml",
            yaml_dump(
                eval_result_entries_to_yaml(_entries(name, record)), sort_keys=False
            ).encode(),
        )
        for name, record in records.items()
    ]
    return files, omissions


def _entries(name: str, record: StoredRecord) -> list[Any]:
    from huggingface_hub import EvalResultEntry

    data = mteb_tasks()[name]
    return [
        EvalResultEntry(
            dataset_id=data.dataset,
            task_id=task_id,
            value=points(record.result.main_score),
            dataset_revision=data.revision,
            date=created(record).isoformat(),
            notes=record.result.signature,
        )
        for task_id in (f"{name}_default_test", name)
    ]
