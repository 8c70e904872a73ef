"""``senteval.engine.SE``: what scripts create and ask."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from benchmark.metrics.logistic import Protocol
from benchmark.tasks import Task
from senteval.batches import Batcher, Prepare, encode
from senteval.classification import classification_result
from senteval.data import read_data
from senteval.errors import ParamsError
from senteval.names import AVAILABLE, tasks_named
from senteval.params import read_params
from senteval.similarity import similarity_result
from senteval.training import read_training

logger = logging.getLogger(__name__)

Result = dict[str, Any]


class SE:
    """Evaluates sentence vectors that the caller's functions make.

    Attributes:
        params: the caller's parameters with defaults filled in; items are attributes too.
        batcher: ``batcher(params, token_lists)`` returns an (n, d) array or torch tensor.
        prepare: ``prepare(params, token_lists)`` sees all sentences of a task before that.
        list_tasks: the names that `eval` takes.
        results: what the last `eval` returned, or had got when an error ended it.
    """

    def __init__(self, params: object, batcher: Batcher, prepare: Prepare | None = None) -> None:
        """Take the parameters and functions of a script.

        Args:
            params: a dictionary or an object with attributes. ``task_path`` is the data folder;
                ``kfold``, ``seed``, ``usepytorch`` and ``classifier`` say how classifiers are
                trained, ``batch_size`` how many sentences a batch holds; with
                ``unverified_data`` files are let through that are not the published ones.
                Whatever else is in it is kept for ``prepare`` and ``batcher``.
            batcher: makes vectors.
            prepare: looks at the sentences first, if it likes.

        Raises:
            ParamsError: ``task_path`` is missing, or a function cannot be called.
        """
        for function, name in ((batcher, "batcher"), (prepare or batcher, "prepare")):
            if not callable(function):
                raise ParamsError(f"{name} must be a function, not {type(function).__name__}")
        self.params = read_params(params)
        self.batcher = batcher
        self.prepare: Prepare = prepare or (lambda _params, _samples: None)
        self.list_tasks = list(AVAILABLE)
        self.results: Result = {}

    def eval(self, name: str | Iterable[str]) -> Result:
        """Evaluate one task, or each of several.

        Names, options and data of all of them are checked before anything is encoded.

        Args:
            name: a task, or several.

        Returns:
            The result of that task; of several, their results by name.

        Raises:
            UnknownTask, TaskNotAvailable: a name.
            ParamsError: an option.
            DataError: the data of a task is missing or not the published one.
            BatcherError: what the batcher returned.
            TaskError: a task cannot be scored with these vectors.
        """
        tasks = tasks_named([name] if isinstance(name, str) else name)
        trained = any(task.kind == "classification" for task in tasks.values())
        training = read_training(self.params) if trained else None
        unverified = bool(self.params.get("unverified_data"))
        data = {
            task.id: read_data(task, self.params["task_path"], unverified=unverified)
            for task in tasks.values()
        }
        self.results = results = {}
        for task in tasks.values():
            results[task.id] = self._evaluate(task, data.pop(task.id), training)
        if isinstance(name, str):
            self.results = results[name]
        return self.results

    def _evaluate(self, task: Task, parts: Sequence[Any], training: Protocol | None) -> Result:
        sentences = list(_in_files_order(parts))
        logger.debug("%s: %d sentences", task.id, len(sentences))
        self.params["current_task"] = task.id
        self.prepare(self.params, [sentence.split() for sentence in sentences])
        vectors = encode(task.id, sentences, self.batcher, self.params)
        if training is None or task.kind == "similarity":
            return similarity_result(task, parts, vectors, self.params.get("similarity"))
        return classification_result(task, parts, vectors, training)


def _in_files_order(parts: Sequence[Any]) -> Iterator[str]:
    """Yield all sentences as SentEval hands them to ``prepare``."""
    for part in parts:
        yield from part.first
        yield from part.second or ()
