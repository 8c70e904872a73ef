"""From SentEval's options of the classifier to the protocol that this project trains by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from benchmark.metrics.logistic import (
    ClassifierProtocol,
    Protocol,
    SklearnProtocol,
    read_optimiser,
)
from benchmark.suggestions import did_you_mean
from senteval.errors import ParamsError
from senteval.params import whole_number

# What SentEval's classifier takes for an option that is not given (`senteval/tools/classifier.py`);
# together with 10 folds, these are also what the papers' scripts give.
DEFAULTS: Final[Mapping[str, Any]] = {
    "nhid": 0,
    "optim": "adam",
    "batch_size": 64,
    "tenacity": 5,
    "epoch_size": 4,
    "max_epoch": 200,
    "dropout": 0,
}

_LEAST: Final = {"nhid": 0, "batch_size": 1, "tenacity": 0, "epoch_size": 1, "max_epoch": 0}
"""Of the options that are whole numbers."""


def read_training(params: Mapping[str, Any]) -> Protocol:
    """Return what the parameters say about training.

    Raises:
        ParamsError: an option is unknown or its value not supported.
    """
    folds = whole_number("params['kfold']", params["kfold"], 2)
    seed = whole_number("params['seed']", params["seed"], 0, 2**32 - 1)
    if not params["usepytorch"]:
        # SentEval reads none of the classifier's options when scikit-learn does the training.
        return SklearnProtocol("drop-in", folds, seed)
    options = _options(params["classifier"])
    count = {
        name: whole_number(f"classifier option {name!r}", options[name], least)
        for name, least in _LEAST.items()
    }
    try:
        optimiser = read_optimiser(str(options["optim"]))
    except ValueError as error:
        raise ParamsError(f"classifier option 'optim' is {options['optim']!r}: {error}") from error
    return ClassifierProtocol(
        id="drop-in",
        folds=folds,
        optimiser=optimiser,
        batch=count["batch_size"],
        tenacity=count["tenacity"],
        epoch_size=count["epoch_size"],
        max_epoch=count["max_epoch"],
        seed=seed,
        hidden=count["nhid"],
        dropout=_share(options["dropout"]),
    )


def _options(given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise ParamsError(f"params['classifier'] must be a dictionary, not {type(given).__name__}")
    for name in given:
        if name not in DEFAULTS:
            raise ParamsError(
                f"unknown classifier option {name!r}{did_you_mean(str(name), DEFAULTS)}; "
                f"supported are {', '.join(DEFAULTS)}"
            )
    return {**DEFAULTS, **given}


def _share(given: object) -> float:
    if isinstance(given, (int, float)) and 0 <= given < 1:
        return float(given)
    raise ParamsError(
        f"classifier option 'dropout' is {given!r}; it must be a share from 0 up to, not with, 1"
    )
