"""Training by a recipe: one run, or several seeds of it, each in a folder that tells what it is."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import TrainingArguments, set_seed

from benchmark.embeddings import Advance
from benchmark.encoders.transformer.weights import quiet
from benchmark.errors import UsageError
from benchmark.globs import SEED
from benchmark.keywords import made
from benchmark.recipe_options import RecipeOptions
from benchmark.results.collection import EVALUATION, collect
from benchmark.settings import Watch, nobody_watches
from benchmark.training.checkpoint import AsWritten, finish_checkpoint, write_checkpoint
from benchmark.training.evaluator import Evaluator
from benchmark.training.model_card import CheckpointStory
from benchmark.training.moment import Moment
from benchmark.training.preparation import NO_TASKS, Preparation, prepared
from benchmark.training.repeatable import repeatable
from benchmark.training.run_folder import STORY, Result, RunFolder
from benchmark.training.saved_states import contrast_of
from benchmark.training.trainer import Judge, ObjectiveTrainer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrainedRun:
    """What a run came to.

    Attributes:
        name: of the run in records of its history.
        folder: holds the trained encoder.
        seed: of its random numbers.
        steps: of the optimizer.
        best_step: whose weights were kept; the last where nothing judged.
        scores: of these weights, by name; empty where nothing judged.
        new: whether it was trained now; else it was found finished.
    """

    name: str
    folder: Path
    seed: int
    steps: int
    best_step: int
    scores: Mapping[str, float]
    new: bool


def train(
    method: str,
    *,
    model: str | os.PathLike[str],
    data: str | os.PathLike[str],
    output_dir: str | os.PathLike[str],
    watch: Watch = nobody_watches,
    **options: Any,
) -> list[TrainedRun]:
    """Train an encoder of sentences by a recipe.

    The same call again goes on with what was interrupted, and finds what is finished.

    Args:
        method: name of a recipe: ``simcse``, ``simcse-supervised``, ``diffcse``,
            ``diffcse-transfer``.
        model: what training begins with, a folder or a hub id.
        data: a text file, one sentence a line, or ``wiki1m``; for supervised training a table of
            sent0, sent1 and hard_neg, or ``nli-for-simcse``.
        output_dir: the run's folder; with ``seeds``, that of the runs' folders.
        watch: given the name of a piece of work, shows how far it is.
        **options: see `benchmark.recipe_options.RecipeOptions`.

    Returns:
        One for each seed.

    Raises:
        UsageError: options that do not go together, or a folder that holds something else.
        DataError: nothing can be learned from the data.
        ModelError: a model that cannot be trained so.
        TrainingError: a loss is no number, or a checkpoint cannot be written.
    """
    asked = made(RecipeOptions, options)
    place, seeds = Path(output_dir), asked.wanted_seeds()
    if seeds is not None and (place / STORY).exists():
        raise UsageError(
            f"`output_dir` {place}: holds a single run; give another for several seeds"
        )
    preparation = prepared(method, str(model), str(data), asked)
    if seeds is None:
        runs = [_Run(preparation, RunFolder(place), place.absolute().name, asked.seed)]
    else:
        folders = [place / f"{SEED}{seed}" for seed in seeds]
        runs = [
            _Run(preparation, RunFolder(path), f"{place.absolute().name}/{path.name}", seed)
            for path, seed in zip(folders, seeds, strict=True)
        ]
    for run in runs:
        run.folder.state(run.asked)  # refuses what another run is in, before the first one begins
    return [run.trained(watch) for run in runs]


@dataclass(frozen=True, slots=True)
class _Run:
    """One seed.

    Attributes:
        what: is trained.
        folder: where.
        name: in records.
        seed: of all random numbers.
    """

    what: Preparation
    folder: RunFolder
    name: str
    seed: int

    @property
    def asked(self) -> dict[str, Any]:
        """All that decides what comes out."""
        return {**self.what.asked, "seed": self.seed}

    def trained(self, watch: Watch) -> TrainedRun:
        """Begin it, go on with it, or find it finished."""
        with self.folder.alone() if self.what.is_first else nullcontext():
            found = self.folder.state(self.asked) == "finished"
            if found:
                logger.info("%s: is finished", self.folder.path)
            else:
                if self.what.is_first:
                    self.folder.begin(self.asked)
                    finish_checkpoint(self.folder.path)
                with watch(self.name) as advance, quiet(), repeatable(self.what.device):
                    self._train(advance)
            if self.what.is_first:
                self.folder.clear()
        result = self.folder.result()
        assert result is not None  # noqa: S101 - it is finished now
        told = (result.steps, result.best_step, result.scores)
        return TrainedRun(self.name, self.folder.path, self.seed, *told, new=not found)

    def _train(self, advance: Advance) -> None:
        set_seed(self.seed)
        what, evaluator = self.what, self._evaluator()
        trainer = ObjectiveTrainer(  # with it several processes know of each other
            what.networks.objective(what.recipe, what.settings, what.options.chunk),
            self._arguments(evaluator),
            what.data,
            what.batches,
            judge=self._judge(evaluator) if evaluator else None,
            advance=advance,
        )
        trainer.accelerator.wait_for_everyone()
        last = self.folder.checkpoints.last()
        if last is not None:
            logger.info("%s: going on from %s", self.folder.path, last.name)
        trainer.train(resume_from_checkpoint=str(last) if last else None)
        trainer.load_best()
        # Without a step that was best there was no score but NaN, and the metric is -infinity.
        best, best_step = trainer.state.best_metric, trainer.state.best_global_step
        scores = {evaluator.primary_metric: float(best)} if evaluator and best_step else {}
        step = best_step or trainer.steps
        if what.is_first:
            self._write(trainer.model, step)
            result = Result(trainer.steps, step, scores)
            self.folder.finish(result, trainer.state.log_history)
        trainer.accelerator.wait_for_everyone()

    def _evaluator(self) -> Evaluator | None:
        return self.what.evaluator(
            run=self.name,
            output_dir=self.folder.path / EVALUATION,
        )

    def _judge(self, evaluator: Evaluator) -> Judge:
        def judged(objective: Any, step: int, epoch: float) -> Mapping[str, float]:
            moment = evaluator.moment(output_dir=None, step=step, epoch=epoch)
            contrast = contrast_of(objective)
            what = AsWritten(
                contrast.encoder,
                self.what.networks.tokenizer,
                self.what.recipe.pooler,
                contrast.head,
            )
            return evaluator.in_all_processes(what, moment)

        return judged

    def _write(self, objective: Any, step: int) -> None:
        what = self.what
        recorded = collect([self.folder.path / EVALUATION]) if what.tasks != NO_TASKS else []
        named = Moment(self.name, step).name
        best = [run.results for run in recorded if run.model == named]
        story = CheckpointStory(
            name=self.name,
            method=what.method,
            base=what.asked["model"]["name"],
            data=what.data.name,
            data_sha256=what.data.sha256,
            data_source=what.data.source,
            sentences=len(what.data),
            seed=self.seed,
            steps=step,
            settings={**what.asked["recipe"], "precision": what.options.precision},
            generator=what.asked["generator"]["name"] if "generator" in what.asked else None,
            device=what.device.type,
            scores=best[-1] if best else {},
        )
        contrast = contrast_of(objective)
        write_checkpoint(
            self.folder.path,
            contrast.encoder,
            what.networks.tokenizer,
            pooler=what.recipe.pooler,
            head=contrast.head,
            story=story,
        )

    def _arguments(self, evaluator: Evaluator | None) -> TrainingArguments:
        what = self.what
        options, settings, on_gpu = what.options, what.settings, what.device.type == "cuda"
        arguments = TrainingArguments(
            output_dir=str(self.folder.checkpoints.place),
            per_device_train_batch_size=settings.batch_size // what.processes,
            gradient_accumulation_steps=options.gradient_accumulation,
            learning_rate=settings.learning_rate,
            num_train_epochs=settings.epochs,
            max_steps=settings.max_steps or -1,
            lr_scheduler_type="linear",
            warmup_steps=0,
            optim="adamw_torch",
            weight_decay=0.0,
            adam_beta1=0.9,
            adam_beta2=0.999,
            adam_epsilon=1e-8,
            max_grad_norm=1.0,
            seed=self.seed,
            data_seed=self.seed,
            bf16=options.precision == "bfloat16",
            fp16=options.precision == "float16",
            use_cpu=what.device.type == "cpu",
            # One alone has nothing to be told from; several processes would see some twice.
            dataloader_drop_last=what.processes > 1 or len(what.data) % settings.batch_size == 1,
            dataloader_pin_memory=on_gpu,
            remove_unused_columns=False,
            save_strategy="steps",
            save_steps=options.save_steps,
            eval_strategy="steps" if evaluator else "no",
            eval_steps=options.eval_steps,
            metric_for_best_model=evaluator.primary_metric if evaluator else None,
            greater_is_better=True,
            logging_strategy="steps",
            logging_steps=options.logging_steps,
            logging_nan_inf_filter=False,
            report_to=options.report_to,
            disable_tqdm=True,
            log_level="error",
            ddp_find_unused_parameters=False,
        )
        if arguments.n_gpu > 1:  # one process would spread copies over all GPUs, each its own batch
            arguments._n_gpu = 1  # noqa: SLF001 - there is no public one
        return arguments
