"""Training by a recipe: one run, or several seeds of it, each in a folder that tells what it is."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, TrainingArguments, set_seed

from benchmark.encoders.device import choose_device, has_instructions
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.errors import DataError, UsageError
from benchmark.extras import installing
from benchmark.keywords import made
from benchmark.recipe_options import RecipeOptions
from benchmark.settings import Watch, nobody_watches
from benchmark.training.batches import Batches
from benchmark.training.data import training_data
from benchmark.training.evaluator import RECORDS, Evaluator
from benchmark.training.networks import (
    Networks,
    load_networks,
    located,
    most_tokens,
    require_trainable,
)
from benchmark.training.recipes import Chosen, Recipe, backbone_of, chosen, recipe_of
from benchmark.training.run_folder import RunFolder
from benchmark.training.saved_states import as_evaluated
from benchmark.training.trainer import Judge, ObjectiveTrainer

logger = logging.getLogger(__name__)

_EXTRA = "accelerate"

JUDGED_BY, NO_TASKS = "sts-dev", "none"
"""What judges a model while it trains unless something else is asked for; and what stands for nothing."""


@dataclass(frozen=True, slots=True)
class TrainedRun:
    """What a run came to.

    Attributes:
        folder: holds the trained encoder.
        seed: of its random numbers.
        steps: of the optimizer.
        best_step: whose weights were kept; the last where nothing judged.
        scores: of these weights, by name; empty where nothing judged.
        pooler: that it is evaluated with.
        new: whether it was trained now; else it was found finished.
    """

    folder: Path
    seed: int
    steps: int
    best_step: int
    scores: Mapping[str, float]
    pooler: str
    new: bool = True


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
            sent0, sent1 and hard_neg.
        output_dir: the run's folder; with ``seeds``, that of the runs' folders.
        watch: given the name of a piece of work, shows how far it is.
        **options: see `benchmark.recipe_options.RecipeOptions`.

    Raises:
        UsageError: options that do not go together, or a folder that holds something else.
        DataError: nothing can be learned from the data.
        ModelError: a model that cannot be trained so.
        TrainingError: a loss is no number, or a checkpoint cannot be written.
    """
    asked = made(RecipeOptions, options)
    require_trainer()
    recipe = recipe_of(method)
    seeds = asked.wanted_seeds()
    work = _prepared(method, recipe, str(model), str(data), asked)
    place = Path(output_dir)
    if seeds is None:
        return [work.run(RunFolder(place), asked.seed, watch)]
    if (place / "run.toml").exists():
        raise UsageError(
            f"`output_dir` {place}: holds a single run; give another for several seeds"
        )
    return [work.run(RunFolder(place / f"seed-{seed}"), seed, watch) for seed in seeds]


def require_trainer() -> None:
    """Refuse to begin without what the loading library's trainer needs.

    Raises:
        UsageError: accelerate is not installed.
    """
    if importlib.util.find_spec(_EXTRA) is None:
        raise UsageError(f"training needs the package {_EXTRA}; {installing('training')}")


