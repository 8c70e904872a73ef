"""MTEB's result tree: ``results/ORG__MODEL/REVISION/TASK.json`` and ``model_meta.json``.

The keys are those that mteb 2.x writes and its `TaskResult` and `ModelMeta` validate. What a
record cannot know is null, never estimated: CO2, the version of mteb (it did not compute this),
and the time of a task, since all tasks of a run share one encoding.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from benchmark.interchange.mteb_tasks import mteb_tasks, same_as_mteb
from benchmark.interchange.publication import (
    ExportedFile,
    Omission,
    Publication,
    PublicName,
    created,
)
from benchmark.results import StoredRecord, TaskResult

DECIMALS = 6
"""What MTEB keeps of a score."""

_FRAMEWORKS = {"torch": ["PyTorch"], "numpy": ["NumPy"]}


def mteb_files(publication: Publication) -> tuple[list[ExportedFile], list[Omission]]:
    """Return the files of one model in MTEB's tree, and the records that have no place there.

    Returns:
        One file for each task that asks the same, and the model's description; no file at all
        where no task does.

    Raises:
        UnreadableRecord: a record bears no date.
    """
    records, omissions = same_as_mteb(publication.run)
    public = publication.known_as
    folder = f"results/{public.folder}/{public.revision}"
    files = [
        ExportedFile(f"{folder}/{name}.json", _json(_task_result(name, by_subset)))
        for name, by_subset in records.items()
    ]
    if files:
        meta = _model_meta(public, publication.run.card)
        files.append(ExportedFile(f"{folder}/model_meta.json", _json(meta)))
    return files, omissions


def _task_result(name: str, by_subset: Mapping[str, StoredRecord]) -> dict[str, Any]:
    theirs = mteb_tasks()[name]
    entries = [
        _entry(subset, scored.languages, by_subset[subset].result)
        for subset, scored in theirs.scored.items()
        if subset in by_subset
    ]
    return {
        "dataset_revision": theirs.revision,
        "task_name": name,
        "mteb_version": None,
        "scores": {"test": entries},
        "evaluation_time": None,
        "kg_co2_emissions": None,
        "date": max(map(created, by_subset.values())).timestamp(),
    }


def _entry(subset: str, languages: Sequence[str], result: TaskResult) -> dict[str, Any]:
    scores = result.scores[result.aggregation]
    return {
        **{f"cosine_{metric}": round(scores[metric], DECIMALS) for metric in sorted(scores)},
        "main_score": round(result.main_score, DECIMALS),
        "hf_subset": subset,
        "languages": list(languages),
        # MTEB keeps keys it does not know; this one says who answered, pooler included.
        "signature": result.signature,
    }


def _model_meta(public: PublicName, card: dict[str, Any]) -> dict[str, Any]:
    """Every key that MTEB's `ModelMeta` asks for; null is its word for unknown."""
    longest = card.get("max_length")
    known = {
        "name": public.name,
        "revision": public.revision,
        "max_tokens": longest if isinstance(longest, int) else None,
        "framework": _FRAMEWORKS.get(str(card.get("backend")), []),
        "similarity_fn_name": "cosine",
        "use_instructions": bool(card.get("prompt") or card.get("template")),
    }
    unknown = (
        *("loader", "release_date", "languages", "n_parameters", "memory_usage_mb", "embed_dim"),
        *("license", "open_weights", "public_training_code", "public_training_data"),
        "training_datasets",
    )
    return known | dict.fromkeys(unknown)


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()
