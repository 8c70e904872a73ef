"""Everything that a training run needs, looked at before anything is trained or written."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from transformers import AutoConfig
from transformers.integrations import get_available_reporting_integrations

from benchmark.encoders.device import choose_device, has_instructions
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.errors import DataError, UsageError
from benchmark.extras import installing
from benchmark.recipe_options import RecipeOptions
from benchmark.training.batches import Batches
from benchmark.training.data import training_data
from benchmark.training.evaluator import Evaluator
from benchmark.training.networks import (
    Networks,
    load_networks,
    located,
    most_tokens,
    require_trainable,
)
from benchmark.training.recipes import Chosen, Recipe, backbone_of, chosen, recipe_of
from benchmark.training.text import Sentences
from benchmark.training.triples import Triples

logger = logging.getLogger(__name__)

_LIBRARY = "accelerate"

JUDGED_BY, NO_TASKS = "sts-dev", "none"
"""What judges a model while it trains, unless asked; what stands for nothing."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What all runs of one command share.

    Attributes:
        method: name of the recipe.
        recipe: of the method.
        settings: numbers to train with.
        options: as asked for.
        networks: as loaded.
        batches: makes batches.
        data: sentences, or rows of them.
        device: where it computes.
        processes: how many train together.
        is_first: whether this is the one of them that writes.
        tasks: that judge the model; ``none`` for nothing.
        asked: all that decides what comes out, but for the seed: names, hashes, numbers.
    """

    method: str
    recipe: Recipe
    settings: Chosen
    options: RecipeOptions
    networks: Networks
    batches: Batches
    data: Sentences | Triples
    device: torch.device
    processes: int
    is_first: bool
    tasks: str
    asked: Mapping[str, Any]

    def evaluator(self, **settings: Any) -> Evaluator | None:
        """Return what judges the model; None for nothing.

        Args:
            **settings: of the evaluator: name of the run, place of records, pooler ...
        """
        if self.tasks == NO_TASKS:
            return None
        return _evaluator(self.tasks, self.options, **settings)


def prepared(method: str, model: str, data: str, options: RecipeOptions) -> Preparation:
    """Load and look at everything.

    Args:
        method: name of a recipe.
        model: folder or hub id of what training begins with.
        data: a file, or the name of published data.
        options: what is asked.

    Raises:
        UsageError: options that do not go together, or that this machine cannot do.
        DataError: nothing can be learned from the data.
        ModelError: a model that cannot be loaded, or not be trained so.
    """
    require_trainer()
    recipe = recipe_of(method)
    device, processes = choose_device(options.device), _processes()
    _require_precision(device, options.precision)
    _require_reporter(options.report_to)
    start = located(model, "model", options)
    backbone = backbone_of(recipe, _config(start, options), start.name)
    settings = chosen(recipe, backbone, options)
    settings = replace(settings, max_length=most_tokens(start, settings.max_length))
    if settings.batch_size % processes:
        raise UsageError(
            f"`batch_size` {settings.batch_size}: cannot be shared out to {processes} processes"
        )
    generator = _generator(recipe, options, backbone.generator)
    rows = training_data(
        data,
        supervised=recipe.data == "triples",
        offline=options.offline,
        progress_bar=options.progress_bar,
    )
    _require_a_batch(rows.name, len(rows), settings.batch_size, processes)
    networks = load_networks(start, generator, recipe, options)
    batches = Batches(networks.tokenizer, settings.max_length)
    batches.require_readable(rows, rows.name, networks.encoder.config.vocab_size)
    require_trainable(networks, recipe, settings, start.name)
    tasks = _tasks(options)
    _say_batches(settings, options, len(rows))
    asked = {
        "method": method,
        "model": _identity(start),
        **({"generator": _identity(generator)} if generator else {}),
        "data": {"name": rows.name, "sha256": rows.sha256, "rows": len(rows)},
        "recipe": settings.told(recipe),
        "gradient_accumulation": options.gradient_accumulation,
        **({"chunk": options.chunk} if options.chunk else {}),
        "precision": options.precision,
        "device": device.type,
        "processes": processes,
        "tasks": tasks,
        "eval_steps": options.eval_steps,
    }
    return Preparation(
        method,
        recipe,
        settings,
        options,
        networks,
        batches,
        rows,
        device,
        processes,
        os.environ.get("RANK", "0") == "0",
        tasks,
        asked,
    )


def require_trainer() -> None:
    """Refuse to begin without what the loading library's trainer needs.

    Raises:
        UsageError: accelerate is not installed.
    """
    if importlib.util.find_spec(_LIBRARY) is None:
        raise UsageError(f"training needs the package {_LIBRARY}; {installing('training')}")


def _config(checkpoint: Checkpoint, options: RecipeOptions) -> Any:
    return AutoConfig.from_pretrained(
        checkpoint.folder, local_files_only=True, trust_remote_code=options.trust_remote_code
    )


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


def _require_reporter(name: str) -> None:
    there = get_available_reporting_integrations()
    if name not in ("none", "all", *there):
        raise UsageError(
            f"`report_to` {name!r}: the trainer knows no such reporter, or its package is not "
            f"installed; here are {', '.join(['none', 'all', *there])}"
        )


def _require_precision(device: torch.device, precision: str) -> None:
    if precision == "float32":
        return
    without = device.type == "cpu" and precision == "float16"  # losses are scaled on GPUs alone
    if without or not has_instructions(device.type, precision):
        raise UsageError(
            f"`precision` {precision}: this {device.type} has no instructions for training in it; "
            "use float32"
        )


def _tasks(options: RecipeOptions) -> str:
    """Return what the model is judged by; nothing where nothing was asked and the data is not here.

    Raises:
        UsageError, DataError: tasks that were asked for are none, or their data is not here.
    """
    asked = options.tasks or JUDGED_BY
    if asked == NO_TASKS:
        return asked
    try:
        _evaluator(asked, options)
    except DataError as error:
        if options.tasks is not None:
            raise
        logger.warning(
            "nothing judges the model while it trains, its last weights count: %s", error
        )
        return NO_TASKS
    return asked


def _evaluator(tasks: str, options: RecipeOptions, **settings: Any) -> Evaluator:
    return Evaluator(
        [word for word in tasks.split(",") if word],
        data_dir=options.data_dir,
        unverified_data=options.unverified_data,
        offline=options.offline,
        progress_bar=options.progress_bar,
        **settings,
    )


def _require_a_batch(name: str, rows: int, batch_size: int, processes: int) -> None:
    """Refuse data of which no batch would be made: what is left over is not shared out."""
    if rows < (batch_size if processes > 1 else 2):
        raise DataError(
            f"{name}: there are {rows:,} rows, fewer than a batch of {batch_size:,} over "
            f"{processes} processes; give a smaller `batch_size`, or more data"
        )


def _say_batches(settings: Chosen, options: RecipeOptions, rows: int) -> None:
    if options.gradient_accumulation > 1:
        logger.info(
            "a step sums up %d batches of %d sentences, each told from the others of its own batch "
            "alone",
            options.gradient_accumulation,
            settings.batch_size,
        )
    if rows < settings.batch_size:
        logger.warning(
            "a batch is of %d sentences, and there are %d: each is told from fewer than meant",
            settings.batch_size,
            rows,
        )


def _identity(checkpoint: Checkpoint) -> dict[str, str]:
    return {
        "name": checkpoint.source,
        **({"revision": checkpoint.revision} if checkpoint.revision else {}),
        "weights_sha256": checkpoint.weights_sha256(),
        "settings_sha256": checkpoint.settings_sha256(),
    }


def _processes() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))