@dataclass(frozen=True, slots=True)
class _Work:
    """What all seeds share."""

    recipe: Recipe
    chosen: Chosen
    options: RecipeOptions
    networks: Networks
    batches: Batches
    data: Any
    device: torch.device
    asked: Mapping[str, Any]

    def run(self, folder: RunFolder, seed: int, watch: Watch) -> TrainedRun:
        """Begin, go on with, or find one run."""
        asked = {**self.asked, "seed": seed}
        if folder.state(asked) == "finished":
            logger.info("%s: is finished", folder.path)
            folder.clear()
            return self._found(folder, seed)
        with folder.alone():
            folder.begin(asked)
            self._train(folder, seed, watch)
        return replace(self._found(folder, seed), new=True)

    def _found(self, folder: RunFolder, seed: int) -> TrainedRun:
        result = (folder.story() or {})["result"]
        return TrainedRun(
            folder.path,
            seed,
            result["steps"],
            result["best_step"],
            result["scores"],
            self.recipe.pooler,
            new=False,
        )

    def _train(self, folder: RunFolder, seed: int, watch: Watch) -> None:
        set_seed(seed)
        objective = self.networks.objective(self.recipe, self.chosen)
        evaluator = self._evaluator(folder)
        with ExitStack() as stack:
            trainer = ObjectiveTrainer(
                objective,
                self._arguments(folder, seed, evaluator),
                self.data,
                self.batches,
                judge=evaluator and self._judge(evaluator),
                advance=stack.enter_context(watch(folder.path.name)),
            )
            last = folder.checkpoints.last()
            if last is not None:
                logger.info("%s: going on from %s", folder.path, last.name)
            trainer.train(resume_from_checkpoint=str(last) if last else None)
        trainer.load_best()
        best = trainer.state.best_metric
        scores = {evaluator.primary_metric: float(best)} if evaluator and best is not None else {}
        self._export(folder, trainer)
        folder.finish(
            {
                "steps": trainer.steps,
                "best_step": trainer.state.best_global_step or trainer.steps,
                "scores": scores,
            }
        )

    def _evaluator(self, folder: RunFolder) -> Evaluator | None:
        if self.asked["tasks"] == NO_TASKS:
            return None
        options = self.options
        return Evaluator(
            self.asked["tasks"],
            run=self.name(folder),
            output_dir=folder.path / RECORDS,
            tokenizer=self.networks.tokenizer,
            pooler=self.recipe.pooler,
            data_dir=options.data_dir,
            unverified_data=options.unverified_data,
            offline=options.offline,
            progress_bar=options.progress_bar,
        )

    def _judge(self, evaluator: Evaluator) -> Judge:
        def judged(objective: Any, step: int, epoch: float) -> Mapping[str, float]:
            moment = evaluator.moment(output_dir=None, step=step, epoch=epoch)
            with as_evaluated(objective, self.recipe.pooler) as encoder:
                return evaluator.in_all_processes(encoder, moment)

        return judged

    def name(self, folder: RunFolder) -> str:
        """Return what the records of a run's history are called by: its folder, and its family."""
        path = folder.path.absolute()
        return path.name if self.options.seeds is None else f"{path.parent.name}/{path.name}"

    def _export(self, folder: RunFolder, trainer: ObjectiveTrainer) -> None:
        with as_evaluated(trainer.model, self.recipe.pooler) as encoder:
            encoder.save_pretrained(folder.path)
        self.networks.tokenizer.save_pretrained(folder.path)

    def _arguments(
        self, folder: RunFolder, seed: int, evaluator: Evaluator | None
    ) -> TrainingArguments:
        options, settings = self.options, self.chosen
        return TrainingArguments(
            output_dir=str(folder.checkpoints.place),
            per_device_train_batch_size=settings.batch_size // _processes(),
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
            seed=seed,
            data_seed=seed,
            bf16=options.precision == "bfloat16",
            fp16=options.precision == "float16",
            use_cpu=self.device.type == "cpu",
            full_determinism=self.device.type == "cuda",
            # One sentence alone has nothing to be told from; processes would see some twice.
            dataloader_drop_last=_processes() > 1 or len(self.data) % settings.batch_size == 1,
            dataloader_pin_memory=self.device.type == "cuda",
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


def _prepared(method: str, recipe: Recipe, model: str, data: str, options: RecipeOptions) -> _Work:
    device = choose_device(options.device)
    _require_precision(device, options.precision)
    start = located(model, "model", options)
    config = AutoConfig.from_pretrained(
        start.folder, local_files_only=True, trust_remote_code=options.trust_remote_code
    )
    backbone = backbone_of(recipe, config, start.name)
    settings = chosen(recipe, backbone, options)
    settings = replace(settings, max_length=most_tokens(start, settings.max_length))
    if settings.batch_size % _processes():
        raise UsageError(
            f"`batch_size` {settings.batch_size}: cannot be shared out to {_processes()} processes"
        )
    generator = _generator(recipe, options, backbone.generator)
    rows = training_data(
        data,
        supervised=recipe.data == "triples",
        offline=options.offline,
        progress_bar=options.progress_bar,
    )
    networks = load_networks(start, generator, recipe, options)
    batches = Batches(networks.tokenizer, settings.max_length)
    batches.require_readable(rows, rows.name, networks.encoder.config.vocab_size)
    require_trainable(networks, recipe, settings, start.name)
    if options.gradient_accumulation > 1:
        logger.info(
            "a step sums up %d batches of %d sentences, each told from the others of its own batch",
            options.gradient_accumulation,
            settings.batch_size,
        )
    asked = {
        "method": method,
        "model": _identity(start),
        **({"generator": _identity(generator)} if generator else {}),
        "data": {"name": rows.name, "sha256": rows.sha256, "rows": len(rows)},
        "recipe": {key: value for key, value in asdict(settings).items() if value is not None},
        "gradient_accumulation": options.gradient_accumulation,
        "precision": options.precision,
        "device": device.type,
        "processes": _processes(),
        "tasks": _tasks(options),
        "eval_steps": options.eval_steps,
    }
    return _Work(recipe, settings, options, networks, batches, rows, device, asked)


def _tasks(options: RecipeOptions) -> str:
    """Return what the model is judged by; nothing where nothing was asked and the data is not here.

    Raises:
        UsageError, DataError: tasks that were asked for are none, or their data is not here.
    """
    asked = options.tasks or JUDGED_BY
    if asked == NO_TASKS:
        return asked
    try:
        Evaluator(
            asked,
            data_dir=options.data_dir,
            unverified_data=options.unverified_data,
            offline=options.offline,
            progress_bar=options.progress_bar,
        )
    except DataError as error:
        if options.tasks is not None:
            raise
        logger.warning(
            "nothing judges the model while it trains, the last weights are kept: %s", error
        )
        return NO_TASKS
    return asked


def _generator(recipe: Recipe, options: RecipeOptions, usual: str | None) -> Checkpoint | None:
    if recipe.objective != "diffcse":
        return None
    name = options.generator or usual
    if name is None:
        raise UsageError(
            f"{recipe.title}: no generator is published for this model; name a masked language "
            "model of the same tokenizer as `generator`"
        )
    return located(name, "generator", options)


def _require_precision(device: torch.device, precision: str) -> None:
    if precision == "float32":
        return
    if (device.type == "cpu" and precision == "float16") or not has_instructions(
        device.type, precision
    ):
        raise UsageError(f"`precision` {precision}: this {device.type} has no instructions for it")


def _identity(checkpoint: Checkpoint) -> dict[str, str]:
    return {
        "name": checkpoint.source,
        **({"revision": checkpoint.revision} if checkpoint.revision else {}),
        "weights_sha256": checkpoint.weights_sha256(),
        "settings_sha256": checkpoint.settings_sha256(),
    }


def _processes() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))
