"""What can be known to be wrong before the first sentence is encoded, of every model that is asked.

What was asked wrongly is refused. What cannot be had stands in the way of nothing else, and is
said before hours are spent on the rest. No weights are loaded, and no objects of a user's file are
made yet: of several models, only one is in memory at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.encoders import Encoder, ModelReference, build_encoder
from benchmark.encoders.asked.options import require_usual
from benchmark.encoders.identity import answerer
from benchmark.encoders.protocol import SizedEncoder, offers
from benchmark.encoders.python_object import open_object
from benchmark.encoders.raising import answers_for_itself, failure_of, passed_through_others
from benchmark.errors import BenchmarkError, NotThere, UsageError
from benchmark.members import AskedModel
from benchmark.one_line import one_line
from benchmark.options import EncoderOptions
from benchmark.steps import AnyStep, require_width
from benchmark.tasks.loading import TaskData

logger = logging.getLogger(__name__)

REFUSED = (UsageError, NotThere)
"""What is wrong with the request itself: nothing is done of it."""

Make = Callable[[], Encoder]


@dataclass
class Prepared:
    """The encoders of one model that is asked, as far as they are known before they are needed.

    Attributes:
        made: what gives the encoder of a role, or why there is none.
    """

    made: dict[str, Make | BenchmarkError]

    def encoder(self, role: str) -> Encoder:
        """Hand over the encoder of a role, once: nobody else keeps it in memory.

        Raises:
            BenchmarkError: why there is none.
        """
        found = self.made.pop(role)
        if isinstance(found, BenchmarkError):
            raise found
        return found()

    @property
    def failures(self) -> list[BenchmarkError]:
        """Why roles have no encoder."""
        return [found for found in self.made.values() if isinstance(found, BenchmarkError)]


def prepare(
    asked: Sequence[AskedModel],
    loaded: Sequence[TaskData],
    failures: Mapping[str, BenchmarkError],
) -> list[Prepared]:
    """Return the encoders of all models, and say what will not be scored while the rest will.

    Args:
        asked: models in their settings.
        loaded: tasks that have data.
        failures: the error of each task that has none.

    Raises:
        UsageError, NotThere: one of the models was asked for something that it cannot do, or is
            not there.
    """
    prepared = [Prepared(_made(one, loaded)) for one in asked]
    for failure in [error for one in prepared for error in one.failures]:
        if isinstance(failure, REFUSED):
            raise failure
    _say_failures(asked, prepared, failures if loaded else {})
    return prepared


def require_sound(encoder: Encoder, chains: Sequence[Sequence[AnyStep]]) -> None:
    """Refuse steps that cannot follow an encoder, as far as that is known without a vector.

    Raises:
        UsageError: they cannot.
    """
    width = encoder.vector_width if offers(encoder, SizedEncoder) else None
    for chain in chains:
        answerer(encoder, chain)
        if width is not None:
            require_width(chain, width)


def roles_of(
    model: ModelReference | Encoder, roles: Sequence[str], options: EncoderOptions
) -> list[str]:
    """Return by which encoders of a model tasks are answered, each once: nearly always one.

    Args:
        model: any.
        roles: of the tasks.
        options: what is asked of it.
    """
    if not isinstance(model, ModelReference):
        return ["any"]
    return list(dict.fromkeys(model.checkpoint(role, options) for role in roles))


def _made(one: AskedModel, loaded: Sequence[TaskData]) -> dict[str, Make | BenchmarkError]:
    model = one.model
    if isinstance(model, ModelReference) and model.origin == "object":
        roles = ["any"]
    else:
        roles = roles_of(model, [entry.task.checkpoint for entry in loaded], one.options)
    return {role: _maker(one, role) for role in roles}


def _maker(one: AskedModel, role: str) -> Make | BenchmarkError:
    model = one.model
    name = model.called if isinstance(model, ModelReference) else ""
    try:
        if isinstance(model, ModelReference) and model.origin == "object":
            require_usual(one.options, model.name)
            return open_object(f"{model.location}:{model.name.rpartition(':')[2]}")
        if isinstance(model, ModelReference):
            encoder = build_encoder(model, role, one.options)
        else:
            encoder = model
        with answers_for_itself(name or type(encoder).__name__):
            require_sound(encoder, one.chains)
        return lambda: encoder
    except BaseException as error:
        return failure_of(name, error, theirs=passed_through_others(error))


def _say_failures(
    asked: Sequence[AskedModel],
    prepared: Sequence[Prepared],
    failures: Mapping[str, BenchmarkError],
) -> None:
    """Say now what will be missing in the end, unless it is all there is to say."""
    if all(one.made and len(one.failures) == len(one.made) for one in prepared):
        return
    for task, error in failures.items():
        _say(task, error)
    for one, ready in zip(asked, prepared, strict=True):
        for error in ready.failures:
            model = one.model
            _say(model.called if isinstance(model, ModelReference) else model.card.name, error)


def _say(what: str, error: BenchmarkError) -> None:
    text = str(error).removeprefix(f"{what}: ")
    logger.warning("%s: will not be scored: %s", one_line(what), text)
