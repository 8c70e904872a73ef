"""``senteval.engine.SE``: what scripts create and ask."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from benchmark.errors import DataError
from benchmark.metrics.logistic import Protocol
from benchmark.tasks import task_by_id
from senteval.batches import Batcher, Prepare, encode
from senteval.classification import classification_result
from senteval.data import read_data
from senteval.errors import ParamsError
from senteval.identity import name_others
from senteval.names import AVAILABLE, OFTEN_MISSING, Results, Scored, how_scored, sorted_out
from senteval.params import read_params
from senteval.regression import UPSTREAM, regression_figures
from senteval.shapes import Figures
from senteval.similarity import similarity_result, whole_result
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
        name_others()

    def eval(self, name: str | Iterable[str]) -> Result:
        """Evaluate one task, or each of several.

        Names, options and data of all of them are checked before anything is encoded. Of several,
        those that are not available are left out, with a line in the log; their results say why
        when they are read.

        Args:
            name: a task, or several.

        Returns:
            The result of that task; of several, their results by name.

        Raises:
            UnknownTask: a name that nobody has.
            TaskNotAvailable: the name, or all of several.
            ParamsError: an option.
            DataError: the data of a task is missing or not the published one.
            BatcherError: what the batcher returned.
            TaskError: a task cannot be scored with these vectors.
        """
        if isinstance(name, str):
            scored = how_scored(name)
            training = self._training([scored])
            data = {name: self._read(name, scored)}
            self.results = self._evaluate_all({name: scored}, data, training, {})[name]
            return self.results
        names, refused = sorted_out(name)
        training = self._training(names.values())
        data = {}
        failure: DataError | None = None
        for known, scored in names.items():
            try:
                data[known] = self._read(known, scored)
            except DataError as error:
                if known not in OFTEN_MISSING:
                    raise
                refused[known] = str(error).removeprefix(f"{known}: ")
                failure = error
        if failure and not data:
            raise failure
        for unscored, why in refused.items():
            logger.error("%s is left out: %s", unscored, why)
        return self._evaluate_all(names, data, training, refused)

    def _training(self, names: Iterable[Scored]) -> Protocol | None:
        trained = any(scored.form == "classification" for scored in names)
        return read_training(self.params) if trained else None

    def _read(self, name: str, scored: Scored) -> Sequence[Any]:
        unverified = bool(self.params.get("unverified_data"))
        return read_data(name, scored, self.params["task_path"], unverified=unverified)

    def _evaluate_all(
        self,
        names: Mapping[str, Scored],
        data: dict[str, Sequence[Any]],
        training: Protocol | None,
        refused: Mapping[str, str],
    ) -> Result:
        self.results = results = Results(refused)
        for name in list(data):
            results[name] = self._evaluate(name, names[name], data.pop(name), training)
        return results

    def _evaluate(
        self, name: str, scored: Scored, parts: Sequence[Any], training: Protocol | None
    ) -> Result:
        sentences = list(_in_files_order(parts))
        logger.debug("%s: %d sentences", name, len(sentences))
        self.params["current_task"] = name
        self.prepare(self.params, [sentence.split() for sentence in sentences])
        if scored.encoded:
            parts = [part for part in parts if part.name in scored.encoded]
            sentences = list(_in_files_order(parts))
        vectors = encode(name, sentences, self.batcher, self.params)
        compare = self.params.get("similarity")
        if scored.form == "cosine of the test split":
            [test] = parts
            return whole_result(name, test, vectors)
        if scored.form == "classification":
            assert training is not None  # noqa: S101 - read above
            return classification_result(task_by_id(scored.task), parts, vectors, training)
        if scored.form == "regression":
            figures = regression_figures(name, parts, vectors, self.params, "spearman")
            predicted = {"yhat": figures.pop("yhat")}
            return Figures(figures, tuple(predicted), lambda: predicted)
        result = similarity_result(name, parts, vectors, compare)
        if scored.form == "similarity":
            return result
        seeded = {"seed": self.params["seed"]}
        train = partial(regression_figures, name, parts, vectors, seeded)
        return Figures(result, UPSTREAM, train)


def _in_files_order(parts: Sequence[Any]) -> Iterator[str]:
    """Yield all sentences as SentEval hands them to ``prepare``."""
    for part in parts:
        yield from part.first
        yield from part.second or ()
