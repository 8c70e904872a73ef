"""Evaluation inside a training loop: the scores that a checkpoint would get, at once."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from benchmark.encoders import Encoder
from benchmark.errors import RecordError, TaskError, UsageError
from benchmark.evaluation import evaluate_loaded
from benchmark.keywords import made
from benchmark.options import Folder, RunOptions
from benchmark.results import ResultStore, Run, TaskResult, printed
from benchmark.results.collection import EVALUATION
from benchmark.results.making import warn
from benchmark.settings import Settings, Warn, nobody_warns
from benchmark.steps import chains_of, read_steps
from benchmark.tasks import KINDS, Task, with_protocol
from benchmark.tasks.asked import asked_tasks
from benchmark.tasks.loading import load_data, locate_data
from benchmark.training.live import LiveModel
from benchmark.training.moment import Moment
from benchmark.training.processes import from_first_process
from benchmark.training.subject import EncoderOf, subject_of
from benchmark.training.undisturbed import undisturbed

if TYPE_CHECKING:
    from benchmark.training.callback import EvaluatorCallback

logger = logging.getLogger(__name__)

_LIBRARY = "sentence_transformers"
_OF_LIBRARY = "eval"
"""Folder below its trainer's output folder that this library hands to evaluators."""

_NOT_HERE = ("revision", "family", "vary", "prompt_for", "name")
_UNNAMED = "in training"

Kind = TypeVar("Kind", bound="Evaluator")


