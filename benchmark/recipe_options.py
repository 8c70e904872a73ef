"""Every option of training, declared once: for the verb ``train`` and for its function in Python.

What is None is what the recipe says (`benchmark/training/recipes.toml`).
"""

# Annotations are kept as they are, not as text, since classes of other modules inherit them.

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmark.errors import UsageError
from benchmark.options import DataOptions, option

SEVERAL_SEEDS = (
    "Several runs, a folder seed-N in output_dir each: a number of runs (5), or the seeds "
    "themselves with commas (0,1,2)."
)
LAMBDA = "Weight of DiffCSE's loss of replaced tokens."
"""Meanings of options that the command line spells or reads in a way of its own."""

MOST_SEED = 2**32 - 1
"""Of numpy's random numbers."""

Seeds = str | int | Sequence[int] | None

TrainingDevice = Literal["auto", "cpu", "cuda", "mps"]
TrainingPrecision = Literal["float32", "bfloat16", "float16"]


@dataclass(frozen=True, kw_only=True)
class RecipeOptions(DataOptions):
    """What may be asked of a training run, on the command line or in Python.

    Raises:
        UsageError: a value that an option cannot have.
    """

    generator: str | None = option(
        None,
        "DiffCSE's masked language model, a folder or a hub id; it shares the model's tokenizer. "
        "Default: that of the recipe, where it has one for this model.",
    )
    seed: int = option(42, "Of all random numbers.", least=0)
    seeds: Seeds = option(None, SEVERAL_SEEDS)
    epochs: int | None = option(None, "How often every sentence is seen.", least=1)
    max_steps: int | None = option(
        None, "Steps of the optimizer; then the epochs do not count.", least=1
    )
    batch_size: int | None = option(
        None,
        "Sentences that are told from each other, over all processes together.",
        least=2,
    )
    learning_rate: float | None = option(None, "Of the first step; it falls to 0 in a line.")
    temperature: float | None = option(None, "That cosines are divided by.")
    lambda_: float | None = option(None, LAMBDA)
    mask_ratio: float | None = option(None, "Share of tokens that DiffCSE's generator fills in.")
    hard_weight: float | None = option(
        None, "Supervised: added to the logit of a sentence's own hard negative."
    )
    max_length: int | None = option(
        None, "Cut sentences at this many tokens, special tokens included.", least=3
    )
    gradient_accumulation: int = option(
        1,
        "Batches whose gradients are summed up for a step. Sentences are told from those of their "
        "own batch alone, so this is not a larger batch of negatives.",
        least=1,
    )
    chunk: int | None = option(
        None,
        "Sentences that the encoder takes at once: a batch of any size in the memory of a small "
        "one, its loss as it is, at the price of a second pass. Default: the whole batch.",
        least=1,
    )
    precision: TrainingPrecision = option(
        "float32",
        "Mixed precision: products in bfloat16 or float16, weights and losses in float32. Only "
        "where the device has instructions for it.",
    )
    device: TrainingDevice = option(
        "auto", "Where to compute: on one GPU, or with torchrun on one for each process."
    )
    tasks: str | None = option(
        None,
        "What the model is judged by while it trains: the weights that are best on the first of "
        "these tasks are kept. Default: sts-dev, if its data can be had; none judges by nothing.",
    )
    eval_steps: int = option(125, "Steps from one judgement to the next.", least=1)
    save_steps: int = option(
        500, "Steps from one checkpoint to the next, which a killed run goes on from.", least=1
    )
    logging_steps: int = option(50, "Steps that losses are averaged over for the log.", least=1)
    report_to: str = option(
        "none", "Whom the loading library's trainer reports to: tensorboard, wandb, mlflow ..."
    )
    trust_remote_code: bool = option(False, "Run code that a checkpoint brings along.")

    def __post_init__(self) -> None:
        """Refuse values that make no sense for any recipe."""
        super().__post_init__()
        for name in ("learning_rate", "temperature", "mask_ratio", "lambda_"):
            value, shown = getattr(self, name), name.rstrip("_")
            if value is None:
                continue
            least_allowed = value >= 0 if name == "lambda_" else value > 0
            if not least_allowed or value == float("inf"):
                least = "0 or more" if name == "lambda_" else "above 0"
                raise UsageError(f"`{shown}` {value}: a number {least} is needed")
        if self.hard_weight is not None and not math.isfinite(self.hard_weight):
            raise UsageError(f"`hard_weight` {self.hard_weight}: a finite number is needed")
        if self.seed > MOST_SEED:
            raise UsageError(f"`seed` {self.seed}: at most {MOST_SEED} is possible")
        if self.mask_ratio is not None and self.mask_ratio > 1:
            raise UsageError(f"`mask_ratio` {self.mask_ratio}: a share, at most 1, is needed")

    def wanted_seeds(self) -> list[int] | None:
        """Return the seeds of several runs; None for one run in the folder itself.

        Raises:
            UsageError: no seeds, one twice, or what is no number.
        """
        if self.seeds is None:
            return None
        if isinstance(self.seeds, str):
            words = [word.strip() for word in self.seeds.split(",")]
            if not all(word.isdecimal() for word in words):
                raise UsageError(f"`seeds` {self.seeds!a}: a number, or numbers with commas")
            counted = len(words) == 1
            found = [int(word) for word in words]
        else:
            counted = isinstance(self.seeds, int)
            found = [self.seeds] if isinstance(self.seeds, int) else list(self.seeds)
        found = list(range(found[0])) if counted else found
        if not found or len({*found}) < len(found) or min(found) < 0 or max(found) > MOST_SEED:
            raise UsageError(
                f"`seeds` {self.seeds!a}: distinct numbers from 0 to {MOST_SEED} are needed"
            )
        return found
