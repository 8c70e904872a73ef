"""The hub's two forms: the front matter of a model card, and ``.eval_results/TASK.yaml``.

A card's ``model-index`` may hold any score, since each names its own data: STS12 to STS16 are the
data of MTEB's repositories, the other tasks that of the archive of SentEval's data, or somebody's
own. The other form appears on the page of a benchmark's data, for repositories that are registered
as one; its names are those that mteb 2.x writes, ``TASK_SUBSET_SPLIT`` for the part and ``TASK``
for the whole.
Values are on the 0-100 scale of the papers and of MTEB's own cards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from benchmark.datasets import load_catalogue
from benchmark.interchange.mteb_tasks import WHOLE, mteb_tasks, same_as_mteb, same_question
from benchmark.interchange.publication import ExportedFile, Omission, Publication, created
from benchmark.results import StoredRecord, TaskResult
from benchmark.tasks import KINDS
from benchmark.tasks.own import OWN_SPLIT

_IN_ARCHIVE: Final = frozenset(
    {
        *("STSBenchmark", "SICKRelatedness"),
        *("MR", "CR", "SUBJ", "MPQA", "SST2", "TREC", "MRPC", "SST5", "SICKEntailment"),
    }
)
"""Data sets that lie in the archive on the hub; one that a user adds does not."""


def model_index(publication: Publication) -> tuple[list[ExportedFile], list[Omission]]:
    """Return the front matter of a model card, from ``---`` to ``---``, and what is left out.

    Returns:
        One file, or none where no record can be shown.
    """
    from huggingface_hub import ModelCardData

    entries, left_out = of_model_card(publication.run.results)
    omissions = [
        Omission(f"{publication.run.label} on {task}", reason) for task, reason in left_out.items()
    ]
    if not entries:
        return [], omissions
    card = ModelCardData(model_name=publication.known_as.name, eval_results=entries)
    path = f"{publication.known_as.folder}/model-index.md"
    return [ExportedFile(path, f"---\n{card.to_yaml()}\n---\n".encode())], omissions


def of_model_card(results: Mapping[str, TaskResult]) -> tuple[list[Any], dict[str, str]]:
    """Return results by id of task as a model card holds them, and why others are left out."""
    reasons = {task: _unfit(result) for task, result in results.items()}
    entries = [_entry(result) for task, result in results.items() if not reasons[task]]
    return entries, {task: reason for task, reason in reasons.items() if reason}


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
            f"{publication.known_as.folder}/.eval_results/{name}.yaml",
            yaml_dump(
                eval_result_entries_to_yaml(_results(name, by_subset)), sort_keys=False
            ).encode(),
        )
        for name, by_subset in records.items()
    ]
    return files, omissions


def _unfit(result: TaskResult) -> str:
    if not result.data.verified:
        return "scored on unverified data"
    if result.asked.place is None and not _is_own(result):
        return "the catalogue has no such task"
    if result.asked.kind not in KINDS or not any(KINDS[result.asked.kind].on_hub):
        return "the hub has no type for tasks of its kind"
    if (
        not _is_own(result)
        and result.data.dataset not in _IN_ARCHIVE
        and same_question(result.task) is None
    ):
        return "its data is nowhere on the hub"
    return ""


def _entry(result: TaskResult) -> Any:
    from huggingface_hub import EvalResult

    task = result.asked
    task_type, task_name = KINDS[task.kind].on_hub
    metric, metric_name = KINDS[task.kind].measure.hub
    repository, revision, configuration, name = _data(result)
    return EvalResult(
        task_type=task_type,
        task_name=task_name,
        dataset_type=repository,
        dataset_name=name,
        dataset_config=configuration,
        dataset_split=result.data.split,
        dataset_revision=revision,
        metric_type=metric,
        metric_name=f"{metric_name} x 100",
        metric_value=_points(result.main_score),
        metric_args={"signature": result.signature},
    )


def _is_own(result: TaskResult) -> bool:
    return result.asked.place is None and result.data.split == OWN_SPLIT


def _data(result: TaskResult) -> tuple[str, str, str, str]:
    """Repository, commit, configuration and a name for readers.

    Data of one's own is in no repository: it has its name, and the hash of its content.
    """
    task = result.asked
    if _is_own(result):
        return task.column, result.data.sha256, "default", f"{task.heading} (own data)"
    same = same_question(task.id)
    if same is not None:
        name, subset = same
        data = mteb_tasks()[name]
        said = name if subset == WHOLE else f"{name} ({subset})"
        return data.dataset, data.revision, subset, said
    archive = load_catalogue().archive
    # The archive has no configurations. The hub's client joins results whose type, configuration
    # and split agree, so that the id of the task keeps them apart.
    return archive.repo, archive.revision, task.id, f"{task.heading} (SentEval's text and splits)"


def _results(name: str, by_subset: Mapping[str, StoredRecord]) -> list[Any]:
    """Return a result for each subset; one for the whole task where that is its only one.

    MTEB's whole of several is their mean, and it has more of them than we do.
    """
    from huggingface_hub import EvalResultEntry

    data = mteb_tasks()[name]
    return [
        EvalResultEntry(
            dataset_id=data.dataset,
            task_id=task_id,
            value=_points(record.result.main_score),
            dataset_revision=data.revision,
            date=created(record).isoformat(),
            notes=record.result.signature,
        )
        for subset, record in by_subset.items()
        for task_id in (f"{name}_{subset}_test", *([name] if subset == WHOLE else []))
    ]


def _points(score: float) -> float:
    """Return a score on the 0-100 scale, at the six decimals that MTEB keeps of a fraction."""
    return round(100 * score, 4)
