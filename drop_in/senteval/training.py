"""From SentEval's options of the classifier to the protocol that this project trains by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from benchmark.metrics.logistic import ClassifierProtocol, Protocol, SklearnProtocol
from benchmark.metrics.logistic.protocols import ADAM, RMSPROP, Optimiser
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

OPTIMISERS: Final = {"adam": ADAM, "rmsprop": RMSPROP}


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
        for name, least in (("batch_size", 1), ("tenacity", 0), ("epoch_size", 1), ("max_epoch", 0))
    }
    return ClassifierProtocol(
        id="drop-in",
        folds=folds,
        optimiser=_optimiser(options["optim"]),
        batch=count["batch_size"],
        tenacity=count["tenacity"],
        epoch_size=count["epoch_size"],
        max_epoch=count["max_epoch"],
        seed=seed,
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
    options = {**DEFAULTS, **given}
    for name, why in (("nhid", "hidden layers"), ("dropout", "dropout, for hidden layers,")):
        if options[name] != 0:
            raise ParamsError(
                f"classifier option {name!r} is {options[name]!r}: {why} are not supported, "
                "only 0 (a linear classifier), which the papers' tables are made with"
            )
    return options


def _optimiser(given: object) -> Optimiser:
    """Read ``"adam"``, ``"rmsprop"`` or either with a learning rate: ``"adam,lr=0.01"``."""
    name, *settings = str(given).split(",")
    try:
        if not settings:
            return OPTIMISERS[name]
        [(setting, value)] = [text.split("=") for text in settings]
        rate = float(value)
        if setting == "lr" and 0 < rate < float("inf"):
            return replace(OPTIMISERS[name], learning_rate=rate)
    except (KeyError, ValueError):
        pass
    raise ParamsError(
        f"classifier option 'optim' is {given!r}; supported are 'adam' and 'rmsprop', "
        "each also with a learning rate, as in 'adam,lr=0.001'"
    )
