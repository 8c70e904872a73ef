"""Steps between vectors and score: truncating, scaling, dense layers, whitening, rounding."""

from benchmark.steps.built_in import Binary, Dense, LayerNorm, Normalize, Truncate
from benchmark.steps.fitted import Center, Int8, RemoveTop, Whitening
from benchmark.steps.step import (
    AnyStep,
    Corpus,
    FittableStep,
    Step,
    apply_steps,
    fit_on_corpora,
    label_of,
    sentences_to_fit_on,
    sound_steps,
)
from benchmark.steps.width import require_width
from benchmark.steps.words import chains_of, read_steps, split_chain, step_by_name

__all__ = [
    "AnyStep",
    "Binary",
    "Center",
    "Corpus",
    "Dense",
    "FittableStep",
    "Int8",
    "LayerNorm",
    "Normalize",
    "RemoveTop",
    "Step",
    "Truncate",
    "Whitening",
    "apply_steps",
    "chains_of",
    "fit_on_corpora",
    "label_of",
    "read_steps",
    "require_width",
    "sentences_to_fit_on",
    "sound_steps",
    "split_chain",
    "step_by_name",
]
