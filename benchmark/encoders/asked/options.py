"""Which options no model could be asked for, and which not this one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields

from benchmark.encoders.asked.presets import preset_of
from benchmark.encoders.device import choose_device
from benchmark.encoders.text import parse_rules, parse_templates
from benchmark.encoders.transformer.backends.backend import choose_precision
from benchmark.encoders.transformer.poolers import pooler_by_name
from benchmark.errors import UsageError
from benchmark.options import AccessOptions, EncoderOptions

_OF_ANY = {"device", "trust_remote_code", *(one.name for one in fields(AccessOptions))}
"""What every encoder may be given: on none of it hangs what an encoder without use for it says."""


def require_possible(options: EncoderOptions) -> None:
    """Refuse what no model could be asked for, before any model is fetched.

    Raises:
        UsageError: an unknown pooler or preset, what is no template or rule, a precision or a
            backend that do not go together, or something that this machine does not have.
    """
    if options.pooler is not None:
        pooler_by_name(options.pooler)
    if options.preset is not None:
        preset_of(options.preset)
    if options.template is not None:
        parse_templates(options.template)
    parse_rules(options.text_rules or "")
    if options.device not in ("auto", "cpu"):
        choose_device(options.device)
    choose_precision(options.precision, options.backend, options.device)


def require_usual(options: EncoderOptions, name: str, taken: Collection[str] = ()) -> None:
    """Refuse every option that an encoder has no use for, which would not do what it says.

    Args:
        options: what was asked of the encoder.
        name: the encoder, which computes in its own way.
        taken: names of options that it has a use for.

    Raises:
        UsageError: something was asked.
    """
    for one in fields(EncoderOptions):
        value = getattr(options, one.name)
        if one.name not in {*_OF_ANY, *taken} and value != one.default:
            raise UsageError(f"`{one.name}` {value}: {name} has no such setting")
