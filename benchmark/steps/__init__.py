"""Steps between vectors and score: truncating, scaling, dense layers, whitening."""

from benchmark.steps.built_in import (
    Dense,
    LayerNorm,
    Normalize,
    Truncate,
    Whitening,
    read_steps,
    step_by_name,
)
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

__all__ = [
    "AnyStep",
    "Corpus",
    "Dense",
    "FittableStep",
    "LayerNorm",
    "Normalize",
    "Step",
    "Truncate",
    "Whitening",
    "apply_steps",
    "fit_on_corpora",
    "label_of",
    "read_steps",
    "sentences_to_fit_on",
    "sound_steps",
    "step_by_name",
]
