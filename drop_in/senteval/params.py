"""The parameters of an evaluation, as a script gives them and its functions see them."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from senteval.errors import ParamsError

# SentEval's engine fills in the same (its `kfold` is 5; the papers' scripts say 10).
DEFAULTS: Mapping[str, Any] = {"usepytorch": True, "seed": 1111, "batch_size": 128, "kfold": 5}


class DotDict(dict[str, Any]):
    """A dictionary whose items are attributes too; one that is not there is None."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python asks for these and must be told no
            raise AttributeError(name)
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]


def read_params(given: object) -> DotDict:
    """Return a copy of the caller's parameters with the defaults filled in.

    Args:
        given: a mapping, or an object with attributes.

    Raises:
        ParamsError: it is neither, or does not say where the data is.
    """
    if isinstance(given, Mapping):
        params = DotDict(given)
    elif hasattr(given, "__dict__"):
        params = DotDict(vars(given))
    else:
        raise ParamsError(f"params must be a dictionary, not {type(given).__name__}")
    if not params.get("task_path"):
        raise ParamsError("params['task_path'] is missing: the path of SentEval's folder 'data'")
    for name, value in DEFAULTS.items():
        params.setdefault(name, value)
    if not params.get("classifier"):
        params["classifier"] = {"nhid": 0}
    return params


def whole_number(name: str, value: object, least: int, most: int | None = None) -> int:
    """Return a parameter that must be a whole number.

    Raises:
        ParamsError: it is something else, or out of range.
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or number < least or (most is not None and number > most):
        upper = "" if most is None else f" and at most {most}"
        raise ParamsError(
            f"{name} is {value!r}; it must be a whole number, at least {least}{upper}"
        )
    return number
