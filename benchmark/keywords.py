"""Functions that take the fields of a class of options as keywords."""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, ParamSpec, Protocol, TypeVar, cast, overload

from benchmark.errors import UsageError
from benchmark.suggestions import did_you_mean

Options = TypeVar("Options")
Answer = TypeVar("Answer")
Answers = TypeVar("Answers")
Answer_co = TypeVar("Answer_co", covariant=True)
Answers_co = TypeVar("Answers_co", covariant=True)
Keywords = ParamSpec("Keywords")


class Evaluating(Protocol[Keywords, Answer_co, Answers_co]):
    """A function of models and tasks that takes options as keywords, known to type checkers."""

    @overload
    def __call__(
        self,
        model: list[Any] | tuple[Any, ...],
        tasks: Any = "sts",
        *args: Keywords.args,
        **options: Keywords.kwargs,
    ) -> Answers_co: ...

    @overload
    def __call__(
        self,
        model: str | Any,
        tasks: Any = "sts",
        *args: Keywords.args,
        **options: Keywords.kwargs,
    ) -> Answer_co: ...


def made(options: Callable[..., Options], keywords: Mapping[str, Any]) -> Options:
    """Return options of a class from keywords.

    Raises:
        UsageError: a keyword that is no option, or a value that it cannot have.
    """
    known = inspect.signature(options).parameters
    for name in keywords.keys() - known.keys():
        raise UsageError(f"unknown option `{name}`{did_you_mean(name, known)}")
    return options(**keywords)


def taking(
    options: Callable[Keywords, Options],
    several: Callable[[Sequence[Any], Any, Options], Answers] | None = None,
) -> Callable[[Callable[[Any, Any, Options], Answer]], Evaluating[Keywords, Answer, Answers]]:
    """Let a function take the fields of a class of options as keywords.

    Its signature then shows them, and its documentation says what each means, in the place of
    ``options: OPTIONS``.

    Args:
        options: the class.
        several: what answers instead where a list or tuple of models is given.

    Raises:
        UsageError: (the function) a keyword that is no option.
    """

    def decorate(
        function: Callable[[Any, Any, Options], Answer],
    ) -> Evaluating[Keywords, Answer, Answers]:
        @functools.wraps(function)
        def called(model: Any, tasks: Any = "sts", **keywords: Any) -> Answer | Answers:
            asked = made(options, keywords)
            if several and isinstance(model, list | tuple):
                return several(model, tasks, asked)
            return function(model, tasks, asked)

        own = inspect.signature(called, follow_wrapped=False).parameters
        kept = [one for one in own.values() if one.kind is one.POSITIONAL_OR_KEYWORD]
        shown = inspect.Signature([*kept, *inspect.signature(options).parameters.values()])
        vars(called).update(__signature__=shown)
        called.__doc__ = (function.__doc__ or "").replace("options: OPTIONS", _meanings(options))
        return cast("Evaluating[Keywords, Answer, Answers]", called)

    return decorate


def _meanings(options: Any) -> str:
    """Return the meaning of each option, as arguments of a docstring."""
    wrap = textwrap.TextWrapper(width=88, subsequent_indent=" " * 12, break_on_hyphens=False)
    meanings = [f"{one.name}: {one.metadata['help']}" for one in fields(options)]
    return "\n        ".join(map(wrap.fill, meanings))