class Evaluator:
    """Scores a model that is being trained on the suite's tasks.

    The score is, to the last digit, what the command line gives the checkpoint that would be
    saved at this moment; the model, its gradients and the random numbers of the process stay as
    they are. One object serves all evaluations of a run: data is read, and sentences are
    tokenized, once.

    It is an ``evaluator`` of ``SentenceTransformerTrainer``, gives a callback for transformers'
    ``Trainer`` (`callback`), and is a function for a loop of one's own: see docs/training.md.

    Attributes:
        primary_metric: the metric to choose checkpoints by: the first task's main score.
        greater_is_better: true.
        name: of the evaluator, for sentence-transformers: empty, since names of metrics begin with
            their tasks.
        last: the results of the last evaluation; None before the first.
    """

    greater_is_better = True
    name = ""
    description = "Sentence Embedding Benchmark"

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Make an object that the trainer of sentence-transformers knows, if that is loaded."""
        return object.__new__(_known_to_library(cls))

    def __init__(
        self,
        tasks: str | Task | Iterable[str | Task] = "sts-dev",
        *,
        run: str | None = None,
        output_dir: Folder | None = None,
        encoder: EncoderOf | None = None,
        tokenizer: Any = None,
        **options: Any,
    ) -> None:
        """Read the data of the tasks.

        Args:
            tasks: as for `benchmark.evaluate`.
            run: name of the training run; by default that of its output folder. The model at a step
                is called ``RUN/step-125``.
            output_dir: keep records here; by default in ``evaluation`` of a trainer's output
                folder, and in a loop of one's own not at all.
            encoder: from a model to the part of it that is evaluated; by default the model itself,
                or its ``encoder``.
            tokenizer: of the model; that of a ``SentenceTransformer`` or of a trainer is known.
            **options: what else `benchmark.evaluate` takes: ``pooler``, ``data_dir``,
                ``max_length`` ...

        Raises:
            UsageError: an unknown task, or an option that is none or not for a model in training.
            DataError: the data of a task is not there.
        """
        asked = made(RunOptions, options)
        for name in _NOT_HERE:
            if getattr(asked, name) != getattr(RunOptions(), name):
                raise UsageError(f"`{name}` is not for a model in training")
        [chain, *others] = chains_of(asked.steps)
        if others:
            raise UsageError("`steps` names several chains; a model in training takes one")
        self._chain, self._options = read_steps(chain), asked
        self._tasks = with_protocol(asked_tasks(tasks, asked), asked.protocol)
        self._data, failures = load_data(locate_data(self._tasks, asked), asked)
        if failures:
            raise next(iter(failures.values()))
        self._run, self._output_dir = run, None if output_dir is None else Path(output_dir)
        self._encoder, self._tokenizer = encoder, tokenizer
        self._live: LiveModel | None = None
        self._said: str | None = None
        self._warn: Warn = warn
        self._latest: tuple[str, int | None, str | None] = ("", None, None)
        self.primary_metric = self._tasks[0].id
        self.last: Run | None = None

    def __iter__(self) -> Iterator[Evaluator]:
        """Be one among several: so sentence-transformers takes evaluators that it does not know."""
        yield self

    def __call__(
        self,
        model: Any,
        output_path: Folder | None = None,
        epoch: float = -1,
        steps: int = -1,
        *,
        tokenizer: Any = None,
        step: int | None = None,
    ) -> dict[str, float]:
        """Score a model, in this process and with what it has.

        Args:
            model: a ``SentenceTransformer``, a model of transformers, or one with such an
                ``encoder``; in any wrapper.
            output_path: of sentence-transformers' trainer; records go beside it.
            epoch: passes over the data so far; -1 for a model that is not in training.
            steps: updates so far; -1 likewise.
            tokenizer: of the model, if it was not given before.
            step: the same as ``steps``, for a loop of one's own.

        Returns:
            The main score of each task by its id (``STSBenchmark/dev``), as a fraction of 1; of
            tasks of similarity also ``ID_spearman_cosine`` and ``ID_pearson_cosine``. A task that
            has no score (all vectors alike, or not finite) has NaN, and the log says why.

        Raises:
            ModelError, UsageError: the model cannot be scored.
        """
        given = steps if step is None else step
        moment = self.moment(
            output_dir=_beside(output_path),
            step=None if given < 0 else given,
            epoch=None if epoch is None or epoch < 0 else epoch,
        )
        metrics = self.metrics(self.evaluate(model, moment, tokenizer))
        store = getattr(self, "store_metrics_in_model_card_data", None)
        if store and hasattr(model, "model_card_data"):
            store(model, metrics, epoch, given)
        return metrics

    def in_all_processes(
        self, model: Any, moment: Moment, tokenizer: Any = None
    ) -> dict[str, float]:
        """Score a model in the first of several training processes, and tell all of them.

        Every process has to call it; without others it is the same as `evaluate`.

        Raises:
            ModelError, UsageError: the model cannot be scored, in every process alike.
        """
        return from_first_process(
            lambda: self.metrics(self.evaluate(model, moment, tokenizer)), moment.name
        )

    def moment(
        self, *, output_dir: Path | None, step: int | None = None, epoch: float | None = None
    ) -> Moment:
        """Return what a model is called now.

        Args:
            output_dir: for records, unless the evaluator has one of its own.
            step: updates of the weights so far.
            epoch: passes over the data so far.
        """
        folder = self._output_dir or output_dir
        home = folder.absolute() if folder else None
        if home is not None and home.name == EVALUATION:
            home = home.parent
        run = self._run or (home.name if home else "") or _UNNAMED
        return Moment(run, step, epoch, folder)

    def evaluate(self, model: Any, moment: Moment, tokenizer: Any = None) -> Run:
        """Score a model, in this process and with what it has, and keep records.

        Args:
            model: as when it is called.
            moment: what the model is called.
            tokenizer: of the model, if it was not given before.

        Raises:
            ModelError, UsageError: the model cannot be scored.
        """
        known = self._tokenizer if tokenizer is None else tokenizer
        subject = subject_of(model, known, self._encoder)
        with undisturbed(subject.device):
            if self._live is None or not self._live.is_of(subject):
                self._live = None  # its files and its network are gone before new ones come
                device = self._options.device
                here = str(subject.device) if device == "auto" else device
                options = replace(self._options, device=here)  # type: ignore[arg-type]
                self._live = LiveModel(subject, options, moment.run)
                self._say_saved(moment.run)
            run = self._scored(self._live, moment)
        self.last = run
        for error in run.failures.values():
            if not isinstance(error, TaskError | RecordError):
                raise error
            logger.error("%s: %s", run.model, error)
        shown = (f"{task} {printed(result.main_score)}" for task, result in run.items())
        logger.info("%s: %s", run.model, ", ".join(shown))
        return run

    def metrics(self, run: Run) -> dict[str, float]:
        """Return the numbers of a run by the names that trainers log them under."""
        found: dict[str, float] = {}
        for task in self._tasks:
            result = run.results.get(task.id)
            found[task.id] = float("nan") if result is None else result.main_score
            if task.kind == "similarity":
                for metric, score in _all_scores(task, result).items():
                    found[f"{task.id}_{metric}_cosine"] = score
        return found

    def callback(
        self,
        *,
        tokenizer: Any = None,
        pooler: str | None = None,
        every: int | None = None,
    ) -> EvaluatorCallback:
        """Return a callback for transformers' ``Trainer``.

        It evaluates whenever the trainer does. Metrics then have names like
        ``eval_STSBenchmark/dev``; the trainer logs them, and can choose the best checkpoint and
        stop by them.

        Args:
            tokenizer: of the model; by default the trainer's ``processing_class``.
            pooler: how token vectors become a sentence vector.
            every: evaluate after so many steps, too: for a trainer without evaluation of its own.
        """
        from benchmark.training.callback import EvaluatorCallback

        if pooler is not None:
            self._options = replace(self._options, pooler=pooler)
        if tokenizer is not None:
            self._tokenizer = tokenizer
        return EvaluatorCallback(self, every)

    def _scored(self, live: LiveModel, moment: Moment) -> Run:
        with live.encoder(moment.name) as encoder:
            state = (moment.run, moment.step, encoder.card.fingerprint)
            if not self._is_put_back(*state):
                if moment.step is not None:  # what is put back may be scored several times
                    self._latest = state
                return self._recorded(encoder, moment)
        return self._scored(live, replace(moment, step=None, epoch=None))

    def _is_put_back(self, run: str, step: int | None, state: str | None) -> bool:
        """Tell whether a model has other weights at a step than it had at the end of that step.

        Trainers put the best weights back at their end, and go on to name the last step.
        """
        known_run, known_step, known_state = self._latest
        return step is not None and (known_run, known_step) == (run, step) and known_state != state

    def _recorded(self, encoder: Encoder, moment: Moment) -> Run:
        store = ResultStore(moment.output_dir) if moment.output_dir else None
        if store:
            store.prepare()
        warned, self._warn = self._warn, nobody_warns
        settings = Settings(store, chains=(self._chain,), training=moment.training, warn=warned)
        [run] = evaluate_loaded(encoder, self._tasks, self._data, {}, self._options, settings)
        if store and moment.training:  # a step that is trained again takes the place of itself
            for task in run.paths:
                store.remove_other_states(run.model, encoder.card, task)
        return run

    def _say_saved(self, name: str) -> None:
        why = self._live.why_saved if self._live else None
        if why and why != self._said:
            logger.info("%s: written to a folder for each evaluation, since %s", name, why)
        self._said = why


def _all_scores(task: Task, result: TaskResult | None) -> dict[str, float]:
    if result is None:
        return dict.fromkeys(("spearman", "pearson"), float("nan"))
    return dict(result.scores[KINDS[task.kind].main(task.aggregation)])


def _beside(output_path: Folder | None) -> Path | None:
    """Return where records go: in a trainer's output folder beside what its library writes."""
    if output_path is None:
        return None
    path = Path(output_path)
    return path.parent / EVALUATION if path.name == _OF_LIBRARY else path


def _known_to_library(kind: type[Kind]) -> type[Kind]:
    """Return a class that the trainer of sentence-transformers takes as an evaluator."""
    library = sys.modules.get(f"{_LIBRARY}.base.evaluation") or sys.modules.get(
        f"{_LIBRARY}.evaluation"
    )
    base = getattr(library, "BaseEvaluator", None)
    if base is None or issubclass(kind, base):
        return kind
    return type(kind.__name__, (kind, base), {"__module__": kind.__module__})
