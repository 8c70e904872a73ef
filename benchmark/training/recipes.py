"""What a method is trained with, by the paper that it is of (``recipes.toml``)."""

from __future__ import annotations

import functools
import logging
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from benchmark.errors import UsageError
from benchmark.recipe_options import RecipeOptions
from benchmark.suggestions import did_you_mean
from benchmark.toml_tables import packaged_table

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backbone:
    """What was published for one pre-trained model.

    Attributes:
        name: as papers call it.
        model_type: of its configuration, as are width and number of layers.
        batch_size: sentences that are told from each other.
        learning_rate: of the first step.
        mask_ratio: share of tokens that DiffCSE's generator fills in.
        generator: hub id of DiffCSE's generator.
        source: where these numbers stand.
        unverified: which of them could not be checked there.
    """

    name: str
    model_type: str
    width: int
    layers: int
    batch_size: int
    learning_rate: float
    source: str
    mask_ratio: float | None = None
    generator: str | None = None
    unverified: tuple[str, ...] = ()

    def is_of(self, config: Any) -> bool:
        """Tell whether a model of this configuration has this architecture and size."""
        made = (config.model_type, config.hidden_size, config.num_hidden_layers)
        return bool(made == (self.model_type, self.width, self.layers))


@dataclass(frozen=True, slots=True)
class Recipe:
    """One method, and what it was trained with.

    Attributes:
        title: in a report.
        objective: which loss.
        data: what is trained on.
        head: what stands on the vector in training.
        pooler: that the trained model is evaluated with.
        epochs: how often each sentence is seen.
        temperature: that cosines are divided by.
        max_length: in tokens.
        source: where this stands.
        unverified: what of it could not be checked there.
        backbones: what was published for each, BERT-base first.
        weight: of DiffCSE's loss of replaced tokens (lambda).
        hard_weight: added to the logit of a sentence's own hard negative.
    """

    title: str
    objective: Literal["simcse", "diffcse"]
    data: Literal["sentences", "triples"]
    head: Literal["dense", "batchnorm"]
    pooler: Literal["cls", "cls_before_pooler"]
    epochs: int
    temperature: float
    max_length: int
    source: str
    unverified: tuple[str, ...]
    backbones: tuple[Backbone, ...]
    weight: float = 0.0
    hard_weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a run trains with: the recipe's numbers, and in their place what was asked for.

    Attributes:
        epochs: passes over the data; a number of steps overrules them.
        max_steps: steps of the optimizer, None for as many as the epochs have.
        batch_size: sentences told from each other, over all processes.
        others: see `Recipe` and `Backbone`.
    """

    epochs: int
    max_steps: int | None
    batch_size: int
    learning_rate: float
    temperature: float
    max_length: int
    hard_weight: float
    weight: float
    mask_ratio: float

    def told(self, recipe: Recipe) -> dict[str, Any]:
        """Return what of it the method has a use for, by the names of the options."""
        found = asdict(self)
        found["lambda"] = found.pop("weight")
        without = set() if recipe.objective == "diffcse" else {"lambda", "mask_ratio"}
        without |= set() if recipe.data == "triples" else {"hard_weight"}
        return {
            name: value
            for name, value in found.items()
            if value is not None and name not in without
        }


@functools.cache
def recipes() -> dict[str, Recipe]:
    """Return every recipe by the name of its method."""
    return packaged_table(__package__, "recipes.toml", dict[str, Recipe])


def recipe_of(method: str) -> Recipe:
    """Return the recipe of a method.

    Raises:
        UsageError: there is none.
    """
    known = recipes()
    if method not in known:
        meant = did_you_mean(method, known) or f"; choose from {', '.join(known)}"
        raise UsageError(f"there is no recipe {method!a:.80}{meant}")
    return known[method]


def backbone_of(recipe: Recipe, config: Any, name: str) -> Backbone:
    """Return what a recipe says of a model; of BERT-base, and say so, if it names no such model.

    Args:
        recipe: of the method.
        config: of the model.
        name: of the model, for the line that says so.
    """
    found = next((one for one in recipe.backbones if one.is_of(config)), None)
    if found is None:
        first = recipe.backbones[0]
        logger.info(
            "%s: no published recipe for a %s of %d layers and width %d; taking that for %s",
            name,
            config.model_type,
            config.num_hidden_layers,
            config.hidden_size,
            first.name,
        )
        return replace(first, generator=None)
    said = (*found.unverified, *recipe.unverified)
    logger.info(
        "%s: recipe %s for %s (%s)%s",
        name,
        recipe.title,
        found.name,
        found.source,
        f"; not verified there: {', '.join(said)}" if said else "",
    )
    return found


def chosen(recipe: Recipe, backbone: Backbone, options: RecipeOptions) -> Chosen:
    """Return what to train with.

    Raises:
        UsageError: an option that the method has no use for.
    """
    replaced = {
        "generator": options.generator,
        "lambda": options.lambda_,
        "mask_ratio": options.mask_ratio,
    }
    useless = {} if recipe.objective == "diffcse" else replaced
    if recipe.data != "triples":
        useless |= {"hard_weight": options.hard_weight}
    for name, value in useless.items():
        if value is not None:
            raise UsageError(f"`{name}` {value}: {recipe.title}, has no use for it")

    def either(asked: Any, usual: Any) -> Any:
        return usual if asked is None else asked

    return Chosen(
        epochs=either(options.epochs, recipe.epochs),
        max_steps=options.max_steps,
        batch_size=either(options.batch_size, backbone.batch_size),
        learning_rate=either(options.learning_rate, backbone.learning_rate),
        temperature=either(options.temperature, recipe.temperature),
        max_length=either(options.max_length, recipe.max_length),
        hard_weight=either(options.hard_weight, recipe.hard_weight),
        weight=either(options.lambda_, recipe.weight),
        mask_ratio=either(options.mask_ratio, backbone.mask_ratio or 0.0),
    )
