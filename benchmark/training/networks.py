"""The networks of an objective, loaded without running what a checkpoint brings."""

from __future__ import annotations

import copy
import logging
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from benchmark.encoders.asked.reference import parse_reference
from benchmark.encoders.files.agreement import (
    require_affordable,
    require_numbers,
    require_sensible_sizes,
)
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.files.hub_checkpoint import fetch_checkpoint
from benchmark.encoders.files.own_code import named_code, require_code_allowed
from benchmark.encoders.files.tensors import list_tensors
from benchmark.encoders.transformer.length import length_limit
from benchmark.encoders.transformer.tokenizer import load_tokenizer
from benchmark.encoders.transformer.weights import detach, load_model, quiet, refusal
from benchmark.errors import BenchmarkError, ModelError, UsageError
from benchmark.foreign import Fields
from benchmark.recipe_options import RecipeOptions
from benchmark.training.objectives.diffcse import DiffCSE
from benchmark.training.objectives.heads import BatchNormHead, DenseHead
from benchmark.training.objectives.masking import Vocabulary
from benchmark.training.objectives.simcse import SimCSE
from benchmark.training.recipes import Chosen, Recipe

logger = logging.getLogger(__name__)

GENERATOR = "generator."
"""What the names of the frozen network's weights begin with: they are in no checkpoint."""


def located(name: str, what: str, options: RecipeOptions) -> Checkpoint:
    """Return the files of a model that is trained from, or that generates; fetched if need be.

    Args:
        name: a folder, or a hub id, with a revision behind an @ or without.
        what: the option that names it.
        options: whether the network may be asked.

    Raises:
        UsageError: neither of these.
        ModelError: not there, not whole, or it brings code that may not be run.
    """
    reference = parse_reference(name)
    if reference.origin == "folder":
        folder = reference.location
        assert folder is not None  # noqa: S101 - of folders it is known
        found = Checkpoint(folder, folder.resolve().name, name)
    elif reference.origin == "hub":
        found = fetch_checkpoint(
            reference.name,
            reference.revision,
            offline=options.offline,
            trust_remote_code=options.trust_remote_code,
            progress_bar=options.progress_bar,
        )
    else:
        raise UsageError(
            f"`{what}` {name}: training begins with a folder that save_pretrained wrote, or a hub "
            "id (org/name)"
        )
    found.require_whole()
    config = Fields(found.folder / "config.json", found.config(), ModelError)
    require_sensible_sizes(found, config)
    brought = {"config.json": named_code(config.values)}
    require_code_allowed(found.name, brought, trusted=options.trust_remote_code)
    return found


@dataclass(frozen=True, slots=True)
class Networks:
    """What an objective is made of, as it was loaded.

    Attributes:
        encoder: without a pooling layer.
        tokenizer: that all share.
        generator: a masked language model; None where the method has none.
    """

    encoder: Any
    tokenizer: Any
    generator: Any = None

    def objective(self, recipe: Recipe, with_what: Chosen) -> SimCSE | DiffCSE:
        """Return the objective on a copy of the encoder, with a fresh head.

        Fresh layers are drawn from torch's random numbers, and as the base model's are, but for
        the discriminator's last one, which is torch's own.

        Raises:
            ModelError: the networks do not go together.
        """
        encoder = copy.deepcopy(self.encoder)
        kind = DenseHead if recipe.head == "dense" else BatchNormHead
        head = kind(encoder.config.hidden_size)
        for layer in head.modules():
            if isinstance(layer, nn.Linear):
                nn.init.normal_(
                    layer.weight, std=getattr(encoder.config, "initializer_range", 0.02)
                )
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        contrast = SimCSE(
            encoder,
            head,
            temperature=with_what.temperature,
            hard_weight=with_what.hard_weight,
        )
        if self.generator is None:
            return contrast
        return DiffCSE(
            contrast,
            copy.deepcopy(self.generator),
            copy.deepcopy(self.encoder),
            Vocabulary.of(self.tokenizer),
            weight=with_what.weight,
            mask_ratio=with_what.mask_ratio,
        )


