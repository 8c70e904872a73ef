"""The text before every sentence: which prompts a model brings, and which one is used.

The rules are sentence-transformers' (``encode(prompt=, prompt_name=)`` of version 6.2): an explicit
text, else the prompt of a name, else the default one of the folder; an empty text is none.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmark.errors import ModelError, UsageError
from benchmark.foreign import Fields, shown
from benchmark.options import EncoderOptions
from benchmark.suggestions import did_you_mean

logger = logging.getLogger(__name__)

_UNWRITTEN = ("query", "document")
"""Names that every folder of the library has, with empty texts where it writes none."""

_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts that a folder brings.

    Attributes:
        by_name: their texts; an empty one is no prompt.
        default: name of the one that is used unless another is asked for.
    """

    by_name: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None

    @property
    def documented(self) -> str | None:
        """The text of the default one; None where there is no default."""
        return None if self.default is None else self.by_name[self.default]

    def __str__(self) -> str:
        named = [
            f"{_word(name)} {shown(text)}" if text else _word(name)
            for name, text in self.by_name.items()
        ]
        more = [] if len(named) <= _MOST_NAMED else [f"{len(named) - _MOST_NAMED} more"]
        return ", ".join([*named[:_MOST_NAMED], *more])


def read_prompts(settings: Fields) -> Prompts:
    """Return the prompts of ``config_sentence_transformers.json``.

    Raises:
        ModelError: something is no text, or the default one is not there.
    """
    inside = settings.inner("prompts")
    texts = {name: inside.text(name) or "" for name in inside.values}
    prompts = Prompts(dict.fromkeys(_UNWRITTEN, "") | texts, settings.text("default_prompt_name"))
    if prompts.default is not None and prompts.default not in prompts.by_name:
        raise ModelError(
            f"{settings.path}: default_prompt_name is {shown(prompts.default)}, and there is no "
            "prompt of that name; scored without one it would be another model"
        )
    return prompts


def choose_prompt(
    name: str, prompts: Prompts, documented: str | None, options: EncoderOptions
) -> str | None:
    """Return the text to put before every sentence, None for none; say what is not usual.

    Args:
        name: of the model, for messages.
        prompts: that its folder brings.
        documented: text that a catalogue gives, instead of the folder's default.
        options: what was asked.

    Raises:
        UsageError: the folder has no prompt of that name.
    """
    usual = prompts.documented if documented is None else documented
    asked = options.prompt
    if options.prompt_name is not None:
        asked = _named(name, prompts, options.prompt_name)
    if asked is not None and usual is not None and asked != usual:
        logger.warning(
            "%s: prompt %s instead of the documented %s; scores are not those of the published "
            "model",
            name,
            shown(asked),
            shown(usual),
        )
    if asked is None and usual is None and any(prompts.by_name.values()):
        logger.warning(
            "%s: scored without any of its prompts (%s); choose with `prompt_name`", name, prompts
        )
    return (usual if asked is None else asked) or None


def _named(model: str, prompts: Prompts, name: str) -> str:
    if not any(prompts.by_name.values()):
        raise UsageError(
            f"`prompt_name` {name}: {model} brings no prompts; give the text as `prompt`"
        )
    if name not in prompts.by_name:
        meant = did_you_mean(name, prompts.by_name)
        raise UsageError(
            f"`prompt_name` {name}: {model} brings no prompt of that name{meant}; it has {prompts}"
        )
    if not prompts.by_name[name]:
        logger.warning("%s: its prompt %s is empty, so there is none", model, _word(name))
    return prompts.by_name[name]


def _word(name: str) -> str:
    return name if name.isprintable() and len(name) <= 60 else shown(name)
