"""Write the files that contenders read, and say how much work the tables ask for.

    python -m performance.tools.prepare --model M --tasks sts --data-dir D --output FOLDER

Data is found, checked and read, and the checkpoint found, by `benchmark`. All this is done before
the clock of any contender starts; our own runs do it once more, on their own time.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmark.datasets import SentencePairs, load_catalogue
from benchmark.datasets.files import load_parts
from benchmark.embeddings import distinct
from benchmark.embeddings.asker import fill_up
from benchmark.embeddings.work import prepare
from benchmark.encoders import TokenEncoder, build_encoder, parse_reference
from benchmark.encoders.transformer.encoder import TransformerEncoder
from benchmark.errors import BenchmarkError, UsageError
from benchmark.one_line import one_line
from benchmark.options import DataOptions, EncoderOptions
from benchmark.tasks import Task, select_tasks
from benchmark.tasks.loading import Located, load_data, locate_data
from performance.tools.files import WARM_UP, WORKLOAD
from performance.tools.least_work import shape_of
from performance.tools.workload import Model, Part, TaskPairs, Workload

_WARM_UP_PAIRS = 8


def main() -> int:
    """Write the workload, and print one JSON line about it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--tasks", required=True)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--unverified-data", action="store_true")
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    try:
        sources = DataOptions(data_dir=given.data_dir, unverified_data=given.unverified_data)
        facts = write_workload(given.model, given.tasks, sources, given.device, given.output)
    except (BenchmarkError, ValueError) as error:
        print(f"error: {one_line(str(error))}", file=sys.stderr)
        return getattr(error, "exit_code", 2)
    print(json.dumps(facts))
    return 0


def write_workload(
    model: str, tasks: str, sources: DataOptions, device: str, folder: Path
) -> dict[str, Any]:
    """Write the workload and a small one for warming up; return what is to be known of it.

    Raises:
        BenchmarkError: model, tasks or data cannot be had, or are not of the kind compared here.
        ValueError: the least work of such a model is not known.
    """
    encoder = _encoder(model, device)
    pairs = similarity_pairs(tasks, sources)
    card, checkpoint = encoder.card, encoder.checkpoint
    described = Model(str(checkpoint.folder), card.pooler or "", card.normalize, card.max_length)
    workload = Workload(described, device, pairs)
    workload.write(folder / WORKLOAD)
    workload.cut(_WARM_UP_PAIRS).write(folder / WARM_UP)
    return {
        "tasks": [task.id for task in pairs],
        "pairs": sum(len(task.scored()[2]) for task in pairs),
        **work_asked(encoder, pairs, checkpoint.config()),
    }


def work_asked(
    encoder: TokenEncoder, tasks: list[TaskPairs], config: dict[str, Any]
) -> dict[str, Any]:
    """Return the least work for the scores of these tasks, and the tokens that we send for it.

    Raises:
        ValueError: the least work of such a model is not known.
    """
    unique = distinct([text for task in tasks for side in task.scored()[:2] for text in side])
    work = prepare(encoder, unique, None)
    lengths = [len(row) for row in work.items]
    shape = shape_of(config)
    return {
        "distinct_sentences": len(unique),
        "distinct_tokens": sum(lengths),
        "sent_tokens": _sent(work.batches(), lengths),
        "weights": shape.weights,
        "hidden": shape.hidden,
        "intermediate": shape.intermediate,
        "least_operations": shape.operations(lengths),
    }


def _sent(batches: Any, lengths: list[int]) -> int:
    """Return the tokens of all batches, those that fill up small ones included."""
    sizes = ((batch, lengths[batch[0]]) for batch in batches)
    return sum(len(fill_up(batch, length)) * length for batch, length in sizes)


def _encoder(model: str, device: str) -> TransformerEncoder:
    encoder = build_encoder(parse_reference(model), "sts", EncoderOptions(device=device))
    if not isinstance(encoder, TransformerEncoder):
        raise UsageError(f"{model}: only transformers are compared, other tools cannot load it")
    return encoder


def _similarity_tasks(names: str) -> tuple[Task, ...]:
    chosen = tuple(task for task in select_tasks(names) if task.kind == "similarity")
    if not chosen:
        raise UsageError(f"--tasks {names}: holds no task of similarity")
    return chosen


def similarity_pairs(names: str, sources: DataOptions) -> list[TaskPairs]:
    """Return the pairs of tasks of similarity.

    Raises:
        BenchmarkError: there is no such task, or its data cannot be had.
    """
    return _pairs(_similarity_tasks(names), sources)


def _pairs(tasks: tuple[Task, ...], sources: DataOptions) -> list[TaskPairs]:
    _, failures = load_data(locate_data(tasks, sources), sources)  # downloads what is missing
    if failures:
        raise next(iter(failures.values()))
    return [_task_pairs(place, sources) for place in locate_data(tasks, sources)]


def _task_pairs(place: Located, sources: DataOptions) -> TaskPairs:
    """Read all parts of a task's data set, also those that do not count for its score."""
    dataset = load_catalogue().datasets[place.task.dataset]
    if place.folder is None:
        raise UsageError(f"{place.task.id}: its data was lost while it was read")
    unverified = sources.unverified_data
    parts = load_parts(dataset, dataset.parts, place.folder, unverified=unverified).parts
    scored = {part.name for part in place.parts}
    return TaskPairs(
        place.task.id,
        sorted=dataset.reader == "sts",
        parts=[_part(part, part.name in scored) for part in parts],
    )


def _part(pairs: Any, scored: bool) -> Part:
    read: SentencePairs = pairs
    return Part(read.name, scored, list(read.first), list(read.second), read.gold.tolist())


if __name__ == "__main__":
    sys.exit(main())