def load_networks(
    model: Checkpoint, generator: Checkpoint | None, recipe: Recipe, options: RecipeOptions
) -> Networks:
    """Return the networks of a recipe.

    Raises:
        ModelError: one cannot be loaded, or does not go with the other.
    """
    code = options.trust_remote_code
    with quiet():
        encoder = load_model(model, needs_head=False, trust_remote_code=code)
        if hasattr(encoder, "pooler"):
            encoder.pooler = None
        elif recipe.pooler == "cls":
            raise ModelError(
                f"{model.name}: this architecture ({encoder.config.model_type}) has no pooling "
                f"layer, which the head of {recipe.title}, becomes"
            )
        tokenizer = load_tokenizer(model, trust_remote_code=code)
        if tokenizer.cls_token_id is None or tokenizer.pad_token_id is None:
            lacks = "cls" if tokenizer.cls_token_id is None else "pad"
            raise ModelError(
                f"{model.name}: its tokenizer has no {lacks} token; an encoder like BERT or "
                "RoBERTa is needed, whose first token stands for the sentence"
            )
        if recipe.objective == "simcse":
            return Networks(encoder, tokenizer)
        assert generator is not None  # noqa: S101 - the caller asks for one
        try:
            Vocabulary.of(tokenizer)
        except ModelError as error:
            raise ModelError(str(error).replace(str(model.folder), model.name)) from error
        _require_one_tokenizer(model, tokenizer, generator, code=code)
        return Networks(encoder, tokenizer, _language_model(generator, code=code))


def require_trainable(networks: Networks, recipe: Recipe, with_what: Chosen, name: str) -> None:
    """Make one step with two short sentences, without gradients, before anything is written.

    Raises:
        ModelError: what this model cannot do.
    """
    words = [f"{networks.tokenizer.cls_token} a b", "a"]
    read = networks.tokenizer(words, padding=True, return_tensors="pt")
    batch = {key: read[key][:, None].expand(-1, 2, -1) for key in ("input_ids", "attention_mask")}
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        try:
            networks.objective(recipe, with_what)(**batch)
        except BenchmarkError as error:
            raise ModelError(f"{name}: {error}") from error
        except Exception as error:
            said = " ".join(str(error).split())[:200] or type(error).__name__
            raise ModelError(
                f"{name}: cannot be trained by {recipe.title} ({said}); an encoder like BERT or "
                "RoBERTa is needed"
            ) from error


def most_tokens(model: Checkpoint, asked: int) -> int:
    """Return the length that sentences are cut at.

    Raises:
        UsageError: the model takes fewer.
    """
    config = Fields(model.folder / "config.json", model.config(), ModelError)
    return length_limit(model, config, None, asked) or asked


def _require_one_tokenizer(
    model: Checkpoint, tokenizer: Any, generator: Checkpoint, *, code: bool
) -> None:
    """Refuse a generator that means something else by an id, if its folder has a tokenizer."""
    settings = ("tokenizer.json", "vocab.txt", "vocab.json", "tokenizer_config.json")
    if not any((generator.tokenizer_folder / name).is_file() for name in settings):
        logger.info(
            "%s: brings no tokenizer; that it shares that of %s is known by its size alone",
            generator.name,
            model.name,
        )
        return
    ours = tokenizer.get_vocab()
    theirs = load_tokenizer(generator, trust_remote_code=code).get_vocab()
    if ours == theirs:
        return
    apart = next(
        token
        for token in sorted(ours.keys() | theirs.keys(), key=lambda token: ours.get(token, 0))
        if ours.get(token) != theirs.get(token)
    )
    raise ModelError(
        f"{generator.name}: its tokenizer is not that of {model.name} ({apart!a:.60} is "
        f"{_id(ours, apart)} here and {_id(theirs, apart)} there); `generator` is to be a masked "
        "language model of the same vocabulary"
    )


def _id(vocabulary: dict[str, int], token: str) -> str:
    return str(vocabulary[token]) if token in vocabulary else "unknown"


def _language_model(checkpoint: Checkpoint, *, code: bool) -> Any:
    from transformers import AutoModelForMaskedLM

    def empty(config: Any) -> Any:
        return AutoModelForMaskedLM.from_config(config, trust_remote_code=code)

    with checkpoint.seal.unchanged():
        try:
            files = checkpoint.weights_files()
            tensors = {name: info for path in files for name, info in list_tensors(path).items()}
            require_numbers(checkpoint, tensors)
            config = require_affordable(checkpoint, tensors, empty, trust_remote_code=code)
            model, report = AutoModelForMaskedLM.from_pretrained(
                checkpoint.folder,
                config=config,
                output_loading_info=True,
                use_safetensors=files[0].suffix == ".safetensors",
                ignore_mismatched_sizes=True,  # not ignored: refused by name
                local_files_only=True,
                trust_remote_code=code,
                dtype=torch.float32,
            )
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(refusal(checkpoint, error)) from error
        wrong = sorted({*report["missing_keys"], *(key for key, *_ in report["mismatched_keys"])})
        if wrong:
            raise ModelError(
                f"{checkpoint.name}: weights of a masked language model are missing from "
                f"{checkpoint.folder} ({wrong[0]}, {len(wrong)} in all); `generator` is to be one"
            )
        detach(model)
    return model
